"""How much one visitor may store: what is oldest goes, or the write is refused, and the tables never hold more."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from ..conftest import services_of
from .wire import CHAT, CLEAR, PAGE, RESTORE, SNAPSHOT, SYNC, TRACK, get, post, restored, stored, told

FEW = {"HOMA_MAX_FIELDS": "3", "HOMA_MAX_INTERESTS": "3", "HOMA_MAX_MESSAGES": "3"}
TIGHT = 40_000  # bytes


@pytest.fixture(params=["forget", "refuse"])
def when_full(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


MakeClient = Callable[..., FlaskClient]


@pytest.fixture
def make_client(make_app: Callable[..., Flask], database_url: str) -> MakeClient:
    return lambda **environ: make_app(database_url, **environ).test_client()


def field(client: FlaskClient, name: str, value: object = 1, **more: object) -> TestResponse:
    return post(client, SYNC, {"field": name, "value": value, **more})


def message(client: FlaskClient, content: str) -> TestResponse:
    return post(client, CHAT, {"message_type": "user", "message_content": content})


def assert_full(response: TestResponse, of: str, limit: int) -> None:
    status, content = told(response)
    assert isinstance(content, dict)
    assert (status, content["code"]) == (413, "homa_memory_full")
    assert content["data"] == {"status": 413, "limit": limit, "of": of}
    assert f"{limit:,} {of}" in content["message"]


def age(app: Flask, statement: str) -> None:
    """Make rows older than they are."""
    with services_of(app).database.engine.begin() as connection:
        connection.execute(text(statement))


def bytes_stored(app: Flask) -> int:
    """Return the bytes of all texts that the visitors' tables hold."""
    columns = {
        "homa_vault": ("context_key", "context_value", "ai_insight"),
        "homa_sessions": ("last_url", "form_snapshot", "chat_summary"),
        "homa_user_interests": ("category_slug", "source_referral"),
        "homaye_chat_memory": ("message_content", "ai_metadata"),
    }
    total = 0
    with services_of(app).database.engine.connect() as connection:
        for table, names in columns.items():
            for row in connection.execute(text(f"SELECT {', '.join(names)} FROM wp_{table}")):
                total += sum(len(str(value).encode()) for value in row if value is not None)
    return total


def test_the_field_that_was_written_longest_ago_goes(make_client: MakeClient) -> None:
    client = make_client(**FEW)
    for name in "abc":
        assert field(client, name, page_url=PAGE).status_code == 200
    age(client.application, "UPDATE wp_homa_vault SET updated_at = '2020-01-02 00:00:00' WHERE context_key <> 'b'")
    age(client.application, "UPDATE wp_homa_vault SET updated_at = '2020-01-01 00:00:00' WHERE context_key = 'c'")
    assert field(client, "d").status_code == 200
    assert list(restored(client)["vault_data"]) == ["a", "b", "d"]
    assert field(client, "e").status_code == 200
    assert list(restored(client)["vault_data"]) == ["b", "d", "e"]


def test_the_field_that_is_being_written_stays(make_client: MakeClient) -> None:
    client = make_client(**FEW)
    for name in "abc":
        field(client, name)
    age(client.application, "UPDATE wp_homa_vault SET updated_at = '2037-01-01 00:00:00'")
    assert field(client, "d").status_code == 200
    assert list(restored(client)["vault_data"]) == ["b", "c", "d"]


def test_one_field_too_many_is_refused_where_the_owner_says_so(make_client: MakeClient) -> None:
    client = make_client(**FEW, HOMA_WHEN_FULL="refuse")
    for name in "abc":
        assert field(client, name, page_url=PAGE).status_code == 200
    before = restored(client)
    for more in ({}, {"page_url": PAGE}, {"value": "x" * 2_000}):
        assert_full(field(client, "d", **{"value": 1, **more}), "fields", 3)
    assert restored(client) == before
    assert field(client, "b", 2).status_code == 200
    assert post(client, CLEAR, {}).status_code == 200
    assert field(client, "d").status_code == 200


def test_of_the_conversation_the_oldest_goes(make_client: MakeClient) -> None:
    client = make_client(**FEW)
    for number in range(7):
        assert message(client, str(number)).status_code == 200
    assert [each["content"] for each in get(client, CHAT).get_json()["messages"]] == ["4", "5", "6"]


def test_one_message_too_many_is_refused_where_the_owner_says_so(make_client: MakeClient) -> None:
    client = make_client(**FEW, HOMA_WHEN_FULL="refuse")
    for number in range(3):
        message(client, str(number))
    assert_full(message(client, "3"), "messages", 3)
    assert [each["content"] for each in get(client, CHAT).get_json()["messages"]] == ["0", "1", "2"]


def test_the_interest_that_was_shown_longest_ago_goes(make_client: MakeClient) -> None:
    client = make_client(**FEW)
    for name in "abc":
        post(client, TRACK, {"category": name})
    age(client.application, "UPDATE wp_homa_user_interests SET last_interaction = '2020-01-01 00:00:00'")
    assert post(client, TRACK, {"category": "a", "score": 5}).status_code == 200
    assert post(client, TRACK, {"category": "d"}).status_code == 200
    assert [each["category"] for each in restored(client)["interests"]] == ["a", "c", "d"]


