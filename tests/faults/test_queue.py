"""More is asked than can be answered: what waits too long is refused quickly, and nothing collapses."""

import json
import re
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import make_url

from ..bench.service import create_tables
from ..servers import MariaDB, Service, serving
from .recorder import API, Client, Reply, ask_once, check_reply
from .watch import wait_until, workers_of

GUEST = "guest_" + "6b" * 16
SYNC = (API + "/vault/sync", {"field": "a", "value": 1})


@pytest.fixture
def url(mariadb_url: str) -> str:
    create_tables(mariadb_url)
    return mariadb_url


@contextmanager
def locked(mariadb: MariaDB, url: str, token: str) -> Iterator[None]:
    """Hold the fields of a visitor, so that whoever writes them waits."""
    with mariadb.connect(make_url(url).database) as connection, connection.cursor() as cursor:
        connection.begin()
        cursor.execute("SELECT id FROM wp_homa_vault WHERE session_token = %s FOR UPDATE", (token,))
        assert cursor.fetchall()
        yield
        connection.rollback()


def timed(port: int, path: str, body: object = None) -> tuple[Reply, float]:
    start = time.monotonic()
    return ask_once(port, GUEST, path, body), time.monotonic() - start


def test_beyond_the_limit_is_refused_at_once_and_what_waits_too_long_without_the_database(
    mariadb: MariaDB, url: str, tmp_path: Path
) -> None:
    environ = {"HOMA_DATABASE_URL": url, "HOMA_THREADS": "2", "HOMA_QUEUE_LIMIT": "3"}
    with serving(environ, tmp_path, "--workers", "1") as service, ThreadPoolExecutor(8) as pool:
        assert timed(service.port, *SYNC)[0][0] == 200
        with locked(mariadb, url, GUEST):
            running = [pool.submit(timed, service.port, *SYNC) for _ in range(2)]
            time.sleep(0.3)
            waiting = [pool.submit(timed, service.port, API + "/vault/restore") for _ in range(3)]
            time.sleep(0.3)
            for _ in range(20):
                reply, took = timed(service.port, *SYNC)
                assert check_reply(reply) == 503
                assert json.loads(reply[2])["code"] == "homa_overloaded"
                assert reply[1]["retry-after"] == "2"
                assert took < 0.5
            reply, took = timed(service.port, "/healthz")
            assert (reply[0], reply[2]) == (200, b'{"alive":true}')
            assert took < 0.5
            for request in waiting:
                reply, took = request.result()
                assert (check_reply(reply), json.loads(reply[2])["code"]) == (503, "homa_overloaded")
                assert 1.5 < took < 3.5
        assert [request.result()[0][0] for request in running] == [200, 200]
        assert timed(service.port, *SYNC)[0][0] == 200
        counted = re.search(rb"^homa_overloaded_total ([0-9.]+)$", timed(service.port, "/metrics")[0][2], re.MULTILINE)
        assert counted
        assert float(counted[1]) >= 23
        log = service.process.log.read_text()
        assert 1 <= log.count("overloaded") <= 2, log


def test_a_refused_request_leaves_the_connection_usable(mariadb: MariaDB, url: str, tmp_path: Path) -> None:
    environ = {"HOMA_DATABASE_URL": url, "HOMA_THREADS": "1", "HOMA_QUEUE_LIMIT": "1"}
    with (
        serving(environ, tmp_path, "--workers", "1") as service,
        ThreadPoolExecutor(8) as pool,
        closing(Client(service.port, GUEST)) as visitor,
    ):
        assert visitor.ask(*SYNC)[0] == 200
        with locked(mariadb, url, GUEST):
            under_way = [pool.submit(timed, service.port, *SYNC) for _ in range(2)]
            time.sleep(0.5)
            large = {"field": "a", "value": "x" * 100_000}
            assert [visitor.ask(API + "/vault/sync", large)[0] for _ in range(3)] == [503, 503, 503]
        assert under_way[0].result()[0][0] == 200
        wait_until(lambda: visitor.ask(*SYNC)[0] == 200, 5)


def test_connections_that_send_nothing_hold_up_nobody(url: str, tmp_path: Path) -> None:
    with serving({"HOMA_DATABASE_URL": url}, tmp_path, "--workers", "1") as service:
        idle = [socket.create_connection(("127.0.0.1", service.port)) for _ in range(20)]
        time.sleep(0.2)
        reply, took = timed(service.port, *SYNC)
        assert reply[0] == 200
        assert took < 1
        for connection in idle:
            connection.close()


def test_clients_that_do_not_close_hold_up_nobody(url: str, tmp_path: Path) -> None:
    with serving({"HOMA_DATABASE_URL": url}, tmp_path, "--workers", "1") as service:
        slow = [socket.create_connection(("127.0.0.1", service.port)) for _ in range(5)]
        for connection in slow:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            assert b'{"alive":true}' in connection.makefile("rb").read(), "the answer ends, and the connection stays"
        reply, took = timed(service.port, *SYNC)
        assert reply[0] == 200
        assert took < 1
        for connection in slow:
            connection.close()


def test_a_worker_accepts_no_more_connections_than_it_may_open_files(url: str, tmp_path: Path) -> None:
    few_files = ["sh", "-c", 'ulimit -n 256 && exec "$@"', "sh", sys.executable, "-m", "homa_bridge"]
    service = Service({"HOMA_DATABASE_URL": url}, tmp_path, "--workers", "1", program=few_files)
    try:
        workers = workers_of(service.process.pid)
        idle = [socket.create_connection(("127.0.0.1", service.port)) for _ in range(300)]
        time.sleep(0.5)
        for connection in idle:
            connection.close()
        assert timed(service.port, *SYNC)[0][0] == 200
        assert workers_of(service.process.pid) == workers
    finally:
        service.process.stop()


@pytest.mark.parametrize(("limit", "allowed"), [("250", {200}), ("10", {200, 503})])
def test_two_hundred_at_once(url: str, tmp_path: Path, limit: str, allowed: set[int]) -> None:
    clients, requests = 200, 12
    times: list[float] = []
    statuses: Counter[int] = Counter()
    start = threading.Barrier(clients)

    def visit(number: int) -> None:
        with closing(Client(service.port, f"guest_{number:032x}", keeps=number % 2 == 0)) as visitor:
            start.wait()
            for count in range(requests):
                before = time.monotonic()
                reply = visitor.ask(API + "/vault/sync", {"field": "a", "value": count})
                statuses[check_reply(reply)] += 1
                times.append(time.monotonic() - before)

    with (
        serving({"HOMA_DATABASE_URL": url, "HOMA_QUEUE_LIMIT": limit}, tmp_path) as service,
        ThreadPoolExecutor(clients) as pool,
    ):
        list(pool.map(visit, range(clients)))
    assert set(statuses) == allowed
    assert statuses[200] > clients
    assert sorted(times)[int(len(times) * 0.99)] < 3
