"""How many rows a table has: counted as far as that is cheap, and never a reason to be slow."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import text

from homa_bridge.omnistore.tables import VaultEntry
from homa_bridge.status import rows
from homa_bridge.status.rows import count_rows
from homa_bridge.status.service import inspect_database

from ..conftest import services_of

ROWS = 40
FILL = "INSERT INTO wp_homa_vault (session_token, context_key, context_value) VALUES " + ", ".join(
    f"('guest_x', 'key-{number}', '1')" for number in range(ROWS)
)


def test_few_rows_are_counted_and_many_are_estimated(app: Flask) -> None:
    database = services_of(app).database
    table = database.table(VaultEntry)
    with database.engine.connect() as connection:
        connection.execute(text(FILL))
        assert count_rows(connection, table) == (ROWS, False)
        assert count_rows(connection, table, most=ROWS) == (ROWS, False)
        if database.is_sqlite:
            assert count_rows(connection, table, most=ROWS - 1) == (ROWS, False)
            return
        connection.execute(text("ANALYZE TABLE wp_homa_vault"))
        estimate = count_rows(connection, table, most=10)
        assert estimate.is_estimate
        assert ROWS / 2 < estimate.rows < ROWS * 2


def test_an_estimate_is_no_less_than_what_was_counted(
    make_app: Callable[..., Flask], mariadb_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database's statistics lag behind, and may say 0 of a table that has just been filled."""
    monkeypatch.setattr(rows, "ESTIMATE", text("SELECT 0 FROM DUAL WHERE :name <> ''"))
    database = services_of(make_app(mariadb_url)).database
    with database.engine.connect() as connection:
        connection.execute(text(FILL))
        assert count_rows(connection, database.table(VaultEntry), most=10) == (11, True)


def test_a_missing_table_has_no_rows_to_count(app: Flask) -> None:
    services = services_of(app)
    with services.database.engine.connect() as connection:
        connection.execute(text("DROP TABLE wp_homa_sessions"))
    report = inspect_database(services.database, services.clock, count=True)
    counted = {table.name: table.rows for table in report.tables}
    assert counted["wp_homa_sessions"] is None
    assert counted["wp_homa_vault"] == 0
    uncounted = inspect_database(services.database, services.clock)
    assert {table.rows for table in uncounted.tables} == {None}
