"""Settings: from the environment, from a ``.env`` file, or from the site's own ``wp-config.php``.

A variable of the environment counts before the same one in ``.env``, and either before what the site says.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta, timezone, tzinfo
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import platformdirs
from dotenv import dotenv_values
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from .context.trade import DEFAULT as DEFAULT_TRADE
from .context.trade import SUPPLIED, Trade, read_trade
from .defences.settings import VARIABLES as DEFENCES
from .defences.settings import Defences, read_defences
from .errors import SettingsError
from .language_model.settings import VARIABLES as LANGUAGE_MODEL
from .language_model.settings import ModelSettings, read_model
from .omnistore.expiry import Retention
from .omnistore.model import Limits
from .telemetry.settings import VARIABLES as TELEMETRY
from .telemetry.settings import Telemetry, read_telemetry
from .wordpress.login_keys import Given, LoginKeys, login_keys
from .wordpress.site import SiteOptions, read_login_options, read_options, sqlalchemy_url
from .wordpress.wp_config import WordPressConfig, WordPressConfigError, load

SECRET_LENGTH = 32  # characters: as many as 128 random bits have in hexadecimal digits
LONGEST_DAYS = 3_650  # for which anything is kept that is not kept for good
PREFIX_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
DATABASE_CONSTANTS = frozenset({"DB_NAME", "DB_USER", "DB_PASSWORD", "DB_HOST"})
VERBATIM = frozenset({"HOMA_LOGGED_IN_SALT", "HOMA_NONCE_SALT"})  # a blank at an end is part of a salt

VARIABLES = {
    "HOMA_DATABASE_URL": "Database, such as mysql://user:password@host/name or sqlite:////path/to/file",
    "HOMA_TABLE_PREFIX": "The site's table prefix (default wp_)",
    "HOMA_SITE_TIMEZONE": "The site's time zone, such as Asia/Tehran or +03:30 (default: the site's options, or UTC)",
    "HOMA_SITE_URL": "The site's address (default: the site's options)",
    "HOMA_SHARED_SECRET": f"Secret shared with the WordPress plugin, at least {SECRET_LENGTH} characters",
    "HOMA_PREVIOUS_SECRET": "Secret that is accepted as well while the shared one takes its place",
    "HOMA_LOGGED_IN_SALT": "What `wp eval 'echo wp_salt(\"logged_in\");'` prints (default: from wp-config.php)",
    "HOMA_NONCE_SALT": "What `wp eval 'echo wp_salt(\"nonce\");'` prints (default: from wp-config.php)",
    "HOMA_LOGGED_IN_COOKIE": "What `wp eval 'echo LOGGED_IN_COOKIE;'` prints (default: from the site's address)",
    "HOMA_WP_CONFIG": "Path to the site's wp-config.php, instead of the nine above",
    "HOMA_DATA_DIR": "Where the embedded database lies when no other is set",
    "HOMA_HOST": "Address to listen on, or unix:/path/to/socket (default 127.0.0.1)",
    "HOMA_PORT": "Port to listen on (default 8765)",
    "HOMA_WORKERS": "Worker processes (default 2)",
    "HOMA_THREADS": "Threads in each worker (default 4)",
    "HOMA_QUEUE_LIMIT": "Requests that wait for a thread in each worker; more are answered with 503 (default 250)",
    "HOMA_STATEMENT_SECONDS": "Longest time of one statement while serving, in seconds (default 8)",
    "HOMA_MAX_BODY_BYTES": "Largest request body, in bytes (default 262144)",
    "HOMA_MAX_NESTING": "Deepest nesting of a request body, in levels (default 64)",
    "HOMA_SNAPSHOT_HOURS": "How long snapshots and the guest's cookie are kept, in hours (default 48)",
    "HOMA_GUEST_VAULT_HOURS": "How long guests' forms are kept, in hours (default 48)",
    "HOMA_USER_VAULT_DAYS": "How long users' forms are kept, in days (default 0: for good)",
    "HOMA_INTEREST_DAYS": "How long interests are kept, in days (default 0: for good)",
    "HOMA_CHAT_DAYS": "How long conversations are kept, in days (default 0: for good)",
    "HOMA_MAX_FIELDS": "Most fields of one visitor (default 200)",
    "HOMA_MAX_INTERESTS": "Most interests of one visitor (default 500)",
    "HOMA_MAX_MESSAGES": "Most chat messages of one visitor (default 1000)",
    "HOMA_MAX_MEMORY_BYTES": "Most bytes of one visitor, everything together (default 1048576)",
    "HOMA_WHEN_FULL": "What happens beyond those four: forget (the oldest goes, default) or refuse (with an error)",
    "HOMA_PROMPT_TOKENS": "How much memory goes into a prompt at most, in tokens (default 1000)",
    "HOMA_TRADE": f"The trade whose words count: {', '.join(SUPPLIED)} (default), or the path of a JSON file",
    "HOMA_SUMMARY_CONTACTS": "Whether phone numbers and e-mails may stand in summaries: on or off (default off)",
    **LANGUAGE_MODEL,
    **DEFENCES,
    **TELEMETRY,
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set.

    :param database_url: the database, with its driver; its text form hides the password
    :param wp_config: the site's wp-config.php; None if none is named
    :param zone: the site's time zone
    :param zone_source: where the time zone was found, in words
    :param shared_secret: the secret shared with the WordPress plugin; None for standalone use
    :param secret_source: where the secret was found, in words
    :param previous_secret: the secret whose place the shared one takes, and which is accepted as well; None if none is
    :param login: what WordPress's logins are verified with; None if unknown
    :param site_url: the site's address; None if unknown
    :param host: the address to listen on, or ``unix:`` and the path of a socket
    :param queue_limit: how many requests wait for a thread in one worker at most
    :param statement_seconds: how long the database may take for one statement
    :param trade: the words of the trade, for summaries of conversations
    :param summary_contacts: whether phone numbers and e-mail addresses may stand in summaries
    :param retention: how long each layer of the memory is kept
    :param defences: what is set about strangers
    :param model: what words summaries in the background; None if the rules alone do
    :param telemetry: what is set about logs and measurements
    """

    database_url: URL
    wp_config: Path | None
    table_prefix: str
    zone: tzinfo
    zone_source: str
    shared_secret: str | None = field(repr=False)
    secret_source: str
    previous_secret: str | None = field(repr=False)
    login: LoginKeys | None
    site_url: str | None
    host: str
    port: int
    workers: int
    threads: int
    queue_limit: int
    statement_seconds: int
    max_body_bytes: int
    max_nesting: int
    retention: Retention
    prompt_tokens: int
    trade: Trade
    summary_contacts: bool
    limits: Limits
    defences: Defences
    model: ModelSettings | None
    telemetry: Telemetry

    def changed(self, **changes: Any) -> Self:
        """Return these settings with some of them changed."""
        return replace(self, **changes)


