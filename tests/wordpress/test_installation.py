"""Activation, schedules, deactivation: what the plugin needs is made, and goes with it."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..servers import ROOT, MariaDB, serving
from .bridge import Bridge
from .site import Site

CLEANUP = "homa_cleanup_expired_sessions"
MEMORY = {"homa_vault", "homa_sessions", "homa_user_interests", "homaye_chat_memory"}


@pytest.fixture
def fresh(mariadb: MariaDB) -> Iterator[Site]:
    """Return a site that has never seen the plugin, which lies ready in its folder."""
    site = Site(mariadb)
    site.install_plugin(ROOT / "wp-plugin", "homa-bridge")
    site.install_plugin("homaye-tabesh")
    yield site
    assert site.debug_log() == ""
    site.remove()


def scheduled(site: Site, hook: str) -> str:
    return site.php(f"echo wp_next_scheduled( '{hook}' ) ? wp_get_schedule( '{hook}' ) : 'no';")


def test_wordpress_installs_the_zip(mariadb: MariaDB, tmp_path: Path) -> None:
    archive = tmp_path / "homa-bridge.zip"
    subprocess.run([sys.executable, "-m", "homa_bridge", "plugin-zip", "--output", archive], check=True)
    site = Site(mariadb)
    try:
        installed = site.php(f"""
            foreach ( array( 'class-wp-upgrader', 'file', 'misc', 'plugin' ) as $name ) {{
                require_once ABSPATH . "wp-admin/includes/$name.php";
            }}
            add_filter( 'filesystem_method', static fn() => 'direct' );
            $upgrader = new Plugin_Upgrader( new Automatic_Upgrader_Skin() );
            echo true === $upgrader->install( '{archive}' ) ? $upgrader->plugin_info() : 'not installed';
        """)
        assert installed == "homa-bridge/homa-bridge.php"
        site.use("homa-bridge")
        assert site.guest().call("GET", "/vault/restore").json["code"] == "homa_service_unavailable"
    finally:
        site.remove()


def test_activation_without_the_service_works_and_says_what_is_wrong(fresh: Site) -> None:
    fresh.configure(HOMA_BRIDGE_ADDRESS="http://127.0.0.1:9")
    fresh.use("homa-bridge")
    assert scheduled(fresh, CLEANUP) == "daily"
    assert len(fresh.option("homa_bridge_secret") or "") == 64
    assert "wp_homa_bridge_outbox" in fresh.tables()
    assert '"refused"' in (fresh.option("homa_bridge_failures") or "")
    assert fresh.guest().call("GET", "/vault/restore").status == 503


def test_activation_has_the_service_create_missing_tables(fresh: Site, tmp_path: Path) -> None:
    secret = "the owner's own secret, forty characters"
    fresh.configure(HOMA_BRIDGE_SECRET=secret)
    # The service starts on a site without tables; only its own are made at start.
    environ = {"HOMA_WP_CONFIG": str(fresh.wp_config)}
    fresh.use("homaye-tabesh")
    with serving(environ, tmp_path) as service:
        fresh.use()
        for table in MEMORY:
            fresh.query(f"DROP TABLE `{{prefix}}{table}`")
        fresh.configure(HOMA_BRIDGE_ADDRESS=service.address)
        fresh.use("homa-bridge")
        assert {f"wp_{table}" for table in MEMORY} <= set(fresh.tables())
        assert fresh.option("homa_bridge_failures") is None
        assert fresh.guest().call("POST", "/vault/sync", {"field": "a", "value": 1}).status == 200
    assert fresh.option("homa_bridge_secret") is None  # the one in wp-config.php counts


def test_the_daily_clean_up_deletes_what_has_expired(bridge: Bridge) -> None:
    guest = bridge.guest()
    guest.call("POST", "/session/snapshot", {"form_snapshot": {"a": 1}})
    guest.call("POST", "/vault/sync", {"field": "a", "value": 1})
    bridge.site.query("UPDATE `{prefix}homa_sessions` SET expires_at = NOW() - INTERVAL 1 HOUR")
    bridge.site.query("UPDATE `{prefix}homa_vault` SET updated_at = updated_at - INTERVAL 49 HOUR")
    assert scheduled(bridge.site, CLEANUP) == "daily"
    bridge.between.paths()
    bridge.site.php(f"do_action( '{CLEANUP}' );")
    assert bridge.between.paths() == [
        "/internal/cleanup"
    ]  # once, though the other plugin is hooked to the same schedule
    assert bridge.site.query("SELECT id FROM `{prefix}homa_sessions`") == []
    assert bridge.site.query("SELECT id FROM `{prefix}homa_vault`") == []
    guest.call("POST", "/session/snapshot", {"form_snapshot": {"a": 1}})
    bridge.site.query("UPDATE `{prefix}homa_sessions` SET expires_at = NOW() - INTERVAL 1 HOUR")
    assert bridge.site.php("echo HomayeTabesh\\HT_Vault_Manager::cleanup_expired_sessions();") == "1"


def test_deactivation_unschedules_what_nobody_else_needs(fresh: Site) -> None:
    fresh.use("homa-bridge")
    fresh.php("wp_schedule_single_event( time() + 60, 'homa_bridge_replay_outbox' );")
    fresh.use()
    assert (scheduled(fresh, CLEANUP), scheduled(fresh, "homa_bridge_replay_outbox")) == ("no", "no")
    fresh.use("homaye-tabesh", "homa-bridge")
    fresh.use("homaye-tabesh")
    assert scheduled(fresh, CLEANUP) == "daily"  # the other plugin's clean-up goes on


def test_what_an_update_brings_is_installed_without_activation(fresh: Site) -> None:
    fresh.use("homa-bridge")
    fresh.query("DROP TABLE `{prefix}homa_bridge_outbox`")
    fresh.query("UPDATE `{prefix}options` SET option_value = '0.0.1' WHERE option_name = 'homa_bridge_version'")
    fresh.guest().get("/")
    assert "wp_homa_bridge_outbox" in fresh.tables()
    assert fresh.option("homa_bridge_version") != "0.0.1"


def test_an_activated_plugin_survives_the_other_s_activation_and_removal(bridge: Bridge) -> None:
    for _ in range(2):
        bridge.site.use("homa-bridge", "prompt-timer")
        assert bridge.site.guest().call("GET", "/vault/restore").status == 200
        bridge.site.use("homa-bridge", "prompt-timer", "homaye-tabesh")
        assert bridge.site.guest().call("GET", "/products").status == 200
