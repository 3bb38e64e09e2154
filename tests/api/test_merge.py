"""A guest turns out to be a user: one memory of two, by the contract's rules, and nothing is left with the guest."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from homa_bridge.identity.chain import GUEST_COOKIE

from ..conftest import services_of
from ..signed import SECRET, signature, signed
from .wire import (
    API,
    BODIES,
    CHAT,
    CLEAR,
    COMPRESS,
    INTERESTS,
    PAGE,
    READERS,
    RESTORE,
    SNAPSHOT,
    SUMMARY,
    SYNC,
    TRACK,
    rows_under,
    stored,
)

GUEST = "guest_" + "a1" * 16
OTHER = "guest_" + "b2" * 16
USER = "user_7"
CARRIED: dict[str, Any] = {"user": "7", "guest": GUEST}


@pytest.fixture
def app(make_app: Callable[..., Flask], database_url: str) -> Flask:
    return make_app(database_url, HOMA_SHARED_SECRET=SECRET)


class Shop:
    """A site, on whose behalf signed requests are made."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client: FlaskClient = app.test_client(use_cookies=False)

    def post(self, path: str, body: object, **visitor: Any) -> TestResponse:
        answer = signed(self.client, "POST", (API if path in BODIES else "") + path, body, **visitor)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer

    def get(self, path: str, **visitor: Any) -> Any:
        answer = signed(self.client, "GET", API + path, **visitor)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.get_json()

    def field(self, name: str, value: object, when: str, token: str = GUEST, **more: object) -> None:
        """Store a field as if at another time."""
        self.post(SYNC, {"field": name, "value": value, **more}, **speaker(token))
        self.sql(
            "UPDATE wp_homa_vault SET updated_at = :at WHERE session_token = :token AND context_key = :key",
            at=f"2026-11-20 {when}",
            token=token,
            key=name,
        )

    def snapshot(self, form: dict[str, object], when: str, token: str = GUEST, summary: str | None = None) -> None:
        """Save a snapshot as if at another time."""
        self.post(
            SNAPSHOT, {"form_snapshot": form, "chat_summary": summary}, referer=f"{PAGE}/{token}", **speaker(token)
        )
        self.sql(
            "UPDATE wp_homa_sessions SET updated_at = :at WHERE session_token = :token",
            at=f"2026-11-20 {when}",
            token=token,
        )

    def sql(self, statement: str, **values: object) -> list[Any]:
        with services_of(self.app).database.engine.begin() as connection:
            result = connection.execute(text(statement), values)
            return list(result) if result.returns_rows else []

    def merged(self) -> Any:
        """Return the user's memory after a request that still carries the guest's token."""
        memory = self.get(RESTORE, **CARRIED)
        assert memory["session_token"] == USER
        assert rows_under(self.app, GUEST) == {}
        return memory

    def values(self) -> dict[str, object]:
        """Return the user's fields, in order."""
        return {name: found["value"] for name, found in self.get(RESTORE, user="7")["vault_data"].items()}


def speaker(token: str) -> dict[str, str]:
    return {"guest": token} if token.startswith("guest_") else {"user": token.removeprefix("user_")}


@pytest.fixture
def shop(app: Flask) -> Shop:
    return Shop(app)


def fill(shop: Shop, token: str = GUEST) -> None:
    """Store something in every table."""
    shop.field("tirage", 1000, "10:00:00", token, page_url=PAGE)
    shop.snapshot({"tirage": 1000}, "10:00:00", token, "گفتگو")
    shop.post(TRACK, {"category": "book", "score": 3, "source": "torob"}, **speaker(token))
    shop.post(CHAT, BODIES[CHAT], **speaker(token))
    shop.post("/internal/persona-score", {"persona": "author", "score": 4}, **speaker(token))


def test_everything_becomes_the_users(shop: Shop) -> None:
    fill(shop)
    rows, before = rows_under(shop.app, GUEST), shop.get(RESTORE, guest=GUEST)
    assert rows == {
        "homa_vault": 1,
        "homa_sessions": 1,
        "homa_user_interests": 1,
        "homaye_chat_memory": 1,
        "homaye_persona_scores": 1,
    }
    assert shop.merged() == {**before, "session_token": USER}
    assert rows_under(shop.app, USER) == rows
    assert shop.sql("SELECT user_id FROM wp_homa_vault") == [(7,)]
    assert shop.sql("SELECT user_identifier, user_role FROM wp_homaye_chat_memory") == [(USER, "user")]


@pytest.mark.parametrize("path", READERS)
def test_every_reader_merges_first(shop: Shop, path: str) -> None:
    fill(shop)
    before = shop.get(path, guest=GUEST)
    after = shop.get(path, **CARRIED)
    assert after == {**before, **({"session_token": USER} if "session_token" in before else {})}
    assert rows_under(shop.app, GUEST) == {}


