"""What deleting the plugin leaves behind: the memory, unless the owner wants it gone, and nothing else."""

from collections.abc import Iterator

import pytest

from ..servers import ROOT, MariaDB, free_port
from .conftest import create_tables
from .site import Site

MEMORY = {"wp_homa_vault", "wp_homa_sessions", "wp_homa_user_interests", "wp_homaye_chat_memory"}
OF_THE_OTHER_PLUGIN = "wp_homaye_persona_scores"
CRON = ("homa_bridge_replay_outbox", "homa_cleanup_expired_sessions")


@pytest.fixture
def shop(mariadb: MariaDB, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Return a site on which the plugin has left everything that it ever leaves."""
    site = Site(mariadb)
    site.install_plugin("homaye-tabesh")
    site.install_plugin(ROOT / "wp-plugin", "homa-bridge")
    site.use("homaye-tabesh", "homa-bridge")
    create_tables({"HOMA_WP_CONFIG": str(site.wp_config)}, tmp_path_factory.mktemp("service"))
    site.php(f"""
        wp_set_current_user( 1 );
        update_option( 'homa_bridge_address', 'http://127.0.0.1:{free_port()}' );
        HomayeTabesh\\HT_Vault_Manager::store( 'tirage', 500 );
        ( new HomaBridge\\Admin\\Message( 'success', 'hello' ) )->keep();
        update_option( 'homa_bridge_secret', str_repeat( 'x', 64 ) );
    """)
    assert len(left(site)) >= 8
    assert "homa_bridge_previous_secret" in left(site)
    assert "wp_homa_bridge_outbox" in site.tables()
    yield site
    assert site.debug_log() == ""
    site.remove()


def left(site: Site) -> list[str]:
    """Return the options and the users' settings that are the plugin's."""
    options = site.query("SELECT option_name name FROM {prefix}options WHERE option_name LIKE '%%homa\\_bridge%%'")
    users = site.query("SELECT meta_key name FROM {prefix}usermeta WHERE meta_key LIKE '%%homa\\_bridge%%'")
    return sorted(str(row["name"]) for row in options + users)


def delete(site: Site) -> None:
    """Delete the plugin as its owner would."""
    site.deactivate("homa-bridge")
    site.php("""
        require_once ABSPATH . 'wp-admin/includes/plugin.php';
        uninstall_plugin( 'homa-bridge/homa-bridge.php' );
    """)


def scheduled(site: Site) -> list[str]:
    """Return the plugin's scheduled events."""
    return [name for name in CRON if site.php(f"echo (int) wp_next_scheduled( '{name}' );") != "0"]


def test_the_memory_stays(shop: Site) -> None:
    assert "homa_bridge_replay_outbox" in scheduled(shop)
    tables = set(shop.tables())
    delete(shop)
    assert left(shop) == []
    assert set(shop.tables()) == tables - {"wp_homa_bridge_outbox"}
    assert tables > MEMORY


def test_the_memory_goes_if_the_owner_has_ticked_it(shop: Site) -> None:
    shop.php("update_option( 'homa_bridge_remove_tables', '1' );")
    delete(shop)
    assert left(shop) == []
    assert [name for name in shop.tables() if "homa" in name] == [OF_THE_OTHER_PLUGIN]


def test_the_other_plugin_keeps_its_clean_up(shop: Site) -> None:
    delete(shop)
    assert scheduled(shop) == ["homa_cleanup_expired_sessions"]
    shop.use()
    assert scheduled(shop) == []


def test_without_the_other_plugin_nothing_is_scheduled(shop: Site) -> None:
    shop.use("homa-bridge")
    shop.php("wp_schedule_event( time() + 60, 'daily', 'homa_cleanup_expired_sessions' );")
    delete(shop)
    assert scheduled(shop) == []


def test_it_can_be_installed_again(shop: Site) -> None:
    delete(shop)
    shop.use("homa-bridge")
    assert "wp_homa_bridge_outbox" in shop.tables()
    assert len(shop.option("homa_bridge_secret") or "") == 64


def test_the_file_does_nothing_outside_of_wordpress(shop: Site) -> None:
    tables = shop.tables()
    answer = shop.guest().get("/wp-content/plugins/homa-bridge/uninstall.php")
    assert (answer.status, answer.text) == (200, "")
    assert shop.tables() == tables
