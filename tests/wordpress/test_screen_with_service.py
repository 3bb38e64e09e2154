"""The screen with the service itself behind it, from the first activation on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ..servers import ROOT, MariaDB, serving
from .conftest import create_tables
from .owner import Owner
from .site import Site


@pytest.fixture
def shop(mariadb: MariaDB) -> Iterator[Site]:
    """Return a site on which the plugin has just been activated: nothing is set, and no service runs."""
    site = Site(mariadb)
    site.install_plugin(ROOT / "wp-plugin", "homa-bridge")
    site.php("update_option( 'homa_bridge_address', 'http://127.0.0.1:1' );")
    site.use("homa-bridge")
    yield site
    assert site.debug_log() == ""
    site.remove()


def test_an_owner_gets_from_the_activation_to_a_working_memory(shop: Site, tmp_path: Path) -> None:
    owner = Owner(shop)
    assert "Nothing answers at the service’s address." in owner.press("test")

    with serving({"HOMA_WP_CONFIG": str(shop.wp_config)}, tmp_path) as service:
        said = owner.save(address=service.address)
        assert f"answers at {service.address}" in said
        assert "Site address In order" in said
        assert "Time zone In order Asia/Tehran" in said
        assert "tables are missing" in said
        assert "The tables are there." in owner.press("tables")
        assert "wp_homa_vault" in shop.tables()
        said = owner.press("test")
        assert "The connection works: homa-bridge 0.1.0 answers. Its database is MariaDB" in said
        assert "Logins without PHP In order" in said
        assert "logged-in visitors are recognised there, too" in said
        assert "To be mended" not in said

        owner.press("new_secret")
        assert "The connection works" in owner.press("test")
        assert "The service still goes by the previous secret." in owner.read()
        shop.php("HomaBridge\\PreviousSecret::forget();")
        assert "the two have different secrets" in owner.press("test")
    assert "Nothing answers at the service’s address." in owner.press("test")

    with serving({"HOMA_WP_CONFIG": str(shop.wp_config)}, tmp_path) as service:
        assert "All tables are there" in owner.save(address=service.address)


def test_a_service_without_the_secret_is_told_from_one_with_another(shop: Site, tmp_path: Path) -> None:
    owner = Owner(shop)
    database = {"HOMA_DATABASE_URL": f"sqlite:///{tmp_path}/memory.sqlite3", "HOMA_SITE_TIMEZONE": "Asia/Tehran"}
    with serving(database, tmp_path) as service:
        owner.save(address=service.address)
        assert "The service has no secret" in owner.press("test")
    secret = shop.option("homa_bridge_secret") or ""
    with serving({**database, "HOMA_SHARED_SECRET": secret}, tmp_path) as service:
        owner.save(address=service.address)
        said = owner.press("test")
        assert "in a file of its own, not in the site’s database" in said
        assert "The service does not know this site’s address." in said
        assert "Logins without PHP In order The service does not know the keys" in said


def test_an_owner_is_told_of_a_service_with_other_keys(shop: Site, tmp_path: Path) -> None:
    owner = Owner(shop)
    keys = {"HOMA_LOGGED_IN_SALT": "wp_salt( 'logged_in' )", "HOMA_LOGGED_IN_COOKIE": "LOGGED_IN_COOKIE"}
    wordpress = {"HOMA_WP_CONFIG": str(shop.wp_config)}
    for name, expression in keys.items():
        with serving({**wordpress, name: shop.php(f"echo {expression};")}, tmp_path) as service:
            shop.php(f"update_option( 'homa_bridge_address', '{service.address}' );")
            assert "recognised there, too" in owner.press("test")
        with serving({**wordpress, name: "another"}, tmp_path) as service:
            shop.php(f"update_option( 'homa_bridge_address', '{service.address}' );")
            said = owner.press("test")
            assert "Logins without PHP Worth a look The service has other keys" in said
            assert "HOMA_LOGGED_IN_SALT" in said


def test_a_write_that_was_kept_is_handed_over(shop: Site, tmp_path: Path) -> None:
    owner = Owner(shop)
    guest = shop.guest()
    assert guest.call("POST", "/vault/sync", {"field": "tirage", "value": 500}).json["success"]
    assert "1 write is kept for the service." in owner.read()
    nonce = owner.nonce("hand_over")
    create_tables({"HOMA_WP_CONFIG": str(shop.wp_config)}, tmp_path)
    with serving({"HOMA_WP_CONFIG": str(shop.wp_config)}, tmp_path) as service:
        shop.php(f"update_option( 'homa_bridge_address', '{service.address}' );")
        owner.post("hand_over", nonce)
        assert "None: everything has been handed over to the service." in owner.read()
        assert guest.call("GET", "/vault/restore").json["vault_data"]["tirage"]["value"] == 500
