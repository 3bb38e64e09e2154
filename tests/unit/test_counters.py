"""The sliding window: what it lets in, and when it lets in again."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from limits import parse

from homa_bridge.defences import counters
from homa_bridge.defences.counters import MemoryCounters


class Timer:
    """A clock that a test moves."""

    now = 1_000_020.0  # a window of a minute begins

    def __call__(self) -> float:
        return self.now


def allowed(count: Callable[[], float], tries: int) -> int:
    return sum(count() == 0 for _ in range(tries))


def test_no_more_than_the_limit_is_let_in() -> None:
    timer = Timer()
    windows = MemoryCounters(timer)
    assert allowed(lambda: windows.hit(parse("10/minute"), "a"), 30) == 10
    assert allowed(lambda: windows.hit(parse("10/minute"), "b"), 30) == 10, "everybody has a limit of their own"
    timer.now += 600
    assert allowed(lambda: windows.hit(parse("10/minute"), "a"), 30) == 10


def test_there_is_no_double_burst_at_a_window_s_edge() -> None:
    timer = Timer()
    windows = MemoryCounters(timer)
    timer.now += 59
    assert allowed(lambda: windows.hit(parse("100/minute"), "a"), 300) == 100
    timer.now += 2
    assert allowed(lambda: windows.hit(parse("100/minute"), "a"), 300) <= 2


@given(
    amount=st.integers(1, 40),
    steps=st.lists(st.tuples(st.floats(0, 90, allow_nan=False), st.integers(1, 60)), min_size=1, max_size=8),
)
def test_who_waits_as_long_as_told_is_let_in(amount: int, steps: list[tuple[float, int]]) -> None:
    timer, limit = Timer(), parse(f"{amount}/minute")
    windows = MemoryCounters(timer)
    left = 0.0
    for pause, tries in steps:
        timer.now += pause
        for _ in range(tries):
            left = windows.hit(limit, "a")
        assert 0 <= left <= 60.001
    timer.now += left
    assert left == 0 or windows.hit(limit, "a") == 0


def test_one_is_not_told_to_wait_longer_than_needed() -> None:
    timer, limit = Timer(), parse("60/minute")
    windows = MemoryCounters(timer)
    allowed(lambda: windows.hit(limit, "a"), 60)
    timer.now += 90  # half of the last window still counts
    assert allowed(lambda: windows.hit(limit, "a"), 60) == 30
    assert windows.hit(limit, "a") == pytest.approx(1, abs=1.01)


def test_the_memory_is_bounded_and_the_busy_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counters, "KEYS", 100)
    windows, limit = MemoryCounters(Timer()), parse("5/minute")
    allowed(lambda: windows.hit(limit, "busy"), 9)
    for number in range(1_000):
        windows.hit(limit, "made up", str(number))
        assert windows.hit(limit, "busy") > 0
    assert len(windows._windows) <= 100
