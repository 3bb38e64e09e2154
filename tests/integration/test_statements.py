"""How many statements each route sends, counted by MariaDB itself."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

API = "/wp-json/homaye-tabesh/v1"
PAGE = {"page_url": "http://shop.test/calculator"}


@pytest.fixture
def visitor(make_app: Callable[..., Flask], mariadb_url: str) -> FlaskClient:
    """Return a guest whose connections are open already."""
    guest = make_app(mariadb_url).test_client()
    for path, body in (
        ("/vault/sync", {"field": "known", "value": 1, **PAGE}),
        ("/interest/track", {"category": "book"}),
        ("/chat/memory", {"message_type": "user", "message_content": "سلام"}),
    ):
        assert guest.post(API + path, json=body).status_code == 200
    assert guest.get(API + "/vault/restore").status_code == 200
    return guest


@pytest.mark.parametrize(
    ("path", "body", "statements", "round_trips"),
    [
        ("/vault/sync", {"field": "known", "value": 2}, 1, 1),
        ("/vault/sync", {"field": "new", "value": 2}, 3, 4),
        ("/vault/sync", {"field": "known", "value": 2, **PAGE}, 2, 3),
        ("/vault/sync", {"field": "new", "value": 2, **PAGE}, 4, 6),
        ("/vault/sync", {"field": "known", "value": "x" * 2_000, **PAGE}, 4, 5),
        ("/session/snapshot", {"form_snapshot": {"a": 1}}, 1, 2),
        ("/session/snapshot", {"form_snapshot": {"a": "x" * 2_000}}, 3, 4),
        ("/interest/track", {"category": "book"}, 1, 2),
        ("/interest/track", {"category": "new"}, 4, 5),
        ("/chat/memory", {"message_type": "user", "message_content": "x"}, 6, 7),
        ("/chat/memory/clear", {}, 3, 4),
        ("/vault/clear", {}, 3, 4),
        ("/vault/clear", {"scope": "all"}, 5, 6),
        ("/vault/restore", None, 1, 1),
        ("/persona/analyze", None, 1, 1),
        ("/vault/interests", None, 1, 1),
        ("/memory/summary", None, 2, 2),
        ("/chat/memory", None, 1, 1),
        ("/context/compress", {"messages": []}, 0, 0),
    ],
)
def test_a_route_sends_no_more_than(
    visitor: FlaskClient,
    log: Callable[[], list[str]],
    path: str,
    body: dict[str, Any] | None,
    statements: int,
    round_trips: int,
) -> None:
    log()
    answer = visitor.get(API + path) if body is None else visitor.post(API + path, json=body)
    assert answer.status_code == 200
    sent = log()
    assert len(sent) == round_trips, sent
    assert len([statement for statement in sent if statement not in {"COMMIT", "ROLLBACK"}]) == statements, sent


def test_a_session_with_a_summary_spares_looking_for_one(visitor: FlaskClient, log: Callable[[], list[str]]) -> None:
    answer = visitor.post(API + "/session/snapshot", json={"form_snapshot": {}, "chat_summary": "500 نسخه کتاب"})
    assert answer.status_code == 200
    log()
    assert "500 نسخه کتاب" in visitor.get(API + "/memory/summary").get_json()["memory_summary"]
    assert len(log()) == 1
