"""What the WordPress site itself says: its database's address and a few of its options."""

from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import URL, bindparam, create_engine, text
from sqlalchemy.exc import DBAPIError

from ..database_errors import explain
from ..errors import SettingsError
from .login_keys import NETWORK, NETWORK_ID, OPTIONS, base_prefix, is_network, is_unsure
from .wp_config import WordPressConfig, split_host

SOCKET_PLACES = (
    "/run/mysqld/mysqld.sock",
    "/var/run/mysqld/mysqld.sock",
    "/var/lib/mysql/mysql.sock",
    "/tmp/mysql.sock",  # noqa: S108  (where some distributions' servers listen)
)
"""Where servers listen that PHP reaches as ``localhost``."""

LOOPBACK = frozenset({None, "", "localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class SiteOptions:
    """Options of the site.

    :param timezone: name of the time zone, or hours from UTC; None if the site sets neither
    :param site_url: the site's address
    :param secret: the secret that the plugin made for itself and this service
    :param previous_secret: the one that the plugin had before
    """

    timezone: str | None = None
    site_url: str | None = None
    secret: str | None = field(default=None, repr=False)
    previous_secret: str | None = field(default=None, repr=False)


ANSWER_SECONDS = 10
"""How long the database may take to answer, where a command sets nothing else."""


def sqlalchemy_url(config: WordPressConfig) -> URL:
    """Return the site's database as PHP reaches it: ``localhost`` is a socket where there is one."""
    address = split_host(config.db_host)
    socket = address.socket
    if socket is None and address.port is None and address.host in {None, "", "localhost"}:
        socket = next((place for place in SOCKET_PLACES if Path(place).is_socket()), None)
    return URL.create(
        "mysql+pymysql",
        username=config.db_user,
        password=config.db_password,
        host=address.host or "localhost",
        port=address.port,
        database=config.db_name,
        query={"unix_socket": socket} if socket else {},
    )


def driver_arguments(url: URL) -> dict[str, object]:
    """Return how to reach a MySQL database beyond what its URL says."""
    is_local = "unix_socket" in url.query or url.host in LOOPBACK
    return {
        # PHP sends the bytes of the file; PyMySQL would make Latin-1 of a text.
        "password": (url.password or "").encode("utf-8", "surrogateescape"),
        "charset": "utf8mb4",
        "connect_timeout": 3,
        "read_timeout": ANSWER_SECONDS,
        "write_timeout": ANSWER_SECONDS,
        **({"ssl_disabled": True} if is_local else {}),  # what stays on this machine need not be encrypted
    }


def read_options(url: URL, prefix: str) -> SiteOptions:
    """Read the site's options from its database.

    :raises SettingsError: if the database or the table is out of reach
    """
    engine = create_engine(url, connect_args=driver_arguments(url))
    query = text(
        f"SELECT option_name, option_value FROM `{prefix}options` "  # noqa: S608  (the prefix is letters, digits, underscores)
        "WHERE option_name IN "
        "('timezone_string', 'gmt_offset', 'home', 'homa_bridge_secret', 'homa_bridge_previous_secret')"
    )
    try:
        with engine.connect() as connection:
            found = {row.option_name: row.option_value for row in connection.execute(query)}
    except DBAPIError as error:
        raise SettingsError(f"The site's database: {explain(error.orig)}") from None
    finally:
        engine.dispose()
    zone = found.get("timezone_string") or found.get("gmt_offset")
    return SiteOptions(
        timezone=zone or None,
        site_url=found.get("home") or None,
        secret=found.get("homa_bridge_secret") or None,
        previous_secret=found.get("homa_bridge_previous_secret") or None,
    )


def read_login_options(url: URL, wordpress: WordPressConfig, prefix: str) -> dict[str, str]:
    """Read the options on which logins depend; those that cannot be read are left out.

    :param prefix: the table prefix, if wp-config.php does not tell it
    """
    if is_unsure(wordpress, *NETWORK, NETWORK_ID):
        return {}
    base = base_prefix(wordpress, prefix)
    query, network = text(f"SELECT option_name, option_value FROM `{base}options` WHERE option_name IN :names"), {}  # noqa: S608  (the prefix is letters, digits, underscores)
    if is_network(wordpress):
        query = text(f"SELECT meta_key, meta_value FROM `{base}sitemeta` WHERE meta_key IN :names AND site_id = :id")  # noqa: S608  (as above)
        network = {"id": wordpress.constants.get(NETWORK_ID, 1)}
    engine = create_engine(url, connect_args=driver_arguments(url))
    try:
        with engine.connect() as connection:
            rows = connection.execute(query.bindparams(bindparam("names", OPTIONS, expanding=True)), network)
            return {str(name): str(value) for name, value in rows}
    except DBAPIError:
        return {}
    finally:
        engine.dispose()
