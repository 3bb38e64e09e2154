"""A connection that the server has closed is opened again; what was sent once is stored once."""

from collections.abc import Callable
from typing import Any

import pymysql
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import make_url, select, text

from homa_bridge import database as product
from homa_bridge.database import Cursor
from homa_bridge.errors import StorageUnavailable

from ..conftest import services_of
from ..servers import MariaDB

API = "/wp-json/homaye-tabesh/v1"


@pytest.fixture
def app(make_app: Callable[..., Flask], mariadb_url: str) -> Flask:
    return make_app(mariadb_url)


@pytest.fixture
def cut(mariadb: MariaDB, mariadb_url: str) -> Callable[[], None]:
    """Return what ends all connections to the database."""

    def end() -> None:
        with mariadb.connect() as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM information_schema.processlist WHERE db = %s", (make_url(mariadb_url).database,)
            )
            found = cursor.fetchall()
            assert found
            for (number,) in found:
                cursor.execute(f"KILL {number}")

    return end


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/vault/sync", {"field": "a", "value": 1}),
        ("/vault/sync", {"field": "a", "value": 1, "page_url": "http://shop.test/"}),
        ("/interest/track", {"category": "book", "score": 3}),
        ("/chat/memory", {"message_type": "user", "message_content": "سلام"}),
        ("/session/snapshot", {"form_snapshot": {"a": 1}}),
        ("/vault/restore", None),
    ],
)
def test_a_request_after_the_cut_succeeds_and_counts_once(
    app: Flask, cut: Callable[[], None], path: str, body: dict[str, Any] | None
) -> None:
    visitor: FlaskClient = app.test_client()
    visitor.post(API + "/vault/sync", json={"field": "first", "value": 0, "page_url": "http://shop.test/"})
    visitor.get(API + "/vault/restore")
    cut()
    answer = visitor.get(API + path) if body is None else visitor.post(API + path, json=body)
    assert answer.status_code == 200
    memory = visitor.get(API + "/vault/restore").get_json()
    assert memory["vault_data"]["first"] == {"value": 0, "insight": None}
    if path == "/interest/track":
        assert memory["interests"][0]["score"] == 3
    if path == "/chat/memory":
        assert len(memory["chat_messages"]) == 1


def test_a_connection_lost_during_the_commit_is_not_tried_twice_where_twice_is_wrong(app: Flask) -> None:
    services = services_of(app)
    runs: list[int] = []

    def unit(cursor: Cursor) -> None:
        runs.append(1)
        cursor.rows(services.database.prepare(select(text("1"))))
        raise_on_commit(cursor)

    with pytest.raises(StorageUnavailable):
        services.database.write(unit, idempotent=False)
    assert len(runs) == 1
    runs.clear()
    with pytest.raises(StorageUnavailable):
        services.database.write(unit)
    assert len(runs) == 2, "what is idempotent is tried once more"


def raise_on_commit(cursor: Cursor) -> None:
    """Let the connection under a cursor go away when it commits."""
    connection = cursor._cursor.connection  # type: ignore[attr-defined]  # the protocol has only what units need

    def lost() -> None:
        raise pymysql.OperationalError(2013, "Lost connection")

    connection.commit = lost
    assert product.error_code(pymysql.OperationalError(2013, "x")) in product.LOST
