"""What the database can do to the service: a clear refusal in bounded time, one line in the log, and back by itself."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pymysql
import pytest
from pymysql.connections import Connection

from ..bench.service import create_tables
from ..servers import MariaDB, Service, serving
from .recorder import API, Recorder, ask_once, check_reply
from .watch import wait_until

NAME = "faults"
GUEST, OTHER = "guest_" + "7c" * 16, "guest_" + "7d" * 16
FORM = {"field": "a", "value": 1, "page_url": "http://shop.test/"}
WRITES: list[tuple[str, Any]] = [
    ("/vault/sync", FORM),
    ("/session/snapshot", {"form_snapshot": {"a": 1}}),
    ("/interest/track", {"category": "book", "score": 3}),
    ("/chat/memory", {"message_type": "user", "message_content": "سلام"}),
]
READS: list[tuple[str, Any]] = [("/vault/restore", None), ("/memory/summary", None)]
STATEMENT_SECONDS = 2


def data_files(megabytes: int) -> str:
    """Return the option that bounds the space which all tables have together."""
    return f"--innodb-data-file-path=ibdata1:12M;ibdata2:12M;ibdata3:{megabytes}M"


@pytest.fixture(scope="module")
def server() -> Iterator[MariaDB]:
    """Return a MariaDB whose account for the service is an ordinary one, and whose tables have 36 MB."""
    found = MariaDB("UTC", "--innodb-file-per-table=0", data_files(12))
    create_tables(found.create_database(NAME))
    with found.connect() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE USER homa IDENTIFIED BY 'homa-password'")
        cursor.execute(f"GRANT ALL ON {NAME}.* TO homa")
    yield found
    found.remove()


@pytest.fixture
def environ(server: MariaDB) -> dict[str, str]:
    """Return the service's settings."""
    url = f"mysql://homa:homa-password@127.0.0.1:{server.port}/{NAME}"
    return {"HOMA_DATABASE_URL": url, "HOMA_STATEMENT_SECONDS": str(STATEMENT_SECONDS)}


@pytest.fixture
def service(environ: dict[str, str], tmp_path: Path) -> Iterator[Service]:
    """Return the service, which a visitor has used; afterwards it works again, and its log is one to read."""
    with serving(environ, tmp_path) as found:
        for body in (FORM, {**FORM, "field": "b"}):
            assert ask(found, "/vault/sync", body) == 200
        yield found
        wait_until(lambda: all(ask(found, *request) == 200 for request in (*WRITES, *READS)), 10)
        lines = found.process.log.read_text().splitlines()
        assert len(lines) < 25, lines
        assert not any("Traceback" in line for line in lines), lines


@pytest.fixture
def root(server: MariaDB) -> Iterator["Connection[Any]"]:
    """Return the administrator's connection."""
    with closing(server.connect(NAME)) as connection:
        yield connection


def ask(service: Service, path: str, body: Any, *, within: float = 10, token: str = GUEST) -> int:
    """Send a request; see that its answer is in time, and clear."""
    start = time.monotonic()
    status = check_reply(ask_once(service.port, token, API + path, body))
    assert time.monotonic() - start < within, path
    return status


