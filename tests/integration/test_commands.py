"""The other commands, and the settings from the site itself."""

import json
import uuid
from pathlib import Path

import pytest
from pymysql.connections import Connection

from homa_bridge.config import load_settings
from homa_bridge.errors import SettingsError

from ..servers import MariaDB
from .test_serve import command

SECRET = "0123456789abcdef" * 4


@pytest.fixture
def site(mariadb: MariaDB, tmp_path: Path) -> dict[str, str]:
    """Return the settings of a WordPress site with a wp-config.php, an options table, and the memory's tables."""
    name = f"s{uuid.uuid4().hex}"
    mariadb.create_database(name)
    with mariadb.connect(name) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE USER '{name[:30]}'@'localhost' IDENTIFIED BY 'گذرواژه''\"'")
        cursor.execute(f"GRANT ALL ON `{name}`.* TO '{name[:30]}'@'localhost'")
        cursor.execute(
            "CREATE TABLE shop_options (option_id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, "
            "option_name varchar(191) NOT NULL UNIQUE, option_value longtext NOT NULL)"
        )
        cursor.execute(
            "INSERT INTO shop_options (option_name, option_value) VALUES ('timezone_string', 'Asia/Tehran'), "
            "('gmt_offset', '0'), ('siteurl', 'https://shop.test/wp'), ('home', 'https://shop.test')"
        )
    config = tmp_path / "wp-config.php"
    config.write_text(
        f"""<?php
// define( 'DB_NAME', 'another' );
define( 'DB_NAME', '{name}' );
define( 'DB_USER', '{name[:30]}' );
define( 'DB_PASSWORD', 'گذرواژه\\'"' );
define( 'DB_HOST', getenv('NO_SUCH_HOST') ?: 'localhost:{mariadb.socket}' );
define( 'HOMA_BRIDGE_SECRET', '{SECRET}' );
$table_prefix = 'shop_';
require_once ABSPATH . 'wp-settings.php';
""",
        "utf-8",
    )
    return {"HOMA_WP_CONFIG": str(config)}


def query(mariadb: MariaDB, site: dict[str, str], statement: str) -> None:
    name = load_settings(site).database_url.database
    connection: Connection
    with mariadb.connect(name) as connection, connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_site_itself_tells_the_settings(site: dict[str, str]) -> None:
    settings = load_settings(site)
    assert settings.table_prefix == "shop_"
    assert str(settings.zone) == "Asia/Tehran"
    assert settings.zone_source == "the site's options"
    assert settings.site_url == "https://shop.test"
    assert settings.shared_secret == SECRET
    shown = repr(settings)
    assert SECRET not in shown
    assert "گذرواژه" not in shown


@pytest.mark.parametrize(
    ("zone", "offset", "seconds"), [("", "3.5", 12_600), ("", "-4.75", -17_100), ("", "0", 0), ("+05:45", "", 20_700)]
)
def test_a_site_may_know_its_offset_alone(
    mariadb: MariaDB, site: dict[str, str], zone: str, offset: str, seconds: int
) -> None:
    query(mariadb, site, f"UPDATE shop_options SET option_value = '{zone}' WHERE option_name = 'timezone_string'")
    query(mariadb, site, f"UPDATE shop_options SET option_value = '{offset}' WHERE option_name = 'gmt_offset'")
    moved = load_settings(site).zone.utcoffset(None)
    assert moved is not None
    assert moved.total_seconds() == seconds


