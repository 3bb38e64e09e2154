"""Keeps what happens a thousand times from being said a thousand times."""

import threading
import time


class Seldom:
    """Lets one of each kind pass in a while, and counts those that it holds back.

    :param seconds: the length of the while
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._said: dict[str, tuple[float, int]] = {}  # moment on the monotonic clock, and how many since

    def let_pass(self, kind: str) -> int | None:
        """Return how many of this kind were held back since the last one that passed; None if this one is, too."""
        now = time.monotonic()
        with self._lock:
            moment, held_back = self._said.get(kind, (float("-inf"), 0))
            if now - moment < self._seconds:
                self._said[kind] = (moment, held_back + 1)
                return None
            self._said[kind] = (now, 0)
            return held_back
