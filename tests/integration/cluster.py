"""A database with a replica, and the service with a router before the two, which sends reads to the replica."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, TypeVar

from flask import Flask
from sqlalchemy import Engine, make_url

from homa_bridge.database import Cursor, Database, Row, Statement

from ..conftest import services_of
from ..servers import AS_IN_A_CLUSTER, MariaDB

Result = TypeVar("Result")
USER, PASSWORD = "replica", "replica-password"


class Cluster:
    """A primary and a replica, which is as late as it is told to be."""

    def __init__(self) -> None:
        self.primary = MariaDB("UTC", *AS_IN_A_CLUSTER)
        self.replica = MariaDB("UTC", "--server-id=2", "--read-only")
        run(self.primary, f"CREATE USER {USER} IDENTIFIED BY '{PASSWORD}'")
        run(self.primary, f"GRANT REPLICATION SLAVE ON *.* TO {USER}")
        run(
            self.replica,
            f"CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = {self.primary.port}, "
            f"MASTER_USER = '{USER}', MASTER_PASSWORD = '{PASSWORD}', MASTER_USE_GTID = slave_pos",
        )
        run(self.replica, "START SLAVE")

    def catch_up(self) -> None:
        """Have the replica follow, and wait until it has seen everything."""
        run(self.replica, "START SLAVE SQL_THREAD")
        ((place,),) = run(self.primary, "SELECT @@gtid_binlog_pos")
        assert run(self.replica, f"SELECT MASTER_GTID_WAIT('{place}', 20)") == [(0,)], "it does not follow"

    @contextmanager
    def late(self) -> Iterator[None]:
        """Let the replica see nothing of what happens meanwhile, and all of it afterwards."""
        self.catch_up()
        run(self.replica, "STOP SLAVE SQL_THREAD")
        try:
            yield
        finally:
            self.catch_up()

    def remove(self) -> None:
        """Stop both and delete their data."""
        self.replica.remove()
        self.primary.remove()


def run(server: MariaDB, statement: str, database: str | None = None) -> list[tuple[Any, ...]]:
    """Run a statement beside the service and return its rows."""
    with closing(server.connect(database)) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


class RoutedCursor(Cursor):
    """Runs statements outside a transaction as MaxScale's ``readwritesplit`` does: a plain SELECT on the replica."""

    __slots__ = ("_late",)

    def __init__(self, primary: Any, replica: Any) -> None:
        super().__init__(primary)
        self._late = Cursor(replica)

    def rows(self, statement: Statement, **values: object) -> Sequence[Row]:
        """Return all rows of a query."""
        is_plain = statement.sql.startswith("SELECT") and "FOR UPDATE" not in statement.sql
        return self._late.rows(statement, **values) if is_plain else super().rows(statement, **values)


def route(app: Flask, cluster: Cluster, make_app: Callable[..., Flask]) -> None:
    """Put a router between an application and the primary."""
    database = services_of(app).database
    name = make_url(str(database.engine.url)).database
    late = services_of(make_app(f"mysql://root@localhost/{name}?unix_socket={cluster.replica.socket}")).database

    def once_each(engine: Engine, unit: Callable[[Cursor], Result]) -> Result:
        with database._connection(engine) as primary, late._connection(late.engine) as replica:
            return unit(RoutedCursor(primary.cursor(), replica.cursor()))

    def routed(target: Database) -> None:
        target._once_each = once_each  # type: ignore[method-assign]

    routed(database)