@pytest.mark.parametrize("path", [path for path in BODIES if path != COMPRESS])
def test_every_writer_merges_first(shop: Shop, path: str) -> None:
    fill(shop)
    shop.post(path, BODIES[path], **CARRIED)
    assert rows_under(shop.app, GUEST) == {}
    assert path == CLEAR or rows_under(shop.app, USER)["homa_vault"] == 1


def test_the_route_for_it_merges(shop: Shop) -> None:
    fill(shop)
    answer = shop.post("/internal/merge", {}, **CARRIED)
    assert answer.get_json() == {"success": True, "session_token": USER}
    assert rows_under(shop.app, GUEST) == {}
    assert shop.values() == {"tirage": 1000}


@pytest.mark.parametrize(("guests", "users", "wins"), [("10:00:01", "10:00:00", 1), ("10:00:00", "10:00:01", 2)])
def test_the_newer_value_of_a_field_wins(shop: Shop, guests: str, users: str, wins: int) -> None:
    shop.field("same", 1, guests)
    shop.field("same", 2, users, USER)
    shop.merged()
    assert shop.values() == {"same": wins}
    ((moment,),) = shop.sql("SELECT updated_at FROM wp_homa_vault")
    assert str(moment) == "2026-11-20 10:00:01"


def test_of_values_of_the_same_second_the_guests_wins(shop: Shop) -> None:
    shop.field("same", 1, "10:00:00")
    shop.field("same", 2, "10:00:00", USER)
    shop.merged()
    assert shop.values() == {"same": 1}


def test_fields_keep_the_order_in_which_they_were_first_stored(shop: Shop) -> None:
    shop.field("a", 1, "10:00:00")
    shop.field("b", 2, "10:00:00", USER)
    shop.field("c", 3, "10:00:00")
    shop.field("d", 4, "10:00:00", USER)
    shop.field("c", 5, "10:00:01", USER)
    shop.field("b", 6, "10:00:01")
    shop.merged()
    assert list(shop.values().items()) == [("a", 1), ("b", 6), ("c", 5), ("d", 4)]


def test_a_value_moves_as_it_is_and_with_its_insight(shop: Shop) -> None:
    text_sent = '{"a": 1.0, "b": {}, "c": 12345678901234567890, "d": "گلاسه"}'
    body = '{"field": "odd", "value": ' + text_sent + ', "insight": "یادداشت"}'
    answer = shop.client.post(
        "/internal/vault", data=body.encode(), content_type="application/json",
        headers=signature_of("/internal/vault", body),
    )  # fmt: skip
    assert answer.status_code == 200
    before = shop.sql("SELECT context_value, ai_insight FROM wp_homa_vault")
    shop.merged()
    assert shop.sql("SELECT context_value, ai_insight FROM wp_homa_vault") == before == [(text_sent, "یادداشت")]


def signature_of(path: str, body: str) -> dict[str, str]:
    return signature("POST", path, body.encode(), guest=GUEST)


def test_rows_that_php_has_doubled_become_one(shop: Shop) -> None:
    for token, value, when in ((GUEST, 1, "01"), (USER, 2, "02"), (GUEST, 3, "04"), (USER, 4, "03")):
        shop.sql(
            "INSERT INTO wp_homa_vault (session_token, context_key, context_value, updated_at) "
            "VALUES (:token, 'same', :value, :at)",
            token=token, value=str(value), at=f"2026-11-20 10:00:{when}",
        )  # fmt: skip
    shop.merged()
    assert shop.values() == {"same": 3}
    assert stored(shop.app) == {"homa_vault": 1}


def test_names_that_a_collation_takes_for_one_stay_two(shop: Shop) -> None:
    shop.field("Name", 1, "10:00:00")
    shop.field("name", 2, "10:00:00", USER)
    shop.merged()
    assert shop.values() == {"Name": 1, "name": 2}


def test_of_each_key_of_the_snapshot_the_newer_wins(shop: Shop) -> None:
    shop.snapshot({"both": "user", "users": 1.5}, "10:00:00", USER, "the user's")
    shop.snapshot({"both": "guest", "guests": {}}, "10:00:01", GUEST)
    session = shop.merged()["session"]
    assert session["form_snapshot"] == {"both": "guest", "users": 1.5, "guests": {}}
    assert (session["last_url"], session["chat_summary"]) == (f"{PAGE}/{GUEST}", "the user's")
    assert session["updated_at"] == "2026-11-20 10:00:01"


