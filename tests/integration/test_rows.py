"""On MariaDB, rows are what PHP would have written, and rows that PHP wrote are read right."""

import json
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pymysql.connections import Connection

from homa_bridge.clock import Clock

from ..conftest import services_of
from ..servers import MariaDB

API = "/wp-json/homaye-tabesh/v1"
TOKEN = "guest_" + "ab" * 16


class Site:
    """A site: its service, its database, and a guest."""

    def __init__(self, app: Flask, connection: Connection) -> None:
        self.app = app
        self._connection = connection
        self.guest: FlaskClient = app.test_client()
        self.guest.set_cookie("homa_session_token", TOKEN)

    def sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Run SQL as PHP does: on a connection of its own, in the server's time zone."""
        with self._connection.cursor() as cursor:
            cursor.execute(statement, values)
            return list(cursor.fetchall())

    def post(self, path: str, **body: object) -> None:
        answer = self.guest.post(API + path, json=body)
        assert answer.status_code == 200, answer.get_data(as_text=True)

    def get(self, path: str) -> Any:
        answer = self.guest.get(API + path)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.get_json()

    @property
    def now(self) -> datetime:
        """The database's NOW()."""
        ((moment,),) = self.sql("SELECT NOW()")
        assert isinstance(moment, datetime)
        return moment


def site_in(
    make_app: Callable[..., Flask], mariadb_in: Callable[[str], MariaDB], site_zone: str, database_zone: str
) -> Site:
    server = mariadb_in(database_zone)
    name = f"t{uuid.uuid4().hex}"
    app = make_app(server.create_database(name), HOMA_SITE_TIMEZONE=site_zone)
    return Site(app, server.connect(name))


@pytest.fixture(params=[("Asia/Tehran", "UTC"), ("UTC", "Asia/Tehran"), ("America/St_Johns", "Asia/Tehran")])
def zones(request: pytest.FixtureRequest) -> tuple[str, str]:
    found: tuple[str, str] = request.param
    return found


@pytest.fixture
def site(
    make_app: Callable[..., Flask], mariadb_in: Callable[[str], MariaDB], zones: tuple[str, str]
) -> Iterator[Site]:
    made = site_in(make_app, mariadb_in, *zones)
    yield made
    made._connection.close()


def is_wall_clock(moment: object, zone: str) -> bool:
    wall = datetime.now(ZoneInfo(zone)).replace(tzinfo=None)
    return isinstance(moment, datetime) and abs(moment - wall) < timedelta(seconds=30)


def test_a_field_is_written_as_php_writes_it(site: Site, zones: tuple[str, str]) -> None:
    site.post("/vault/sync", field="paper_type", value="گلاسه / براق", page_url="http://shop.test/calc?a=1&b=2")

    ((row_id, user_id, token, key, value, insight, updated_at),) = site.sql("SELECT * FROM wp_homa_vault")
    assert (row_id > 0, user_id, token, key, insight) == (True, None, TOKEN, "paper_type", None)
    assert json.loads(value) == "گلاسه / براق"
    assert is_wall_clock(updated_at, zones[0])

    ((_, token, url, snapshot, summary, updated_at, expires_at),) = site.sql("SELECT * FROM wp_homa_sessions")
    assert (token, url, summary) == (TOKEN, "http://shop.test/calc?a=1&b=2", None)
    assert json.loads(snapshot) == {"paper_type": "گلاسه / براق"}
    assert is_wall_clock(updated_at, zones[0])
    assert abs(expires_at - site.now - timedelta(hours=48)) < timedelta(seconds=30)


def test_an_update_writes_its_time_itself(site: Site, zones: tuple[str, str]) -> None:
    site.post("/vault/sync", field="tirage", value=500, page_url="http://shop.test/")
    site.post("/interest/track", category="book", score=1)
    site.sql("UPDATE wp_homa_vault SET updated_at = '2020-01-01 00:00:00'")
    site.sql("UPDATE wp_homa_sessions SET updated_at = '2020-01-01 00:00:00'")
    site.sql("UPDATE wp_homa_user_interests SET last_interaction = '2020-01-01 00:00:00'")

    site.post("/vault/sync", field="tirage", value=500, page_url="http://shop.test/")
    site.post("/interest/track", category="book", score=1)

    for table, column in (
        ("homa_vault", "updated_at"),
        ("homa_sessions", "updated_at"),
        ("homa_user_interests", "last_interaction"),
    ):
        ((moment,),) = site.sql(f"SELECT {column} FROM wp_{table}")
        assert is_wall_clock(moment, zones[0]), table


