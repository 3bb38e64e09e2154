"""Many at once, on the databases' default isolation: nothing doubled, nothing lost, no error reaches a client."""

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any

import pytest
from flask import Flask
from pymysql.connections import Connection
from sqlalchemy import make_url

from homa_bridge.database import Cursor, Statement
from homa_bridge.extensions import db
from homa_bridge.identity.model import Visitor
from homa_bridge.jsontext import JSONText

from ..conftest import services_of
from ..servers import MariaDB

API = "/wp-json/homaye-tabesh/v1"
TOKEN = "guest_" + "cd" * 16

Call = tuple[str, dict[str, Any]]


@pytest.fixture
def threads(database_url: str) -> int:
    return 8 if database_url.startswith("sqlite") else 64


@pytest.fixture
def app(make_app: Callable[..., Flask], database_url: str, threads: int) -> Flask:
    return make_app(database_url, HOMA_THREADS=str(threads))


def at_once(app: Flask, calls: list[list[Call]], tokens: list[str] | None = None) -> Counter[int]:
    """Let each list of calls be made by a thread of its own, all starting together; count the statuses."""
    start = Barrier(len(calls))

    def make(number: int) -> list[int]:
        visitor = app.test_client()
        visitor.set_cookie("homa_session_token", tokens[number] if tokens else TOKEN)
        start.wait()
        return [visitor.post(API + path, json=body).status_code for path, body in calls[number]]

    with ThreadPoolExecutor(len(calls)) as pool:
        return Counter(status for statuses in pool.map(make, range(len(calls))) for status in statuses)


def restored(app: Flask, token: str = TOKEN) -> Any:
    visitor = app.test_client()
    visitor.set_cookie("homa_session_token", token)
    return visitor.get(API + "/vault/restore").get_json()


def vault_rows(app: Flask, token: str = TOKEN) -> list[tuple[str, int]]:
    """Count the rows of each field in the table itself."""
    with app.app_context(), db.engine.connect() as connection:
        return [
            (key, count)
            for key, count in connection.exec_driver_sql(
                f"SELECT context_key, COUNT(*) FROM wp_homa_vault WHERE session_token = '{token}' "
                "GROUP BY context_key ORDER BY context_key"
            )
        ]


def test_of_two_that_find_no_row_one_inserts(make_app: Callable[..., Flask], mariadb_url: str) -> None:
    """The second has looked before the first has committed: it waits for that, looks again, and then sees the row."""
    app = make_app(mariadb_url)
    services = services_of(app)
    omnistore, guest = services.omnistore, Visitor(TOKEN)
    has_written, may_commit = Event(), Event()

    def first(cursor: Cursor) -> None:
        omnistore._vault.put(cursor, TOKEN, None, "new", JSONText("1"), None)
        has_written.set()
        assert may_commit.wait(20)

    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(omnistore.write, guest, first, alone=True)
        assert has_written.wait(20)
        two = pool.submit(omnistore.sync, guest, "new", JSONText("2"), None)
        with pytest.raises(TimeoutError):
            two.result(1)
        may_commit.set()
        one.result(20)
        two.result(20)
    assert vault_rows(app) == [("new", 1)]
    assert restored(app)["vault_data"]["new"]["value"] == 2


def test_one_guests_write_reads_only_that_guests_rows(
    make_app: Callable[..., Flask], mariadb: MariaDB, mariadb_url: str
) -> None:
    app = make_app(mariadb_url)
    rows = [(f"guest_{guest:032x}", f"f{field}") for guest in range(1_000) for field in range(20)]
    with mariadb.connect(make_url(mariadb_url).database) as connection, connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO wp_homa_vault (session_token, context_key, context_value) VALUES (%s, %s, '1')", rows
        )
        cursor.execute("ANALYZE TABLE wp_homa_vault")
    services = services_of(app)
    update = services.omnistore._vault._update
    explain = Statement("EXPLAIN " + update.sql, update.constants)
    values = {"token": rows[0][0], "key": "f1", "value": "2", "insight": None, "now": "2026-11-21 10:00:00"}
    plan = services.database.read(lambda cursor: cursor.row(explain, **values))
    assert plan is not None
    _, _, table, access, _, key, *_ = plan
    assert (table, access, key) == ("wp_homa_vault", "range", "session_token")


