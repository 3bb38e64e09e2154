"""What several servers that are written to at once may leave: ids out of order, rows twice, conflicts at the commit."""

from collections.abc import Callable
from itertools import count
from typing import Any

import pymysql
import pytest
from flask import Flask
from flask.testing import FlaskClient
from pymysql.connections import Connection
from sqlalchemy import make_url

from homa_bridge.context.compressor import Message, compress
from homa_bridge.database import Cursor

from ..api.test_running_summary import say, session_summary, told, visit
from ..api.wire import TRACK, post, restored
from ..conftest import services_of
from ..servers import MariaDB

TALK = ["سلام، ۵۰۰ کارت ویزیت می‌خواهم", "نه، هزار تا", "با سلفون مات", "سلفون نمی‌خواهم"]
TOKEN = "guest_" + "ef" * 16


@pytest.fixture
def database(mariadb: MariaDB, mariadb_url: str) -> "Connection[Any]":
    return mariadb.connect(make_url(mariadb_url).database)


@pytest.fixture
def app(make_app: Callable[..., Flask], mariadb_url: str) -> Flask:
    return make_app(mariadb_url, HOMA_MAX_MESSAGES="4")


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def run(connection: "Connection[Any]", statement: str, *values: object) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


@pytest.fixture
def falling_ids(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have each message get a smaller id than the one before, as if another server had given out that."""
    chat = services_of(app).omnistore._chat
    ids, add = count(1_000, -1), chat.add

    def add_below(cursor: Cursor, *values: Any) -> int:
        cursor._cursor.execute(f"SET insert_id = {next(ids)}", ())
        return add(cursor, *values)

    monkeypatch.setattr(chat, "add", add_below)


def test_the_tests_own_server_gives_out_ids_as_one_of_three_does(app: Flask, database: "Connection[Any]") -> None:
    for _ in range(3):
        say(app.test_client(), "user", "x")
    ids = [row for (row,) in run(database, "SELECT id FROM wp_homaye_chat_memory ORDER BY id")]
    assert [row % 3 for row in ids] == [2, 2, 2]
    assert run(database, "SELECT @@innodb_autoinc_lock_mode, @@log_bin, @@binlog_format") == [(2, 1, "ROW")]


@pytest.mark.usefixtures("falling_ids")
def test_messages_are_heard_by_their_times_whatever_their_ids(client: FlaskClient, database: "Connection[Any]") -> None:
    visit(client)
    for number, text in enumerate(TALK):
        say(client, "user", text)
        summary = compress([Message("user", text) for text in TALK[: number + 1]])
        assert session_summary(client) == summary
        assert told(client) == summary
        age(database)
    assert is_falling(database)


@pytest.mark.usefixtures("falling_ids")
def test_the_oldest_message_goes_and_not_the_one_with_the_smallest_id(
    client: FlaskClient, database: "Connection[Any]"
) -> None:
    for text in [*TALK, "the newest"]:
        say(client, "user", text)
        age(database)
    kept = [message["content"] for message in restored(client)["chat_messages"]]
    assert kept == [*TALK[1:], "the newest"]
    assert is_falling(database)


def age(connection: "Connection[Any]") -> None:
    """Let a minute pass."""
    run(connection, "UPDATE wp_homaye_chat_memory SET created_at = created_at - INTERVAL 1 MINUTE")


def is_falling(connection: "Connection[Any]") -> bool:
    ids = run(connection, "SELECT id FROM wp_homaye_chat_memory ORDER BY created_at")
    return len(ids) > 1 and ids == sorted(ids, reverse=True)


def test_a_field_that_two_servers_have_inserted_is_read_as_the_newer_and_becomes_one_row(
    client: FlaskClient, database: "Connection[Any]"
) -> None:
    """Each server has locks of its own: both may find that the field is new. Ids tell nothing of what is newer."""
    for row, value, age in ((5, "1", 0), (6, "2", 60)):
        run(
            database,
            "INSERT INTO wp_homa_vault (id, session_token, context_key, context_value, updated_at) "
            "VALUES (%s, %s, 'a', %s, NOW() - INTERVAL %s SECOND)",
            *(row, TOKEN, value, age),
        )
    client.set_cookie("homa_session_token", TOKEN)
    assert restored(client)["vault_data"]["a"]["value"] == 1
    assert post(client, "/vault/sync", {"field": "a", "value": 3}).status_code == 200
    assert run(database, "SELECT context_value FROM wp_homa_vault") == [("3",)]


def test_a_commit_that_another_server_has_overtaken_is_done_again_and_counts_once(app: Flask) -> None:
    """Galera tells of such a conflict when the transaction is committed, by the number of a deadlock."""
    services, failures = services_of(app), [1213, 1213]
    visitor = app.test_client()

    def track(cursor: Cursor) -> None:
        services.omnistore._interests.add(cursor, TOKEN, "book", 3, "organic")
        if failures:
            fail_the_commit(cursor, failures.pop())

    services.database.write(track, idempotent=False)
    assert not failures
    visitor.set_cookie("homa_session_token", TOKEN)
    assert post(visitor, TRACK, {"category": "book", "score": 1}).status_code == 200
    assert restored(visitor)["interests"][0]["score"] == 4


def fail_the_commit(cursor: Cursor, number: int) -> None:
    """Have the server undo a transaction in the place of committing it."""
    connection = cursor._cursor.connection  # type: ignore[attr-defined]  # the protocol has only what units need

    def refuse() -> None:
        del connection.commit
        connection.rollback()
        raise pymysql.OperationalError(number, "Deadlock found when trying to get lock")

    connection.commit = refuse
