"""A real WordPress for the tests: Debian's files, PHP-FPM and nginx of the tests' own, on 127.0.0.1 alone.

From a shell in the project's folder, with the tests' virtual environment::

    >>> from tests.servers import MariaDB
    >>> from tests.wordpress.site import Site
    >>> site = Site(MariaDB())                      # installs it and starts it, in about three seconds
    >>> site.address                                # 'http://127.0.0.1:40123'
    >>> site.install_plugin("homaye-tabesh")        # from tests/wordpress/plugins; a path does as well
    >>> site.install_plugin(ROOT / "wp-plugin", "homa-bridge")
    >>> site.use("homaye-tabesh", "homa-bridge")    # these plugins are active, and no other
    >>> site.configure(HOMA_BRIDGE_ADDRESS="http://127.0.0.1:8765")
    >>> site.php("echo get_option('siteurl');")     # inside WordPress; any complaint of PHP is an AssertionError
    >>> guest = site.guest()
    >>> guest.call("POST", "/vault/sync", {"field": "tirage", "value": 500}).json
    >>> customer = site.login("customer")           # or "admin", "second": a real login, its nonce is sent
    >>> customer.call("GET", "/vault/restore").status
    >>> site.debug_log()                            # what PHP and WordPress complained of
    >>> site.remove()

In a test the fixtures of ``conftest.py`` do all that: ``site``, ``service`` and ``bridge``.
"""

import json
import os
import re
import secrets
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pymysql.cursors

from ..servers import MariaDB, Process, free_port
from .client import Client

HERE = Path(__file__).parent
DEBIAN = Path("/usr/share/wordpress")
LOCALE = "fa_IR"
OWN_LINE = "] homa-bridge: ["
KEYS = ("AUTH", "SECURE_AUTH", "LOGGED_IN", "NONCE")

Constant = str | int | bool


