"""The service by itself, without a WordPress."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import make_url

from ..servers import MariaDB, Service, serving
from ..wordpress.conftest import create_tables


class Alone:
    """A service with a database of its own.

    :param service: it runs
    :param url: of its database
    :param server: where that is, unless it is a file
    """

    def __init__(self, service: Service, url: str, server: MariaDB | None) -> None:
        self.address = f"{service.address}/"
        self._database = make_url(url).database
        self._server = server

    def drop(self, table: str) -> None:
        """Take a table out of the database."""
        assert self._database
        if self._server is None:
            with closing(sqlite3.connect(self._database)) as file:
                file.execute(f"DROP TABLE {table}")
        else:
            with self._server.connect(self._database) as connection, connection.cursor() as cursor:
                cursor.execute(f"DROP TABLE {table}")


@contextmanager
def running_alone(folder: Path, server: MariaDB | None = None) -> Iterator[Alone]:
    """Run the service for a while, with all tables.

    :param server: where its database is to be; without one it is a file in the folder
    """
    url = server.create_database(f"alone_{folder.name}") if server else f"sqlite:///{folder}/memory.sqlite3"
    environ = {"HOMA_DATABASE_URL": url}
    create_tables(environ, folder)
    with serving(environ, folder) as service:
        yield Alone(service, url, server)
