"""Compares the tables and the clocks of the database with what they should be."""

from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Column, Connection, Index, Inspector, Table, UniqueConstraint, inspect, text
from sqlalchemy.engine.interfaces import ReflectedColumn
from sqlalchemy.exc import DBAPIError, NoSuchTableError

from ..clock import Clock
from ..database import Database
from ..database_errors import explain
from ..extensions import Model
from ..omnistore.tables import (
    ChatMessage,
    Cleanup,
    ConversationSummary,
    Interest,
    Receipt,
    Session,
    VaultEntry,
    WriteLock,
)
from ..persona.tables import PersonaScore
from .rows import count_rows

REQUIRED: tuple[type[Model], ...] = (VaultEntry, Session, Interest, ChatMessage)
OPTIONAL: tuple[type[Model], ...] = (PersonaScore, WriteLock, Receipt, ConversationSummary, Cleanup)
CLOCK_TOLERANCE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class TableReport:
    """How a table is.

    :param differences: what differs from the schema in ``sql/``, a sentence each
    :param rows: how many it has; None if it does not exist, or was not counted
    :param rows_are_estimated: whether that is the database's guess, because there are many
    """

    name: str
    exists: bool
    required: bool
    differences: list[str]
    rows: int | None = None
    rows_are_estimated: bool = False


@dataclass(frozen=True, slots=True)
class DatabaseReport:
    """How the database is.

    :param kind: MariaDB, MySQL or SQLite; None if it cannot be reached
    :param problem: why it cannot be reached
    :param offset_minutes: minutes by which the database's NOW() is ahead of UTC
    :param drift_seconds: seconds by which its clock differs from this machine's
    :param statement_log: whether it logs statements for its replicas, which forbids the isolation that writes need
    """

    kind: str | None
    version: str | None
    problem: str | None
    offset_minutes: int | None
    drift_seconds: float | None
    tables: list[TableReport]
    statement_log: bool = False

    def as_dict(self) -> dict[str, object]:
        """Return the report for JSON."""
        return asdict(self)


def inspect_database(database: Database, clock: Clock, *, count: bool = False) -> DatabaseReport:
    """Look at the database; never raises for one that is out of reach, but says so.

    :param count: whether the tables' rows are counted, too
    """
    try:
        with database.engine.connect() as connection:
            kind, version = _kind(connection, database)
            offset, drift = _clock(connection, database, clock)
            inspector = inspect(connection)
            tables = [
                _table(inspector, database.table(model), required=model in REQUIRED) for model in REQUIRED + OPTIONAL
            ]
            if count:
                tables = [
                    _counted(connection, database, model, report)
                    for model, report in zip(REQUIRED + OPTIONAL, tables, strict=True)
                ]
            return DatabaseReport(kind, version, None, offset, drift, tables, _logs_statements(connection, database))
    except DBAPIError as error:
        return DatabaseReport(None, None, explain(error.orig), None, None, [])


def _kind(connection: Connection, database: Database) -> tuple[str, str]:
    if database.is_sqlite:
        return "SQLite", str(connection.scalar(text("SELECT sqlite_version()")))
    version = str(connection.scalar(text("SELECT VERSION()")))
    return ("MariaDB" if "mariadb" in version.lower() else "MySQL"), version


def _clock(connection: Connection, database: Database, clock: Clock) -> tuple[int, float]:
    """Return how far NOW() is from UTC in minutes, and the database's clock from this machine's in seconds."""
    now = "datetime('now')" if database.is_sqlite else "NOW()"
    utc = "datetime('now')" if database.is_sqlite else "UTC_TIMESTAMP()"
    row = connection.execute(text(f"SELECT {now}, {utc}")).one()
    local, universal = (datetime.fromisoformat(str(moment)) for moment in row)
    drift = universal.replace(tzinfo=UTC) - clock.now()
    return round((local - universal).total_seconds() / 60), round(drift.total_seconds(), 1)


def _logs_statements(connection: Connection, database: Database) -> bool:
    if database.is_sqlite:
        return False
    is_logging, form = connection.execute(text("SELECT @@log_bin, @@binlog_format")).one()
    return bool(is_logging) and form == "STATEMENT"


def _table(inspector: Inspector, table: Table, *, required: bool) -> TableReport:
    try:
        found = {column["name"]: column for column in inspector.get_columns(table.name)}
        keys = _keys(inspector, table.name)
    except NoSuchTableError:
        return TableReport(str(table.name), False, required, [])
    differences = [
        difference
        for column in table.columns
        for difference in _column_differences(inspector, column, found.get(column.name))
    ]
    differences += [f"Column {name} is not the plugin's." for name in found if name not in table.columns]
    differences += [
        f"{'Unique key' if unique else 'Key'} {name} on ({', '.join(columns)}) is missing."
        for name, columns, unique in _expected_keys(table)
        if not any(
            called in {name, f"{table.name}_{name}"} and has[: len(columns)] == columns and (is_unique or not unique)
            for called, has, is_unique in keys
        )
    ]
    return TableReport(str(table.name), True, required, differences)


def _counted(connection: Connection, database: Database, model: type[Model], report: TableReport) -> TableReport:
    if not report.exists:
        return report
    found = count_rows(connection, database.table(model))
    return replace(report, rows=found.rows, rows_are_estimated=found.is_estimate)


def _column_differences(inspector: Inspector, column: Column[object], found: ReflectedColumn | None) -> list[str]:
    if found is None:
        return [f"Column {column.name} is missing."]
    differences = []
    expected = _type_name(column.type.compile(inspector.dialect))
    actual = _type_name(found["type"].compile(inspector.dialect))
    if expected != actual and not (expected == "JSON" and actual == "LONGTEXT"):  # MariaDB's JSON is a LONGTEXT
        differences.append(f"Column {column.name} is {actual.lower()}, should be {expected.lower()}.")
    if found["nullable"] != column.nullable and not column.primary_key:
        differences.append(f"Column {column.name} {'may' if found['nullable'] else 'must not'} be NULL.")
    return differences


def _type_name(compiled: str) -> str:
    """Return a type without what servers add or leave out: integers' display width, character set, collation."""
    name = (
        compiled.split(" CHARACTER SET", maxsplit=1)[0]
        .split(" COLLATE", maxsplit=1)[0]
        .upper()
        .replace("INTEGER", "INT")
    )
    return name.split("(")[0] if "INT" in name else name


def _keys(inspector: Inspector, name: str) -> list[tuple[str, list[str], bool]]:
    indexes = [
        (str(index["name"]), [str(column) for column in index["column_names"]], index["unique"])
        for index in inspector.get_indexes(name)
    ]
    return indexes + [
        (str(constraint["name"]), [*constraint["column_names"]], True)
        for constraint in inspector.get_unique_constraints(name)
    ]


def _expected_keys(table: Table) -> list[tuple[str, list[str], bool]]:
    keys: list[Index | UniqueConstraint] = [*table.indexes]
    keys += [constraint for constraint in table.constraints if isinstance(constraint, UniqueConstraint)]
    return sorted(
        (str(key.name), [column.name for column in key.columns], bool(getattr(key, "unique", True))) for key in keys
    )
