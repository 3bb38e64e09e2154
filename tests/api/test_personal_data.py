"""Everything that is stored of a person can be shown, page by page, and forgotten, and nothing of anybody else's."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, text

from homa_bridge.http import INTERNAL
from homa_bridge.omnistore.tables import ChatMessage, VaultEntry
from homa_bridge.privacy.service import PAGE
from homa_bridge.privacy.tables import KeptWrite

from ..conftest import services_of
from ..signed import SECRET, signed
from .wire import API, BODIES, CHAT, SNAPSHOT, SYNC, TRACK, assert_invalid, missing, stored

GUEST = "guest_" + "0123456789abcdef" * 2
OTHER = "guest_" + "f" * 32
NONCE = "ab" * 16
OUTBOX = "homa_bridge_outbox"


@pytest.fixture
def app(make_app: Callable[..., Flask], database_url: str) -> Flask:
    return make_app(database_url, HOMA_SHARED_SECRET=SECRET, HOMA_SITE_URL="https://shop.test")


def visit(client: FlaskClient, **visitor: Any) -> None:
    """Have a visitor leave something in every table."""
    for path in (SYNC, SNAPSHOT, TRACK, CHAT):
        assert signed(client, "POST", API + path, BODIES[path], **visitor).status_code == 200
    score = {"persona": "author", "score": 3}
    assert signed(client, "POST", INTERNAL + "/persona-score", score, **visitor).status_code == 200


def keep(app: Flask, visitor: str, nonce: str = NONCE) -> None:
    """Keep a write as the plugin does."""
    database = services_of(app).database
    now = services_of(app).clock.now().replace(tzinfo=None)
    with database.engine.connect() as connection:
        database.table(KeptWrite).create(connection, checkfirst=True)
        connection.execute(
            insert(database.table(KeptWrite)).values(
                nonce=nonce, visitor=visitor, path=API + SYNC, referer="", caller='{"user":7}',
                body='{"field":"نام","value":{}}'.encode(), created_at=now,
            )
        )  # fmt: skip


def add(app: Flask, model: type[VaultEntry | ChatMessage], **values: object) -> None:
    database = services_of(app).database
    with database.engine.connect() as connection:
        connection.execute(insert(database.table(model)).values(values))


def page(client: FlaskClient, token: str, number: int = 1) -> Any:
    response = signed(client, "GET", f"{INTERNAL}/personal-data?token={token}&page={number}", user="1")
    assert response.status_code == 200, response.data
    assert "Set-Cookie" not in response.headers
    return response.get_json()


def forget(client: FlaskClient, token: str) -> Any:
    response = signed(client, "POST", INTERNAL + "/forget", {"token": token}, user="1")
    assert response.status_code == 200, response.data
    assert "Set-Cookie" not in response.headers
    return response.get_json()


@pytest.mark.parametrize(("visitor", "token"), [({"user": "7"}, "user_7"), ({"guest": GUEST}, GUEST)])
def test_everything_is_shown_and_forgotten(
    app: Flask, client: FlaskClient, visitor: dict[str, str], token: str
) -> None:
    visit(client, **visitor)
    visit(client, user="77")
    visit(client, guest=OTHER)
    keep(app, token)
    keep(app, "user_77", "cd" * 16)
    with services_of(app).database.engine.connect() as connection:
        connection.execute(text("UPDATE wp_homa_sessions SET expires_at = '2001-01-01 00:00:00'"))

    shown = page(client, token)
    assert shown["done"] is True
    assert [record["table"] for record in shown["records"]] == [
        OUTBOX, "homa_sessions", "homa_vault", "homa_user_interests", "homaye_chat_memory", "homa_bridge_summaries",
        "homaye_persona_scores",
    ]  # fmt: skip
    columns = {record["table"]: record["columns"] for record in shown["records"]}
    assert columns["homa_vault"]["context_value"] == "1"
    assert columns["homa_vault"]["user_id"] == (7 if "user" in visitor else None)
    assert columns["homa_sessions"]["chat_summary"] == "گفتگو"
    assert columns["homa_sessions"]["expires_at"] == "2001-01-01 00:00:00", "also what is served no more"
    assert columns["homa_user_interests"]["category_slug"] == "book"
    assert columns["homaye_chat_memory"]["message_content"] == "سلام"
    assert columns["homa_bridge_summaries"]["source"] == "messages"
    assert columns["homaye_persona_scores"]["score"] == 3
    assert columns[OUTBOX]["body"] == '{"field":"نام","value":{}}'

    others = {name: count - 1 for name, count in stored(app).items()}
    assert forget(client, token)["deleted"] == dict.fromkeys(columns, 1)
    assert page(client, token) == {"success": True, "records": [], "done": True}
    assert stored(app) == others, "the other two visitors keep everything"
    assert [record["table"] for record in page(client, "user_77")["records"]] == list(columns)
    assert forget(client, token)["deleted"] == {}


def test_what_php_wrote_under_another_token_is_the_user_s_as_well(app: Flask, client: FlaskClient) -> None:
    for user_id, token, key in ((7, "user_7", "own"), (7, "php_session", "older"), (77, "php_session", "another's")):
        add(app, VaultEntry, user_id=user_id, session_token=token, context_key=key, context_value='"x"')
    for identifier, session in (("user_7", "user_7"), ("user_7", "php_session"), ("user_77", "php_session")):
        row = {"message_type": "user", "message_content": identifier + session}
        add(app, ChatMessage, session_id=session, user_identifier=identifier, **row)
    records = [record["columns"] for record in page(client, "user_7")["records"]]
    assert [row["context_key"] for row in records[:2]] == ["own", "older"]
    assert [row["message_content"] for row in records[2:]] == ["user_7user_7", "user_7php_session"]
    assert forget(client, "user_7")["deleted"] == {"homa_vault": 2, "homaye_chat_memory": 2}
    assert stored(app) == {"homa_vault": 1, "homaye_chat_memory": 1}


def test_the_pages_hold_every_row_once(app: Flask, client: FlaskClient) -> None:
    """Tables that end in the middle of a page, at its end, and after several pages."""
    for number in range(PAGE // 2):
        add(app, VaultEntry, session_token="user_7", context_key=f"k{number}", user_id=7)
    for number in range(PAGE // 2):
        add(app, VaultEntry, session_token="php", context_key=f"p{number}", user_id=7)
    for number in range(2 * PAGE + 1):
        row = {"user_identifier": "user_7", "message_type": "user", "message_content": f"m{number}"}
        add(app, ChatMessage, session_id="user_7", **row)
    pages = [page(client, "user_7", number) for number in range(1, 6)]
    assert [len(one["records"]) for one in pages] == [PAGE, PAGE, PAGE, 1, 0]
    assert [one["done"] for one in pages] == [False, False, False, True, True]
    seen = [(record["table"], record["columns"]["id"]) for one in pages for record in one["records"]]
    assert len(seen) == len(set(seen)) == 3 * PAGE + 1
    assert len(list(services_of(app).privacy.export("user_7"))) == 3 * PAGE + 1


def test_tables_that_need_not_be_there_are_passed_over(app: Flask, client: FlaskClient) -> None:
    visit(client, user="7")
    with services_of(app).database.engine.connect() as connection:
        connection.execute(text("DROP TABLE wp_homaye_persona_scores"))
    assert len(page(client, "user_7")["records"]) == 5
    assert sum(forget(client, "user_7")["deleted"].values()) == 5


@pytest.mark.parametrize("table", ["homa_vault", "homa_sessions", "homa_user_interests", "homaye_chat_memory"])
def test_where_the_memory_is_not_nobody_is_told_that_nothing_is_stored(
    app: Flask, client: FlaskClient, table: str
) -> None:
    """A wrong table prefix is the likeliest reason."""
    with services_of(app).database.engine.connect() as connection:
        connection.execute(text(f"DROP TABLE wp_{table}"))
    query = f"{INTERNAL}/personal-data?token=user_7"
    assert signed(client, "GET", query, user="1").status_code == 503
    assert signed(client, "POST", INTERNAL + "/forget", {"token": "user_7"}, user="1").status_code == 503


def test_forgetting_is_all_or_nothing(app: Flask, client: FlaskClient) -> None:
    visit(client, user="7")
    before = stored(app)
    with services_of(app).database.engine.connect() as connection:
        connection.execute(text("ALTER TABLE wp_homaye_chat_memory RENAME COLUMN user_identifier TO broken"))
    assert signed(client, "POST", INTERNAL + "/forget", {"token": "user_7"}, user="1").status_code == 503
    with services_of(app).database.engine.connect() as connection:
        connection.execute(text("ALTER TABLE wp_homaye_chat_memory RENAME COLUMN broken TO user_identifier"))
    assert stored(app) == before


def test_a_kept_write_that_is_under_way_comes_too_late(app: Flask, client: FlaskClient) -> None:
    keep(app, "user_7")
    forget(client, "user_7")
    late = signed(client, "POST", API + SYNC, BODIES[SYNC], user="7", nonce=NONCE)
    assert late.status_code == 409
    assert stored(app) == {}


def test_a_kept_write_that_has_arrived_already_is_no_obstacle(app: Flask, client: FlaskClient) -> None:
    assert signed(client, "POST", API + SYNC, BODIES[SYNC], user="7", nonce=NONCE).status_code == 200
    keep(app, "user_7")
    assert forget(client, "user_7")["deleted"] == {OUTBOX: 1, "homa_sessions": 1, "homa_vault": 1}
    assert stored(app) == {}


def test_receipts_tell_nothing_of_anybody(app: Flask, client: FlaskClient) -> None:
    visit(client, user="7")
    forget(client, "user_7")
    with services_of(app).database.engine.connect() as connection:
        columns = connection.execute(text("SELECT * FROM wp_homa_bridge_receipts")).keys()
    assert list(columns) == ["nonce", "done_at"]


@pytest.mark.parametrize("token", ["", "user_0", "user_", "guest_short", "php_session", "user_7 ", "USER_7"])
def test_what_is_no_token_is_refused(client: FlaskClient, token: str) -> None:
    query = {"token": token}
    response = signed(client, "GET", f"{INTERNAL}/personal-data?token={token.replace(' ', '%20')}", user="1")
    assert_invalid(response, "token")
    assert_invalid(signed(client, "POST", INTERNAL + "/forget", query, user="1"), "token")


def test_a_token_has_to_be_named(client: FlaskClient) -> None:
    assert signed(client, "GET", INTERNAL + "/personal-data", user="7").get_json() == missing("token")[1]
    assert signed(client, "POST", INTERNAL + "/forget", {}, user="7").get_json() == missing("token")[1]


@pytest.mark.parametrize("number", ["0", "-1", "x", "1000001"])
def test_a_page_has_a_number(client: FlaskClient, number: str) -> None:
    response = signed(client, "GET", f"{INTERNAL}/personal-data?token=user_7&page={number}", user="1")
    assert_invalid(response, "page")


def test_a_number_that_no_column_holds_is_nobody_s(client: FlaskClient) -> None:
    token = "user_" + "9" * 30
    assert page(client, token)["records"] == []
    assert forget(client, token)["deleted"] == {}