def test_interests_and_chat_are_written_as_php_writes_them(site: Site, zones: tuple[str, str]) -> None:
    site.post("/interest/track", category="book-printing", score=5, source="torob")
    site.post("/interest/track", category="book-printing", score=7, source="google")
    site.post("/chat/memory", message_type="assistant", message_content="سلام\nخوبی؟", ai_metadata={"a": []})
    site.post("/chat/memory", message_type="user", message_content="ممنون")

    ((_, token, slug, score, source, moment),) = site.sql("SELECT * FROM wp_homa_user_interests")
    assert (token, slug, score, source) == (TOKEN, "book-printing", 12, "torob")
    assert is_wall_clock(moment, zones[0])
    first, second = site.sql("SELECT * FROM wp_homaye_chat_memory ORDER BY id")
    assert first[1:6] == (TOKEN, TOKEN, "guest", "assistant", "سلام\nخوبی؟")
    assert json.loads(first[6]) == {"a": []}
    assert second[6] is None
    assert is_wall_clock(first[7], zones[0])


def test_rows_that_php_wrote_are_read_right(site: Site) -> None:
    site.sql(
        "INSERT INTO wp_homa_vault (user_id, session_token, context_key, context_value, ai_insight, updated_at) VALUES "
        "(NULL, %s, 'paper', %s, 'likes gloss', '2026-03-01 10:00:00'), (NULL, %s, 'note', NULL, NULL, NULL)",
        TOKEN, r'"\u06af\u0644\u0627\u0633\u0647 a\/b"', TOKEN,
    )  # fmt: skip
    site.sql(
        "INSERT INTO wp_homa_sessions (session_token, last_url, form_snapshot, chat_summary, updated_at, expires_at) "
        "VALUES (%s, 'http:\\/\\/x', %s, NULL, '2026-03-01 10:00:00', UTC_TIMESTAMP() + INTERVAL 48 HOUR)",
        TOKEN, r'{"paper":"\u06af\u0644\u0627\u0633\u0647","url":"http:\/\/a\/","empty":[]}',
    )  # fmt: skip
    site.sql(
        "INSERT INTO wp_homa_user_interests (user_id_or_token, category_slug, interest_score, source_referral, "
        "last_interaction) VALUES (%s, 'novel', NULL, NULL, NULL), (%s, 'book', 3, 'torob', '2026-03-01 10:00:00')",
        TOKEN, TOKEN,
    )  # fmt: skip
    site.sql(
        "INSERT INTO wp_homaye_chat_memory (session_id, user_identifier, message_type, message_content, ai_metadata, "
        "created_at) VALUES (%s, %s, 'user', 'سلام', NULL, '2026-03-01 10:00:00')",
        TOKEN, TOKEN,
    )  # fmt: skip

    memory = site.get("/vault/restore")

    assert memory["vault_data"] == {
        "paper": {"value": "گلاسه a/b", "insight": "likes gloss"},
        "note": {"value": None, "insight": None},
    }
    assert memory["session"]["form_snapshot"] == {"paper": "گلاسه", "url": "http://a/", "empty": []}
    assert memory["session"]["updated_at"] == "2026-03-01 10:00:00"
    assert memory["interests"] == [
        {"category": "book", "score": 3, "source": "torob", "last_interaction": "2026-03-01 10:00:00"},
        {"category": "novel", "score": 0, "source": None, "last_interaction": None},
    ]
    assert memory["chat_messages"] == [
        {"type": "user", "content": "سلام", "metadata": None, "timestamp": "2026-03-01 10:00:00"}
    ]
    assert site.get("/memory/summary")["memory_summary"].splitlines()[:2] == [
        "Context from current session:",
        '- paper: "گلاسه a/b"',
    ]


def test_of_duplicates_the_newest_is_read_and_one_is_left_by_a_write(site: Site) -> None:
    site.sql(
        "INSERT INTO wp_homa_vault (session_token, context_key, context_value, updated_at) VALUES "
        "(%s, 'tirage', '1', '2026-03-01 10:00:00'), (%s, 'tirage', '3', '2026-03-01 10:00:02'), "
        "(%s, 'paper', '\"x\"', NULL), (%s, 'tirage', '2', '2026-03-01 10:00:01')",
        TOKEN, TOKEN, TOKEN, TOKEN,
    )  # fmt: skip

    assert list(site.get("/vault/restore")["vault_data"].items()) == [
        ("tirage", {"value": 3, "insight": None}),
        ("paper", {"value": "x", "insight": None}),
    ]
    ids = [row_id for (row_id,) in site.sql("SELECT id FROM wp_homa_vault ORDER BY id")]
    assert len(ids) == 4, "reading deletes nothing"

    site.post("/vault/sync", field="tirage", value=4)
    assert site.sql("SELECT id, context_key, context_value FROM wp_homa_vault ORDER BY id") == [
        (ids[0], "tirage", "4"),
        (ids[2], "paper", '"x"'),
    ]


