"""The clean-up: small transactions of whole visitors, which may be killed, and in which nobody who comes back loses."""

import os
import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import text

from homa_bridge.assembly import SWEEP_BATCH
from homa_bridge.cli import main
from homa_bridge.database import Cursor, Database, Statement
from homa_bridge.identity.model import Visitor
from homa_bridge.jsontext import JSONText
from homa_bridge.omnistore import aged, summary_expiry
from homa_bridge.omnistore.cleanup import Cleanup
from homa_bridge.omnistore.expiry import Swept
from homa_bridge.omnistore.receipts import ReceiptStore

from ..conftest import services_of
from ..servers import MariaDB, Process
from .test_concurrency import deadlocks, wait_until_one_waits

LONG_AGO = "2001-01-01 00:00:00"
PAGE = "http://shop.test/"


def guest(number: int) -> str:
    return f"guest_{number:032x}"


@pytest.fixture
def app(make_app: Callable[..., Flask], database_url: str) -> Flask:
    return make_app(database_url)


def leave(app: Flask, counts: dict[str, int], *, is_expired: bool = True, moment: str = LONG_AGO) -> None:
    """Have visitors fill so many fields each, long ago, and their sessions expire."""
    statements = (
        ("homa_vault", "session_token, context_key, context_value, updated_at", ":token, :key, '1', :moment"),
        ("homa_sessions", "session_token, form_snapshot, expires_at", ":token, '{}', :moment"),
    )
    fields = [{"token": token, "key": f"f{n}", "moment": moment} for token, most in counts.items() for n in range(most)]
    sessions = [{"token": token, "moment": LONG_AGO} for token in counts] if is_expired else []
    with services_of(app).database.engine.connect() as connection:
        for (table, columns, values), rows in zip(statements, (fields, sessions), strict=True):
            if rows:
                connection.execute(text(f"INSERT INTO wp_{table} ({columns}) VALUES ({values})"), rows)


def held(app: Flask) -> dict[str, tuple[int, int]]:
    """Return how many sessions and fields there are, by token."""
    counts: dict[str, list[int]] = {}
    with services_of(app).database.engine.connect() as connection:
        for place, table in enumerate(("homa_sessions", "homa_vault")):
            query = text(f"SELECT session_token, COUNT(*) FROM wp_{table} GROUP BY session_token")
            for token, count in connection.execute(query):
                counts.setdefault(token, [0, 0])[place] = count
    return {token: (sessions, fields) for token, (sessions, fields) in counts.items()}


