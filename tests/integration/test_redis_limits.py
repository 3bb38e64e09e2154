"""Rate limits that all workers share, and what becomes of them while Redis is away."""

import logging
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from limits import parse

from homa_bridge.defences import shared
from homa_bridge.defences.shared import SharedCounters

from ..servers import Redis, free_port, serving

LIMIT = parse("5/hour")


@pytest.fixture(scope="module")
def running() -> Iterator[Redis]:
    server = Redis()
    yield server
    server.remove()


@pytest.fixture
def redis(running: Redis) -> Redis:
    """Return a Redis of the tests' own, which runs."""
    if not running.process.is_running:
        running.start()
    return running


@pytest.fixture
def counting() -> Iterator[Callable[[str], SharedCounters]]:
    """Return what counts at an address."""
    made: list[SharedCounters] = []

    def at(address: str) -> SharedCounters:
        made.append(SharedCounters(address))
        return made[-1]

    yield at
    for counters in made:
        counters._storage.storage.connection_pool.disconnect()


def allowed(counters: SharedCounters, *key: str, tries: int = 9) -> int:
    return sum(counters.hit(LIMIT, *key) == 0 for _ in range(tries))


def test_who_counts_in_redis_counts_together(redis: Redis, counting: Callable[[str], SharedCounters]) -> None:
    by_port = counting(f"redis://127.0.0.1:{redis.port}/0")
    by_socket = counting(f"redis+unix://{redis.socket}")
    assert allowed(by_port, "together", tries=3) == 3
    assert allowed(by_socket, "together") == 2
    assert allowed(by_port, "alone") == 5
    assert 1 < by_port.hit(LIMIT, "together") <= 3_600.1


def test_who_waits_as_long_as_told_is_let_in(redis: Redis, counting: Callable[[str], SharedCounters]) -> None:
    counters, limit = counting(f"redis://127.0.0.1:{redis.port}/0"), parse("2/second")
    for _ in range(8):
        left = counters.hit(limit, "waiting")
        time.sleep(left)
        assert left == 0 or counters.hit(limit, "waiting") == 0


def test_in_a_window_that_has_just_begun_the_wait_is_all_of_it(
    redis: Redis, counting: Callable[[str], SharedCounters], monkeypatch: pytest.MonkeyPatch
) -> None:
    counters = counting(f"redis://127.0.0.1:{redis.port}/0")
    assert allowed(counters, "begun") == 5
    monkeypatch.setattr(counters._storage, "get_sliding_window", lambda *_: (0, 0.0, 5, 7_200.0))
    assert counters.hit(LIMIT, "begun") == pytest.approx(3_600, abs=0.1)


def test_while_it_is_away_everybody_is_limited_still(
    redis: Redis,
    counting: Callable[[str], SharedCounters],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(shared, "RETRY_SECONDS", 0.3)
    caplog.set_level(logging.INFO)
    counters = counting(f"redis://127.0.0.1:{redis.port}/0")
    assert allowed(counters, "before", tries=2) == 2
    redis.process.stop()
    assert allowed(counters, "away") == 5
    time.sleep(0.4)
    assert allowed(counters, "away") == 0
    redis.start()
    time.sleep(0.4)
    assert allowed(counters, "after") == 5
    assert [record.getMessage() for record in caplog.records if record.name == shared.__name__] == [
        "the rate limits' Redis is out of reach: until it is back, each worker counts for itself",
        "the rate limits' Redis is back",
    ]


def test_one_that_does_not_answer_holds_few_up_and_not_for_long(counting: Callable[[str], SharedCounters]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        counters = counting(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        start = time.monotonic()
        assert allowed(counters, "silent") == 5
        threads = [threading.Thread(target=allowed, args=(counters, "silent")) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert time.monotonic() - start < 2


def test_the_service_s_workers_count_together_and_go_on_without_it(redis: Redis, tmp_path: Path) -> None:
    environ = {
        "HOME": str(tmp_path),
        "HOMA_WORKERS": "3",
        "HOMA_RATE_LIMITS": "on",
        "HOMA_RATE_LIMIT_ADDRESS": "20/hour",
        "HOMA_RATE_LIMIT_STORAGE": f"redis+unix://{redis.socket}?db=1",
    }

    def ask(times: int) -> list[int]:
        statuses = []
        for _ in range(times):
            try:
                with urllib.request.urlopen(service.api + "/vault/restore", timeout=20) as answer:
                    statuses.append(answer.status)
            except urllib.error.HTTPError as error:
                with error:
                    statuses.append(error.code)
        return statuses

    with serving(environ, tmp_path) as service:
        assert ask(40) == [200] * 20 + [429] * 20
        redis.process.stop()
        while_away = ask(120)
        assert set(while_away) == {200, 429}
        assert while_away.count(200) <= 3 * 20
        log = service.process.log.read_text()
    assert 1 <= log.count("Redis is out of reach") <= 3, "each worker says so once"
    assert "Traceback" not in log


def test_a_wrong_address_and_a_missing_client_are_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "without").mkdir()
    (tmp_path / "without" / "redis.py").write_text("raise ImportError\n")
    for address, path, said in (
        ("redis://:geheim@127.0.0.1:x/0", "", "is not understood: write redis://"),
        (
            "redis://:geheim@127.0.0.1/0",
            str(tmp_path / "without"),
            "is not installed: `pip install 'homa-bridge[redis]'`",
        ),
    ):
        environ = {"HOME": str(tmp_path), "PYTHONPATH": path, "HOMA_RATE_LIMIT_STORAGE": address}
        command = [sys.executable, "-m", "homa_bridge", "serve", "--port", str(free_port())]
        result = subprocess.run(command, env=environ, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (result.returncode, result.stderr.count("\n")) == (2, 1)
        assert said in result.stderr
        assert "geheim" not in result.stderr