def load_settings(environ: Mapping[str, str] | None = None, folder: Path | None = None) -> Settings:
    """Read the settings.

    :param environ: the environment; the process's own by default
    :param folder: where a ``.env`` may lie; the working directory by default
    :raises SettingsError: if one is wrong; the message says what to do
    """
    environ = os.environ if environ is None else environ
    known = {**_dotenv((folder or Path.cwd()) / ".env"), **environ}
    known = {
        name: text if name in VERBATIM else text.strip()
        for name, text in known.items()
        if name in VARIABLES and text.strip()
    }
    wordpress = _wordpress(known, environ)
    url = _database_url(known, wordpress)
    prefix = _prefix(known, wordpress)
    options = read_options(url, prefix) if wordpress else SiteOptions()
    zone, zone_source = _zone(known, options)
    secret, secret_source = _secret(known, wordpress, "SHARED_SECRET", "SECRET", options.secret)
    previous, _ = _secret(known, wordpress, "PREVIOUS_SECRET", "PREVIOUS_SECRET", options.previous_secret)
    site_url = known.get("HOMA_SITE_URL") or _constant(wordpress, "WP_HOME") or options.site_url
    return Settings(
        database_url=url,
        wp_config=Path(known["HOMA_WP_CONFIG"]).expanduser().absolute() if wordpress else None,
        table_prefix=prefix,
        zone=zone,
        zone_source=zone_source,
        shared_secret=secret,
        secret_source=secret_source,
        previous_secret=previous if secret and previous != secret else None,
        login=_login(known, wordpress, url, site_url, prefix),
        site_url=site_url,
        host=known.get("HOMA_HOST", "127.0.0.1"),
        port=_number(known, "HOMA_PORT", 8765, least=0, most=65_535),
        workers=_number(known, "HOMA_WORKERS", 2, most=256),
        threads=_number(known, "HOMA_THREADS", 4, most=256),
        queue_limit=_number(known, "HOMA_QUEUE_LIMIT", 250, most=100_000),
        statement_seconds=_number(known, "HOMA_STATEMENT_SECONDS", 8, most=3_600),
        max_body_bytes=_number(known, "HOMA_MAX_BODY_BYTES", 262_144, least=1_024),
        max_nesting=_number(known, "HOMA_MAX_NESTING", 64, most=500),
        retention=_retention(known),
        prompt_tokens=_number(known, "HOMA_PROMPT_TOKENS", 1_000, least=100, most=100_000),
        trade=read_trade(known.get("HOMA_TRADE", DEFAULT_TRADE)),
        summary_contacts=_switch(known, "HOMA_SUMMARY_CONTACTS"),
        limits=_limits(known),
        defences=read_defences(known),
        model=_model(known),
        telemetry=read_telemetry(known),
    )


