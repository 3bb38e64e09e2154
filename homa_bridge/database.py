"""The way to the database: engines, table prefix, the transaction boundary, and what differs between the databases.

Statements are written with SQLAlchemy, compiled once when the service starts, and run on the driver's own cursor: that
keeps one source for MySQL, MariaDB and SQLite and spares every request the cost of building its SQL.
"""

import logging
import random
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol, TypeVar, cast

import pymysql
from sqlalchemy import Engine, MetaData, QueuePool, Table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.sql import ClauseElement

from . import resources
from .database_errors import explain, is_timeout
from .dialects import SQLITE_FUNCTIONS
from .errors import AlreadyDone, StorageRefused, StorageUnavailable
from .extensions import Model
from .seldom import Seldom
from .telemetry.meters import Meters
from .telemetry.tally import tally

log = logging.getLogger(__name__)

Row = tuple[Any, ...]
Result = TypeVar("Result")
Driver = (pymysql.MySQLError, sqlite3.Error)

OWN_TABLES = "homa_bridge_"  # what the names of the product's own tables begin with, after the prefix
TRIES = 12
LOCK_SECONDS = 5  # for which a statement waits for what somebody else has locked
REPORT_SECONDS = 10.0  # in which a kind of failure is told once
# MySQL and MariaDB error codes: https://mariadb.com/kb/en/mariadb-error-codes/
CONFLICT = frozenset({
    1020,  # the record has changed since it was read (MariaDB 11.6+ under repeatable read)
    1213,  # deadlock
    1467,  # a deadlock that was met while waiting for an auto-increment value
})  # fmt: skip
LOST = frozenset({
    0,  # PyMySQL: the connection is closed already
    1053,  # the server is shutting down
    1927,  # MariaDB: the connection was killed
    2006,  # the server has gone away
    2013,  # lost during a query
    2014,  # packets out of order
    2055,  # lost, with a system error
    4031,  # MySQL 8: closed after a time without use
})  # fmt: skip
REFUSED = frozenset({
    1153,  # larger than max_allowed_packet
    1264,  # out of the column's range
    1292,  # no such date
    1366,  # not in the column's character set
    1406,  # too long for the column
    3140, 3141, 3157, 4038,  # JSON that this server does not take
    4025,  # MariaDB: a CHECK failed, here json_valid
})  # fmt: skip

_reports = Seldom(REPORT_SECONDS)