def test_an_array_that_php_saved_as_snapshot_is_an_empty_form(site: Site) -> None:
    site.post("/session/snapshot", form_snapshot={"a": 1})
    site.sql("UPDATE wp_homa_sessions SET form_snapshot = '[]'")
    site.post("/vault/sync", field="b", value=2, page_url="http://shop.test/")
    assert site.get("/vault/restore")["session"]["form_snapshot"] == {"b": 2}


@pytest.mark.parametrize("snapshot", [None, "[]", '"x"'])
def test_what_is_no_form_counts_as_none_in_the_persona(site: Site, snapshot: str | None) -> None:
    site.post("/session/snapshot", form_snapshot={"budget": 1})
    site.sql("UPDATE wp_homa_sessions SET form_snapshot = %s", snapshot)
    assert site.get("/persona/analyze")["persona"]["all_scores"]["price_sensitive"] == 0


def test_an_expired_session_is_never_served_nor_revived(site: Site) -> None:
    site.post("/session/snapshot", form_snapshot={"old": 1, "budget": 5}, chat_summary="قدیمی")
    site.sql("UPDATE wp_homa_sessions SET expires_at = NOW() - INTERVAL 1 SECOND")

    assert site.get("/vault/restore")["session"] is None
    assert site.get("/memory/summary")["memory_summary"] == ""
    assert site.get("/persona/analyze")["persona"]["all_scores"]["price_sensitive"] == 0

    site.post("/vault/sync", field="new", value=2, page_url="http://shop.test/")
    session = site.get("/vault/restore")["session"]
    assert (session["form_snapshot"], session["chat_summary"]) == ({"new": 2}, None)


def test_a_session_without_an_end_is_served(site: Site) -> None:
    site.post("/session/snapshot", form_snapshot={"a": 1})
    site.sql("UPDATE wp_homa_sessions SET expires_at = NULL")
    assert site.get("/vault/restore")["session"]["form_snapshot"] == {"a": 1}


def test_names_that_the_collation_takes_for_equal_are_two_fields(site: Site) -> None:
    names = ["name", "Name", "نام‌خانوادگی", "نامخانوادگی", "é", "e"]
    for number, name in enumerate(names):
        site.post("/vault/sync", field=name, value=number)
    stored = site.get("/vault/restore")["vault_data"]
    assert {name: field["value"] for name, field in stored.items()} == {name: n for n, name in enumerate(names)}


def test_a_wall_clock_that_the_databases_zone_skips_is_stored(
    make_app: Callable[..., Flask], mariadb_in: Callable[[str], MariaDB]
) -> None:
    """At 02:30 of 2026-03-29 the site in Tehran is in an hour that a server in Berlin does not have."""
    site = site_in(make_app, mariadb_in, "Asia/Tehran", "Europe/Berlin")
    skipped = datetime(2026, 3, 28, 23, 0, tzinfo=UTC)
    clock = Clock(ZoneInfo("Asia/Tehran"), lambda: skipped)
    assert clock.wall() == "2026-03-29 02:30:00"
    omnistore = services_of(site.app).omnistore
    for store in (omnistore._vault, omnistore._sessions, omnistore._interests, omnistore._chat):
        store._clock = clock

    site.post("/vault/sync", field="tirage", value=1, page_url="http://shop.test/")
    site.post("/interest/track", category="book")
    site.post("/chat/memory", message_type="user", message_content="x")

    assert site.sql("SELECT updated_at FROM wp_homa_vault") == [(datetime(2026, 3, 29, 3, 0),)]
    assert site.sql("SELECT updated_at FROM wp_homa_sessions") == [(datetime(2026, 3, 29, 2, 30),)]


def test_interest_scores_are_held_to_32_bits(site: Site) -> None:
    for score in (2**31 - 1, 2**31 - 1, 5):
        site.post("/interest/track", category="up", score=score)
        site.post("/interest/track", category="down", score=-score)
    site.post("/interest/track", category="down", score=-(2**31))
    found = {interest["category"]: interest["score"] for interest in site.get("/vault/restore")["interests"]}
    assert found == {"up": 2**31 - 1, "down": -(2**31)}
