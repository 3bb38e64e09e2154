"""What was said is summed up as it is stored, and the session's summary follows unless somebody else wrote one."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from homa_bridge.context.compressor import Message, compress
from homa_bridge.context.conversation import Conversation
from homa_bridge.context.letters import Letters
from homa_bridge.http import INTERNAL

from ..conftest import services_of
from ..signed import SECRET, signed
from .wire import API, CHAT, CLEAR, CLEAR_CHAT, PAGE, SNAPSHOT, SUMMARY, SYNC, get, post, restored

TALK = [
    ("user", "سلام، کتاب میخوام چاپ کنم"),
    ("assistant", "چند صفحه است و چه تیراژی؟"),
    ("user", "۲۰۰ صفحه، ۵۰۰ نسخه"),
    ("assistant", "پیشنهاد می‌کنم سلفون مات هم بزنیم. موافقید؟"),
    ("user", "باشه"),
    ("user", "نه ۵۰۰ تا نه، هزار تا"),
]
MESSAGES = [Message(role, content) for role, content in TALK]
MERGE = INTERNAL + "/merge"


def say(client: FlaskClient, role: str, content: str) -> None:
    assert post(client, CHAT, {"message_type": role, "message_content": content}).status_code == 200


def keep(client: FlaskClient, *talk: tuple[str, str], page_url: str | None = None) -> None:
    """Store the conversation as the site's script does, each message twice."""
    value = [{"role": role, "content": content, "timestamp": 1} for role, content in talk for _ in range(2)]
    page = {} if page_url is None else {"page_url": page_url}
    assert post(client, SYNC, {"field": "chat_messages", "value": value, **page}).status_code == 200


def visit(client: FlaskClient) -> None:
    """Begin a session."""
    assert post(client, SYNC, {"field": "tirage", "value": 5, "page_url": PAGE}).status_code == 200


def session_summary(client: FlaskClient) -> Any:
    return restored(client)["session"]["chat_summary"]


def told(client: FlaskClient) -> str:
    """Return what a prompt tells of the conversation."""
    lines = get(client, SUMMARY).get_json()["memory_summary"].splitlines()
    found = [line.partition(": ")[2] for line in lines if line.startswith("Previous conversation summary: ")]
    return found[0] if found else ""


def rows(app: Flask, columns: str = "source") -> list[Any]:
    with services_of(app).database.engine.connect() as connection:
        found = connection.execute(text(f"SELECT {columns} FROM wp_homa_bridge_summaries ORDER BY id")).all()
    return [row[0] if len(row) == 1 else tuple(row) for row in found]


def change(app: Flask, statement: str) -> None:
    with services_of(app).database.engine.begin() as connection:
        assert connection.execute(text(statement)).rowcount > 0


def test_the_session_follows_message_by_message(app: Flask, client: FlaskClient) -> None:
    visit(client)
    for count, (role, content) in enumerate(TALK, 1):
        say(client, role, content)
        summary = compress(MESSAGES[:count])
        assert rows(app, "summary") == [summary]
        assert session_summary(client) == (summary or None)
        assert told(client) == summary
    assert "1000 نسخه" in told(client)
    assert "سلفون مات" in told(client)


def test_no_session_is_made_for_a_summary(client: FlaskClient) -> None:
    say(client, *TALK[0])
    assert restored(client)["session"] is None
    assert told(client) == compress(MESSAGES[:1])
    visit(client)
    assert session_summary(client) is None
    say(client, *TALK[2])
    assert session_summary(client) == compress([MESSAGES[0], MESSAGES[2]])


def test_a_summary_that_follows_is_no_new_sight_of_the_visitor(app: Flask, client: FlaskClient) -> None:
    visit(client)
    change(app, "UPDATE wp_homa_sessions SET updated_at = '2026-01-02 03:04:05'")
    say(client, *TALK[0])
    assert restored(client)["session"]["updated_at"] == "2026-01-02 03:04:05"
    assert session_summary(client)


@pytest.mark.parametrize("is_first", [True, False])
def test_what_somebody_else_wrote_stays(client: FlaskClient, is_first: bool) -> None:
    visit(client)
    if not is_first:
        say(client, *TALK[0])
    post(client, SNAPSHOT, {"form_snapshot": {}, "chat_summary": "خلاصه‌ی فروشنده"})
    for role, content in TALK:
        say(client, role, content)
    assert session_summary(client) == told(client) == "خلاصه‌ی فروشنده"
    keep(client, *TALK)
    assert session_summary(client) == "خلاصه‌ی فروشنده"