class _DriverCursor(Protocol):
    """What both drivers' cursors have in common."""

    @property
    def rowcount(self) -> int: ...
    @property
    def lastrowid(self) -> int | None: ...
    def execute(self, sql: str, values: Any) -> object: ...
    def fetchall(self) -> Sequence[Any]: ...


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL that is ready for the driver, with the values that never change."""

    sql: str
    constants: Mapping[str, object]


class Cursor:
    """Runs prepared statements on one connection, one round trip each."""

    __slots__ = ("_cursor",)

    def __init__(self, cursor: _DriverCursor) -> None:
        self._cursor = cursor

    def rows(self, statement: Statement, **values: object) -> Sequence[Row]:
        """Return all rows of a query."""
        self._execute(statement, values)
        return self._cursor.fetchall()

    def row(self, statement: Statement, **values: object) -> Row | None:
        """Return the first row of a query, or None if there is none."""
        rows = self.rows(statement, **values)
        return rows[0] if rows else None

    def change(self, statement: Statement, **values: object) -> int:
        """Run a statement that writes and return how many rows it found."""
        self._execute(statement, values)
        return self._cursor.rowcount

    def insert(self, statement: Statement, **values: object) -> int:
        """Run a statement that inserts one row and return the id that the row got."""
        self._execute(statement, values)
        return self._cursor.lastrowid or 0

    def _execute(self, statement: Statement, values: Mapping[str, object]) -> None:
        began = time.perf_counter()
        try:
            self._cursor.execute(statement.sql, {**statement.constants, **values})
        finally:
            tally.seconds += time.perf_counter() - began
            tally.statements += 1


class _CommitLost(Exception):
    """The connection went away while the commit was under way: whether it happened is unknown."""


class Database:
    """The memory's database.

    :param whole: engine whose connections open a transaction (read committed) with the first statement
    :param each: engine whose connections commit every statement, so that a read costs no second round trip
    :param prefix: the site's table prefix, such as ``wp_``
    :param meters: where the use of connections is counted
    """

    def __init__(self, whole: Engine, each: Engine, prefix: str, meters: Meters) -> None:
        self._whole = whole
        self._each = each
        self.prefix = prefix
        self._meters = meters
        self._metadata = MetaData()

    @property
    def dialect(self) -> str:
        """Name of the SQL dialect: ``sqlite`` or ``mysql``."""
        return self._whole.dialect.name

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database."""
        return self.dialect == "sqlite"

    @property
    def json_nesting(self) -> int:
        """How many levels deep a JSON column holds.

        MariaDB's ``json_valid`` refuses a document of 32 levels (measured on 10.11), MySQL one of more than 100.
        """
        dialect = self._whole.dialect
        if self.is_sqlite:
            return 500
        return 100 if dialect.server_version_info and not getattr(dialect, "is_mariadb", False) else 31

    def table(self, model: type[Model]) -> Table:
        """Return a model's table under its name on this site."""
        declared = cast(Table, model.__table__)
        name = self.prefix + declared.name
        known = self._metadata.tables.get(name)
        return declared.to_metadata(self._metadata, name=name) if known is None else known

    def prepare(self, clause: ClauseElement) -> Statement:
        """Compile a statement for this database."""
        compiled = clause.compile(dialect=self._whole.dialect, compile_kwargs={"render_postcompile": True})
        constants = {name: value for name, value in compiled.params.items() if value is not None}
        return Statement(str(compiled), constants)

    @property
    def engine(self) -> Engine:
        """The engine, for looking at the schema and the server's state."""
        return self._each

    def close(self) -> None:
        """Close the pooled connections; later work opens new ones."""
        self._whole.dispose()
        self._each.dispose()

    def create_tables(self, *, only_own: bool = False) -> None:
        """Create the tables that are missing, as ``sql/`` has them.

        :param only_own: leave the plugin's tables to the plugin
        :raises StorageUnavailable: if the database cannot be reached or forbids it
        """
        script = resources.path("sql/sqlite.sql" if self.is_sqlite else "sql/mysql.sql").read_text("utf-8")
        lines = [line for line in script.splitlines() if not line.startswith("--")]
        statements = "\n".join(lines).replace("{prefix}", self.prefix).split(";")

        def create(cursor: Cursor) -> None:
            for statement in filter(None, map(str.strip, statements)):
                if f"{self.prefix}{OWN_TABLES}" in statement or not only_own:
                    cursor.change(Statement(statement, {}))

        self.write(create)

    def read(self, unit: Callable[[Cursor], Result]) -> Result:
        """Run a unit that only reads, once more if the connection turns out to be lost.

        :raises StorageUnavailable: if the database is out of reach
        """
        return self._run(self._each, unit, self._once_each)

    def read_latest(self, unit: Callable[[Cursor], Result]) -> Result:
        """Run a unit that only reads, but upon which something is given up: it must not miss what was just written.

        A router in front of replicas, which may be late, gives every transaction to the server that is written to.

        :raises StorageUnavailable: if the database is out of reach
        """
        return self.read(unit) if self.is_sqlite else self.write(unit)

    def write_each(self, unit: Callable[[Cursor], Result]) -> Result:
        """Run a unit whose statements stand for themselves: each commits at once, which spares a round trip.

        The unit may be run again after a conflict or a lost connection, so it must be idempotent.

        :raises StorageUnavailable: if the database is out of reach or stays too busy
        :raises StorageRefused: if the database does not take the values
        """
        return self._run(self._each, unit, self._once_each)

    def write(self, unit: Callable[[Cursor], Result], *, idempotent: bool = True) -> Result:
        """Run a unit in one transaction and commit it; leaving with an exception rolls back.

        A unit that met a deadlock is run again, so it must hold no state of its own.

        :param idempotent: whether running the unit twice does no harm. If not, and the connection is lost during the
            commit itself, the unit is not run again
        :raises StorageUnavailable: if the database is out of reach or stays too busy
        :raises StorageRefused: if the database does not take the values
        """
        for may_try_again in (idempotent, False):
            try:
                return self._run(self._whole, unit, self._once_whole)
            except _CommitLost as error:
                if not may_try_again or is_timeout(error.__cause__):
                    raise StorageUnavailable("connection lost during the commit") from error
        raise AssertionError("the last try returns or raises")

    def write_once(self, unit: Callable[[Cursor], object]) -> None:
        """Run a unit that leaves a receipt in one transaction and commit it.

        If the connection is lost during the commit, the unit is run again: the receipt then tells whether the first try
        was committed after all.

        :raises AlreadyDone: if the receipt is there from an earlier call
        :raises StorageUnavailable, StorageRefused: as :meth:`write`
        """
        try:
            self._run(self._whole, unit, self._once_whole)
        except _CommitLost as error:
            if is_timeout(error.__cause__):
                raise StorageUnavailable("no answer to the commit") from error
            with suppress(AlreadyDone):
                self.write(unit, idempotent=False)

    def _run(
        self,
        engine: Engine,
        unit: Callable[[Cursor], Result],
        once: Callable[[Engine, Callable[[Cursor], Result]], Result],
    ) -> Result:
        was_lost = False
        for attempt in range(TRIES):
            try:
                return once(engine, unit)
            except Driver as error:
                code = error_code(error)
                if code in LOST:
                    engine.dispose()  # the pool's other connections are lost as well
                if code in LOST and not was_lost and not is_timeout(error):
                    was_lost = True
                elif code in CONFLICT:
                    time.sleep(random.uniform(0, 0.002 * 2 ** min(attempt, 6)))  # noqa: S311  (spreads load, hides nothing)
                else:
                    _give_up(error)
            except (DBAPIError, PoolTimeout) as error:  # no connection was to be had
                _give_up(error)
        raise StorageUnavailable(f"gave up after {TRIES} conflicts with other transactions")

    def _once_each(self, engine: Engine, unit: Callable[[Cursor], Result]) -> Result:
        with self._connection(engine) as connection:
            return unit(Cursor(connection.cursor()))

    def _once_whole(self, engine: Engine, unit: Callable[[Cursor], Result]) -> Result:
        with self._connection(engine) as connection:
            cursor = connection.cursor()
            try:
                if self.is_sqlite:
                    cursor.execute("BEGIN IMMEDIATE")  # takes the write lock at once: an upgrade later could not wait
                result = unit(Cursor(cursor))
            except Exception:
                self._roll_back(connection)
                raise
            began = time.perf_counter()
            try:
                connection.commit()
            except Driver as error:
                if error_code(error) in LOST:
                    engine.dispose()
                    raise _CommitLost from error
                self._roll_back(connection)
                raise
            finally:
                tally.seconds += time.perf_counter() - began
            return result

    @staticmethod
    def _roll_back(connection: Any) -> None:
        """Undo what was done on a connection. Where that fails the connection is lost, and the server undoes it."""
        with suppress(*Driver):
            connection.rollback()

    @contextmanager
    def _connection(self, engine: Engine) -> Iterator[Any]:
        """Lend a pooled connection; one that failed in an unknown way never goes back into the pool."""
        pool = cast(QueuePool, engine.pool)
        if pool.checkedout() >= pool.size():
            self._meters.pool_waits.inc()
        connection = engine.raw_connection()
        try:
            yield connection
        except BaseException as error:
            is_known = isinstance(error, Exception) and not isinstance(error, _CommitLost)
            if not is_known or error_code(error) in LOST:  # lost, or the worker is being stopped in mid-statement
                connection.invalidate()
            raise
        finally:
            connection.close()