def test_new_guests_meet_no_deadlock(make_app: Callable[..., Flask], mariadb: MariaDB, mariadb_url: str) -> None:
    app = make_app(mariadb_url, HOMA_THREADS="32")
    tokens = [f"guest_{number:032x}" for number in range(32)]
    calls: list[list[Call]] = [[("/vault/sync", {"field": f"f{n}", "value": n}) for n in range(6)]] * 32
    before = deadlocks(mariadb)
    assert at_once(app, calls, tokens) == {200: 32 * 6}
    assert deadlocks(mariadb) == before


def test_a_new_field_waits_for_its_turn_without_holding_others(
    make_app: Callable[..., Flask], mariadb: MariaDB, mariadb_url: str
) -> None:
    """Whoever has the visitor's memory to himself reads all its fields: none may be locked by one who waits for him."""
    app = make_app(mariadb_url)
    services = services_of(app)
    omnistore, guest = services.omnistore, Visitor(TOKEN)
    for field in ("one", "two"):
        omnistore.sync(guest, field, JSONText("1"), None)
    before = deadlocks(mariadb)
    has_turn, may_read = Event(), Event()

    def read_all(cursor: Cursor) -> None:
        has_turn.set()
        assert may_read.wait(20)
        assert len(cursor.rows(omnistore._moving._fields, guest=TOKEN, user="user_1")) == 2

    with ThreadPoolExecutor(2) as pool:
        alone = pool.submit(omnistore.write, guest, read_all, alone=True)
        assert has_turn.wait(20)
        new = pool.submit(omnistore.sync, guest, "three", JSONText("1"), "http://shop.test/")
        wait_until_one_waits(mariadb)
        may_read.set()
        alone.result(20)
        new.result(20)
    assert deadlocks(mariadb) == before
    assert vault_rows(app) == [("one", 1), ("three", 1), ("two", 1)]


def wait_until_one_waits(server: MariaDB) -> None:
    with server.connect() as connection, connection.cursor() as cursor:
        for _ in range(200):
            cursor.execute("SELECT COUNT(*) FROM information_schema.INNODB_TRX WHERE trx_state = 'LOCK WAIT'")
            if cursor.fetchall() == ((1,),):
                return
            time.sleep(0.1)  # InnoDB refreshes that view so often
    raise AssertionError("nobody waits")


def deadlocks(server: MariaDB) -> str:
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'")
        ((_, count),) = cursor.fetchall()
        return str(count)


@pytest.mark.parametrize("page", [{}, {"page_url": "http://shop.test/"}], ids=["field", "field and page"])
def test_the_same_new_field_leaves_one_row(app: Flask, threads: int, page: dict[str, str]) -> None:
    for number in range(3):
        calls: list[list[Call]] = [
            [("/vault/sync", {"field": f"new{number}", "value": n, **page})] for n in range(threads)
        ]
        assert at_once(app, calls) == {200: threads}
    assert vault_rows(app) == [("new0", 1), ("new1", 1), ("new2", 1)]


def test_with_and_without_a_page_the_same_new_field_leaves_one_row(app: Flask, threads: int) -> None:
    calls: list[list[Call]] = [
        [("/vault/sync", {"field": "new", "value": n, **({"page_url": "http://shop.test/"} if n % 2 else {})})]
        for n in range(threads)
    ]
    assert at_once(app, calls) == {200: threads}
    assert vault_rows(app) == [("new", 1)]


def test_interest_scores_add_up(app: Flask, threads: int) -> None:
    calls: list[list[Call]] = [
        [("/interest/track", {"category": "book", "score": n % 7 + 1})] * 50 for n in range(threads)
    ]
    assert at_once(app, calls) == {200: threads * 50}
    assert restored(app)["interests"][0]["score"] == sum((n % 7 + 1) * 50 for n in range(threads))


