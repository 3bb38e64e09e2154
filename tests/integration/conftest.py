"""What the tests on the database's own view share."""

from collections.abc import Callable, Iterator

import pytest

from ..servers import MariaDB


@pytest.fixture
def log(mariadb: MariaDB) -> Iterator[Callable[[], list[str]]]:
    """Return what tells the statements that the server has been sent since it was last asked."""
    with mariadb.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT CONNECTION_ID()")
        ((own,),) = cursor.fetchall()
        cursor.execute("SET GLOBAL log_output = 'TABLE'")
        cursor.execute("SET GLOBAL general_log = ON")

        def taken() -> list[str]:
            cursor.execute(
                "SELECT argument FROM mysql.general_log WHERE command_type = 'Query' AND thread_id <> %s "
                "ORDER BY event_time",
                (own,),
            )
            found = [str(argument) for (argument,) in cursor.fetchall()]
            cursor.execute("TRUNCATE mysql.general_log")
            return found

        yield taken
        cursor.execute("SET GLOBAL general_log = OFF")
