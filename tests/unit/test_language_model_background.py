"""The thread that asks, and when it does not."""

import threading
import time

from homa_bridge.errors import ModelFailed
from homa_bridge.language_model import background as module
from homa_bridge.language_model.background import Background
from homa_bridge.language_model.breaker import FAILURES, LONGEST_REST, REST, Breaker

from ..model_stub import eventually


def test_a_visitor_who_goes_on_talking_is_worked_on_once_when_quiet() -> None:
    done: list[tuple[str, float]] = []
    background = Background(lambda token: done.append((token, time.monotonic())), 0.3)
    for _ in range(5):
        background.add("a")
        time.sleep(0.05)
    last = time.monotonic()
    background.add("b")
    background.add("a")
    assert eventually(lambda: len(done) == 2)
    assert [token for token, _ in done] == ["b", "a"]
    assert done[1][1] - last >= 0.3
    background.stop()
    assert len(done) == 2


def test_one_is_worked_on_at_a_time_and_a_failure_ends_nothing() -> None:
    running, most, done = 0, 0, []

    def work(token: str) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        time.sleep(0.02)
        running -= 1
        done.append(token)
        raise ValueError("typed by a visitor")

    background = Background(work, 0)
    for token in "abcde":
        background.add(token)
    assert eventually(lambda: done == list("abcde"))
    assert most == 1
    background.stop()


def test_of_too_many_the_longest_waiting_is_left_out() -> None:
    done: list[str] = []
    background = Background(done.append, 0.3)
    for number in range(module.MOST_WAITING + 2):
        background.add(str(number))
    assert eventually(lambda: len(done) == module.MOST_WAITING)
    background.stop()
    assert done[0] == "2"


def test_no_thread_is_there_before_there_is_work_nor_after_it_was_stopped() -> None:
    before = threading.active_count()
    background = Background(lambda _: None, 60)
    assert threading.active_count() == before
    background.stop()
    background.add("a")
    assert threading.active_count() == before
    background = Background(lambda _: None, 60)
    background.add("a")
    assert threading.active_count() == before + 1
    background.stop()
    assert threading.active_count() == before


def test_an_endpoint_that_keeps_failing_is_left_alone_for_longer_and_longer() -> None:
    now = [1_000.0]
    breaker = Breaker(lambda: now[0])
    for _ in range(FAILURES - 1):
        breaker.fail(ModelFailed("x"))
        assert not breaker.is_open
    breaker.fail(ModelFailed("x"))
    assert breaker.is_open
    now[0] += REST
    assert not breaker.is_open, "it is tried again"
    breaker.fail(ModelFailed("x"))
    now[0] += REST
    assert breaker.is_open
    for _ in range(2_000):
        breaker.fail(ModelFailed("x"))
    now[0] += LONGEST_REST
    assert not breaker.is_open
    breaker.succeed()
    breaker.fail(ModelFailed("x"))
    assert not breaker.is_open


def test_what_the_owner_has_to_mend_and_what_the_endpoint_asks_for_count_at_once() -> None:
    now = [1_000.0]
    breaker = Breaker(lambda: now[0])
    breaker.fail(ModelFailed("wrong key", is_refusal=True))
    assert breaker.is_open
    breaker = Breaker(lambda: now[0])
    breaker.fail(ModelFailed("busy", retry_after=120))
    now[0] += 119
    assert breaker.is_open
    now[0] += 1
    assert not breaker.is_open