class Site:
    """An installed and running WordPress in a temporary folder.

    Its users are ``admin`` (administrator, id 1), ``customer`` (2) and ``second`` (3), both subscribers; ``passwords``
    has what they log in with. ``keys`` and ``constants`` are what its wp-config.php defines; ``configure`` writes it.

    :param mariadb: the server on which it gets a database and a user of its own
    :param constants: further constants of its wp-config.php, such as ``HOMA_BRIDGE_SECRET``
    :param pretty: whether permalinks are pretty (``/wp-json/…``) or plain (``/?rest_route=/…``)
    :param children: how many requests PHP answers at the same time
    :param revalidate: seconds for which PHP does not look whether a file has changed
    """

    def __init__(
        self,
        mariadb: MariaDB,
        *,
        prefix: str = "wp_",
        timezone: str = "Asia/Tehran",
        pretty: bool = True,
        children: int = 4,
        revalidate: int = 0,
        constants: Mapping[str, Constant] | None = None,
    ) -> None:
        self.mariadb = mariadb
        self.prefix = prefix
        self.pretty = pretty
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.folder = Path(tempfile.mkdtemp(prefix="homa-site-"))
        self.wordpress = self.folder / "wordpress"
        self.content = self.wordpress / "wp-content"
        self.wp_config = self.wordpress / "wp-config.php"
        self.database = f"site_{uuid.uuid4().hex[:16]}"
        self.passwords = {name: secrets.token_urlsafe(12) for name in ("admin", "customer", "second")}
        self._db_password = secrets.token_hex(16)
        self._children = children
        self._revalidate = revalidate
        self.constants = dict(constants or {})
        self.keys = {f"{key}_{kind}": _random_text() for key in KEYS for kind in ("KEY", "SALT")}
        self._servers: list[Process] = []
        self._above = self._handed_on = ""
        try:
            self._copy_files()
            self._create_database()
            self.configure()
            self._install(timezone)
            self.start()
        except BaseException:
            self.remove()
            raise

    @property
    def rest(self) -> str:
        """The REST API's address."""
        return f"{self.address}/wp-json" if self.pretty else f"{self.address}/?rest_route="

    @property
    def api(self) -> str:
        """The address of the memory's routes."""
        return f"{self.rest}/homaye-tabesh/v1"

    # Life

    def start(self) -> None:
        """Start PHP and nginx, and wait until they listen."""
        listening = self.folder / "php.sock"
        listening.unlink(missing_ok=True)
        (self.folder / "nginx.pid").unlink(missing_ok=True)
        is_root = os.getuid() == 0
        self._write(
            "php-fpm.conf",
            tests=str(HERE),
            children=str(self._children),
            revalidate=str(self._revalidate),
            user="user = root" if is_root else "",
        )
        self._write("nginx.conf", port=str(self.port), above=self._above, handed_on=self._handed_on)
        log = self.folder / "servers.log"
        command = [_php_fpm(), "--fpm-config", str(self.folder / "php-fpm.conf")]
        php = Process("php-fpm", [*command, "--allow-to-run-as-root"] if is_root else command, os.environ, log)
        command = [program("nginx"), "-p", str(self.folder), "-e", "nginx.log", "-c", "nginx.conf"]
        nginx = Process("nginx", command, os.environ, log)
        self._servers = [nginx, php]
        for _ in range(300):
            if listening.is_socket() and (self.folder / "nginx.pid").exists():
                return
            if not all(server.is_running for server in self._servers):
                break
            time.sleep(0.02)
        self.stop()
        logs = [
            path.read_text() for path in (log, self.folder / "php-fpm.log", self.folder / "nginx.log") if path.exists()
        ]
        raise AssertionError("the site did not start: " + "\n".join(logs))

    def stop(self) -> None:
        """Stop PHP and nginx; files and database stay."""
        while self._servers:
            self._servers.pop().stop()

    def remove(self) -> None:
        """Stop it, and delete its files, database and user."""
        self.stop()
        with self.mariadb.connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS `{self.database}`")
            cursor.execute(f"DROP USER IF EXISTS `{self.database}`@localhost")
        shutil.rmtree(self.folder)

    def reset(self) -> None:
        """Forget what a test has left: the memory's rows, the plugin's failures, the logs, the cached pages."""
        names = [name for name in self.tables() if name.startswith((f"{self.prefix}homa_", f"{self.prefix}homaye_"))]
        with self._connect() as connection, connection.cursor() as cursor:
            for name in names:
                cursor.execute(f"DELETE FROM `{name}`")  # TRUNCATE would wait for every open transaction's end
        self.query("UPDATE `{prefix}options` SET option_value = '' WHERE option_name = 'homa_bridge_breaker'")
        self.query("DELETE FROM `{prefix}options` WHERE option_name = 'homa_bridge_failures'")
        self.clear_debug_log()
        self.host_served_log.unlink(missing_ok=True)
        self.clear_page_cache()

    # Settings and plugins

    def configure(self, **constants: Constant) -> None:
        """Write wp-config.php, with these constants beside those of before."""
        self.constants |= constants
        keys = "\n".join(f"define( '{name}', {_literal(text)} );" for name, text in self.keys.items())
        more = "\n".join(f"define( '{name}', {_literal(value)} );" for name, value in self.constants.items())
        self._write(
            "wp-config.php",
            self.wp_config,
            database=self.database,
            user=self.database,
            password=self._db_password,
            socket=self.mariadb.socket,
            keys=keys,
            constants=more,
            prefix=self.prefix,
        )

    @contextmanager
    def must_use(self, name: str, code: str) -> Iterator[None]:
        """Have WordPress load a file of PHP before all plugins for a while.

        :param name: of the file, without its ending
        """
        folder = self.content / "mu-plugins"
        folder.mkdir(exist_ok=True)
        file = folder / f"{name}.php"
        file.write_text(code)
        try:
            yield
        finally:
            file.unlink()

    def install_plugin(self, source: str | Path, name: str | None = None, *, link: bool = False) -> None:
        """Put a plugin into the site, without activating it; one of the same name is replaced.

        :param source: the plugin's folder, or the name of one in ``tests/wordpress/plugins``
        :param name: what its folder is called in the site
        :param link: whether it is a symbolic link, so that changes are seen at once. WordPress handles that right, also
            in ``plugins_url()``, but its screen deletes *through* the link: forbid it by ``DISALLOW_FILE_MODS``.
        """
        folder = HERE / "plugins" / source if isinstance(source, str) else source
        assert folder.is_dir(), f"there is no plugin in {folder}"
        target = self.content / "plugins" / (name or folder.name)
        if target.is_symlink():
            target.unlink()
        elif target.exists():
            shutil.rmtree(target)
        if link:
            target.symlink_to(folder.resolve())
        else:
            shutil.copytree(folder, target)

    def activate(self, name: str) -> None:
        """Activate a plugin as the administrator would, its activation hook included."""
        self.php(f"""
            require_once ABSPATH . 'wp-admin/includes/plugin.php';
            wp_set_current_user( 1 );
            $result = activate_plugin( {_literal(_plugin_file(name))} );
            if ( is_wp_error( $result ) ) {{ trigger_error( $result->get_error_message(), E_USER_WARNING ); }}
        """)

    def deactivate(self, name: str) -> None:
        """Deactivate a plugin, its deactivation hook included."""
        self.php(f"""
            require_once ABSPATH . 'wp-admin/includes/plugin.php';
            wp_set_current_user( 1 );
            deactivate_plugins( {_literal(_plugin_file(name))} );
        """)

    def use(self, *names: str) -> None:
        """Have these plugins active and no other, activated in this order; they load by name.

        What the host plugin served on the way is forgotten.
        """
        active = self.active_plugins()
        for name in active:
            if name not in names:
                self.deactivate(name)
        for name in names:
            if name not in active:
                self.activate(name)
        self.host_served_log.unlink(missing_ok=True)

    def active_plugins(self) -> list[str]:
        """Return the names of the active plugins in the order in which they load."""
        return re.findall(r'"([^"/]+)/[^"]*"', self.option("active_plugins") or "")

    # Looking inside

    def php(self, code: str) -> str:
        """Run PHP code (without ``<?php``) inside the loaded WordPress and return what it prints.

        Whatever PHP or WordPress complains of, be it a notice, is an AssertionError with its text.
        """
        return self._run(code)

    def debug_log(self) -> str:
        """Return what PHP and WordPress complained of in requests to the site."""
        return _complaints(self._logged())

    def own_log(self) -> list[str]:
        """Return the plugin's own lines, without their time."""
        return [line.partition("] ")[2] for line in self._logged().splitlines() if OWN_LINE in line]

    def _logged(self) -> str:
        return self._debug_log.read_text() if self._debug_log.exists() else ""

    def clear_debug_log(self) -> None:
        """Forget the complaints."""
        self._debug_log.unlink(missing_ok=True)

    def query(self, statement: str, *values: object) -> list[dict[str, Any]]:
        """Run one SQL statement in the site's database, ``{prefix}`` being its prefix, and return the rows."""
        with self._connect() as connection, connection.cursor(pymysql.cursors.DictCursor) as cursor:
            cursor.execute(statement.replace("{prefix}", self.prefix), values)
            return list(cursor.fetchall())

    def option(self, name: str) -> str | None:
        """Return an option as it is in the database (arrays serialised), or None."""
        rows = self.query("SELECT option_value FROM `{prefix}options` WHERE option_name = %s", name)
        return rows[0]["option_value"] if rows else None

    def tables(self) -> list[str]:
        """Return the names of the site's tables, with their prefix."""
        return sorted(str(next(iter(row.values()))) for row in self.query("SHOW TABLES"))

    @property
    def host_served_log(self) -> Path:
        """The file to which the stand-in for the host plugin writes each of its own memory classes' calls."""
        return self.content / "host-served.log"

    # Visitors

    def guest(self) -> Client:
        """Return a visitor who is not logged in."""
        return Client(self.address, self.rest)

    def login(self, user: str, password: str | None = None) -> Client:
        """Return a visitor who has logged in by WordPress's form."""
        client = self.guest()
        client.log_in(user, self.passwords[user] if password is None else password)
        return client

    def guest_nonce(self) -> str:
        """Return the ``wp_rest`` nonce that pages hold for all who are not logged in."""
        return self.php("echo wp_create_nonce( 'wp_rest' );")

    # The page cache

    @contextmanager
    def page_cache(self) -> Iterator[None]:
        """Answer pages to guests out of a cache for a while; ``X-Page-Cache`` says MISS, HIT or BYPASS.

        Like most it keeps neither what sets a cookie nor what forbids caching, and knows nothing of nonces.
        """
        switch = self.folder / "page-cache.on"
        self.clear_page_cache()
        switch.touch()
        try:
            yield
        finally:
            switch.unlink()
            self.clear_page_cache()

    def clear_page_cache(self) -> None:
        """Forget the cached pages."""
        for page in (self.folder / "page-cache").glob("*"):
            with suppress(FileNotFoundError):
                page.unlink()

    # The web server

    @contextmanager
    def handing_on(self, above: str, lines: str) -> Iterator[None]:
        """Have nginx answer some paths without PHP for a while. It starts anew before and after.

        :param above: lines of its configuration, as they stand above the ``server``
        :param lines: as they stand in it
        """
        self.stop()
        self._above, self._handed_on = above, lines
        self.start()
        try:
            yield
        finally:
            self.stop()
            self._above = self._handed_on = ""
            self.start()

    # How it is made

    @property
    def _debug_log(self) -> Path:
        return self.folder / "debug.log"

    def _copy_files(self) -> None:
        # Debian replaces some files by links to other packages', whose paths PHP would then see.
        shutil.copytree(
            DEBIAN,
            self.wordpress,
            ignore=lambda folder, _: {"wp-content", ".htaccess"} if folder == str(DEBIAN) else set(),
        )
        (self.content / "plugins").mkdir(parents=True)
        shutil.copytree(HERE / "theme", self.content / "themes" / "shop")
        languages = self.content / "languages"
        languages.mkdir()
        for file in (DEBIAN / "wp-content" / "languages").glob(f"*{LOCALE}.mo"):
            shutil.copy(file, languages)

    def _create_database(self) -> None:
        self.mariadb.create_database(self.database)
        with self.mariadb.connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE USER `{self.database}`@localhost IDENTIFIED BY '{self._db_password}'")
            cursor.execute(f"GRANT ALL ON `{self.database}`.* TO `{self.database}`@localhost")

    def _install(self, timezone: str) -> None:
        settings = {
            "address": self.address,
            "passwords": self.passwords,
            "timezone": timezone,
            "permalinks": "/%postname%/" if self.pretty else "",
        }
        self._run(f"$settings = json_decode( {_literal(json.dumps(settings))}, true );" + INSTALLATION, installing=True)

    def _run(self, code: str, *, installing: bool = False) -> str:
        log = self.folder / f"php-{uuid.uuid4().hex}.log"
        settings = ["-d", "sendmail_path=/bin/true", "-d", "display_errors=stderr"]
        host = self.address.removeprefix("http://")
        settings += ["-d", f"auto_prepend_file={HERE}/complaints.php"]
        arguments = [str(HERE / "inside.php"), str(self.wordpress), host, str(log), "1" if installing else "0"]
        command = [program("php"), *settings, *arguments]
        result = subprocess.run(command, input=code, capture_output=True, text=True, check=False, timeout=120)
        complaints = _complaints(log.read_text() if log.exists() else "")
        log.unlink(missing_ok=True)
        assert result.returncode == 0, (
            f"PHP ended with {result.returncode}:\n{complaints}{result.stderr}{result.stdout}"
        )
        assert not complaints + result.stderr, f"PHP complained:\n{complaints}{result.stderr}{result.stdout}"
        return result.stdout

    def _write(self, template: str, target: Path | None = None, **values: str) -> None:
        text = (HERE / template).read_text()
        for name, value in {"folder": str(self.folder), **values}.items():
            text = text.replace("{{" + name + "}}", value)
        (target or self.folder / template).write_text(text)

    def _connect(self) -> "pymysql.connections.Connection[Any]":
        return self.mariadb.connect(self.database)


