"""Leaves an endpoint alone that does not answer, so that it costs nothing."""

import time
from collections.abc import Callable
from typing import Final

from ..errors import ModelFailed

FAILURES: Final = 3  # in a row, after which it is left alone
REST: Final = 60.0  # seconds; twice as long with each further failure
LONGEST_REST: Final = 900.0


class Breaker:
    """Counts failures in a row. One thread tells; any may ask."""

    def __init__(self, timer: Callable[[], float] = time.monotonic) -> None:
        self._timer = timer
        self._failures = 0
        self._until = 0.0

    @property
    def is_open(self) -> bool:
        """Whether the endpoint is left alone at the moment."""
        return self._timer() < self._until

    @property
    def has_failed(self) -> bool:
        """Whether the last question was not answered."""
        return self._failures > 0

    def succeed(self) -> None:
        """Take note that the endpoint has answered."""
        self._failures, self._until = 0, 0.0

    def fail(self, failure: ModelFailed) -> None:
        """Take note that the endpoint has not answered; what the owner has to mend counts as often enough."""
        self._failures = max(self._failures + 1, FAILURES if failure.is_refusal else 0)
        rest = 0.0
        if self._failures >= FAILURES:
            rest = min(REST * 2 ** min(self._failures - FAILURES, 10), LONGEST_REST)
        self._until = self._timer() + max(rest, failure.retry_after or 0.0)
