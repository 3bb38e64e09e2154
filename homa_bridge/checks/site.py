"""What the site itself says in its options: its address, its secret, its time zone, and how its plugin is."""

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.exc import DBAPIError

from ..application import Services
from ..config import parse_zone
from ..identity.home import is_same_site
from ..privacy.tables import KeptWrite
from ..wordpress.wp_config import load
from .finding import Finding

NAMES: Final = (
    "home", "timezone_string", "gmt_offset", "active_plugins", "homa_bridge_secret", "homa_bridge_breaker",
)  # fmt: skip
PLUGIN: Final = "homa-bridge/homa-bridge.php"


def examine_site(services: Services) -> Iterator[Finding]:
    """Compare the settings with the site's options; a database without them is no site's."""
    options = _options(services)
    if "home" not in options:
        return
    yield from _address(services, options["home"])
    yield from _zone(services, options)
    yield from _secret(services, options.get("homa_bridge_secret", ""))
    yield from _plugin(services, options)
    yield from _kept(services)


def _options(services: Services) -> Mapping[str, str]:
    query = text(
        f"SELECT option_name, option_value FROM `{services.settings.table_prefix}options` WHERE option_name IN :names"  # noqa: S608  (the prefix is letters, digits, underscores)
    ).bindparams(bindparam("names", NAMES, expanding=True))
    try:
        with services.database.engine.connect() as connection:
            return {str(name): str(value) for name, value in connection.execute(query)}
    except DBAPIError:
        return {}


def _address(services: Services, home: str) -> Iterator[Finding]:
    own = services.settings.site_url
    if own and not is_same_site(own, home):
        yield Finding(
            "wrong",
            f"Site address: {own} is set, and the site says {home}: its writes are refused",
            "Remove or correct HOMA_SITE_URL; if the shop has moved, correct its address under Settings → General.",
        )


def _zone(services: Services, options: Mapping[str, str]) -> Iterator[Finding]:
    told = options.get("timezone_string") or options.get("gmt_offset")
    try:
        site = parse_zone(told or "UTC")
    except ValueError:
        return  # PHP would not know it either, and goes by the offset
    now, own = datetime.now(UTC), services.settings.zone
    if told and now.astimezone(site).utcoffset() != now.astimezone(own).utcoffset():
        yield Finding(
            "wrong",
            f"Time zone: {own} is set, and the site's is {told}",
            "Remove HOMA_SITE_TIMEZONE where HOMA_WP_CONFIG is set, else set it to the site's (Settings → General).",
        )


def _secret(services: Services, option: str) -> Iterator[Finding]:
    settings = services.settings
    constant = load(settings.wp_config).constants.get("HOMA_BRIDGE_SECRET") if settings.wp_config else None
    site = str(constant or option)
    if not site or not settings.shared_secret or site in {settings.shared_secret, settings.previous_secret}:
        return
    yield Finding(
        # Without the file, a constant in it may be what the plugin goes by.
        "wrong" if settings.wp_config else "note",
        f"Secret: the one from {settings.secret_source} is not the site's: whatever the plugin signs is refused",
        "Remove HOMA_SHARED_SECRET where HOMA_WP_CONFIG is set, else set it to the secret in Settings → Homa Bridge.",
    )


def _plugin(services: Services, options: Mapping[str, str]) -> Iterator[Finding]:
    if "active_plugins" in options and PLUGIN not in options["active_plugins"] and not _is_network(services):
        yield Finding(
            "wrong",
            "Plugin: not active on the site, which goes without its memory",
            "Activate Homa Bridge under Plugins; `homa-bridge plugin-zip` writes it.",
        )
    since = options.get("homa_bridge_breaker", "").partition("|")[2]
    if since.isdigit():
        yield Finding(
            "wrong",
            f"Plugin: it has found this service away for {_ago(int(since))}",
            "Run `homa-bridge serve`, and see in Settings → Homa Bridge what is in the way.",
        )


def _is_network(services: Services) -> bool:
    """Say whether the site may be one of a network, whose plugins are noted elsewhere."""
    prefix = services.settings.table_prefix.rstrip("0123456789_") + "_"
    try:
        with services.database.engine.connect() as connection:
            connection.execute(text(f"SELECT 1 FROM `{prefix}sitemeta` LIMIT 0"))  # noqa: S608  (as above)
    except DBAPIError:
        return False
    return True


def _kept(services: Services) -> Iterator[Finding]:
    table = services.database.table(KeptWrite)
    try:
        with services.database.engine.connect() as connection:
            waiting = connection.execute(select(func.count(), func.min(table.c.created_at))).one()
    except DBAPIError:
        return  # a site without the plugin keeps none
    if waiting[0]:
        oldest = datetime.fromisoformat(str(waiting[1])).replace(tzinfo=UTC).timestamp()
        yield Finding(
            "wrong",
            f"Plugin: it keeps {waiting[0]:,} writes for this service, the oldest for {_ago(oldest)}",
            "They are handed over when the service answers: let it run, and see that the site's WP-Cron runs.",
        )


def _ago(moment: float) -> str:
    seconds = max(0, int(time.time() - moment))
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60:,} minutes"
