"""``homa-bridge check`` finds what is set wrongly, and says what to do: a row for each misconfiguration."""

import gc
import json
import socket
import threading
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NamedTuple

import pymysql
import pytest
from click.testing import CliRunner, Result
from pymysql.connections import Connection

from homa_bridge.cli import main

from ..servers import MariaDB, free_port, serving

# PyMySQL leaves the socket of a connection that was refused to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

SECRET = "0123456789abcdef" * 4
ACTIVE = 'a:1:{i:0;s:27:"homa-bridge/homa-bridge.php";}'
PASSWORD = "geheim-5b1e"

CONFIG = """<?php
define( 'DB_NAME', '{name}' );
define( 'DB_USER', '{name}' );
define( 'DB_PASSWORD', '{password}' );
define( 'DB_HOST', 'localhost:{socket}' );
define( 'HOMA_BRIDGE_SECRET', '{secret}' );
$table_prefix = 'shop_';
"""


class Shop:
    """A site's database with everything right, a wp-config.php, and the command on it."""

    def __init__(self, mariadb: MariaDB, folder: Path) -> None:
        self.mariadb = mariadb
        self.folder = folder
        self.name = f"c{uuid.uuid4().hex[:20]}"
        self.config = folder / "wp-config.php"
        self.port = free_port()
        mariadb.create_database(self.name)
        self.root(f"CREATE USER `{self.name}`@localhost IDENTIFIED BY '{PASSWORD}'")
        self.root(f"GRANT ALL ON `{self.name}`.* TO `{self.name}`@localhost")
        self.write_config()
        self.sql("CREATE TABLE shop_options (option_name varchar(191) PRIMARY KEY, option_value longtext)")
        for name, value in {
            "home": "https://shop.test",
            "siteurl": "https://shop.test",
            "timezone_string": "Asia/Tehran",
            "active_plugins": ACTIVE,
            "homa_bridge_breaker": "",
        }.items():
            self.sql(f"INSERT INTO shop_options VALUES ('{name}', '{value}')")
        self.sql("CREATE TABLE shop_homa_bridge_outbox (id int PRIMARY KEY, created_at datetime)")
        assert self.run("init-db").exit_code == 0

    def write_config(self, **changes: str) -> None:
        """Write the file with something changed in it."""
        values = {"name": self.name, "password": PASSWORD, "socket": self.mariadb.socket, "secret": SECRET, **changes}
        self.config.write_text(CONFIG.format(**values))

    def run(self, *arguments: str, **environ: str) -> Result:
        """Run the command line."""
        own = {"HOMA_WP_CONFIG": str(self.config), "HOMA_PORT": str(self.port), **environ}
        return CliRunner().invoke(main, arguments, env=own)

    def root(self, statement: str) -> None:
        """Run a statement as the server's owner."""
        connection: Connection
        with self.mariadb.connect() as connection, connection.cursor() as cursor:
            cursor.execute(statement)

    def sql(self, statement: str) -> None:
        """Run a statement in the site's database."""
        connection: Connection
        with self.mariadb.connect(self.name) as connection, connection.cursor() as cursor:
            cursor.execute(statement)

    def url(self, **changes: str) -> str:
        """Return the database's address."""
        parts = {"user": self.name, "password": PASSWORD, "host": "localhost", "database": self.name, **changes}
        return "mysql://{user}:{password}@{host}/{database}".format(**parts) + (
            f"?unix_socket={self.mariadb.socket}" if "host" not in changes else ""
        )


@pytest.fixture(scope="module")
def own_server() -> Iterator[MariaDB]:
    """Return a server whose settings the tests change, and set right again."""
    server = MariaDB()
    yield server
    server.remove()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture
