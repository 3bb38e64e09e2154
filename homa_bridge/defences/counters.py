"""Counts requests over a sliding window.

The window slides: what was counted in the last full one weighs as much as is left of it. So nobody gets twice the limit
at the edge between two, and a key costs two numbers however large its limit is.
"""

import time
from collections.abc import Callable
from threading import Lock
from typing import NamedTuple, Protocol

from cachetools import LRUCache
from limits import RateLimitItem

KEYS = 20_000  # some 10 MB; who goes on asking stays, who has not asked for longest is forgotten first
INSTANT = 0.001


class Counters(Protocol):
    """Where requests are counted."""

    def hit(self, limit: RateLimitItem, *key: str) -> float:
        """Count a request.

        :param key: whose
        :return: 0 if it is allowed; else it is not counted, and one will be allowed after this many seconds
        """


class _Window(NamedTuple):
    """Two windows' counts.

    :param number: of windows since the clock's beginning
    :param previous: allowed in the one before
    :param current: allowed in this one
    """

    number: int
    previous: int
    current: int


class MemoryCounters:
    """Counts in this process's memory.

    Not limits' own memory storage: that one starts a thread up to a hundred times a second to look at every key.

    :param timer: seconds that only go up
    """

    def __init__(self, timer: Callable[[], float] = time.monotonic) -> None:
        self._timer = timer
        self._lock = Lock()
        self._windows: LRUCache[tuple[str, ...], _Window] = LRUCache(KEYS)

    def hit(self, limit: RateLimitItem, *key: str) -> float:
        """Count a request. See :class:`Counters`."""
        length = limit.get_expiry()
        number, passed = divmod(self._timer(), length)
        left = length - passed
        with self._lock:
            window = _moved(self._windows.get(key), int(number))
            if int(window.previous * left / length) + window.current < limit.amount:
                self._windows[key] = window._replace(current=window.current + 1)
                return 0.0
        return seconds_to_wait(limit, window.previous, window.current, left)


def seconds_to_wait(limit: RateLimitItem, previous: int, current: int, left: float) -> float:
    """Return after how many seconds a request is allowed where it is not now, if nobody else asks meanwhile.

    :param previous: requests in the last full window
    :param current: requests in this one
    :param left: seconds until this window ends
    """
    room = limit.amount - current
    if room <= 0 or previous == 0:
        return left + INSTANT  # the next window has room as soon as this one weighs a little less
    return max(left - room * limit.get_expiry() / previous, 0) + INSTANT


def _moved(window: _Window | None, number: int) -> _Window:
    """Return a window's counts as they are in the window of a number."""
    if window is None or window.number < number - 1:
        return _Window(number, 0, 0)
    return window if window.number == number else _Window(number, window.current, 0)