def is_duplicate(error: Exception) -> bool:
    """Say whether a driver error tells that a key is there already."""
    sqlite_code = getattr(error, "sqlite_errorcode", None)
    return error_code(error) == 1062 or sqlite_code in {
        sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
        sqlite3.SQLITE_CONSTRAINT_UNIQUE,
    }


def is_missing_table(error: Exception) -> bool:
    """Say whether a driver error tells that a table is not there."""
    return error_code(error) == 1146 or (
        isinstance(error, sqlite3.OperationalError) and str(error).startswith("no such table")
    )


def error_code(error: BaseException | None) -> int | None:
    """Return MySQL's number of a driver error; None for every other error."""
    if not isinstance(error, pymysql.MySQLError):
        return None
    return error.args[0] if error.args and isinstance(error.args[0], int) else 0


def _give_up(error: Exception) -> NoReturn:
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.IntegrityError | sqlite3.DataError) or error_code(cause) in REFUSED:
        raise StorageRefused(str(error_code(cause))) from error
    # The driver's text may quote what a visitor typed: the log gets the kind and the number alone.
    kind = f"{type(cause).__name__} {error_code(cause) or getattr(cause, 'sqlite_errorname', '')}".rstrip()
    held_back = _reports.let_pass(kind)
    if held_back is not None:
        more = f" ({held_back} more like it since the last line)" if held_back else ""
        log.error("database failed: %s: %s%s", kind, explain(cause), more)
    raise StorageUnavailable(type(cause).__name__) from error


def on_sqlite_connect(connection: sqlite3.Connection, _record: object) -> None:
    """Set up a connection to the embedded database: readers and one writer side by side, nothing lost on power loss."""
    connection.isolation_level = None  # transactions begin where this module says so
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=20000"):
        connection.execute(f"PRAGMA {pragma}")
    for name, count, function in SQLITE_FUNCTIONS:
        connection.create_function(name, count, function, deterministic=True)


def on_mysql_connect(statement_seconds: int) -> Callable[[Any, object], None]:
    """Return what sets up a connection to MySQL or MariaDB, whatever the server's own defaults are.

    Read committed takes no locks on gaps, in which new visitors would meet. Joining two indexes would read and lock
    every row that has a field's name, whoever's it is. The server gives up sooner than who waits for it, so that
    nothing happens after the answer that it has failed. The comments are for one of the two each: MySQL bounds SELECT
    alone.

    :param statement_seconds: how long a statement may take
    """
    lock_seconds = max(1, min(LOCK_SECONDS, statement_seconds - 1))  # sooner, so that it is known what it waited for
    variables = (
        f"SET SESSION innodb_lock_wait_timeout = {lock_seconds}, lock_wait_timeout = {lock_seconds}, "
        "optimizer_switch = 'index_merge=off' "
        f"/*M!100100 , max_statement_time = {statement_seconds} */"
        f"/*!50708 , max_execution_time = {statement_seconds * 1_000} */"
    )

    def set_up(connection: Any, _record: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
            cursor.execute(variables)
        connection.commit()

    return set_up