def parse_zone(text: str) -> tzinfo:
    """Return the time zone of a name (``Asia/Tehran``) or an offset (``+03:30``, or in hours, as WordPress has it).

    :raises ValueError: if there is no such zone
    """
    sign = -1 if text.startswith("-") else 1
    hours, _, minutes = text.lstrip("+-").partition(":")
    if text[:1] in "+-0123456789" and hours.replace(".", "", 1).isdigit() and (minutes or "0").isdigit():
        offset = timedelta(hours=float(hours), minutes=int(minutes or 0))
        if offset > timedelta(hours=14):
            raise ValueError("farther from UTC than any place on earth")
        return timezone(sign * offset)
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, OSError) as error:
        raise ValueError("unknown") from error


def _refuse_uncertain(wordpress: WordPressConfig, names: frozenset[str], remedy: str) -> None:
    """Refuse what depends on a condition that only PHP can decide: it might be another site's."""
    if uncertain := sorted(wordpress.uncertain & names):
        raise SettingsError(
            f"HOMA_WP_CONFIG: {uncertain[0]} depends on a condition that only PHP can decide: set {remedy}."
        )


def _dotenv(path: Path) -> dict[str, str]:
    try:
        return {name: text for name, text in dotenv_values(path).items() if text is not None} if path.is_file() else {}
    except (OSError, UnicodeDecodeError):
        raise SettingsError(f"{path} cannot be read: make it a readable UTF-8 file, or remove it.") from None


def _wordpress(known: Mapping[str, str], environ: Mapping[str, str]) -> WordPressConfig | None:
    if "HOMA_WP_CONFIG" not in known:
        return None
    try:
        return load(Path(known["HOMA_WP_CONFIG"]).expanduser(), environ)
    except WordPressConfigError as error:
        raise SettingsError(f"HOMA_WP_CONFIG: {error}") from None


def _database_url(known: Mapping[str, str], wordpress: WordPressConfig | None) -> URL:
    if "HOMA_DATABASE_URL" in known:
        return _parse_url(known["HOMA_DATABASE_URL"])
    if wordpress is not None:
        _refuse_uncertain(wordpress, DATABASE_CONSTANTS, "HOMA_DATABASE_URL")
        return sqlalchemy_url(wordpress)
    folder = Path(known.get("HOMA_DATA_DIR") or platformdirs.user_data_dir("homa-bridge", appauthor=False)).expanduser()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(
            f"{folder} cannot be created ({error.strerror}): set HOMA_DATA_DIR to a folder that this user may write."
        ) from None
    return URL.create("sqlite", database=str(folder.resolve() / "memory.sqlite3"))


def _parse_url(text: str) -> URL:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        url = None
    kind = url.get_backend_name() if url is not None else ""
    if url is not None and kind in {"mysql", "mariadb"} and url.database:
        return url.set(drivername="mysql+pymysql")
    if url is not None and kind == "sqlite" and url.database and url.database != ":memory:":
        return url.set(drivername="sqlite", database=str(Path(url.database).expanduser().resolve()))
    # The text may hold a password: it is not repeated.
    raise SettingsError(
        "HOMA_DATABASE_URL is not understood: write mysql://user:password@host/name or sqlite:////path/to/file "
        "(special characters of the password percent-encoded)."
    )


def _prefix(known: Mapping[str, str], wordpress: WordPressConfig | None) -> str:
    if wordpress is not None and "HOMA_TABLE_PREFIX" not in known:
        _refuse_uncertain(wordpress, frozenset({"$table_prefix"}), "HOMA_TABLE_PREFIX")
    prefix = known.get("HOMA_TABLE_PREFIX") or (wordpress.table_prefix if wordpress else "wp_")
    if not PREFIX_CHARACTERS.issuperset(prefix) or len(prefix) > 32:
        raise SettingsError(
            f"HOMA_TABLE_PREFIX is {prefix!r}: use up to 32 letters, digits and underscores, such as wp_."
        )
    return prefix


