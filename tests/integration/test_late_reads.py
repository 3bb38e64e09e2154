"""Reads that a router sends to a late replica: what is shown may be old, but nothing is decided upon it."""

import uuid
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import make_url

from homa_bridge.clock import Clock
from homa_bridge.identity.model import Visitor
from homa_bridge.jsontext import JSONText

from ..api.wire import API, CHAT, CLEAR, PAGE, RESTORE, SNAPSHOT, SUMMARY, SYNC, TRACK
from ..conftest import services_of
from ..signed import SECRET, signed
from .cluster import Cluster, route, run
from .test_cleanup import LONG_AGO, cleanup_of, guest

GUEST, OTHER, USER = guest(1), guest(2), "user_7"

Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    found = Cluster()
    yield found
    found.remove()


@pytest.fixture
def url(cluster: Cluster) -> str:
    return cluster.primary.create_database(f"t{uuid.uuid4().hex}")


@pytest.fixture
def make(cluster: Cluster, url: str, make_app: Callable[..., Flask]) -> Callable[..., Flask]:
    """Return what creates an application before which a router stands."""

    def made(**environ: str) -> Flask:
        app = make_app(url, HOMA_SHARED_SECRET=SECRET, HOMA_CHAT_DAYS="30", **environ)
        cluster.catch_up()
        route(app, cluster, make_app)
        return app

    return made


@pytest.fixture
def sql(cluster: Cluster, url: str) -> Callable[[str], list[tuple[Any, ...]]]:
    """Return what runs a statement on the primary."""
    return lambda statement: run(cluster.primary, statement, make_url(url).database)


def ask(app: Flask, path: str, body: object = None, *, who: str = GUEST, status: int = 200, **options: Any) -> Any:
    """Send a request that the plugin has signed for a visitor."""
    named: dict[str, Any] = {"user": who.removeprefix("user_")} if who.startswith("user_") else {"guest": who}
    answer = signed(app.test_client(), "GET" if body is None else "POST", API + path, body, **{**named, **options})
    assert answer.status_code == status, answer.text
    return answer.get_json()


def sync(app: Flask, field: str, value: object, **options: Any) -> None:
    ask(app, SYNC, {"field": field, "value": value, "page_url": PAGE}, **options)


def values(memory: Any) -> dict[str, Any]:
    return {field: each["value"] for field, each in memory["vault_data"].items()}


def test_what_is_shown_may_be_old_and_is_the_visitors_own(make: Callable[..., Flask], cluster: Cluster) -> None:
    app = make()
    sync(app, "a", 1)
    sync(app, "a", "another's", who=OTHER)
    with cluster.late():
        sync(app, "a", 2)
        assert values(ask(app, RESTORE)) == {"a": 1}
    assert values(ask(app, RESTORE)) == {"a": 2}


def test_a_guest_who_logs_in_takes_along_what_the_replica_has_not_seen(
    make: Callable[..., Flask], cluster: Cluster, sql: Callable[[str], Any]
) -> None:
    app = make()
    with cluster.late():
        sync(app, "a", 1)
        assert ask(app, RESTORE)["vault_data"] == {}
        visitor = app.test_client()
        answer = signed(visitor, "GET", API + RESTORE, user="7", guest=GUEST)
        assert "Set-Cookie" not in answer.headers, "the guest's token is not taken before the memory has moved"
        assert sql("SELECT session_token FROM wp_homa_vault") == [(USER,)]
    assert values(ask(app, RESTORE, who=USER)) == {"a": 1}


def test_of_several_rows_one_stays_whichever_the_replica_has_seen(
    make: Callable[..., Flask], cluster: Cluster, sql: Callable[[str], Any]
) -> None:
    """The first of them has been forgotten since; the replica still takes it for the one that stays."""
    app = make()
    for value in (1, 2, 3):
        sql(f"INSERT INTO wp_homa_vault (session_token, context_key, context_value) VALUES ('{GUEST}', 'a', '{value}')")
    with cluster.late():
        sql("DELETE FROM wp_homa_vault ORDER BY id LIMIT 1")
        visitor = app.test_client()
        visitor.set_cookie("homa_session_token", GUEST)
        assert visitor.post(API + SYNC, json={"field": "a", "value": 4}).status_code == 200
        assert sql("SELECT context_value FROM wp_homa_vault") == [("4",)]


def test_the_clean_up_spares_who_has_come_back(
    make: Callable[..., Flask], cluster: Cluster, sql: Callable[[str], Any]
) -> None:
    app = make()
    for who in (GUEST, OTHER):
        sync(app, "a", 1, who=who)
    sql(f"UPDATE wp_homa_sessions SET expires_at = '{LONG_AGO}'")
    sql(f"UPDATE wp_homa_vault SET updated_at = '{LONG_AGO}'")
    with cluster.late():
        sync(app, "a", 2)
        list(services_of(app).omnistore.cleanup.sweep())
        list(services_of(app).omnistore.cleanup.sweep())
        for table in ("homa_vault", "homa_sessions"):
            assert sql(f"SELECT session_token FROM wp_{table}") == [(GUEST,)]
    assert values(ask(app, RESTORE)) == {"a": 2}


