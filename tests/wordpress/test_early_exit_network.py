"""The early exit on a network of sites: one file for all of them, and each site's own choice."""

from collections.abc import Iterator

import pytest

from ..servers import ROOT, MariaDB
from .early import FILE, must_use_file, was_early
from .site import WITHOUT_GAPS, Site
from .stub import stubbing

MAIN, SECOND = "", "/second"


@pytest.fixture(scope="module")
def network(mariadb: MariaDB) -> Iterator[Site]:
    """Return a network of two sites, the second of which lies in a folder of the first."""
    site = Site(mariadb, constants={"HOMA_BRIDGE_SECRET": "0123456789" * 4, "WP_ALLOW_MULTISITE": True})
    host = site.address.removeprefix("http://")
    site.install_plugin(ROOT / "wp-plugin", "homa-bridge")
    site.install_plugin("roll-call")
    site.php(f"""
        {WITHOUT_GAPS}
        define( 'WP_INSTALLING_NETWORK', true );
        require_once ABSPATH . 'wp-admin/includes/upgrade.php';
        require_once ABSPATH . 'wp-admin/includes/network.php';
        foreach ( $wpdb->tables( 'ms_global' ) as $table => $name ) {{
            $wpdb->$table = $name;
        }}
        install_network();
        populate_network( 1, '{host}', 'admin@shop.test', 'Network', '/', false );
    """)
    site.configure(
        MULTISITE=True,
        SUBDOMAIN_INSTALL=False,
        DOMAIN_CURRENT_SITE=host,
        PATH_CURRENT_SITE="/",
        SITE_ID_CURRENT_SITE=1,
        BLOG_ID_CURRENT_SITE=1,
    )
    site.php(f"{WITHOUT_GAPS} wpmu_create_blog( '{host}', '/second/', 'Second', 1 );")
    site.query("UPDATE {prefix}blogs SET domain = %s", host)  # WordPress takes the port's colon out
    address = f"{site.address}{SECOND}"
    site.query(
        "UPDATE {prefix}2_options SET option_value = %s WHERE option_name IN ('home', 'siteurl')",
        address,
    )
    site.query("DELETE FROM {prefix}sitemeta WHERE meta_key LIKE '%%last_updated%%'")
    yield site
    complaints = site.debug_log().splitlines()
    site.remove()
    assert [line for line in complaints if "/wp-includes/ms-" not in line] == []  # Debian's is older than its PHP


@pytest.fixture
def shop(network: Site) -> Iterator[Site]:
    """Return the network with the plugin active on the first site, and a service."""
    with stubbing(network.address) as stub:
        network.configure(HOMA_BRIDGE_ADDRESS=stub.address)
        plugin(network, MAIN, "activate_plugin( 'homa-bridge/homa-bridge.php' )")
        yield network
        for path in (MAIN, SECOND):
            plugin(network, path, "deactivate_plugins( 'homa-bridge/homa-bridge.php' )")
        plugin(network, MAIN, "deactivate_plugins( 'homa-bridge/homa-bridge.php', false, true )")
        assert not must_use_file(network).exists()


def plugin(network: Site, path: str, code: str) -> str:
    """Run code on one of the sites as the network's administrator."""
    return network.php(f"""
        switch_to_blog( {1 if path == MAIN else 2} );
        require_once ABSPATH . 'wp-admin/includes/plugin.php';
        wp_set_current_user( 1 );
        {code};
    """)


SWITCH_ON = "echo (int) HomaBridge\\Early\\Installation::switch_on()"
SWITCH_OFF = "HomaBridge\\Early\\Installation::switch_off()"


def works(network: Site, path: str) -> bool:
    """Return whether the early exit answers on a site, once a request has looked."""
    address = f"{path}/wp-json/homaye-tabesh/v1/vault/restore"
    assert network.guest().get(address).status == 200
    return was_early(network.guest().get(address))


def test_each_site_has_its_own_choice_and_one_file_serves_all(shop: Site) -> None:
    plugin(shop, SECOND, "activate_plugin( 'homa-bridge/homa-bridge.php' )")
    plugin(shop, MAIN, "activate_plugin( 'roll-call/roll-call.php' )")
    plugin(shop, SECOND, "activate_plugin( 'roll-call/roll-call.php' )")
    assert [works(shop, path) for path in (MAIN, SECOND)] == [False, False]
    assert plugin(shop, SECOND, SWITCH_ON) == "1"
    assert [works(shop, path) for path in (MAIN, SECOND)] == [False, True]
    assert plugin(shop, MAIN, SWITCH_ON) == "1"
    assert [works(shop, path) for path in (MAIN, SECOND)] == [True, True]
    plugin(shop, SECOND, SWITCH_OFF)
    assert must_use_file(shop).exists()
    assert [works(shop, path) for path in (MAIN, SECOND)] == [True, False]
    plugin(shop, MAIN, "deactivate_plugins( 'homa-bridge/homa-bridge.php' )")
    assert not must_use_file(shop).exists()


def test_a_plugin_that_is_active_on_the_whole_network(shop: Site) -> None:
    for path in (MAIN, SECOND):
        plugin(shop, path, "deactivate_plugins( 'homa-bridge/homa-bridge.php' )")
        plugin(shop, path, "activate_plugin( 'roll-call/roll-call.php' )")
    plugin(shop, MAIN, "activate_plugin( 'homa-bridge/homa-bridge.php', '', true )")
    assert plugin(shop, SECOND, SWITCH_ON) == "1"
    assert [works(shop, path) for path in (MAIN, SECOND)] == [False, True]
    plugin(shop, MAIN, "deactivate_plugins( 'homa-bridge/homa-bridge.php', false, true )")
    assert not must_use_file(shop).exists()


def test_only_the_network_s_administrators_install_it(shop: Site) -> None:
    assert plugin(shop, MAIN, "wp_set_current_user( 2 ); echo HomaBridge\\Early\\Loader::obstacle()") == "network"
    assert plugin(shop, MAIN, "wp_set_current_user( 2 ); " + SWITCH_ON) == "0"
    assert not (shop.content / "mu-plugins" / FILE).exists()