def test_an_older_snapshot_of_the_guests_adds_what_is_missing(shop: Shop) -> None:
    shop.snapshot({"both": "guest", "guests": 1}, "09:00:00", GUEST, "the guest's")
    shop.snapshot({"both": "user"}, "10:00:00", USER, "the user's")
    session = shop.merged()["session"]
    assert session["form_snapshot"] == {"both": "user", "guests": 1}
    assert (session["last_url"], session["chat_summary"]) == (f"{PAGE}/{USER}", "the user's")


def test_the_session_lives_until_the_later_end(shop: Shop) -> None:
    for first, second in (("2030-01-01 00:00:00", "2031-01-01 00:00:00"), ("2031-01-01 00:00:00", None)):
        shop.snapshot({"a": 1}, "10:00:00")
        shop.snapshot({"b": 1}, "10:00:00", USER)
        shop.sql("UPDATE wp_homa_sessions SET expires_at = :end WHERE session_token = :token", end=first, token=GUEST)
        shop.sql("UPDATE wp_homa_sessions SET expires_at = :end WHERE session_token = :token", end=second, token=USER)
        shop.merged()
        ((end,),) = shop.sql("SELECT expires_at FROM wp_homa_sessions")
        assert str(end) == str(second)


def test_an_expired_session_moves_nothing_and_is_gone(shop: Shop) -> None:
    shop.snapshot({"old": 1}, "10:00:00")
    shop.snapshot({"new": 1}, "09:00:00", USER)
    shop.sql("UPDATE wp_homa_sessions SET expires_at = '2020-01-01' WHERE session_token = :token", token=GUEST)
    assert shop.merged()["session"]["form_snapshot"] == {"new": 1}


def test_an_expired_session_of_the_users_keeps_nothing(shop: Shop) -> None:
    shop.snapshot({"new": 1}, "09:00:00")
    shop.snapshot({"old": 1}, "10:00:00", USER, "old")
    shop.sql("UPDATE wp_homa_sessions SET expires_at = '2020-01-01' WHERE session_token = :token", token=USER)
    session = shop.merged()["session"]
    assert (session["form_snapshot"], session["chat_summary"]) == ({"new": 1}, None)


def test_interests_add_up(shop: Shop) -> None:
    for token, category, score, source in (
        *[(GUEST, "Book", 3, "torob"), (USER, "book", 4, "google"), (GUEST, "cover", 1, "torob")],
        *[(USER, "design", 2, "organic"), (GUEST, "many", 2**31 - 1, "a"), (USER, "many", 9, "b")],
    ):
        shop.post(TRACK, {"category": category, "score": score, "source": source}, **speaker(token))
    found = {row["category"]: (row["score"], row["source"]) for row in shop.merged()["interests"]}
    assert found == {
        "book": (7, "google"),
        "cover": (1, "torob"),
        "design": (2, "organic"),
        "many": (2**31 - 1, "b"),
    }


def test_an_interest_was_last_shown_at_the_later_time(shop: Shop) -> None:
    moments = {("a", GUEST): "01", ("a", USER): "02", ("b", GUEST): "04", ("b", USER): "03"}
    for (category, token), second in moments.items():
        shop.post(TRACK, {"category": category}, **speaker(token))
        shop.sql(
            "UPDATE wp_homa_user_interests SET last_interaction = :at "
            "WHERE user_id_or_token = :token AND category_slug = :category",
            at=f"2026-11-20 10:00:{second}", token=token, category=category,
        )  # fmt: skip
    found = {row["category"]: row["last_interaction"][-2:] for row in shop.merged()["interests"]}
    assert found == {"a": "02", "b": "04"}


def test_the_conversation_follows_in_order(shop: Shop) -> None:
    for number, token in enumerate([GUEST, USER, GUEST, USER]):
        shop.post(CHAT, {"message_type": "user", "message_content": str(number)}, **speaker(token))
        shop.sql(
            "UPDATE wp_homaye_chat_memory SET created_at = :at WHERE message_content = :content",
            at=f"2026-11-20 10:00:0{number}", content=str(number),
        )  # fmt: skip
    assert [message["content"] for message in shop.merged()["chat_messages"]] == ["0", "1", "2", "3"]


def test_messages_that_php_code_stored_under_another_session_follow(shop: Shop) -> None:
    for session, visitor in ((GUEST, "198.51.100.7"), ("sess_1", GUEST), ("sess_2", OTHER)):
        shop.sql(
            "INSERT INTO wp_homaye_chat_memory (session_id, user_identifier, user_role, message_type, message_content,"
            " created_at) VALUES (:session, :visitor, 'guest', 'user', 'm', '2026-11-20 10:00:00')",
            session=session, visitor=visitor,
        )  # fmt: skip
    assert len(shop.merged()["chat_messages"]) == 2
    rows = shop.sql("SELECT session_id, user_identifier FROM wp_homaye_chat_memory ORDER BY id")
    assert rows == [(USER, USER), (USER, USER), ("sess_2", OTHER)]


