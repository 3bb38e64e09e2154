"""The keys and the names that the service finds are WordPress's own, whatever wp-config.php defines."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from homa_bridge.config import load_settings
from homa_bridge.wordpress.login_keys import PLACEHOLDER, LoginKeys

from ..servers import MariaDB
from .site import WITHOUT_GAPS, Constant, Site

KEYS = {f"{scheme}_{kind}": f"{scheme} {kind}'\\ " * 4 for scheme in ("LOGGED_IN", "NONCE") for kind in ("KEY", "SALT")}
OPTIONS = {
    f"{scheme}_{kind}": f"{scheme} {kind} of the options"
    for scheme in ("logged_in", "nonce")
    for kind in ("key", "salt")
}
TELL = """echo wp_json_encode( array(
    wp_salt( 'logged_in' ), wp_salt( 'nonce' ), LOGGED_IN_COOKIE, $wpdb->users, $wpdb->usermeta
) );"""
NETWORK: Mapping[str, Constant] = {
    "MULTISITE": True,
    "SUBDOMAIN_INSTALL": False,
    "PATH_CURRENT_SITE": "/",
    "SITE_ID_CURRENT_SITE": 1,
    "BLOG_ID_CURRENT_SITE": 1,
}
INSTALL_NETWORK = """
define( 'WP_INSTALLING_NETWORK', true );
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
foreach ( $wpdb->tables( 'ms_global' ) as $name => $table ) { $wpdb->$name = $table; }
install_network();
populate_network( 1, $_SERVER['HTTP_HOST'], 'admin@shop.test', 'Shops', '/', false );
"""


@pytest.fixture(scope="module")
def shop(mariadb: MariaDB) -> Iterator[Site]:
    site = Site(mariadb, prefix="shop_")
    for name, value in OPTIONS.items():
        site.query("INSERT INTO `{prefix}options` (option_name, option_value) VALUES (%s, %s)", name, value)
    yield site
    site.remove()


def told_by_wordpress(site: Site) -> LoginKeys:
    logged_in_salt, nonce_salt, *names = json.loads(site.php(TELL))
    return LoginKeys(logged_in_salt.encode(), nonce_salt.encode(), *names)


def found(site: Site, **environ: str) -> LoginKeys | None:
    return load_settings({"HOMA_WP_CONFIG": str(site.wp_config), **environ}, site.folder).login


@pytest.mark.parametrize(
    "defined",
    [
        {},
        KEYS,
        {**KEYS, "LOGGED_IN_KEY": PLACEHOLDER},
        {**KEYS, "LOGGED_IN_SALT": "", "NONCE_KEY": "0"},
        {**KEYS, "NONCE_SALT": KEYS["LOGGED_IN_KEY"]},
        {**KEYS, "AUTH_KEY": KEYS["LOGGED_IN_KEY"]},
        {**KEYS, "AUTH_KEY": "one", "SECURE_AUTH_KEY": "one"},
        {**dict.fromkeys(KEYS, PLACEHOLDER), "SECRET_KEY": "old key", "SECRET_SALT": "old salt"},
        {**KEYS, "SECRET_KEY": "old key"},
        {**KEYS, "NONCE_KEY": "old key", "SECRET_KEY": "old key"},
        {"SECRET_KEY": PLACEHOLDER},
        {"LOGGED_IN_KEY": 123, "LOGGED_IN_SALT": True, "NONCE_KEY": "123", "NONCE_SALT": "salt"},
    ],
)
def test_the_salts(shop: Site, defined: Mapping[str, Constant]) -> None:
    shop.keys.clear()
    shop.constants.clear()
    shop.configure(**defined)
    expected = told_by_wordpress(shop)
    assert found(shop) == expected
    assert expected.users == "shop_users"


@pytest.mark.parametrize(
    "defined",
    [
        {"COOKIEHASH": "abc"},
        {"COOKIEHASH": "abc", "LOGGED_IN_COOKIE": "login"},
        {"WP_SITEURL": "http://other.test/wp/"},
        {"MULTISITE": False, "CUSTOM_USER_TABLE": "everybody", "CUSTOM_USER_META_TABLE": "everything"},
    ],
)
def test_the_names(shop: Site, defined: Mapping[str, Constant]) -> None:
    shop.keys.clear()
    shop.constants.clear()
    shop.configure(**KEYS, **defined)
    assert found(shop) == told_by_wordpress(shop)


def test_the_tables_of_users_are_not_those_of_the_memory(shop: Site) -> None:
    shop.constants.clear()
    shop.configure(**KEYS)
    shop.query("CREATE TABLE IF NOT EXISTS shop_2_options LIKE shop_options")
    assert found(shop, HOMA_TABLE_PREFIX="shop_2_") == told_by_wordpress(shop)


def test_a_network_of_sites(mariadb: MariaDB) -> None:
    site = Site(mariadb)
    try:
        site.keys.clear()
        site.php(WITHOUT_GAPS + INSTALL_NETWORK)
        site.configure(**NETWORK, DOMAIN_CURRENT_SITE=site.address.removeprefix("http://"))
        for name, value in OPTIONS.items():
            site.query("INSERT INTO `{prefix}options` (option_name, option_value) VALUES (%s, 'not this')", name)
            site.query("DELETE FROM `{prefix}sitemeta` WHERE meta_key = %s", name)
            site.query("INSERT INTO `{prefix}sitemeta` (site_id, meta_key, meta_value) VALUES (2, %s, 'no')", name)
            site.query("INSERT INTO `{prefix}sitemeta` (site_id, meta_key, meta_value) VALUES (1, %s, %s)", name, value)
        expected = told_by_wordpress(site)
        assert expected.logged_in_salt.decode() == OPTIONS["logged_in_key"] + OPTIONS["logged_in_salt"]
        assert found(site) == expected
    finally:
        site.remove()


@pytest.mark.parametrize(
    "line",
    [
        "if ( file_exists( '/nowhere' ) ) { define( 'AUTH_KEY', 'a' ); }",
        "define( 'SECRET_KEY', some_vault() );",
        "if ( file_exists( '/nowhere' ) ) { define( 'COOKIEHASH', 'a' ); }",
        "define( 'MULTISITE', is_it_one() );",
        "define( 'CUSTOM_USER_TABLE', table_of_users() );",
    ],
)
def test_what_only_php_could_tell_is_not_known(shop: Site, tmp_path: Path, line: str) -> None:
    shop.constants.clear()
    shop.configure(**KEYS)
    path = tmp_path / "wp-config.php"
    path.write_text(shop.wp_config.read_text().replace("<?php", f"<?php\n{line}"))
    assert load_settings({"HOMA_WP_CONFIG": str(path)}, tmp_path).login is None
    salts = {"HOMA_LOGGED_IN_SALT": " a ", "HOMA_NONCE_SALT": "b", "HOMA_LOGGED_IN_COOKIE": "c"}
    login = load_settings({"HOMA_WP_CONFIG": str(path), **salts}, tmp_path).login
    if "USER_TABLE" in line:
        assert login is None
    else:
        assert login == LoginKeys(b" a ", b"b", "c", "shop_users", "shop_usermeta")


def test_without_a_wp_config(tmp_path: Path) -> None:
    salts = {"HOMA_DATABASE_URL": f"sqlite:///{tmp_path}/a", "HOMA_LOGGED_IN_SALT": "a", "HOMA_NONCE_SALT": "b"}
    assert load_settings(salts, tmp_path).login is None
    login = load_settings({**salts, "HOMA_SITE_URL": "https://shop.test/"}, tmp_path).login
    cookie = "wordpress_logged_in_" + hashlib.md5(b"https://shop.test").hexdigest()
    assert login == LoginKeys(b"a", b"b", cookie, "wp_users", "wp_usermeta")
    del salts["HOMA_NONCE_SALT"]
    assert load_settings({**salts, "HOMA_LOGGED_IN_COOKIE": "c"}, tmp_path).login is None
