"""A signed write is done once: at the same time, after a lost connection, and while the first is not yet committed."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import make_url

from homa_bridge.database import Cursor
from homa_bridge.errors import AlreadyDone, StorageUnavailable
from homa_bridge.identity.model import Visitor
from homa_bridge.omnistore.receipts import DAYS_KEPT

from ..api.wire import API, BODIES, COMPRESS, RESTORE, TRACK
from ..conftest import services_of
from ..servers import MariaDB
from ..signed import SECRET, signed
from .test_lost_connections import raise_on_commit

NONCE = "ab" * 16
OTHER = "cd" * 16
WRITES = [(path, body) for path, body in BODIES.items() if path != COMPRESS]


@pytest.fixture
def app(make_app: Callable[..., Flask], mariadb_url: str) -> Flask:
    return make_app(mariadb_url, HOMA_SHARED_SECRET=SECRET, HOMA_THREADS="32")


@pytest.fixture
def query(mariadb: MariaDB, mariadb_url: str) -> Callable[[str], list[tuple[Any, ...]]]:
    """Return what runs a statement beside the service."""

    def run(statement: str) -> list[tuple[Any, ...]]:
        with mariadb.connect(make_url(mariadb_url).database) as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())

    return run


def track(app: Flask, nonce: str, visitor: str = "7") -> int:
    body = {"category": "book", "score": 1}
    return signed(app.test_client(), "POST", API + TRACK, body, user=visitor, nonce=nonce).status_code


def score(app: Flask) -> int:
    memory = signed(app.test_client(), "GET", API + RESTORE, user="7").get_json()
    return sum(int(interest["score"]) for interest in memory["interests"])


def test_of_many_at_once_exactly_one_is_done(app: Flask) -> None:
    for turn in range(10):
        start = Barrier(24)

        def send(nonce: str, start: Barrier = start) -> int:
            start.wait()
            return track(app, nonce)

        with ThreadPoolExecutor(24) as pool:
            statuses = Counter(pool.map(send, [f"{turn:032x}"] * 24))
        assert statuses == {200: 1, 409: 23}
        assert score(app) == turn + 1


def test_different_writes_at_once_do_not_hinder_each_other(app: Flask) -> None:
    with ThreadPoolExecutor(24) as pool:
        statuses = Counter(pool.map(lambda number: track(app, f"{number:032x}"), range(240)))
    assert statuses == {200: 240}
    assert score(app) == 240


@pytest.mark.parametrize(("commits", "status", "total"), [(True, 409, 1), (False, 200, 1)])
def test_while_the_first_is_not_committed_the_second_waits(app: Flask, commits: bool, status: int, total: int) -> None:
    """It waits for how the first ends: if that is undone, the second is the one that counts."""
    services = services_of(app)
    omnistore = services.omnistore
    has_written, may_end = Event(), Event()

    def first(cursor: Cursor) -> None:
        omnistore._interests.add(cursor, "user_7", "book", 1, "organic")
        has_written.set()
        assert may_end.wait(20)
        if not commits:
            raise KeyError("undone")

    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(omnistore.write, Visitor("user_7", 7, NONCE), first)
        assert has_written.wait(20)
        two = pool.submit(track, app, NONCE)
        with pytest.raises(TimeoutError):
            two.result(1)
        may_end.set()
        assert two.result(20) == status
        assert one.exception(20) is None if commits else isinstance(one.exception(20), KeyError)
    assert score(app) == total


def test_a_write_that_fails_leaves_no_receipt(app: Flask, query: Callable[[str], list[tuple[Any, ...]]]) -> None:
    query("RENAME TABLE wp_homa_user_interests TO elsewhere")
    assert track(app, NONCE) == 503
    query("RENAME TABLE elsewhere TO wp_homa_user_interests")
    assert track(app, NONCE) == 200
    assert score(app) == 1


def test_a_write_whose_commit_was_lost_on_its_way_is_done_again(app: Flask) -> None:
    runs: list[int] = []

    def unit(cursor: Cursor) -> None:
        runs.append(1)
        services_of(app).omnistore._interests.add(cursor, "user_7", "book", 1, "organic")
        if len(runs) == 1:
            raise_on_commit(cursor)

    services_of(app).omnistore.write(Visitor("user_7", 7, NONCE), unit, idempotent=False)
    assert len(runs) == 2
    assert score(app) == 1
    assert track(app, NONCE) == 409


def test_a_write_whose_commit_arrived_but_its_answer_did_not_counts_as_done(app: Flask) -> None:
    runs: list[int] = []

    def unit(cursor: Cursor) -> None:
        runs.append(1)
        services_of(app).omnistore._interests.add(cursor, "user_7", "book", 1, "organic")
        connection = cursor._cursor.connection  # type: ignore[attr-defined]  # the protocol has only what units need
        connection.query("COMMIT")
        raise_on_commit(cursor)

    services_of(app).omnistore.write(Visitor("user_7", 7, NONCE), unit, idempotent=False)
    assert len(runs) == 1, "the receipt stops the second run"
    assert score(app) == 1
    with pytest.raises(AlreadyDone):
        services_of(app).omnistore.write(Visitor("user_7", 7, NONCE), unit)


def test_a_commit_that_is_lost_twice_is_not_called_done(app: Flask) -> None:
    with pytest.raises(StorageUnavailable):
        services_of(app).omnistore.write(Visitor("user_7", 7, NONCE), raise_on_commit)
    assert track(app, NONCE) == 200


def test_a_request_after_the_cut_is_done_once(
    app: Flask, mariadb: MariaDB, query: Callable[[str], list[tuple[Any, ...]]], mariadb_url: str
) -> None:
    for number, (path, body) in enumerate(WRITES):
        signed(app.test_client(), "GET", API + RESTORE, user="7")
        track(app, f"{number + 1:031x}f")
        name = make_url(mariadb_url).database
        for (process,) in query(
            f"SELECT id FROM information_schema.processlist WHERE db = '{name}' AND id <> CONNECTION_ID()"
        ):
            with mariadb.connect() as connection, connection.cursor() as cursor:
                cursor.execute(f"KILL {process}")
        nonce = f"{number:032x}"
        assert signed(app.test_client(), "POST", API + path, body, user="7", nonce=nonce).status_code == 200
        assert signed(app.test_client(), "POST", API + path, body, user="7", nonce=nonce).status_code == 409


def test_the_clean_up_deletes_receipts_after_a_week(app: Flask, query: Callable[[str], list[tuple[Any, ...]]]) -> None:
    old = [f"('{number:032x}', NOW() - INTERVAL {DAYS_KEPT} DAY - INTERVAL 1 SECOND)" for number in range(1_203)]
    new = [f"('{NONCE}', NOW() - INTERVAL {DAYS_KEPT} DAY + INTERVAL 60 SECOND)", f"('{OTHER}', NOW())"]
    query(f"INSERT INTO wp_homa_bridge_receipts (nonce, done_at) VALUES {','.join(old + new)}")
    assert len(list(services_of(app).omnistore.cleanup.sweep())) == 3, "500 at a time"
    assert query("SELECT nonce FROM wp_homa_bridge_receipts ORDER BY nonce") == [(NONCE,), (OTHER,)]
    assert track(app, NONCE) == 409