@pytest.fixture
def transactions(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return how many rows each committed transaction has deleted."""
    sizes: list[int] = []
    change, write = Cursor.change, Database.write
    rows = [0]

    def count(cursor: Cursor, statement: Statement, **values: object) -> int:
        found = change(cursor, statement, **values)
        rows[0] += 0 if "homa_bridge_cleanups" in statement.sql else found  # the note of what was done
        return found

    def note(database: Database, unit: Callable[[Cursor], object], *, idempotent: bool = True) -> object:
        rows[0] = 0
        result = write(database, unit, idempotent=idempotent)
        sizes.append(rows[0])
        return result

    monkeypatch.setattr(Cursor, "change", count)
    monkeypatch.setattr(Database, "write", note)
    return sizes


def test_a_transaction_deletes_whole_guests_and_a_bounded_number_of_rows(app: Flask, transactions: list[int]) -> None:
    filled = {guest(n): (0, 1, 20, 200)[n % 4] for n in range(40)}
    large = {guest(100): 3 * SWEEP_BATCH + 7, guest(101): SWEEP_BATCH - 1, guest(102): SWEEP_BATCH}
    empty = {guest(n): 0 for n in range(200, 1_000)}
    leave(app, {**filled, **large, **empty, "user_7": 700})
    leave(app, {guest(1_000): 2 * SWEEP_BATCH + 1}, is_expired=False)
    transactions.clear()
    total = Swept()
    for swept in services_of(app).omnistore.cleanup.sweep():
        total = total.plus(swept)
        for token, (sessions, fields) in held(app).items():
            if sessions == 0:
                assert fields == 0 or token in {guest(1_000), "user_7"}, token
            elif token not in large:
                assert fields == filled.get(token, empty.get(token, 700)), token
    assert held(app) == {"user_7": (0, 700)}
    everybody = {**filled, **large, **empty}
    fields = sum(everybody.values()) + 2 * SWEEP_BATCH + 1
    assert total == Swept(sessions=len(everybody) + 1, fields=fields)
    assert max(transactions) == SWEEP_BATCH
    assert sum(transactions) == sum(total)
    assert len(transactions) < 60, "they are small, but not tiny"


def test_a_search_passes_over_so_many_rows_and_then_lets_the_clean_up_stop(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call has a limit in time; without an index to the old rows the search alone could exceed it."""
    monkeypatch.setattr(aged, "WINDOW", 1)
    services = services_of(app)
    cleanup = cleanup_of(app, batch=100)
    leave(app, {guest(1): 250}, is_expired=False, moment=services.clock.wall())
    leave(app, {guest(2): 3}, is_expired=False)
    leave(app, {"user_7": 500}, is_expired=False)
    with services.database.engine.connect() as connection:
        connection.execute(text("UPDATE wp_homa_vault SET user_id = 7 WHERE session_token = 'user_7'"))
    assert list(cleanup.sweep()) == [Swept(), Swept(), Swept(fields=3)]
    assert held(app) == {guest(1): (0, 250), "user_7": (0, 500)}


@pytest.mark.parametrize("nobody", ["NULL", "0"])
def test_a_guest_without_a_session_is_found_whatever_number_stands_for_nobody(app: Flask, nobody: str) -> None:
    leave(app, {guest(1): 2}, is_expired=False)
    with services_of(app).database.engine.connect() as connection:
        connection.execute(text(f"UPDATE wp_homa_vault SET user_id = {nobody}"))
        connection.execute(text(f"UPDATE wp_homa_vault SET updated_at = '{LONG_AGO}'"))
    assert list(services_of(app).omnistore.cleanup.sweep()) == [Swept(fields=2)]


@pytest.mark.parametrize(("options", "times"), [([], 0.25), (["--rest", "3"], 3.0), (["--rest", "0"], 0.0)])
def test_the_command_rests_after_each_transaction_for_as_long_as_it_took(
    app: Flask, monkeypatch: pytest.MonkeyPatch, options: list[str], times: float
) -> None:
    leave(app, {guest(n): 200 for n in range(5)})
    rests: list[float] = []
    spent: list[float] = []
    write = Database.write

    def slowly(database: Database, unit: Callable[[Cursor], object], *, idempotent: bool = True) -> object:
        start = time.monotonic()
        Event().wait(0.05)
        result = write(database, unit, idempotent=idempotent)
        spent.append(time.monotonic() - start)
        return result

    monkeypatch.setattr(Database, "write", slowly)
    monkeypatch.setattr("homa_bridge.omnistore.cleanup.time.sleep", rests.append)
    url = services_of(app).settings.database_url.render_as_string(hide_password=False)
    result = CliRunner(env={"HOMA_DATABASE_URL": url}).invoke(main, ["cleanup", *options])
    assert result.output == "Deleted 5 expired sessions, 1,000 fields, 0 interests and 0 messages.\n"
    assert len(rests) == 3
    for rest, took in zip(rests, spent, strict=False):
        assert times * took <= rest <= times * (took + 1)


def test_so_does_the_search_for_summaries(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summary_expiry, "WINDOW", 1)
    with services_of(app).database.engine.connect() as connection:
        for number in range(1, 6):
            connection.execute(
                text(
                    "INSERT INTO wp_homa_bridge_summaries "
                    "(session_token, source, state, summary, heard, digest, oldest) "
                    f"VALUES ('user_{number}', 'field', '', '', 1, '', '2001-01-0{number} 00:00:00')"
                )
            )
            if number not in {2, 5}:
                connection.execute(
                    text(
                        "INSERT INTO wp_homa_vault (user_id, session_token, context_key, context_value) "
                        f"VALUES ({number}, 'user_{number}', 'chat_messages', '[]')"
                    )
                )
    assert list(cleanup_of(app, batch=2).sweep()) == [Swept(), Swept(), Swept(), Swept()]
    with services_of(app).database.engine.connect() as connection:
        left = connection.execute(text("SELECT session_token FROM wp_homa_bridge_summaries ORDER BY id"))
        assert [token for (token,) in left] == ["user_1", "user_3", "user_4"]


def cleanup_of(app: Flask, batch: int) -> Cleanup:
    services = services_of(app)
    return Cleanup(
        services.database,
        services.clock,
        retention=services.settings.retention,
        batch=batch,
        receipts=ReceiptStore(services.database, batch),
    )


def test_who_came_back_since_the_search_keeps_everything(app: Flask) -> None:
    leave(app, {guest(n): 3 for n in range(5)})
    services = services_of(app)
    cleanup = services.omnistore.cleanup
    expired = services.database.read(lambda cursor: cleanup._expiry.find(cursor, None))
    services.omnistore.sync(Visitor(guest(2)), "new", JSONText("1"), PAGE)
    assert list(cleanup._sweep_group(expired)) == [Swept(1, 3)] * 4
    assert held(app) == {guest(2): (1, 4)}
    assert list(cleanup.sweep()) == []


def test_a_guest_of_many_rows_who_came_back_keeps_them(app: Flask) -> None:
    leave(app, {guest(1): 2 * SWEEP_BATCH})
    services = services_of(app)
    sweep = services.omnistore.cleanup.sweep()
    assert next(sweep) == Swept(fields=SWEEP_BATCH)
    services.omnistore.save_snapshot(Visitor(guest(1)), PAGE, JSONText("{}"), None)
    assert list(sweep) == []
    assert held(app) == {guest(1): (1, SWEEP_BATCH)}


def test_who_is_writing_while_the_clean_up_comes_by_keeps_everything(
    make_app: Callable[..., Flask], mariadb: MariaDB, mariadb_url: str
) -> None:
    """The visitor has written the field, and not yet the session: the clean-up waits, and none waits in a circle."""
    app = make_app(mariadb_url)
    leave(app, {guest(n): 3 for n in range(3)})
    omnistore, before = services_of(app).omnistore, deadlocks(mariadb)
    has_written, may_go_on = Event(), Event()

    def write(cursor: Cursor) -> None:
        assert omnistore._vault.replace(cursor, guest(1), "f1", JSONText("2"), None)
        has_written.set()
        assert may_go_on.wait(20)
        omnistore._sessions.merge(cursor, guest(1), PAGE, "f1", JSONText("2"), JSONText('{"f1":2}'))

    with ThreadPoolExecutor(2) as pool:
        visitor = pool.submit(omnistore.write, Visitor(guest(1)), write)
        assert has_written.wait(20)
        swept = pool.submit(list, omnistore.cleanup.sweep())
        wait_until_one_waits(mariadb)
        may_go_on.set()
        visitor.result(20)
        swept.result(20)
    assert held(app) == {guest(1): (1, 3)}
    assert deadlocks(mariadb) == before


def test_who_comes_back_while_being_deleted_starts_anew(
    make_app: Callable[..., Flask], mariadb: MariaDB, mariadb_url: str
) -> None:
    app = make_app(mariadb_url)
    leave(app, {guest(n): 3 for n in range(3)})
    services = services_of(app)
    expiry, before = services.omnistore.cleanup._expiry, deadlocks(mariadb)
    expired = services.database.read(lambda cursor: expiry.find(cursor, None))
    has_deleted, may_commit = Event(), Event()

    def delete(cursor: Cursor) -> Swept:
        swept = expiry.delete(cursor, expired)
        has_deleted.set()
        assert may_commit.wait(20)
        return swept

    with ThreadPoolExecutor(2) as pool:
        sweep = pool.submit(services.database.write, delete)
        assert has_deleted.wait(20)
        visitor = pool.submit(services.omnistore.sync, Visitor(guest(1)), "f1", JSONText("2"), PAGE)
        wait_until_one_waits(mariadb)
        may_commit.set()
        assert sweep.result(20) == Swept(3, 9)
        visitor.result(20)
    memory = services.omnistore.restore(guest(1))
    assert {name: field.value for name, field in memory.fields.items()} == {"f1": "2"}
    assert memory.session is not None
    assert memory.session.form_snapshot == '{"f1":2}'
    assert deadlocks(mariadb) == before


def test_killed_in_the_middle_it_leaves_whole_guests_and_the_next_run_goes_on(
    make_app: Callable[..., Flask], mariadb_url: str, tmp_path: Path
) -> None:
    app = make_app(mariadb_url)
    live = {guest(10_000): 3}
    everybody = {guest(n): 8 for n in range(4_000)}
    leave(app, everybody)
    leave(app, live, is_expired=False)
    services_of(app).omnistore.sync(Visitor(guest(10_000)), "f0", JSONText("2"), PAGE)
    whole, left = dict.fromkeys(everybody, (1, 8)), len(everybody)
    for _ in range(2):
        process = clean_up(mariadb_url, tmp_path)
        while (now := len(held(app))) > left - 200 and process.is_running:
            time.sleep(0.005)
        assert process.stop(signal.SIGKILL) == -signal.SIGKILL, "it was at work"
        remaining = held(app)
        assert remaining.pop(guest(10_000)) == (1, 3)
        assert 0 < len(remaining) <= now < left + 1
        assert remaining.items() <= whole.items()
        left = len(remaining)
    assert clean_up(mariadb_url, tmp_path).wait() == 0
    assert held(app) == {guest(10_000): (1, 3)}


def clean_up(url: str, folder: Path) -> Process:
    """Start the command."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("HOMA_")}
    command = [sys.executable, "-m", "homa_bridge", "cleanup"]
    return Process("cleanup", command, {**inherited, "HOMA_DATABASE_URL": url}, folder / "cleanup.log")
