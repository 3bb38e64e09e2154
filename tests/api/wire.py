"""How the tests of the API speak to the service, and what they expect of every refusal."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from signal import ITIMER_VIRTUAL, SIGVTALRM, setitimer, signal
from typing import Any, NoReturn

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, or_, select
from werkzeug.test import TestResponse

from homa_bridge.jsontext import JSONText, members
from homa_bridge.omnistore.tables import ChatMessage, Interest, Session, VaultEntry
from homa_bridge.persona.tables import PersonaScore

from ..conftest import services_of

API = "/wp-json/homaye-tabesh/v1"
PAGE = "http://shop.test/calculator"

SYNC, RESTORE, CLEAR = "/vault/sync", "/vault/restore", "/vault/clear"
SNAPSHOT, TRACK, COMPRESS = "/session/snapshot", "/interest/track", "/context/compress"
ANALYZE, INTERESTS, SUMMARY = "/persona/analyze", "/vault/interests", "/memory/summary"
CHAT, CLEAR_CHAT = "/chat/memory", "/chat/memory/clear"

BODIES: Mapping[str, Mapping[str, object]] = {
    SYNC: {"field": "tirage", "value": 1, "page_url": PAGE},
    CLEAR: {"scope": "session"},
    SNAPSHOT: {"form_snapshot": {"tirage": 1}, "chat_summary": "گفتگو"},
    TRACK: {"category": "book", "score": 2, "source": "torob"},
    COMPRESS: {"messages": [{"role": "user", "content": "سلام"}]},
    CHAT: {"message_type": "user", "message_content": "سلام", "ai_metadata": {"a": 1}},
    CLEAR_CHAT: {},
}
"""A body with every parameter, for each route that reads one."""

READERS = (RESTORE, ANALYZE, INTERESTS, SUMMARY, CHAT)
TABLES = (VaultEntry, Session, Interest, ChatMessage, PersonaScore)


def post(client: FlaskClient, path: str, body: object) -> TestResponse:
    """Post a value as JSON."""
    return post_text(client, path, json.dumps(body, ensure_ascii=False))


def post_text(
    client: FlaskClient, path: str, body: str | bytes, *, content_type: str | None = "application/json"
) -> TestResponse:
    """Post a body as it is."""
    data = body.encode() if isinstance(body, str) else body
    return client.post(API + path, data=data, content_type=content_type)


def post_members(client: FlaskClient, path: str, **texts: str) -> TestResponse:
    """Post an object whose members are given as JSON texts, which json.dumps would write in its own way."""
    return post_text(client, path, "{" + ",".join(f"{json.dumps(name)}:{text}" for name, text in texts.items()) + "}")


def changed(path: str, **texts: str) -> dict[str, str]:
    """Return the route's valid body as JSON texts with some of them replaced."""
    return {**{name: json.dumps(value) for name, value in BODIES[path].items()}, **texts}


def without(path: str, names: Iterable[str]) -> dict[str, object]:
    """Return the route's valid body without some of its parameters."""
    return {name: value for name, value in BODIES[path].items() if name not in names}


def get(client: FlaskClient, path: str, **query: str) -> TestResponse:
    """Read, with a query."""
    return client.get(API + path, query_string=query)


def restored(client: FlaskClient) -> dict[str, Any]:
    """Return everything that is remembered of a visitor."""
    response = get(client, RESTORE)
    assert response.status_code == 200, response.data
    return response.get_json()  # type: ignore[no-any-return]


def member(text: str, *path: str) -> str:
    """Return the JSON text of a member of a JSON text, exactly as it stands there."""
    for name in path:
        text = members(JSONText(text))[name]
    return text


def stored(app: Flask) -> dict[str, int]:
    """Return how many rows the tables hold, by table; empty ones are left out."""
    database = services_of(app).database
    with database.engine.connect() as connection:
        counts = {
            model.__tablename__: connection.scalar(select(func.count()).select_from(database.table(model)))
            for model in TABLES
        }
    return {name: count for name, count in counts.items() if count}


TOKEN_COLUMNS = frozenset({"session_token", "user_id_or_token", "session_id", "user_identifier"})


def rows_under(app: Flask, token: str) -> dict[str, int]:
    """Return how many rows name a token, by table; tables without any are left out."""
    database = services_of(app).database
    counts = {}
    with database.engine.connect() as connection:
        for model in TABLES:
            table = database.table(model)
            names = [column == token for column in table.columns if column.name in TOKEN_COLUMNS]
            counts[model.__tablename__] = connection.scalar(select(func.count()).select_from(table).where(or_(*names)))
    return {name: count for name, count in counts.items() if count}


def told(response: TestResponse) -> tuple[int, object]:
    """Return an answer's status and what it says, to compare both at once; every answer is JSON and never cached."""
    assert response.mimetype == "application/json", (response.status_code, response.data)
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "no-store"
    return response.status_code, response.get_json()


def missing(*names: str) -> tuple[int, object]:
    """Return what is told when required parameters are missing."""
    return 400, {
        "code": "rest_missing_callback_param",
        "message": f"Missing parameter(s): {', '.join(names)}",
        "data": {"status": 400, "params": list(names)},
    }


def assert_invalid(response: TestResponse, *names: str) -> None:
    """Hold an answer to the shape of one that refuses the values of parameters."""
    status, content = told(response)
    assert status == 400, content
    assert isinstance(content, dict)
    reasons = content["data"]["params"]
    assert content == {
        "code": "rest_invalid_param",
        "message": f"Invalid parameter(s): {', '.join(names)}",
        "data": {"status": 400, "params": reasons},
    }
    assert list(reasons) == list(names)
    assert all(isinstance(reason, str) and reason.strip() for reason in reasons.values())


def assert_not_json(response: TestResponse) -> None:
    """Hold an answer to the shape of one that refuses a body which is no JSON."""
    status, content = told(response)
    assert status == 400, content
    assert isinstance(content, dict)
    assert content == {
        "code": "rest_invalid_json",
        "message": "Invalid JSON body passed.",
        "data": {"status": 400, "reason": content["data"].get("reason")},
    }
    assert content["data"]["reason"]


NO_ROUTE = (
    404,
    {
        "code": "rest_no_route",
        "message": "No route was found matching the URL and request method.",
        "data": {"status": 404},
    },
)


@contextmanager
def processor_seconds(limit: float) -> Iterator[None]:
    """Interrupt work that would go on for minutes: hostile input costs what its length costs, not the square of it.

    It counts this process's own processor time, which a busy machine does not stretch.
    """

    def stop(_signal: int, _frame: object) -> NoReturn:
        raise AssertionError(f"still busy after {limit} seconds of processor time")

    previous = signal(SIGVTALRM, stop)
    setitimer(ITIMER_VIRTUAL, limit)
    try:
        yield
    finally:
        setitimer(ITIMER_VIRTUAL, 0)
        signal(SIGVTALRM, previous)