def test_the_environment_counts_before_dotenv_and_dotenv_before_the_site(site: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("HOMA_SITE_TIMEZONE=Europe/Paris\nHOMA_PORT=9001\n")
    settings = load_settings({**site, "HOMA_PORT": "9002"}, tmp_path)
    assert (str(settings.zone), settings.port) == ("Europe/Paris", 9002)


def test_a_condition_that_only_php_can_decide_is_refused(site: dict[str, str]) -> None:
    config = Path(site["HOMA_WP_CONFIG"])
    source = config.read_text("utf-8").replace(
        "$table_prefix = 'shop_';", "if (is_staging()) { $table_prefix = 'st_'; }"
    )
    config.write_text(source, "utf-8")
    with pytest.raises(SettingsError, match="only PHP can decide: set HOMA_TABLE_PREFIX"):
        load_settings(site)


@pytest.mark.parametrize(
    ("environ", "constant", "option", "expected", "source"),
    [
        ("e" * 32, "c" * 32, "o" * 32, "e" * 32, "HOMA_SHARED_SECRET"),
        ("", "c" * 32, "o" * 32, "c" * 32, "HOMA_BRIDGE_SECRET in wp-config.php"),
        ("", "", "o" * 32, "o" * 32, "the site's option homa_bridge_secret"),
        ("", "", "", None, "nowhere"),
    ],
)
def test_where_the_secret_comes_from(
    mariadb: MariaDB,
    site: dict[str, str],
    environ: str,
    constant: str,
    option: str,
    expected: str | None,
    source: str,
) -> None:
    config = Path(site["HOMA_WP_CONFIG"])
    config.write_text(config.read_text("utf-8").replace(SECRET, constant), "utf-8")
    query(
        mariadb, site, f"INSERT INTO shop_options (option_name, option_value) VALUES ('homa_bridge_secret', '{option}')"
    )
    settings = load_settings({**site, "HOMA_SHARED_SECRET": environ})
    assert (settings.shared_secret, settings.secret_source) == (expected, source)
    assert "oooo" not in repr(settings)


@pytest.mark.parametrize(
    ("environ", "constant", "option", "expected"),
    [
        ("e" * 32, "c" * 32, "o" * 32, "e" * 32),
        ("", "c" * 32, "o" * 32, "c" * 32),
        ("", "", "o" * 32, "o" * 32),
        ("", "", "", None),
        (SECRET, "", "o" * 32, None),  # the same as the current one
    ],
)
def test_where_the_previous_secret_comes_from(
    mariadb: MariaDB, site: dict[str, str], environ: str, constant: str, option: str, expected: str | None
) -> None:
    config = Path(site["HOMA_WP_CONFIG"])
    line = f"define( 'HOMA_BRIDGE_PREVIOUS_SECRET', '{constant}' );\n$table_prefix"
    config.write_text(config.read_text("utf-8").replace("$table_prefix", line), "utf-8")
    query(
        mariadb,
        site,
        f"INSERT INTO shop_options (option_name, option_value) VALUES ('homa_bridge_previous_secret', '{option}')",
    )
    settings = load_settings({**site, "HOMA_PREVIOUS_SECRET": environ})
    assert (settings.shared_secret, settings.previous_secret) == (SECRET, expected)
    for shown in ("eeee", "cccc", "oooo", SECRET):
        assert shown not in repr(settings)


def test_check_tells_while_a_previous_secret_is_accepted(tmp_path: Path) -> None:
    environ = {"HOMA_DATABASE_URL": f"sqlite:///{tmp_path}/m.sqlite3", "HOMA_SHARED_SECRET": SECRET}
    assert command("init-db", folder=tmp_path, **environ).returncode == 0
    assert "previous" not in command("check", folder=tmp_path, **environ).stdout
    result = command("check", folder=tmp_path, **environ, HOMA_PREVIOUS_SECRET="p" * 32)
    assert result.returncode == 0
    assert "note  Secret: the previous one is still accepted as well" in result.stdout
    assert "pppp" not in result.stdout


def test_a_short_secret_is_refused_wherever_it_comes_from(mariadb: MariaDB, site: dict[str, str]) -> None:
    config = Path(site["HOMA_WP_CONFIG"])
    with pytest.raises(SettingsError, match=r"^HOMA_SHARED_SECRET is too short: use at least 32 characters"):
        load_settings({**site, "HOMA_SHARED_SECRET": "short"})
    with pytest.raises(SettingsError, match=r"^HOMA_PREVIOUS_SECRET is too short: use at least 32 characters"):
        load_settings({**site, "HOMA_PREVIOUS_SECRET": "short"})
    config.write_text(config.read_text("utf-8").replace(SECRET, "short"), "utf-8")
    with pytest.raises(SettingsError, match=r"^HOMA_BRIDGE_SECRET in wp-config\.php is too short"):
        load_settings(site)
    config.write_text(config.read_text("utf-8").replace("'short'", "''"), "utf-8")
    query(mariadb, site, "INSERT INTO shop_options (option_name, option_value) VALUES ('homa_bridge_secret', 'short')")
    with pytest.raises(SettingsError, match=r"^the site's option homa_bridge_secret is too short"):
        load_settings(site)


def test_a_wrong_password_says_so_and_does_not_show_it(site: dict[str, str], tmp_path: Path) -> None:
    config = Path(site["HOMA_WP_CONFIG"])
    config.write_text(config.read_text("utf-8").replace("گذرواژه", "falsch"), "utf-8")
    result = command("check", folder=tmp_path, **site)
    assert result.returncode == 2
    assert result.stderr == "homa-bridge: The site's database: the user or the password is wrong: check them.\n"


def test_check_finds_what_is_missing_and_init_db_mends_it(
    mariadb: MariaDB, site: dict[str, str], tmp_path: Path
) -> None:
    result = command("check", folder=tmp_path, **site)
    assert result.returncode == 1
    assert "WRONG Table shop_homa_vault: missing" in result.stdout
    assert "→ Run `homa-bridge init-db`" in result.stdout
    assert SECRET not in result.stdout

    result = command("init-db", folder=tmp_path, **site)
    assert (result.returncode, result.stdout) == (0, "The tables with the prefix shop_ are there.\n")
    result = command("check", folder=tmp_path, **site)
    assert result.returncode == 0, result.stdout
    assert "Time zone: Asia/Tehran (from the site's options)" in result.stdout
    assert "ok    Secret: set (from HOMA_BRIDGE_SECRET in wp-config.php)" in result.stdout
    assert result.stdout.endswith("All is well.\n")

    query(mariadb, site, "ALTER TABLE shop_homa_vault MODIFY context_key varchar(20) NOT NULL")
    result = command("check", folder=tmp_path, **site)
    assert result.returncode == 1
    assert "Table shop_homa_vault: Column context_key is varchar(20), should be varchar(50)." in result.stdout
    assert result.stdout.endswith("1 to mend.\n")


def test_check_tells_whether_logins_are_recognised_without_php(
    mariadb: MariaDB, site: dict[str, str], tmp_path: Path
) -> None:
    assert command("init-db", folder=tmp_path, **site).returncode == 0
    result = command("check", folder=tmp_path, **site)
    assert (result.returncode, "note  Logins: not known here" in result.stdout) == (0, True), result.stdout
    assert "HOMA_LOGGED_IN_SALT" in result.stdout

    salts = {"HOMA_LOGGED_IN_SALT": "geheim und geheim", "HOMA_NONCE_SALT": "ganz geheim"}
    result = command("check", folder=tmp_path, **site, **salts)
    assert result.returncode == 1
    assert "WRONG Logins: shop_users and shop_usermeta cannot be read" in result.stdout

    query(mariadb, site, "CREATE TABLE shop_users (ID bigint unsigned, user_login varchar(60), user_pass varchar(255))")
    query(
        mariadb,
        site,
        "CREATE TABLE shop_usermeta (umeta_id bigint, user_id bigint, meta_key varchar(255), meta_value longtext)",
    )
    result = command("check", folder=tmp_path, **site, **salts)
    assert result.returncode == 0
    assert "ok    Logins: verified by the cookie wordpress_logged_in_" in result.stdout
    assert "geheim" not in result.stdout + result.stderr


def test_check_finds_a_database_that_is_away(tmp_path: Path) -> None:
    result = command("check", folder=tmp_path, HOMA_DATABASE_URL="mysql://u:geheim@127.0.0.1:1/d")
    assert result.returncode == 1
    assert "WRONG Database: no server listens at this address" in result.stdout
    assert "geheim" not in result.stdout + result.stderr


def test_cleanup_deletes_what_has_expired_and_nothing_else(
    mariadb: MariaDB, site: dict[str, str], tmp_path: Path
) -> None:
    assert command("init-db", folder=tmp_path, **site).returncode == 0
    old, new = "NOW() - INTERVAL 50 HOUR", "NOW() + INTERVAL 10 HOUR"
    sessions = [(f"guest_{n:032x}", old) for n in range(1_200)] + [("guest_live", new), ("user_7", old)]
    values = ",".join(f"('{token}', {expires})" for token, expires in sessions)
    query(mariadb, site, f"INSERT INTO shop_homa_sessions (session_token, expires_at) VALUES {values}")
    vault = [(f"guest_{0:032x}", "old"), (f"guest_{0:032x}", "back"), ("guest_live", "old"), ("user_7", "old")]
    vault += [("guest_gone", "old"), ("guest_gone", "unknown"), ("user_8", "old")]
    for token, key in vault:
        moment = {"old": "NOW() - INTERVAL 60 HOUR", "back": "NOW() + INTERVAL 3 HOUR", "unknown": "NULL"}[key]
        query(
            mariadb,
            site,
            "INSERT INTO shop_homa_vault (session_token, context_key, context_value, updated_at) "
            f"VALUES ('{token}', '{key}', '1', {moment})",
        )
    query(
        mariadb,
        site,
        "INSERT INTO shop_homa_user_interests (user_id_or_token, category_slug, last_interaction) "
        f"VALUES ('guest_{0:032x}', 'book', NOW() - INTERVAL 900 DAY)",
    )

    result = command("cleanup", folder=tmp_path, **site)

    assert result.returncode == 0, result.stderr
    assert result.stdout == "Deleted 1,201 expired sessions, 2 fields, 0 interests and 0 messages.\n"
    assert rows(mariadb, site, "SELECT session_token FROM shop_homa_sessions") == [("guest_live",)]
    assert rows(mariadb, site, "SELECT session_token, context_key FROM shop_homa_vault ORDER BY id") == [
        (f"guest_{0:032x}", "back"),
        ("guest_live", "old"),
        ("user_7", "old"),
        ("guest_gone", "unknown"),
        ("user_8", "old"),
    ]
    assert rows(mariadb, site, "SELECT COUNT(*) FROM shop_homa_user_interests") == [(1,)]
    assert command("cleanup", folder=tmp_path, **site).stdout.startswith("Deleted 0 expired sessions, 0 fields")


def rows(mariadb: MariaDB, site: dict[str, str], statement: str) -> list[tuple[object, ...]]:
    name = load_settings(site).database_url.database
    with mariadb.connect(name) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def test_openapi_prints_the_document(tmp_path: Path) -> None:
    result = command("openapi", folder=tmp_path)
    assert result.returncode == 0
    assert "/wp-json/homaye-tabesh/v1/vault/sync" in json.loads(result.stdout)["paths"]


def test_help_tells_what_to_do(tmp_path: Path) -> None:
    result = command("--help", folder=tmp_path)
    assert result.returncode == 0
    for word in (
        "serve",
        "init-db",
        "check",
        "cleanup",
        "export",
        "forget",
        "openapi",
        "HOMA_WP_CONFIG",
        "HOMA_DATABASE_URL",
    ):
        assert word in result.stdout
    for name in ("serve", "init-db", "check", "cleanup", "export", "forget", "openapi"):
        assert command(name, "--help", folder=tmp_path).returncode == 0
