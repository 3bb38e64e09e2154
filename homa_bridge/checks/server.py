"""What the database's server lets this service do: rights, connections, sizes, and how its tables are kept."""

from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy import Connection, Table, bindparam, text
from sqlalchemy.exc import DBAPIError

from ..application import Services
from ..database import error_code
from ..database_errors import explain
from ..status.service import OPTIONAL, REQUIRED
from .finding import Finding

READ_ONLY: Final = frozenset({
    1290,  # the server runs with --read-only
    1792,  # the transaction is read only
    1836,  # MySQL: the server is in read only mode
})  # fmt: skip
DENIED: Final = frozenset({1142, 1143})  # of a table, of a column
SMALLEST_PACKET: Final = 1_048_576  # bytes: what one visitor may store is read and moved at once
SHORTEST_WAIT: Final = 30  # seconds: below that nearly every request would find its connection closed


def examine_server(services: Services, present: Sequence[str]) -> Iterator[Finding]:
    """Look at a MySQL or MariaDB that can be reached.

    :param present: the names of those tables of the memory that are there
    """
    with services.database.engine.connect() as connection:
        yield from _limits(services, connection)
        tables = [services.database.table(model) for model in REQUIRED + OPTIONAL]
        yield from _rights(connection, [table for table in tables if table.name in present])
        yield from _storage(connection, present)


def _limits(services: Services, connection: Connection) -> Iterator[Finding]:
    most, own, packet, wait = connection.execute(
        text("SELECT @@max_connections, @@max_user_connections, @@max_allowed_packet, @@wait_timeout")
    ).one()
    settings = services.settings
    needed = 2 * settings.workers * settings.threads  # each thread may have one of each pool
    limit, name = min((int(most), "max_connections"), (int(own or most), "max_user_connections"))
    if needed > limit:
        yield Finding(
            "wrong",
            f"Connections: the server allows {limit}, and this service may want {needed}",
            f"Raise {name} well above {needed}, for the site wants some too, or lower HOMA_WORKERS or HOMA_THREADS.",
        )
    if packet < SMALLEST_PACKET:
        yield Finding(
            "wrong",
            f"Database: max_allowed_packet is {packet:,} bytes, too few for a large memory",
            f"Set it to {16 * SMALLEST_PACKET}, the server's default.",
        )
    if wait < SHORTEST_WAIT:
        yield Finding(
            "wrong",
            f"Database: wait_timeout closes connections after {wait} s",
            "Set it to 60 or more; 28800 is the server's default.",
        )


def _rights(connection: Connection, tables: Sequence[Table]) -> Iterator[Finding]:
    """Try what the service does to its tables, with no row of them."""
    for table in tables:
        column = next(iter(table.columns)).name
        name = f"`{table.name}`"
        for right, statement in {
            "INSERT": f"INSERT INTO {name} SELECT * FROM {name} WHERE 1 = 0",  # noqa: S608  (the names are the schema's)
            "UPDATE": f"UPDATE {name} SET `{column}` = `{column}` WHERE 1 = 0",  # noqa: S608  (as above)
            "DELETE": f"DELETE FROM {name} WHERE 1 = 0",  # noqa: S608  (as above)
        }.items():
            try:
                connection.execute(text(statement))
            except DBAPIError as error:
                code = error_code(error.orig)
                if code in READ_ONLY:
                    remedy = "Name the server that takes writes, or end its read-only state (read_only = OFF)."
                    yield Finding("wrong", "Database: it is read only", remedy)
                    return
                if code in DENIED:
                    remedy = "Grant SELECT, INSERT, UPDATE, DELETE, CREATE, INDEX and ALTER on the site's database."
                    yield Finding("wrong", f"Table {table.name}: this user may not {right} there", remedy)
                    break
                yield Finding("wrong", f"Table {table.name}: {right} fails ({code})", explain(error.orig))
                break


def _storage(connection: Connection, present: Sequence[str]) -> Iterator[Finding]:
    """See that the tables have transactions, and take every character."""
    query = text(
        "SELECT table_name AS name, engine AS engine, table_collation AS collation FROM information_schema.tables "
        "WHERE table_schema = DATABASE() AND table_name IN :names ORDER BY table_name"
    ).bindparams(bindparam("names", list(present), expanding=True))
    for name, engine, collation in connection.execute(query) if present else ():
        if engine != "InnoDB":
            yield Finding(
                "wrong",
                f"Table {name}: its engine is {engine}, which has no transactions",
                f"Run ALTER TABLE `{name}` ENGINE=InnoDB.",
            )
        if not str(collation).startswith("utf8mb4_"):
            yield Finding(
                "wrong",
                f"Table {name}: its collation is {collation}, which takes not every character",
                f"Run ALTER TABLE `{name}` CONVERT TO CHARACTER SET utf8mb4.",
            )
