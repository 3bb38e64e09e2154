"""Every statement finds its rows through an index, in a small table as in a large one."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import ClauseElement
from sqlalchemy.engine import make_url

from homa_bridge.database import Database, Statement

from ..conftest import services_of
from ..servers import MariaDB

OF_THE_PLUGIN = re.compile(r"\bwp_(homa_bridge_outbox|users|usermeta|options)\b")  # no such tables without WordPress

NUMBERS = {"limit", "count", "offset", "after", "score", "interests", "messages"}  # the values that are no text


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch) -> list[Statement]:
    """Return what the service prepares, once it has been made."""
    statements: list[Statement] = []
    prepare = Database.prepare

    def note(database: Database, clause: ClauseElement) -> Statement:
        statement = prepare(database, clause)
        statements.append(statement)
        return statement

    monkeypatch.setattr(Database, "prepare", note)
    return statements


@pytest.mark.parametrize("visitors", [0, 3, 500], ids=["empty", "small", "larger"])
def test_every_statement_uses_an_index(
    make_app: Callable[..., Flask], mariadb: MariaDB, mariadb_url: str, prepared: list[Statement], visitors: int
) -> None:
    database = services_of(make_app(mariadb_url)).database
    fill(mariadb, mariadb_url, visitors)
    looked_at = [
        statement
        for statement in prepared
        if " WHERE " in statement.sql.replace("\n", " ") and not OF_THE_PLUGIN.search(statement.sql)
    ]
    assert len(looked_at) > 40
    for statement in looked_at:
        for table, access, possible, key in plan(database, statement):
            assert key is not None, (table, access, possible, statement.sql)


def test_what_locks_names_its_index(
    make_app: Callable[..., Flask], mariadb_url: str, prepared: list[Statement]
) -> None:
    """Without that a small table is read whole, through other visitors' locks."""
    make_app(mariadb_url)
    locking = [
        statement.sql
        for statement in prepared
        if statement.sql.startswith(("UPDATE", "DELETE")) or statement.sql.endswith("FOR UPDATE")
    ]
    assert len(locking) > 20
    for sql in locking:
        assert "FORCE INDEX" in sql, sql


def plan(database: Database, statement: Statement) -> list[tuple[str, str, str | None, str | None]]:
    """Return table, access, possible keys and key of each of the tables that a statement reads."""
    names = set(re.findall(r"%\((\w+)\)s", statement.sql)) - set(statement.constants)
    values = {name: 1 if name in NUMBERS else "2026-11-21" for name in names}
    explain = Statement("EXPLAIN " + statement.sql, statement.constants)
    rows = database.read(lambda cursor: cursor.rows(explain, **values))
    return [
        (table, access, possible, key)
        for _, _, table, access, possible, key, *_ in rows
        if table is not None and not table.startswith("<") and access is not None
    ]


def fill(server: MariaDB, url: str, visitors: int) -> None:
    """Give each visitor 20 fields, a session, 3 interests and 4 messages."""
    tokens = [f"guest_{number:032x}" for number in range(visitors)]
    moment = "2026-11-21 10:00:00"
    with server.connect(make_url(url).database) as connection, connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO wp_homa_vault (session_token, context_key, context_value) VALUES (%s, %s, '1')",
            [(token, f"f{field}") for token in tokens for field in range(20)],
        )
        cursor.executemany(
            "INSERT INTO wp_homa_sessions (session_token, expires_at) VALUES (%s, %s)",
            [(token, moment) for token in tokens],
        )
        cursor.executemany(
            "INSERT INTO wp_homa_user_interests (user_id_or_token, category_slug) VALUES (%s, %s)",
            [(token, f"c{number}") for token in tokens for number in range(3)],
        )
        cursor.executemany(
            "INSERT INTO wp_homaye_chat_memory (session_id, user_identifier, message_type, message_content)"
            " VALUES (%s, %s, 'user', 'm')",
            [(token, token) for token in tokens for _ in range(4)],
        )
        for table in ("homa_vault", "homa_sessions", "homa_user_interests", "homaye_chat_memory"):
            cursor.execute(f"ANALYZE TABLE wp_{table}")
