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
from flask import Flask
from limits import RateLimitItem

from homa_bridge.defences.limiter import Limiter
from homa_bridge.errors import TooManyNewGuests

from ..api.wire import API, RESTORE
from ..conftest import services_of
from ..servers import Redis, free_port, serving

AWAY = "Rate limit storage unreachable - falling back to in-memory storage"

Counting = Callable[..., Flask]


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
def counting(make_app: Callable[..., Flask], tmp_path: Path) -> Iterator[Counting]:
    """Return what makes an application that counts at an address; each is as good as a worker."""
    made: list[Flask] = []

    def at(address: str, **limits: str) -> Flask:
        environ = {f"HOMA_RATE_LIMIT_{name}": text for name, text in limits.items()}
        environ |= {"HOMA_RATE_LIMITS": "on", "HOMA_RATE_LIMIT_STORAGE": address}
        made.append(make_app(f"sqlite:///{tmp_path}/memory.sqlite3", **environ))
        return made[-1]

    yield at
    for app in made:
        (extension,) = app.extensions["limiter"]
        extension.storage.storage.connection_pool.disconnect()


def ask(app: Flask, address: str) -> int:
    client = app.test_client(use_cookies=False)
    return client.get(API + RESTORE, environ_base={"REMOTE_ADDR": address}).status_code


def allowed(app: Flask, address: str, tries: int = 9) -> int:
    """Return how many requests from an address are let in; the others are refused for being too many."""
    statuses = [ask(app, address) for _ in range(tries)]
    assert set(statuses) <= {200, 429}
    return statuses.count(200)


def limiter_of(app: Flask) -> Limiter:
    found = services_of(app).limiter
    assert found is not None
    return found


def seconds_to_wait(limiter: Limiter, client: str) -> float:
    """Count a new guest, and return how long the next has to wait; 0 if this one is let in."""
    try:
        limiter.count_new_guest(client)
    except TooManyNewGuests as error:
        return error.seconds
    return 0.0


def test_who_counts_in_redis_counts_together(redis: Redis, counting: Counting) -> None:
    by_port = counting(f"redis://127.0.0.1:{redis.port}/0", ADDRESS="5/hour", NEW_GUESTS="5/hour")
    by_socket = counting(f"redis+unix://{redis.socket}", ADDRESS="5/hour", NEW_GUESTS="5/hour")
    assert allowed(by_port, "192.0.2.1", tries=3) == 3
    assert allowed(by_socket, "192.0.2.1") == 2
    assert allowed(by_port, "192.0.2.2") == 5
    waits = [seconds_to_wait(limiter_of(app), "192.0.2.1") for app in [by_port, by_socket] * 4]
    assert [wait == 0 for wait in waits] == [True] * 5 + [False] * 3
    assert 3_500 < waits[-1] <= 3_600.1


def test_who_waits_as_long_as_told_is_let_in(redis: Redis, counting: Counting) -> None:
    limiter = limiter_of(counting(f"redis://127.0.0.1:{redis.port}/0", NEW_GUESTS="2/second"))
    for _ in range(8):
        left = seconds_to_wait(limiter, "192.0.2.3")
        time.sleep(left)
        assert left == 0 or seconds_to_wait(limiter, "192.0.2.3") == 0


def test_in_a_window_that_has_just_begun_the_wait_is_all_of_it(redis: Redis, counting: Counting) -> None:
    limiter = limiter_of(counting(f"redis+unix://{redis.socket}", NEW_GUESTS="1/hour"))
    for number in range(200):  # many of them within the millisecond in which their window begins
        assert seconds_to_wait(limiter, f"192.0.3.{number}") == 0
        assert 3_599 < seconds_to_wait(limiter, f"192.0.3.{number}") <= 3_600.1


def test_while_it_is_away_everybody_is_limited_still_and_afterwards_together_again(
    redis: Redis, counting: Counting, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    address = f"redis://127.0.0.1:{redis.port}/0"
    one, other = (counting(address, ADDRESS="5/hour", NEW_GUESTS="2/hour") for _ in range(2))
    assert allowed(one, "192.0.2.4", tries=2) == 2
    redis.process.stop()
    assert [allowed(app, "192.0.2.5") for app in (one, other)] == [5, 5]
    assert [seconds_to_wait(limiter_of(one), "192.0.2.5") > 0 for _ in range(3)] == [False, False, True]
    assert caplog.messages.count(AWAY) == 2, "each says so once"
    redis.start()
    deadline = time.monotonic() + 10
    while any(extension._storage_dead for app in (one, other) for extension in app.extensions["limiter"]):
        assert time.monotonic() < deadline
        time.sleep(0.2)
        assert {ask(app, "192.0.2.6") for app in (one, other)} <= {200, 429}
    assert allowed(one, "192.0.2.7", tries=3) == 3
    assert allowed(other, "192.0.2.7") == 2
    assert caplog.messages.count(AWAY) == 2
    assert "192.0.2" not in caplog.text
    assert "Traceback" not in caplog.text


def test_one_that_does_not_answer_holds_few_up_not_for_long_and_fails_nobody(
    counting: Counting, caplog: pytest.LogCaptureFixture
) -> None:
    statuses: list[int] = []

    def ask_often() -> None:
        together.wait()
        statuses.extend(ask(app, "192.0.2.8") for _ in range(4))

    with socket.create_server(("127.0.0.1", 0)) as silent:
        app = counting(f"redis://127.0.0.1:{silent.getsockname()[1]}/0", ADDRESS="5/hour")
        threads = [threading.Thread(target=ask_often) for _ in range(8)]
        together = threading.Barrier(len(threads))
        start = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert time.monotonic() - start < 3
        assert allowed(app, "192.0.2.8") == 0
    assert set(statuses) == {200, 429}
    assert statuses.count(200) <= 5 + len(threads), "only those pass uncounted who were under way"
    assert "Traceback" not in caplog.text


def test_one_guest_passes_who_comes_as_redis_goes_and_no_more(redis: Redis, counting: Counting) -> None:
    app = counting(f"redis://127.0.0.1:{redis.port}/0", NEW_GUESTS="1/hour")
    assert ask(app, "192.0.2.9") == 200
    assert seconds_to_wait(limiter_of(app), "192.0.2.9") == 0
    redis.process.stop()
    assert seconds_to_wait(limiter_of(app), "192.0.2.9") == 0
    assert ask(app, "192.0.2.9") == 200, "this one finds out"
    waits = [seconds_to_wait(limiter_of(app), "192.0.2.9") for _ in range(2)]
    assert waits[0] == 0 < waits[1]


def test_who_is_refused_as_redis_goes_is_told_the_longest_wait(
    redis: Redis, counting: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = counting(f"redis://127.0.0.1:{redis.port}/0", ADDRESS="1/hour")
    (extension,) = app.extensions["limiter"]
    hit = extension.limiter.hit

    def hit_and_lose(limit: RateLimitItem, *key: str, cost: int = 1) -> bool:
        is_allowed: bool = hit(limit, *key, cost=cost)
        if not is_allowed:
            redis.process.stop()
        return is_allowed

    monkeypatch.setattr(extension.limiter, "hit", hit_and_lose)
    assert ask(app, "192.0.2.10") == 200
    answer = app.test_client().get(API + RESTORE, environ_base={"REMOTE_ADDR": "192.0.2.10"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3600")


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
    assert 1 <= log.count(AWAY) <= 3, "each worker says so once"
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