def test_tabs_lose_no_field_of_the_snapshot(app: Flask, threads: int) -> None:
    tabs = min(threads, 16)
    calls: list[list[Call]] = [
        [
            ("/vault/sync", {"field": f"tab{tab}_{n}", "value": n, "page_url": f"http://shop.test/{tab}"})
            for n in range(12)
        ]
        for tab in range(tabs)
    ]
    assert at_once(app, calls) == {200: tabs * 12}
    expected = {f"tab{tab}_{n}": n for tab in range(tabs) for n in range(12)}
    memory = restored(app)
    assert memory["session"]["form_snapshot"] == expected
    assert {key: field["value"] for key, field in memory["vault_data"].items()} == expected


def test_many_new_guests_do_not_hinder_each_other(app: Flask, threads: int) -> None:
    tokens = [f"guest_{number:032x}" for number in range(threads)]
    calls: list[list[Call]] = [
        [
            ("/vault/sync", {"field": f"f{n}", "value": n, **({"page_url": "http://shop.test/"} if n % 2 else {})})
            for n in range(6)
        ]
        for _ in range(threads)
    ]
    assert at_once(app, calls, tokens) == {200: threads * 6}
    for token in tokens:
        assert len(vault_rows(app, token)) == 6
        assert len(restored(app, token)["session"]["form_snapshot"]) == 3


def test_a_snapshot_and_syncs_at_once_leave_one_session(app: Flask, threads: int) -> None:
    calls: list[list[Call]] = [
        [
            ("/session/snapshot", {"form_snapshot": {"whole": n}, "chat_summary": f"s{n}"})
            if n % 2
            else ("/vault/sync", {"field": "part", "value": n, "page_url": "http://shop.test/"})
        ]
        for n in range(threads)
    ]
    assert at_once(app, calls) == {200: threads}
    session = restored(app)["session"]
    assert set(session["form_snapshot"]) <= {"whole", "part"}
    assert session["chat_summary"].startswith("s")


def test_clearing_while_others_write_fails_nobody(app: Flask, threads: int) -> None:
    calls: list[list[Call]] = [
        [("/vault/clear", {"scope": "all"})] * 4
        if n % 4 == 0
        else [("/vault/sync", {"field": f"f{n}", "value": n, "page_url": "http://shop.test/"})] * 4
        for n in range(threads)
    ]
    assert at_once(app, calls) == {200: threads * 4}
    assert all(count == 1 for _, count in vault_rows(app))


def test_chat_messages_are_all_kept(app: Flask, threads: int) -> None:
    calls: list[list[Call]] = [
        [("/chat/memory", {"message_type": "user", "message_content": f"{n}-{m}"}) for m in range(5)]
        for n in range(threads)
    ]
    assert at_once(app, calls) == {200: threads * 5}
    visitor = app.test_client()
    visitor.set_cookie("homa_session_token", TOKEN)
    kept = [message["content"] for message in visitor.get(API + "/chat/memory?limit=0").get_json()["messages"]]
    assert sorted(kept) == sorted(f"{n}-{m}" for n in range(threads) for m in range(5))


def test_the_servers_default_isolation_does_not_matter(
    make_app: Callable[..., Flask], mariadb: MariaDB, mariadb_url: str
) -> None:
    connection: Connection = mariadb.connect()
    with connection, connection.cursor() as cursor:
        cursor.execute("SET GLOBAL TRANSACTION ISOLATION LEVEL READ COMMITTED")
        try:
            app = make_app(mariadb_url, HOMA_THREADS="32")
            calls: list[list[Call]] = [[("/vault/sync", {"field": "new", "value": n})] for n in range(32)]
            assert at_once(app, calls) == {200: 32}
        finally:
            cursor.execute("SET GLOBAL TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    assert vault_rows(app) == [("new", 1)]
