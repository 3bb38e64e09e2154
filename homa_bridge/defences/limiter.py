"""Has requests counted by Flask-Limiter, and refuses what is too much."""

import logging
import time
from collections.abc import Callable
from typing import Any, cast

import flask_limiter
from flask import Flask, Response
from flask_limiter import ApplicationLimit, RateLimitExceeded, RequestLimit
from limits import RateLimitItem
from limits.errors import ConfigurationError, StorageError

from ..errors import RateLimited, SettingsError, TooManyNewGuests
from ..http import answer_error
from .settings import MEMORY, RateLimits

NEW_GUESTS = "new guest"
TIMEOUT_SECONDS = 0.2
ROUNDING_SECONDS = 0.005  # Redis tells what is left of a window in whole milliseconds


class Limiter:
    """Counts what visitors do, each over a window that slides.

    While Redis is away it is counted in this process's memory. What fails open: the requests that are under way when
    Redis is lost, at most one a thread; the first of them has all that follow counted in memory.

    The library's moving window would be exact, but its memory keeps every key that it was ever asked for: made-up
    cookies would fill it. The sliding window's keys go after two windows.

    :param visitor: names the visitor of the current request; "" if there is nothing that only the visitor can name
    :param client: says whom the address of the current request is counted as
    :param is_free: says whether the current request is not counted
    :param count: is told of each refusal which limit it was: visitor, address, or new guest
    """

    def __init__(
        self,
        limits: RateLimits,
        visitor: Callable[[], str],
        client: Callable[[], str],
        is_free: Callable[[], bool],
        count: Callable[[str], object],
    ) -> None:
        self._count = count
        is_shared = limits.storage != MEMORY
        self._new_guests = limits.new_guests
        self._extension = flask_limiter.Limiter(
            client,
            # The visitor's comes first: one who asks too often does not use up what others at the address have.
            application_limits=[
                ApplicationLimit(
                    _in_seconds(limits.visitor),
                    key_function=visitor,
                    scope="visitor",
                    exempt_when=lambda: not visitor(),
                ),
                ApplicationLimit(_in_seconds(limits.address), scope="address"),
            ],
            fail_on_first_breach=True,
            strategy="sliding-window-counter",
            storage_uri=limits.storage,
            storage_options=redis_options() if is_shared else {},
            in_memory_fallback_enabled=is_shared,
            swallow_errors=is_shared,
        )
        self._extension.request_filter(is_free)
        self._extension.logger.addFilter(_names_nobody)

    def init_app(self, app: Flask) -> None:
        """Have every request counted before its route runs.

        :raises SettingsError: if the place where to count cannot be one
        """
        try:
            self._extension.init_app(app)
        except ConfigurationError:
            raise SettingsError(
                "HOMA_RATE_LIMIT_STORAGE names Redis, and its client is not installed: "
                "`pip install 'homa-bridge[redis]'`, or write memory://."
            ) from None
        except ValueError:
            # The text may hold a password: it is not repeated.
            raise SettingsError(
                "HOMA_RATE_LIMIT_STORAGE is not understood: write redis://host:6379/0, rediss://host:6379/0, or "
                "redis+unix:///path/to/socket."
            ) from None
        app.register_error_handler(RateLimitExceeded, self._refuse)

    def count_new_guest(self, client: str) -> None:
        """Count a guest of whom nothing is remembered yet, and who writes.

        :param client: whom the guest's address is counted as
        :raises TooManyNewGuests: if it is too much
        """
        try:
            is_allowed = self._extension.limiter.hit(self._new_guests, client, NEW_GUESTS)
        except StorageError:
            # The request itself has been counted a moment ago, so Redis was lost in between. This one guest passes: the
            # next request finds the loss when it is counted, and from then on guests are counted in memory.
            return
        if not is_allowed:
            self._count(NEW_GUESTS)
            raise TooManyNewGuests(self._seconds_left(self._new_guests, client, NEW_GUESTS))

    def _refuse(self, _error: RateLimitExceeded) -> Response:
        breached = cast(RequestLimit, self._extension.current_limit)  # it has raised the error, so there is one
        self._count(breached.request_args[-1])
        return answer_error(RateLimited(self._seconds_left(breached.limit, *breached.request_args)))

    def _seconds_left(self, limit: RateLimitItem, *key: str) -> float:
        """Return after how many seconds a request is allowed, if nobody else asks meanwhile."""
        try:
            reset, remaining = self._extension.limiter.get_window_stats(limit, *key)
            if not remaining and reset <= time.time():
                # In the first millisecond of a window in Redis, the library takes its end for now.
                time.sleep(ROUNDING_SECONDS)
                reset, _ = self._extension.limiter.get_window_stats(limit, *key)
        except StorageError:
            return limit.get_expiry()
        return max(reset - time.time(), 0) + ROUNDING_SECONDS


def _in_seconds(limit: RateLimitItem) -> str:
    """Return a limit's text for the library, which else would look first at the one with the shorter unit of time."""
    return f"{limit.amount} per {limit.get_expiry()} second"


def redis_options() -> dict[str, Any]:
    """Return how Redis is reached."""
    return {
        "wrap_exceptions": True,
        "key_prefix": "homa-bridge",
        "socket_timeout": TIMEOUT_SECONDS,
        "socket_connect_timeout": TIMEOUT_SECONDS,
    }


def _names_nobody(record: logging.LogRecord) -> bool:
    """Let the library's warnings into the log, without exceptions. Below these it names who asks too often."""
    record.exc_info = None
    return record.levelno >= logging.WARNING
