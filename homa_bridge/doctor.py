"""Examines an installation: every finding comes with its remedy."""

from collections.abc import Sequence

from sqlalchemy import inspect

from .application import Services
from .checks.finding import Finding
from .checks.server import examine_server
from .checks.site import examine_site
from .checks.surroundings import examine_limits, examine_place
from .errors import ModelFailed, StorageError
from .status.service import CLOCK_TOLERANCE, DatabaseReport, TableReport, inspect_database

VAULT = "homa_vault"


def examine(services: Services) -> list[Finding]:
    """Look at settings, database, tables, clocks, secret, logins and the language model."""
    report = inspect_database(services.database, services.clock)
    return [
        *_settings(services),
        *_database(services, report),
        *_tables(services, report),
        *_clocks(services, report),
        *_secrets(services),
        *([] if report.problem else [_logins(services), *examine_site(services)]),
        *examine_limits(services.settings),
        *_model(services),
        *examine_place(services.settings),
    ]


def _settings(services: Services) -> list[Finding]:
    settings = services.settings
    return [
        Finding("right", f"Settings: table prefix {settings.table_prefix}, database {settings.database_url!r}"),
        Finding("right", f"Site address: {settings.site_url}")
        if settings.site_url
        else Finding(
            "note",
            "Site address: unknown, so writes of a copy of the site are not refused",
            "Set HOMA_SITE_URL, or HOMA_WP_CONFIG, once this serves a site.",
        ),
    ]


def _database(services: Services, report: DatabaseReport) -> list[Finding]:
    if report.problem:
        return [Finding("wrong", f"Database: {report.problem}", "Mend it, then run `homa-bridge check` again.")]
    found = [Finding("right", f"Database: {report.kind} {report.version}")]
    if report.kind == "SQLite" and services.settings.site_url:
        found.append(
            Finding(
                "wrong",
                "Database: the embedded file, though this serves a site",
                "Set HOMA_WP_CONFIG, or HOMA_DATABASE_URL.",
            )
        )
    if report.statement_log:
        remedy = "Set binlog_format to MIXED (MariaDB's default) or ROW (MySQL's); with STATEMENT every write fails."
        found.append(Finding("wrong", "Database: its binary log has the format STATEMENT", remedy))
    return found


def _tables(services: Services, report: DatabaseReport) -> list[Finding]:
    elsewhere = [] if all(table.exists for table in report.tables) else _prefixes(services)
    present = [table.name for table in report.tables if table.exists]
    is_server = report.problem is None and not services.database.is_sqlite
    return [
        *[_table(table, elsewhere) for table in report.tables],
        *(examine_server(services, present) if is_server else []),
    ]


def _prefixes(services: Services) -> list[str]:
    """Return before which other prefixes the database has a memory."""
    own = services.database.prefix
    names = inspect(services.database.engine).get_table_names()
    return [name.removesuffix(VAULT) for name in names if name.endswith(VAULT) and name != own + VAULT]


def _table(table: TableReport, elsewhere: Sequence[str]) -> Finding:
    if not table.exists:
        there = f" There are such tables with the prefix {' and '.join(elsewhere)}." if elsewhere else ""
        return Finding(
            "wrong" if table.required else "note",
            f"Table {table.name}: missing",
            f"Run `homa-bridge init-db`; if the site has these tables, correct HOMA_TABLE_PREFIX.{there}",
        )
    if table.differences:
        return Finding(
            "wrong",
            f"Table {table.name}: {' '.join(table.differences)}",
            "Change it back with ALTER TABLE to what sql/mysql.sql has: the plugin's PHP code relies on it, too.",
        )
    return Finding("right", f"Table {table.name}: as it should be")


def _clocks(services: Services, report: DatabaseReport) -> list[Finding]:
    zone, source = services.settings.zone, services.settings.zone_source
    found = [Finding("right", f"Time zone: {zone} (from {source}); the site's clock shows {services.clock.wall()}")]
    if source == "default":
        remedy = "Set HOMA_SITE_TIMEZONE to the site's (Settings → General), or HOMA_WP_CONFIG."
        found = [Finding("note", "Time zone: UTC, because none is set", remedy)]
    if report.drift_seconds is not None and abs(report.drift_seconds) > CLOCK_TOLERANCE.total_seconds():
        found.append(
            Finding(
                "wrong",
                f"Clock: the database's differs by {report.drift_seconds:g} s from this machine's",
                "Set both machines' clocks by NTP: sessions expire by the database's, times are written by this one's.",
            )
        )
    if report.offset_minutes is not None:
        found.append(Finding("right", f"Clock: the database's NOW() is {report.offset_minutes:+d} minutes from UTC"))
    return found


def _secrets(services: Services) -> list[Finding]:
    settings = services.settings
    if not settings.shared_secret:
        remedy = (
            "For a site activate the plugin and set HOMA_WP_CONFIG, or set HOMA_SHARED_SECRET here and "
            "HOMA_BRIDGE_SECRET in wp-config.php to the same output of `openssl rand -hex 32`."
        )
        return [Finding("note", "Secret: none, so the service listens on this machine alone", remedy)]
    found = [Finding("right", f"Secret: set (from {settings.secret_source})")]
    if settings.previous_secret:
        remedy = (
            "Once Settings → Homa Bridge says that the new one is accepted, forget the previous one there, or remove "
            "HOMA_PREVIOUS_SECRET and HOMA_BRIDGE_PREVIOUS_SECRET; then restart the service."
        )
        found.append(Finding("note", "Secret: the previous one is still accepted as well", remedy))
    return found


def _logins(services: Services) -> Finding:
    keys = services.settings.login
    if services.logins is None or keys is None:
        remedy = (
            "Nothing to do, unless a web server hands the routes to this service without PHP: then set HOMA_WP_CONFIG, "
            "or HOMA_LOGGED_IN_SALT, HOMA_NONCE_SALT and HOMA_LOGGED_IN_COOKIE (the README says to what), and restart."
        )
        return Finding("note", "Logins: not known here; whom the plugin names is recognised all the same", remedy)
    try:
        services.logins.find(b"")
    except StorageError:
        remedy = "Let this user read both tables. Without a wp-config.php, correct HOMA_TABLE_PREFIX."
        return Finding("wrong", f"Logins: {keys.users} and {keys.usermeta} cannot be read", remedy)
    return Finding("right", f"Logins: verified by the cookie {keys.cookie} and the table {keys.users}")


def _model(services: Services) -> list[Finding]:
    settings = services.settings.model
    if settings is None or services.wordings is None:
        return []
    try:
        services.wordings.probe()
    except ModelFailed as failure:
        remedy = "Until then the rules' summaries serve. Then run `homa-bridge check` again."
        return [Finding("wrong", f"Language model: {settings.url} {failure.reason}", remedy)]
    return [Finding("right", f"Language model: {settings.name} at {settings.url} answers")]