def test_persona_scores_add_up(shop: Shop) -> None:
    for token, persona, score in ((GUEST, "author", 3), (USER, "author", 4), (GUEST, "designer", 5)):
        shop.post("/internal/persona-score", {"persona": persona, "score": score}, **speaker(token))
    shop.merged()
    rows = shop.sql("SELECT user_identifier, persona_type, score FROM wp_homaye_persona_scores ORDER BY persona_type")
    assert rows == [(USER, "author", 7), (USER, "designer", 5)]


def test_a_site_without_persona_scores_merges_the_rest(shop: Shop) -> None:
    fill(shop)
    shop.sql("DROP TABLE wp_homaye_persona_scores")
    shop.get(RESTORE, **CARRIED)
    assert shop.values() == {"tirage": 1000}
    assert shop.sql("SELECT session_token FROM wp_homa_vault") == [(USER,)]


def test_to_do_it_twice_changes_nothing(shop: Shop) -> None:
    fill(shop)
    fill(shop, USER)
    first, rows = shop.merged(), stored(shop.app)
    scores = shop.sql("SELECT * FROM wp_homaye_persona_scores")
    for _ in range(2):
        assert shop.merged() == first
    assert (stored(shop.app), shop.sql("SELECT * FROM wp_homaye_persona_scores")) == (rows, scores)


def test_a_second_device_adds_its_own(shop: Shop) -> None:
    fill(shop)
    fill(shop, OTHER)
    shop.field("only", 1, "10:00:00", OTHER)
    shop.merged()
    shop.get(RESTORE, user="7", guest=OTHER)
    assert rows_under(shop.app, OTHER) == {}
    assert shop.values() == {"tirage": 1000, "only": 1}
    assert shop.get(INTERESTS, user="7")["interests"][0]["score"] == 6


def test_nobody_elses_memory_moves(shop: Shop) -> None:
    fill(shop)
    fill(shop, OTHER)
    fill(shop, "user_8")
    before = {token: rows_under(shop.app, token) for token in (OTHER, "user_8")}
    shop.merged()
    assert {token: rows_under(shop.app, token) for token in (OTHER, "user_8")} == before


def test_what_is_more_than_one_visitor_may_store_is_forgotten(
    make_app: Callable[..., Flask], database_url: str
) -> None:
    for when_full in ("forget", "refuse"):
        shop = Shop(make_app(database_url, HOMA_SHARED_SECRET=SECRET, HOMA_MAX_FIELDS="3", HOMA_WHEN_FULL=when_full))
        for number, token in enumerate([GUEST, USER, GUEST, USER, GUEST]):
            shop.field(f"{when_full}{number}", number, f"10:00:0{number}", token)
        shop.merged()
        assert list(shop.values()) == [f"{when_full}{number}" for number in (2, 3, 4)]
        shop.post(CLEAR, {"scope": "all"}, user="7")


def test_the_former_guests_cookie_goes_when_nothing_is_left_to_move(shop: Shop) -> None:
    fill(shop)
    answers = [signed(shop.client, "GET", API + SUMMARY, **CARRIED) for _ in range(3)]
    assert "Set-Cookie" not in answers[0].headers
    for answer in answers[1:]:
        (cookie,) = answer.headers.getlist("Set-Cookie")
        name, *attributes = cookie.split("; ")
        assert name == f"{GUEST_COOKIE}="
        assert {"Max-Age=0", "Path=/", "HttpOnly", "SameSite=Lax"} <= set(attributes)


def test_what_a_last_request_of_the_guest_writes_is_moved_as_well(shop: Shop) -> None:
    shop.field("first", 1, "10:00:00")
    shop.merged()
    shop.field("late", 2, "10:00:01")
    shop.merged()
    assert shop.values() == {"first": 1, "late": 2}


@pytest.mark.parametrize("sent", ["", "user_8", "guest_", GUEST.upper(), GUEST + "0"])
def test_what_is_no_guests_token_moves_nothing(shop: Shop, sent: str) -> None:
    fill(shop)
    fill(shop, "user_8")
    before = stored(shop.app)
    answer = signed(shop.client, "GET", API + RESTORE, user="7", guest=sent)
    assert (answer.status_code, answer.get_json()["vault_data"]) == (200, {})
    assert "Set-Cookie" not in answer.headers
    assert stored(shop.app) == before


def test_a_guest_moves_nothing(shop: Shop) -> None:
    fill(shop)
    before = rows_under(shop.app, GUEST)
    shop.get(RESTORE, guest=OTHER)
    shop.client.get(API + RESTORE, headers={"Cookie": f"{GUEST_COOKIE}={GUEST}"})
    assert rows_under(shop.app, GUEST) == before