def test_the_clean_up_ends_where_deleted_rows_are_still_seen(
    make: Callable[..., Flask], cluster: Cluster, sql: Callable[[str], Any]
) -> None:
    app = make()
    row = f"('{GUEST}', '{GUEST}', 'user', 'x', '{LONG_AGO}')"
    sql(
        "INSERT INTO wp_homaye_chat_memory (session_id, user_identifier, message_type, message_content, created_at) "
        f"VALUES {', '.join([row] * 25)}"
    )
    with cluster.late():
        swept = list(islice(cleanup_of(app, batch=10).sweep(0), 20))
        assert sum(each.messages for each in swept) == 25
        assert len(swept) < 20


def test_limits_hold_for_what_the_replica_has_not_seen(
    make: Callable[..., Flask], cluster: Cluster, sql: Callable[[str], Any]
) -> None:
    app = make(HOMA_MAX_FIELDS="3", HOMA_MAX_MESSAGES="2")
    with cluster.late():
        for number in range(5):
            sync(app, f"f{number}", number)
            ask(app, CHAT, {"message_type": "user", "message_content": f"message {number}"})
        assert len(sql("SELECT id FROM wp_homa_vault")) == 3
        assert sql("SELECT message_content FROM wp_homaye_chat_memory ORDER BY id") == [("message 3",), ("message 4",)]


def test_scores_and_receipts_count_what_the_replica_has_not_seen(make: Callable[..., Flask], cluster: Cluster) -> None:
    app = make()
    with cluster.late():
        for nonce in ("ab" * 16, "cd" * 16):
            for status in (200, 409):
                ask(app, TRACK, {"category": "book", "score": 3}, nonce=nonce, status=status)
    assert ask(app, RESTORE)["interests"][0]["score"] == 6


def test_a_wording_of_what_was_said_before_is_not_kept(make: Callable[..., Flask], cluster: Cluster) -> None:
    app = make()
    omnistore = services_of(app).omnistore
    ask(app, CHAT, {"message_type": "user", "message_content": "سلام، ۵۰۰ کارت ویزیت می‌خواهم"})
    with cluster.late():
        ask(app, CHAT, {"message_type": "user", "message_content": "نه، هزار تا"})
        old = omnistore.unworded(GUEST)
        assert old is not None
        assert not omnistore.keep_wording(GUEST, old.rules, "five hundred cards")
    new = omnistore.unworded(GUEST)
    assert new is not None
    assert new.rules != old.rules
    assert "five hundred cards" not in ask(app, SUMMARY)["memory_summary"]


def test_a_visit_while_the_replica_is_late_is_remembered_as_any_other(
    make: Callable[..., Flask], make_app: Callable[..., Flask], cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same requests leave the same, whether reads are late or not."""
    monkeypatch.setattr(Clock, "wall", lambda *_arguments, **_options: "2026-11-21 10:00:00")
    alone = make_app(cluster.primary.create_database(f"t{uuid.uuid4().hex}"), HOMA_SHARED_SECRET=SECRET)
    routed = make()
    visit(alone)
    with cluster.late():
        visit(routed)
    for who in (GUEST, USER):
        memories = [ask(app, RESTORE, who=who) for app in (alone, routed)]
        assert memories[0] == memories[1]
        assert who == GUEST or memories[0]["chat_messages"], "there is something to compare"
        assert len({ask(app, SUMMARY, who=who)["memory_summary"] for app in (alone, routed)}) == 1


def visit(app: Flask) -> None:
    """Do what visitors do: write, say something, forget, come back, and log in."""
    talk = ["سلام، ۵۰۰ کارت ویزیت می‌خواهم", "نه، هزار تا", "با سلفون مات"]
    for number in range(3):
        sync(app, "tirage", number)
        sync(app, f"f{number}", {"a": [number]})
        ask(app, TRACK, {"category": "book"})
        ask(app, CHAT, {"message_type": "user", "message_content": talk[number]})
    sync(app, "chat_messages", [{"role": "user", "content": text} for text in talk])
    ask(app, SNAPSHOT, {"form_snapshot": {"a": 1, "b": 2}})
    ask(app, CLEAR, {"scope": "session"})
    services_of(app).omnistore.sync(Visitor(GUEST), "a", JSONText("1"), None)
    sync(app, "tirage", 9)
    ask(app, TRACK, {"category": "book", "score": 2}, who=USER)
    ask(app, CHAT, {"message_type": "assistant", "message_content": "چند صفحه؟"}, who=USER)
    ask(app, TRACK, {"category": "card"}, who=USER, guest=GUEST)
    list(services_of(app).omnistore.cleanup.sweep(0))