WITHOUT_GAPS = "$GLOBALS['wpdb']->query( 'SET SESSION auto_increment_increment = 1, auto_increment_offset = 1' );"
"""PHP code after which new rows get the ids that a server of its own gives them, as tests and WordPress expect."""

INSTALLATION = (
    WITHOUT_GAPS
    + """
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
function wp_new_blog_notification() {}
// Whether pretty permalinks work would be asked of the site, which does not run yet.
add_filter( 'pre_http_request', static fn() => new WP_Error( 'offline' ) );
wp_install( 'Shop', 'admin', 'admin@shop.test', true, '', $settings['passwords']['admin'] );
foreach ( array( 'customer', 'second' ) as $name ) {
    wp_insert_user( array(
        'user_login' => $name, 'user_pass' => $settings['passwords'][ $name ], 'user_email' => "$name@shop.test",
        'role' => 'subscriber',
    ) );
}
update_option( 'siteurl', $settings['address'] );
update_option( 'home', $settings['address'] );
update_option( 'timezone_string', $settings['timezone'] );
update_option( 'permalink_structure', $settings['permalinks'] );
switch_theme( 'shop' );
"""
)


def _random_text() -> str:
    """Return 64 characters as WordPress's key service makes them, quotes left out as there."""
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!@#$%^&*()-_ []{}<>~`+=,.;:/?|"
    return "".join(secrets.choice(letters) for _ in range(64))


def _complaints(log: str) -> str:
    """Return a log without what the plugin notes on purpose."""
    return "".join(line for line in log.splitlines(keepends=True) if OWN_LINE not in line)


def _literal(value: Constant) -> str:
    """Return a value as PHP writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _plugin_file(name: str) -> str:
    return f"{name}/{name}.php"


def program(name: str) -> str:
    """Return a program's path; those of administrators are not on every user's PATH."""
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    assert found, f"{name} is missing: bash tests/run installs it"
    return found


def _php_fpm() -> str:
    """Return the path of PHP-FPM of the version that ``php`` has."""
    version = subprocess.run(
        [program("php"), "-r", "echo PHP_MAJOR_VERSION, '.', PHP_MINOR_VERSION;"],
        capture_output=True,
        text=True,
        check=True,
    )
    return program(f"php-fpm{version.stdout}")