def _zone(known: Mapping[str, str], options: SiteOptions) -> tuple[tzinfo, str]:
    source, text = "default", "UTC"
    if "HOMA_SITE_TIMEZONE" in known:
        source, text = "HOMA_SITE_TIMEZONE", known["HOMA_SITE_TIMEZONE"]
    elif options.timezone:
        source, text = "the site's options", options.timezone
    try:
        return parse_zone(text), source
    except ValueError:
        raise SettingsError(
            f"{source} has the time zone {text!r}, which is unknown: use a name such as Asia/Tehran "
            "or an offset such as +03:30."
        ) from None


def _secret(
    known: Mapping[str, str], wordpress: WordPressConfig | None, variable: str, constant: str, option: str | None
) -> tuple[str | None, str]:
    """Return a secret, and where it was found.

    :param variable: its name in the environment, without ``HOMA_``
    :param constant: its name in wp-config.php, without ``HOMA_BRIDGE_``; of the option it is the same in lower case
    :param option: what the site's option says
    """
    for source, secret in (
        (f"HOMA_{variable}", known.get(f"HOMA_{variable}")),
        (f"HOMA_BRIDGE_{constant} in wp-config.php", _constant(wordpress, f"HOMA_BRIDGE_{constant}")),
        (f"the site's option homa_bridge_{constant.lower()}", option),
    ):
        if secret and len(secret) < SECRET_LENGTH:
            raise SettingsError(
                f"{source} is too short: use at least {SECRET_LENGTH} characters, such as the output of "
                "`openssl rand -hex 32`."
            )
        if secret:
            return secret, source
    return None, "nowhere"


def _limits(known: Mapping[str, str]) -> Limits:
    when_full = known.get("HOMA_WHEN_FULL", "forget")
    if when_full not in {"forget", "refuse"}:
        raise SettingsError(f"HOMA_WHEN_FULL is {when_full!r}: use forget or refuse.")
    return Limits(
        fields=_number(known, "HOMA_MAX_FIELDS", 200),
        interests=_number(known, "HOMA_MAX_INTERESTS", 500),
        messages=_number(known, "HOMA_MAX_MESSAGES", 1_000),
        bytes=_number(known, "HOMA_MAX_MEMORY_BYTES", 1_048_576, least=16_384),
        forgets=when_full == "forget",
    )


def _login(
    known: Mapping[str, str], wordpress: WordPressConfig | None, url: URL, site_url: str | None, prefix: str
) -> LoginKeys | None:
    salts = known.get("HOMA_LOGGED_IN_SALT"), known.get("HOMA_NONCE_SALT")
    options = read_login_options(url, wordpress, prefix) if wordpress else {}
    return login_keys(Given(*salts, known.get("HOMA_LOGGED_IN_COOKIE"), site_url, prefix), wordpress, options)


def _model(known: Mapping[str, str]) -> ModelSettings | None:
    return read_model(
        known,
        timeout=_number(known, "HOMA_MODEL_TIMEOUT", 30, most=600),
        delay=_number(known, "HOMA_MODEL_DELAY", 10, least=0, most=3_600),
    )


def _constant(wordpress: WordPressConfig | None, name: str) -> str | None:
    found = wordpress.constants.get(name) if wordpress else None
    return found if isinstance(found, str) and found else None


def _retention(known: Mapping[str, str]) -> Retention:
    return Retention(
        snapshot_hours=_number(known, "HOMA_SNAPSHOT_HOURS", 48, most=24 * LONGEST_DAYS),
        guest_vault_hours=_number(known, "HOMA_GUEST_VAULT_HOURS", 48, most=24 * LONGEST_DAYS),
        user_vault_days=_number(known, "HOMA_USER_VAULT_DAYS", 0, least=0, most=LONGEST_DAYS),
        interest_days=_number(known, "HOMA_INTEREST_DAYS", 0, least=0, most=LONGEST_DAYS),
        chat_days=_number(known, "HOMA_CHAT_DAYS", 0, least=0, most=LONGEST_DAYS),
    )


def _switch(known: Mapping[str, str], name: str) -> bool:
    text = known.get(name, "off")
    if text not in {"on", "off"}:
        raise SettingsError(f"{name} is {text!r}: use on or off.")
    return text == "on"


def _number(known: Mapping[str, str], name: str, default: int, *, least: int = 1, most: int = 2**31 - 1) -> int:
    text = known.get(name, str(default))
    if not (text.isascii() and text.isdigit() and least <= int(text[:12]) <= most):
        raise SettingsError(f"{name} is {text!r}: use a whole number from {least:,} to {most:,}.")
    return int(text)
