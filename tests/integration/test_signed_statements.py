"""How many statements a signed request sends, counted by MariaDB itself."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ..api.wire import API, PAGE
from ..servers import MariaDB
from ..signed import SECRET, signed


@pytest.fixture
def visitor(make_app: Callable[..., Flask], mariadb_url: str) -> FlaskClient:
    """Return a client whose connections are open already, and a user with a memory."""
    client = make_app(mariadb_url, HOMA_SHARED_SECRET=SECRET).test_client()
    for path, body in (
        ("/vault/sync", {"field": "known", "value": 1, "page_url": PAGE}),
        ("/interest/track", {"category": "book"}),
        ("/chat/memory", {"message_type": "user", "message_content": "سلام"}),
    ):
        assert signed(client, "POST", API + path, body, user="7").status_code == 200
    assert signed(client, "GET", API + "/vault/restore", user="7").status_code == 200
    score = {"persona": "author", "score": 1}
    assert signed(client, "POST", "/internal/persona-score", score, user="7").status_code == 200
    return client


@pytest.fixture
def logged(mariadb: MariaDB) -> Iterator[Callable[[], list[str]]]:
    """Return what tells which statements have been sent so far, each by its first word."""
    with mariadb.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SET GLOBAL log_output = 'TABLE'")
        cursor.execute("TRUNCATE mysql.general_log")
        cursor.execute("SET GLOBAL general_log = ON")

        def taken() -> list[str]:
            cursor.execute("SET GLOBAL general_log = OFF")
            cursor.execute(
                "SELECT argument FROM mysql.general_log "
                "WHERE command_type = 'Query' AND thread_id <> CONNECTION_ID() ORDER BY event_time"
            )
            return [str(argument).split()[0] for (argument,) in cursor.fetchall()]

        yield taken
        cursor.execute("SET GLOBAL general_log = OFF")


@pytest.mark.parametrize(
    ("path", "body", "sent"),
    [
        (API + "/vault/sync", {"field": "known", "value": 2}, "INSERT UPDATE COMMIT"),
        (API + "/vault/sync", {"field": "new", "value": 2}, "INSERT UPDATE ROLLBACK INSERT INSERT SELECT COMMIT"),
        (API + "/vault/sync", {"field": "known", "value": 2, "page_url": PAGE}, "INSERT UPDATE INSERT COMMIT"),
        (API + "/session/snapshot", {"form_snapshot": {"a": 1}}, "INSERT INSERT COMMIT"),
        (API + "/interest/track", {"category": "book"}, "INSERT UPDATE COMMIT"),
        (API + "/interest/track", {"category": "new"}, "INSERT UPDATE INSERT INSERT SELECT COMMIT"),
        (
            API + "/chat/memory",
            {"message_type": "user", "message_content": "x"},
            "INSERT INSERT INSERT SELECT SELECT SELECT UPDATE COMMIT",
        ),
        (API + "/vault/restore", None, "SELECT"),
        (API + "/memory/summary", None, "SELECT SELECT"),
        ("/internal/context", None, "SELECT SELECT"),
        ("/internal/memory", None, "SELECT"),
        ("/internal/vault", {"field": "known", "value": 2}, "INSERT UPDATE COMMIT"),
        ("/internal/clear", {"what": "session"}, "INSERT DELETE DELETE DELETE COMMIT"),
        ("/internal/clear", {"what": "chat"}, "INSERT DELETE UPDATE DELETE COMMIT"),
        ("/internal/persona-score", {"persona": "author", "score": 1}, "INSERT INSERT SELECT UPDATE COMMIT"),
        ("/internal/persona-score", {"persona": "designer", "score": 1}, "INSERT INSERT SELECT INSERT COMMIT"),
        ("/internal/form-summary", {"form": {"a": 1}}, ""),
        ("/internal/enrich", {"message": "x"}, "SELECT SELECT"),
        (
            "/internal/enrich",
            {"message": "x", "context": {"session": {"a": 1}, "summary": "x", "interests": ["book"]}},
            "",
        ),
    ],
)
def test_a_signed_request_sends_these(
    visitor: FlaskClient, logged: Callable[[], list[str]], path: str, body: dict[str, Any] | None, sent: str
) -> None:
    answer = signed(visitor, "GET" if body is None else "POST", path, body, user="7")
    assert answer.status_code == 200
    assert " ".join(logged()) == sent


def test_of_a_repeated_write_nothing_but_the_receipt_is_tried(
    visitor: FlaskClient, logged: Callable[[], list[str]]
) -> None:
    body = {"category": "book"}
    codes = [
        signed(visitor, "POST", API + "/interest/track", body, user="7", nonce="ab" * 16).status_code for _ in range(2)
    ]
    assert codes == [200, 409]
    assert logged() == ["INSERT", "UPDATE", "COMMIT", "INSERT", "ROLLBACK"]