def run(connection: "Connection[Any]", *statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def reported(service: Service) -> list[str]:
    """Return what the log says of the database."""
    return [line for line in service.process.log.read_text().splitlines() if "database failed" in line]


def test_a_restart_is_noticed_by_nobody_or_a_503(server: MariaDB, service: Service) -> None:
    for how in (signal.SIGTERM, signal.SIGKILL):
        for _ in range(16):  # every thread has its connections
            assert ask(service, *WRITES[0]) == 200
        server.stop(how)
        assert [ask(service, *request, within=2) for request in (*WRITES, *READS)] == [503] * 6
        server.start()
        assert [ask(service, *request) for request in (*WRITES, *READS)] == [200] * 6


def test_an_outage_under_load_is_told_in_a_few_lines(server: MariaDB, service: Service) -> None:
    recorder = Recorder(service.port, writers=4)
    try:
        recorder.wait_for_acknowledged()
        server.stop()
        wait_until(lambda: recorder.replies[503] > 60, 20)
        server.start()
        recorder.wait_for_acknowledged(10)
    finally:
        recorder.stop()
    assert not recorder.lost
    found = reported(service)
    assert 1 <= len(found) <= 10, found
    assert any("no server listens at this address: start it" in line for line in found), found


def test_no_connection_is_left(
    server: MariaDB, environ: dict[str, str], root: "Connection[Any]", tmp_path: Path
) -> None:
    run(root, "SET GLOBAL max_connections = 10")
    others = []
    try:
        with suppress(pymysql.OperationalError):
            while True:
                others.append(
                    pymysql.connect(host="127.0.0.1", port=server.port, user="homa", password="homa-password")
                )
        with serving(environ, tmp_path) as service:
            assert [ask(service, *request, within=2) for request in (*WRITES, *READS)] == [503] * 6
            assert any("OperationalError 1040: it has no connection left" in line for line in reported(service))
            for other in others[:8]:
                other.close()
            wait_until(lambda: all(ask(service, *request) == 200 for request in (*WRITES, *READS)), 10)
    finally:
        for other in others[8:]:
            other.close()
        run(root, "SET GLOBAL max_connections = 400")


def test_the_disk_is_full(server: MariaDB, service: Service) -> None:
    with closing(server.connect(NAME)) as root:
        run(root, "CREATE TABLE ballast (id int AUTO_INCREMENT PRIMARY KEY, filler longtext)")
        for size in (1_000_000, 100_000, 10_000, 1_000):
            with suppress(pymysql.OperationalError):
                while True:
                    run(root, f"INSERT INTO ballast (filler) VALUES (REPEAT('x', {size}))")
    recorder = Recorder(service.port, writers=2)
    try:
        wait_until(lambda: recorder.replies[503] > 5, 30)
        assert ask(service, "/vault/restore", None) == 200, "what is there is read"
        assert any("1114: its disk or its table is full: make room" in line for line in reported(service))
        server.stop()
        server.options[-1] = data_files(12) + ";ibdata4:24M"
        server.start()
        recorder.wait_for_acknowledged()
    finally:
        recorder.stop()
    with closing(server.connect(NAME)) as root:
        recorder.compare(root)
        run(root, "DROP TABLE ballast")


def test_the_database_is_read_only(
    service: Service, environ: dict[str, str], root: "Connection[Any]", tmp_path: Path
) -> None:
    run(root, "SET GLOBAL read_only = 1")
    try:
        assert [ask(service, *request, within=2) for request in WRITES] == [503] * 4
        assert [ask(service, *request) for request in READS] == [200] * 2
        assert any("1290: it is read-only: let this user write" in line for line in reported(service))
        with serving(environ, tmp_path) as another:
            assert [ask(another, *request) for request in READS] == [200] * 2
            assert "the database takes no tables" in another.process.log.read_text()
    finally:
        run(root, "SET GLOBAL read_only = 0")


def test_a_row_is_locked_for_long(service: Service, root: "Connection[Any]") -> None:
    run(root, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
    root.begin()
    run(root, f"SELECT * FROM wp_homa_vault WHERE session_token = '{GUEST}' FOR UPDATE")
    assert ask(service, *WRITES[0], within=STATEMENT_SECONDS + 2) == 503
    assert ask(service, *WRITES[0], token=OTHER, within=1) == 200, "others do not wait"
    assert ask(service, *READS[0], within=1) == 200
    root.rollback()
    assert any("1205: somebody has locked" in line for line in reported(service))


def test_a_table_is_locked_for_long(service: Service, root: "Connection[Any]") -> None:
    run(root, "LOCK TABLES wp_homa_vault WRITE")
    for request in (WRITES[0], READS[0]):
        assert ask(service, *request, within=STATEMENT_SECONDS + 2) == 503
    run(root, "UNLOCK TABLES")
    assert any("1205: somebody has locked" in line for line in reported(service))


def test_statements_are_slow(service: Service, root: "Connection[Any]") -> None:
    run(root, "CREATE TRIGGER slow BEFORE UPDATE ON wp_homa_vault FOR EACH ROW SET @slept = SLEEP(30)")
    try:
        assert ask(service, *WRITES[0], within=STATEMENT_SECONDS + 2) == 503
        assert any("1969: a statement took too long" in line for line in reported(service))
        with root.cursor() as cursor:
            cursor.execute("SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'UPDATE%'")
            assert cursor.fetchone() == (0,), "nobody goes on with what was given up"
    finally:
        run(root, "DROP TRIGGER slow")


def test_the_database_hangs(server: MariaDB, service: Service) -> None:
    os.kill(server.pid, signal.SIGSTOP)
    try:
        for request in (WRITES[0], READS[0]):
            assert ask(service, *request, within=2 * STATEMENT_SECONDS + 3) == 503
    finally:
        os.kill(server.pid, signal.SIGCONT)
    assert any("the server does not answer in time" in line for line in reported(service))


def test_a_worker_starts_while_the_database_is_away(server: MariaDB, service: Service) -> None:
    server.stop()
    try:
        os.kill(service.process.pid, signal.SIGHUP)
        wait_until(lambda: "has read its settings again" in service.process.log.read_text(), 10)
        assert ask(service, *READS[0]) == 503
    finally:
        server.start()