def test_the_page_may_send_back_what_it_was_given(client: FlaskClient) -> None:
    visit(client)
    say(client, *TALK[0])
    post(client, SNAPSHOT, {"form_snapshot": {}, "chat_summary": session_summary(client)})
    say(client, *TALK[2])
    assert "500 نسخه" in session_summary(client)


def test_a_session_that_is_over_gets_no_summary(app: Flask, client: FlaskClient) -> None:
    visit(client)
    change(app, "UPDATE wp_homa_sessions SET expires_at = '2001-01-01 00:00:00'")
    say(client, *TALK[0])
    with services_of(app).database.engine.connect() as connection:
        assert connection.execute(text("SELECT chat_summary FROM wp_homa_sessions")).all() == [(None,)]


def test_messages_of_the_time_before_are_heard_once(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PHP code wrote them, or a version without summaries."""
    for role, content in TALK[:3]:
        say(client, role, content)
    change(app, "DELETE FROM wp_homa_bridge_summaries")
    assert told(client) == compress(MESSAGES[:3])
    heard = counted(monkeypatch)
    say(client, *TALK[3])
    assert [message.content for message in heard] == [content for _, content in TALK[:4]]
    heard.clear()
    say(client, *TALK[4])
    assert [message.content for message in heard] == [TALK[4][1]]
    summary = told(client)
    assert len(heard) == 1, "who reads hears nothing"
    assert summary == compress(MESSAGES[:5])


def counted(monkeypatch: pytest.MonkeyPatch) -> list[Message]:
    """Return the messages that are heard from now on."""
    heard: list[Message] = []
    hear = Conversation.hear

    def note(self: Conversation, message: Message) -> Letters | None:
        heard.append(message)
        return hear(self, message)

    monkeypatch.setattr(Conversation, "hear", note)
    return heard


def test_a_message_that_php_code_stored_between_counts(app: Flask, client: FlaskClient) -> None:
    say(client, *TALK[0])
    change(
        app,
        "INSERT INTO wp_homaye_chat_memory (session_id, user_identifier, message_type, message_content, created_at) "
        "SELECT session_id, user_identifier, 'user', '۲۰۰ صفحه، ۵۰۰ نسخه', created_at FROM wp_homaye_chat_memory",
    )
    assert "500 نسخه" in told(client)
    say(client, "user", "هزار تا بشه")
    assert told(client) == compress([MESSAGES[0], MESSAGES[2], Message("user", "هزار تا بشه")])


@pytest.mark.parametrize("state", ["", "{}", "[[0]]", "0" * 40])
def test_a_damaged_state_is_made_anew(app: Flask, client: FlaskClient, state: str) -> None:
    visit(client)
    for role, content in TALK[:3]:
        say(client, role, content)
        keep(client, TALK[0])
    change(app, f"UPDATE wp_homa_bridge_summaries SET state = '{state}'")
    say(client, *TALK[3])
    say(client, *TALK[4])
    assert rows(app, "summary")[0] == compress(MESSAGES[:5])
    keep(client, *TALK[:3])
    assert rows(app, "summary")[1] == session_summary(client) == compress(MESSAGES[:3])


def test_the_field_s_conversation_is_heard_from_where_it_was_left(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit(client)
    heard = counted(monkeypatch)
    for count in range(1, len(TALK) + 1):
        keep(client, *TALK[:count])
        assert len(heard) == count, "each is heard once"
    assert rows(app) == ["field"]
    summary = told(client)
    assert len(heard) == len(TALK), "who reads hears nothing"
    assert session_summary(client) == summary == compress(MESSAGES)


@pytest.mark.parametrize(
    "further",
    [
        TALK[1:],
        [("user", "تراکت میخوام"), *TALK[1:]],
        TALK[:2],
        [*TALK[:3], ("user", "گلاسه"), *TALK[3:]],
        [],
    ],
    ids=["shortened", "edited", "cut off", "inserted", "emptied"],
)
def test_a_field_that_was_changed_is_heard_anew(client: FlaskClient, further: list[tuple[str, str]]) -> None:
    visit(client)
    keep(client, *TALK)
    keep(client, *further, page_url=PAGE)
    summary = compress([Message(role, content) for role, content in further])
    assert session_summary(client) == (summary or None)
    assert told(client) == summary


def test_a_field_that_php_code_changed_is_read_as_it_is(app: Flask, client: FlaskClient) -> None:
    keep(client, *TALK)
    change(app, """UPDATE wp_homa_vault SET context_value = '[{"role":"user","content":"۳۰۰ تراکت میخوام"}]'""")
    assert "تراکت" in told(client)
    assert "کتاب" not in told(client)


@pytest.mark.parametrize("value", [None, 5, "متن", {}, [5], [{"content": 1}]])
def test_a_field_that_holds_no_conversation_says_nothing(app: Flask, client: FlaskClient, value: object) -> None:
    say(client, *TALK[0])
    post(client, SYNC, {"field": "chat_messages", "value": value, "page_url": PAGE})
    if value is None:
        assert rows(app) == ["messages"], "null is refused"
    assert told(client) == compress(MESSAGES[:1])


def test_the_field_counts_before_the_chat_memory(app: Flask, client: FlaskClient) -> None:
    visit(client)
    say(client, "user", "۳۰۰ تراکت میخوام")
    keep(client, *TALK)
    say(client, "user", "تا فردا")
    assert sorted(rows(app)) == ["field", "messages"]
    assert session_summary(client) == told(client) == compress(MESSAGES)
    assert post(client, CLEAR, {}).status_code == 200
    assert rows(app) == ["messages"]
    assert "تراکت" in told(client)


def test_a_conversation_that_is_forgotten_leaves_nothing(app: Flask, client: FlaskClient) -> None:
    visit(client)
    say(client, *TALK[0])
    assert session_summary(client)
    assert post(client, CLEAR_CHAT, {}).status_code == 200
    assert rows(app) == []
    assert session_summary(client) is None
    assert told(client) == ""
    say(client, *TALK[2])
    assert "کتاب" not in told(client)


def test_a_summary_of_somebody_else_outlives_the_conversation(client: FlaskClient) -> None:
    say(client, *TALK[0])
    post(client, SNAPSHOT, {"form_snapshot": {}, "chat_summary": "خلاصه‌ی فروشنده"})
    assert post(client, CLEAR_CHAT, {}).status_code == 200
    assert session_summary(client) == "خلاصه‌ی فروشنده"


def test_everything_is_forgotten_with_the_rest(app: Flask, client: FlaskClient) -> None:
    say(client, *TALK[0])
    keep(client, *TALK)
    assert post(client, CLEAR, {"scope": "all"}).status_code == 200
    assert rows(app) == []
    assert told(client) == ""


def test_what_the_quota_forgets_is_still_known(make_app: Callable[..., Flask], database_url: str) -> None:
    app = make_app(database_url, HOMA_MAX_MESSAGES="2")
    client = app.test_client()
    for role, content in TALK:
        say(client, role, content)
    assert len(restored(client)["chat_messages"]) == 2
    assert told(client) == compress(MESSAGES)


def test_what_was_heard_goes_where_there_is_room_for_nothing_else(
    make_app: Callable[..., Flask], database_url: str
) -> None:
    app = make_app(database_url, HOMA_MAX_MEMORY_BYTES="20000")
    client = app.test_client()
    say(client, *TALK[0])
    change(app, f"UPDATE wp_homa_bridge_summaries SET state = '{'x' * 40_000}'")
    say(client, "user", "الف" * 2_000)
    assert sum(map(len, rows(app, "state"))) < 20_000
    assert len(restored(client)["chat_messages"]) == 1


@pytest.fixture
def signed_app(make_app: Callable[..., Flask], database_url: str) -> Flask:
    return make_app(database_url, HOMA_SHARED_SECRET=SECRET, HOMA_SITE_URL="https://shop.test")


def test_a_guest_s_conversation_goes_on_as_the_user_s(signed_app: Flask) -> None:
    client = signed_app.test_client()
    guest = "guest_" + "0123456789abcdef" * 2

    def write(path: str, body: dict[str, object], **visitor: Any) -> None:
        assert signed(client, "POST", path, body, **visitor).status_code == 200

    def spoken(place: int, **visitor: Any) -> None:
        write(API + CHAT, {"message_type": TALK[place][0], "message_content": TALK[place][1]}, **visitor)

    spoken(0, user="7")
    write(API + SYNC, {"field": "tirage", "value": 5, "page_url": PAGE}, guest=guest)
    spoken(2, guest=guest)
    assert len(rows(signed_app)) == 2
    write(MERGE, {}, user="7", guest=guest)
    assert rows(signed_app) == []

    def known(path: str) -> Any:
        return signed(client, "GET", API + path, user="7").get_json()

    assert known("/vault/restore")["session"]["chat_summary"] is None, "of one half of the conversation"
    together = compress([MESSAGES[0], MESSAGES[2]])
    assert together in known(SUMMARY)["memory_summary"]
    spoken(5, user="7")
    assert rows(signed_app, "session_token") == ["user_7"]
    assert known("/vault/restore")["session"]["chat_summary"] == compress([MESSAGES[0], MESSAGES[2], MESSAGES[5]])