def shop(own_server: MariaDB, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    for name in ("HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return Shop(own_server, tmp_path)


@contextmanager
def nothing(_shop: Shop) -> Iterator[dict[str, str]]:
    yield {}


def sql(*statements: str) -> "Making":
    """Return what runs statements in the site's database."""

    @contextmanager
    def make(shop: Shop) -> Iterator[dict[str, str]]:
        for statement in statements:
            shop.sql(statement)
        yield {}

    return make


def server(name: str, value: int, usual: int) -> "Making":
    """Return what sets a variable of the server for a while."""

    @contextmanager
    def make(shop: Shop) -> Iterator[dict[str, str]]:
        shop.root(f"SET GLOBAL {name} = {value}")
        try:
            yield {}
        finally:
            shop.root(f"SET GLOBAL {name} = {usual}")

    return make


def environ(**given: str) -> "Making":
    """Return what sets variables of the environment."""

    @contextmanager
    def make(_shop: Shop) -> Iterator[dict[str, str]]:
        yield given

    return make


def config(**changes: str) -> "Making":
    """Return what changes the site's wp-config.php."""

    @contextmanager
    def make(shop: Shop) -> Iterator[dict[str, str]]:
        shop.write_config(**changes)
        yield {}

    return make


def database(**changes: str) -> "Making":
    """Return what sets another address of the database."""

    @contextmanager
    def make(shop: Shop) -> Iterator[dict[str, str]]:
        yield {"HOMA_WP_CONFIG": "", "HOMA_TABLE_PREFIX": "shop_", "HOMA_DATABASE_URL": shop.url(**changes)}

    return make


@contextmanager
def without_rights(shop: Shop) -> Iterator[dict[str, str]]:
    shop.root(f"REVOKE ALL ON `{shop.name}`.* FROM `{shop.name}`@localhost")
    shop.root(f"GRANT SELECT, INSERT, UPDATE ON `{shop.name}`.* TO `{shop.name}`@localhost")
    yield {}


@contextmanager
def without_any_right(shop: Shop) -> Iterator[dict[str, str]]:
    shop.root(f"REVOKE ALL ON `{shop.name}`.* FROM `{shop.name}`@localhost")
    with database()(shop) as given:
        yield given


@contextmanager
def with_another_prefix(shop: Shop) -> Iterator[dict[str, str]]:
    yield {"HOMA_WP_CONFIG": "", "HOMA_TABLE_PREFIX": "wp_", "HOMA_DATABASE_URL": shop.url()}


@contextmanager
def with_few_connections(shop: Shop) -> Iterator[dict[str, str]]:
    shop.root(f"ALTER USER `{shop.name}`@localhost WITH MAX_USER_CONNECTIONS 6")
    yield {}


@contextmanager
def with_no_connection(shop: Shop) -> Iterator[dict[str, str]]:
    shop.root(f"ALTER USER `{shop.name}`@localhost WITH MAX_USER_CONNECTIONS 1")
    with (
        database()(shop) as given,
        pymysql.connect(unix_socket=shop.mariadb.socket, user=shop.name, password=PASSWORD, database=shop.name),
    ):
        yield given


@contextmanager
def with_another_clock(shop: Shop) -> Iterator[dict[str, str]]:
    shop.root("SET GLOBAL init_connect = 'SET timestamp = UNIX_TIMESTAMP() - 600'")
    try:
        yield {}
    finally:
        shop.root("SET GLOBAL init_connect = ''")


@contextmanager
def with_a_stranger_at_the_port(shop: Shop) -> Iterator[dict[str, str]]:
    with socket.create_server(("127.0.0.1", shop.port)) as stranger:

        def answer() -> None:
            with stranger.accept()[0] as connection:
                connection.recv(1_000)
                connection.sendall(b"HTTP/1.0 200 OK\r\n\r\nhello")

        thread = threading.Thread(target=answer)
        thread.start()
        yield {}
        thread.join()


@contextmanager
def with_a_silent_model(shop: Shop) -> Iterator[dict[str, str]]:
    yield {"HOMA_MODEL_URL": f"http://127.0.0.1:{free_port()}/v1", "HOMA_MODEL": "small"}


@contextmanager
def with_a_broken_trade(shop: Shop) -> Iterator[dict[str, str]]:
    (shop.folder / "trade.json").write_text(json.dumps({"extends": "bakery"}))
    yield {"HOMA_TRADE": str(shop.folder / "trade.json")}


@contextmanager
def with_a_file_that_is_no_database(shop: Shop) -> Iterator[dict[str, str]]:
    (shop.folder / "x.sqlite3").write_text("no database " * 1_000)
    yield {"HOMA_WP_CONFIG": "", "HOMA_DATABASE_URL": f"sqlite:///{shop.folder}/x.sqlite3"}


Making = Callable[[Shop], AbstractContextManager[dict[str, str]]]


class Row(NamedTuple):
    """A misconfiguration, what is said of it, and what to do."""

    make: Making
    what: str
    remedy: str


NO_SERVER = "no server listens at this address"
WRONG: dict[str, Row] = {
    "host": Row(database(host="127.0.0.1:1"), f"Database: {NO_SERVER}", "correct host, port or socket"),
    "host name": Row(
        database(host="nowhere.invalid"), "Database: the name of its host is not found", "see to the machine's DNS"
    ),
    "password": Row(database(password="falsch"), "Database: the user or the password is wrong", "check them"),
    "user": Row(database(user="nobody"), "Database: the user or the password is wrong", "check them"),
    "database": Row(
        database(database="nowhere"), "Database: this user may not use the database", "or set another user"
    ),
    "no rights": Row(without_any_right, "Database: this user may not use the database", "grant the rights"),
    "prefix": Row(with_another_prefix, "Table wp_homa_vault: missing", "with the prefix shop_."),
    "missing table": Row(
        sql("DROP TABLE shop_homa_sessions"), "Table shop_homa_sessions: missing", "Run `homa-bridge init-db`"
    ),
    "another column": Row(
        sql("ALTER TABLE shop_homa_vault MODIFY context_key varchar(20) NOT NULL"),
        "Table shop_homa_vault: Column context_key is varchar(20), should be varchar(50).",
        "ALTER TABLE",
    ),
    "missing column": Row(
        sql("ALTER TABLE shop_homa_vault DROP ai_insight"),
        "Table shop_homa_vault: Column ai_insight is missing.",
        "ALTER TABLE",
    ),
    "missing key": Row(
        sql("ALTER TABLE shop_homa_sessions DROP KEY session_token"),
        "Table shop_homa_sessions: Unique key session_token on (session_token) is missing.",
        "ALTER TABLE",
    ),
    "a stranger's table": Row(
        sql("DROP TABLE shop_homa_sessions", "CREATE TABLE shop_homa_sessions (id bigint(20) PRIMARY KEY)"),
        "Table shop_homa_sessions: Column session_token is missing.",
        "ALTER TABLE",
    ),
    "MyISAM": Row(
        sql("ALTER TABLE shop_homa_vault ENGINE=MyISAM"),
        "Table shop_homa_vault: its engine is MyISAM, which has no transactions",
        "Run ALTER TABLE `shop_homa_vault` ENGINE=InnoDB.",
    ),
    "not utf8mb4": Row(
        sql("ALTER TABLE shop_homa_user_interests CONVERT TO CHARACTER SET latin1"),
        "Table shop_homa_user_interests: its collation is latin1_",
        "Run ALTER TABLE `shop_homa_user_interests` CONVERT TO CHARACTER SET utf8mb4.",
    ),
    "a right": Row(without_rights, "Table shop_homa_vault: this user may not DELETE there", "Grant SELECT, INSERT"),
    "read only": Row(server("read_only", 1, 0), "Database: it is read only", "read_only = OFF"),
    "connections": Row(
        server("max_connections", 12, 151),
        "Connections: the server allows 12, and this service may want 16",
        "Raise max_connections",
    ),
    "a user's connections": Row(
        with_few_connections,
        "Connections: the server allows 6, and this service may want 16",
        "Raise max_user_connections",
    ),
    "no connection left": Row(
        with_no_connection, "Database: this user has no connection left", "raise max_user_connections"
    ),
    "packet": Row(
        server("max_allowed_packet", 65_536, 16_777_216),
        "Database: max_allowed_packet is 65,536 bytes",
        "Set it to 16777216",
    ),
    "short wait": Row(
        server("wait_timeout", 5, 28_800), "Database: wait_timeout closes connections after 5 s", "28800"
    ),
    "clock": Row(with_another_clock, "Clock: the database's differs by -", "Set both machines' clocks by NTP"),
    "time zone": Row(
        environ(HOMA_SITE_TIMEZONE="Europe/Paris"),
        "Time zone: Europe/Paris is set, and the site's is Asia/Tehran",
        "Remove HOMA_SITE_TIMEZONE",
    ),
    "site address": Row(
        environ(HOMA_SITE_URL="https://staging.test"),
        "Site address: https://staging.test is set, and the site says https://shop.test",
        "Remove or correct HOMA_SITE_URL",
    ),
    "another secret": Row(
        environ(HOMA_SHARED_SECRET="x" * 32),
        "Secret: the one from HOMA_SHARED_SECRET is not the site's",
        "Remove HOMA_SHARED_SECRET",
    ),
    "plugin": Row(
        sql("UPDATE shop_options SET option_value = 'a:0:{}' WHERE option_name = 'active_plugins'"),
        "Plugin: not active on the site",
        "Activate Homa Bridge under Plugins",
    ),
    "breaker": Row(
        sql(
            "UPDATE shop_options SET option_value = CONCAT('1|', UNIX_TIMESTAMP() - 600) "
            "WHERE option_name = 'homa_bridge_breaker'"
        ),
        "Plugin: it has found this service away for 10 minutes",
        "Run `homa-bridge serve`",
    ),
    "outbox": Row(
        sql("INSERT INTO shop_homa_bridge_outbox VALUES (1, UTC_TIMESTAMP() - INTERVAL 3 HOUR), (2, UTC_TIMESTAMP())"),
        "Plugin: it keeps 2 writes for this service, the oldest for 180 minutes",
        "WP-Cron",
    ),
    "logins": Row(
        environ(HOMA_LOGGED_IN_SALT="a b", HOMA_NONCE_SALT="c d"),
        "Logins: shop_users and shop_usermeta cannot be read",
        "Let this user read both tables.",
    ),
    "Redis": Row(
        environ(HOMA_RATE_LIMIT_STORAGE="redis://127.0.0.1:1/0"),
        "Rate limits: Redis does not answer",
        "correct HOMA_RATE_LIMIT_STORAGE",
    ),
    "model": Row(with_a_silent_model, "cannot be reached", "Until then the rules' summaries serve."),
    "port": Row(with_a_stranger_at_the_port, "cannot be listened on (Address already in use)", "or HOMA_PORT"),
    "address": Row(environ(HOMA_HOST="192.0.2.1"), "192.0.2.1:", "Correct HOMA_HOST"),
    "exposure": Row(
        environ(HOMA_WP_CONFIG="", HOMA_HOST="0.0.0.0"),
        "0.0.0.0 can be reached from other machines: set HOMA_SHARED_SECRET",
        "Until then it does not start.",
    ),
    "socket": Row(environ(HOMA_HOST="unix:/nowhere/homa.sock"), "/nowhere is no folder", "Correct HOMA_HOST"),
    "embedded file": Row(
        environ(HOMA_DATABASE_URL="sqlite:///nowhere/x.sqlite3", HOMA_TABLE_PREFIX="wp_", HOMA_WP_CONFIG=""),
        "Database: the file cannot be opened",
        "see that its folder is there",
    ),
    "no database": Row(with_a_file_that_is_no_database, "Database: the file is no SQLite database", "name another"),
    "embedded for a site": Row(
        environ(HOMA_DATABASE_URL="sqlite:///x.sqlite3", HOMA_SITE_URL="https://shop.test", HOMA_WP_CONFIG=""),
        "Database: the embedded file, though this serves a site",
        "Set HOMA_WP_CONFIG",
    ),
}
"""Misconfigurations with which the command runs: it marks what is wrong, and exits with 1."""

REFUSED: dict[str, Row] = {
    "file": Row(environ(HOMA_WP_CONFIG="/nowhere/wp-config.php"), "HOMA_WP_CONFIG: /nowhere/wp-config.php", ""),
    "broken file": Row(config(name="' . f() . '"), "HOMA_WP_CONFIG: ", ""),
    "the file's password": Row(config(password="falsch"), "The site's database: the user or the password", "check"),
    "the file's socket": Row(config(socket="/nowhere.sock"), f"The site's database: {NO_SERVER}", "correct host"),
    "short secret": Row(environ(HOMA_SHARED_SECRET="short"), "HOMA_SHARED_SECRET is too short", "openssl rand"),
    "prefix": Row(environ(HOMA_TABLE_PREFIX="wp-"), "HOMA_TABLE_PREFIX is 'wp-'", "use up to 32 letters"),
    "zone": Row(environ(HOMA_SITE_TIMEZONE="Asia/Atlantis"), "which is unknown", "use a name such as Asia/Tehran"),
    "proxies": Row(environ(HOMA_TRUSTED_PROXIES="localhost"), "HOMA_TRUSTED_PROXIES has 'localhost'", "use addresses"),
    "hosts": Row(environ(HOMA_TRUSTED_HOSTS="https://a.test"), "HOMA_TRUSTED_HOSTS has", "use names without scheme"),
    "origins": Row(environ(HOMA_CORS_ORIGINS="*"), "HOMA_CORS_ORIGINS has '*'", "name each site"),
    "limits": Row(environ(HOMA_RATE_LIMIT_VISITOR="many"), "HOMA_RATE_LIMIT_VISITOR is 'many'", "use a number"),
    "storage": Row(environ(HOMA_RATE_LIMIT_STORAGE="file://x"), "HOMA_RATE_LIMIT_STORAGE is not", "write memory://"),
    "trade": Row(with_a_broken_trade, "HOMA_TRADE", "trade.json"),
    "no trade": Row(environ(HOMA_TRADE="/nowhere.json"), "HOMA_TRADE", "/nowhere.json"),
    "the file's prefix": Row(
        environ(HOMA_TABLE_PREFIX="wp_"), "The site's database: a table is missing", "check the table prefix"
    ),
    "model": Row(environ(HOMA_MODEL_URL="http://model.test/v1", HOMA_MODEL="m"), "HOMA_MODEL_URL", "https://"),
    "log format": Row(environ(HOMA_LOG_FORMAT="xml"), "HOMA_LOG_FORMAT is 'xml'", "use text or json."),
    "log level": Row(environ(HOMA_LOG_LEVEL="loud"), "HOMA_LOG_LEVEL is 'loud'", "use debug, info, warning or error."),
    "access log": Row(environ(HOMA_ACCESS_LOG="yes"), "HOMA_ACCESS_LOG is 'yes'", "use on or off."),
    "metrics token": Row(environ(HOMA_METRICS_TOKEN="geheim"), "HOMA_METRICS_TOKEN cannot be used", "openssl rand"),
}
"""Settings with which nothing can be examined: one line on standard error, and 2."""


def test_nothing_is_wrong_with_what_is_right(shop: Shop) -> None:
    result = shop.run("check")
    assert result.exit_code == 0, result.output
    assert result.output.endswith("All is well.\n")
    assert "WRONG" not in result.output
    assert f"note  Service: it does not run at 127.0.0.1:{shop.port}" in result.output


@pytest.mark.parametrize("name", WRONG)
def test_it_is_found_with_its_remedy(shop: Shop, name: str) -> None:
    row = WRONG[name]
    with row.make(shop) as given:
        result = shop.run("check", **given)
    assert result.exit_code == 1, result.output
    lines = result.output.splitlines()
    found = [number for number, line in enumerate(lines) if line.startswith("  WRONG ") and row.what in line]
    assert found, result.output
    told = lines[found[0]] + lines[found[0] + 1]
    assert "          → " in told
    assert row.remedy in told
    assert lines[-1].endswith(" to mend.")
    assert PASSWORD not in result.output
    assert SECRET not in result.output


@pytest.mark.parametrize("name", REFUSED)
def test_a_setting_that_cannot_be_is_one_line(shop: Shop, name: str) -> None:
    row = REFUSED[name]
    with row.make(shop) as given:
        result = shop.run("check", **given)
    assert (result.exit_code, result.stdout) == (2, ""), result.output
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("homa-bridge: ")
    assert row.what in result.stderr
    assert row.remedy in result.stderr
    assert "geheim" not in result.stderr


def test_a_service_that_runs_is_right(shop: Shop) -> None:
    given = {"HOMA_WP_CONFIG": str(shop.config)}
    with serving(given, shop.folder) as service:
        result = shop.run("check", HOMA_PORT=str(service.port))
        assert f"ok    Service: it runs at 127.0.0.1:{service.port}" in result.output
    path = f"unix:{shop.folder}/homa.sock"
    with serving(given, shop.folder, "--host", path):
        assert f"ok    Service: it runs at {path}" in shop.run("check", HOMA_HOST=path).output