def test_one_interest_too_many_is_refused_where_the_owner_says_so(make_client: MakeClient) -> None:
    client = make_client(**FEW, HOMA_WHEN_FULL="refuse")
    for name in "abc":
        post(client, TRACK, {"category": name})
    assert_full(post(client, TRACK, {"category": "d"}), "interests", 3)
    assert post(client, TRACK, {"category": "A", "score": 4}).status_code == 200
    assert {each["category"]: each["score"] for each in restored(client)["interests"]} == {"a": 5, "b": 1, "c": 1}


def test_a_limit_of_one_kind_refuses_no_other(make_client: MakeClient) -> None:
    client = make_client()
    for name in "abcde":
        field(client, name)
        message(client, name)
        post(client, TRACK, {"category": name})
    token = restored(client)["session_token"]
    client = make_client(**{**FEW, "HOMA_MAX_MESSAGES": "6"}, HOMA_WHEN_FULL="refuse")
    client.set_cookie("homa_session_token", token)
    assert message(client, "f").status_code == 200
    assert post(client, SNAPSHOT, {"form_snapshot": {"a": "x" * 2_000}}).status_code == 200
    assert field(client, "a", "x" * 20).status_code == 200
    assert_full(field(client, "f"), "fields", 3)


@pytest.mark.parametrize("script", ["x", "گ", "\U0001f5a8"])
def test_the_tables_never_hold_more_bytes(make_client: MakeClient, when_full: str, script: str) -> None:
    client = make_client(HOMA_MAX_MEMORY_BYTES=str(TIGHT), HOMA_WHEN_FULL=when_full)
    statuses = set()
    writes: list[Callable[[int, str], TestResponse]] = [
        lambda number, text: field(client, f"{script}{number}", text),
        lambda number, text: field(client, f"{number}", text, page_url=PAGE),
        lambda number, text: post(client, SNAPSHOT, {"form_snapshot": {str(number): text}, "chat_summary": text}),
        lambda number, text: message(client, text),
        lambda number, text: post(client, TRACK, {"category": f"{number}{script * 30}"}),
    ]
    for size in (5, 900, 2_500, 9_000):
        for number in range(6):
            for write in writes:
                statuses.add(write(number, script * (size // len(script.encode()))).status_code)
                assert bytes_stored(client.application) <= TIGHT
    assert statuses == ({200} if when_full == "forget" else {200, 413})


def test_small_writes_in_place_of_small_ones_fill_no_more(make_client: MakeClient) -> None:
    client = make_client(HOMA_MAX_MEMORY_BYTES=str(TIGHT), HOMA_WHEN_FULL="refuse")
    number = 0
    while field(client, str(number)).status_code == 200:
        number += 1
    assert number > 10
    for again in range(number):
        assert field(client, str(again), "x" * 950, page_url=PAGE).status_code == 200
    assert TIGHT // 2 < bytes_stored(client.application) <= TIGHT


def test_to_make_room_messages_go_before_fields(make_client: MakeClient) -> None:
    client = make_client(HOMA_MAX_MEMORY_BYTES=str(TIGHT))
    field(client, "kept", "x" * 5_000)
    for number in range(3):
        message(client, f"{number}" * 9_000)
    assert field(client, "new", "y" * 12_000).status_code == 200
    memory = restored(client)
    assert list(memory["vault_data"]) == ["kept", "new"]
    assert [each["content"][0] for each in memory["chat_messages"]] == ["2"]
    assert field(client, "newer", "z" * 25_000).status_code == 200
    memory = restored(client)
    assert (list(memory["vault_data"]), memory["chat_messages"]) == (["newer"], [])


@pytest.mark.parametrize("more", [{}, {"page_url": PAGE}])
def test_what_does_not_fit_even_alone_is_refused_and_nothing_goes(
    make_client: MakeClient, when_full: str, more: dict[str, Any]
) -> None:
    client = make_client(HOMA_MAX_MEMORY_BYTES=str(TIGHT), HOMA_WHEN_FULL=when_full)
    field(client, "kept", 1, page_url=PAGE)
    message(client, "kept")
    before, rows = restored(client), stored(client.application)
    assert_full(field(client, "large", "x" * TIGHT, **more), "bytes", TIGHT)
    assert_full(field(client, "kept", "x" * TIGHT, **more), "bytes", TIGHT)
    assert_full(post(client, SNAPSHOT, {"form_snapshot": {"a": "x" * TIGHT}}), "bytes", TIGHT)
    assert_full(message(client, "x" * TIGHT), "bytes", TIGHT)
    assert (restored(client), stored(client.application)) == (before, rows)


def test_one_visitor_fills_nobody_elses_memory(make_client: MakeClient) -> None:
    client = make_client(**FEW, HOMA_WHEN_FULL="refuse")
    for name in "abc":
        field(client, name)
    other = client.application.test_client()
    for name in "xyz":
        assert field(other, name).status_code == 200
    assert list(get(client, RESTORE).get_json()["vault_data"]) == ["a", "b", "c"]


def test_the_defaults(make_client: MakeClient) -> None:
    client = make_client()
    limits = services_of(client.application).settings.limits
    assert limits._asdict() == {
        "fields": 200,
        "interests": 500,
        "messages": 1_000,
        "bytes": 2**20,
        "forgets": True,
    }
