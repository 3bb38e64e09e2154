"""Counts requests of all workers together, in Redis."""

import logging
import time
from threading import Lock

from limits import RateLimitItem
from limits.errors import ConfigurationError, StorageError
from limits.storage import RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from ..errors import SettingsError
from .counters import MemoryCounters, seconds_to_wait

TIMEOUT_SECONDS = 0.2
RETRY_SECONDS = 5
ROUNDING_SECONDS = 0.005  # Redis tells what is left of a window in whole milliseconds

log = logging.getLogger(__name__)


class SharedCounters:
    """Counts in Redis; while that is away, in this process's memory. Never raises for it, and never stops counting.

    :param address: as ``redis://host:6379/0``
    :raises SettingsError: if the address is wrong, or there is no client for Redis
    """

    def __init__(self, address: str) -> None:
        self._storage = _storage(address)
        self._redis = SlidingWindowCounterRateLimiter(self._storage)
        self._memory = MemoryCounters()
        self._lock = Lock()
        self._away_until = 0.0

    def hit(self, limit: RateLimitItem, *key: str) -> float:
        """Count a request. See :class:`homa_bridge.defences.counters.Counters`."""
        if self._may_try():
            try:
                left = self._hit(limit, *key)
            except StorageError:
                self._note_absence()
            else:
                self._note_presence()
                return left
        return self._memory.hit(limit, *key)

    def _hit(self, limit: RateLimitItem, *key: str) -> float:
        if self._redis.hit(limit, *key):
            return 0.0
        length = limit.get_expiry()
        previous, previous_left, current, current_left = self._storage.get_sliding_window(limit.key_for(*key), length)
        left = previous_left if current < limit.amount else max(current_left - length, 0)
        return seconds_to_wait(limit, previous, current, left) + ROUNDING_SECONDS

    def _may_try(self) -> bool:
        """Say whether to ask Redis: while it is away, one request in a few seconds finds out whether it is back."""
        now = time.monotonic()
        if now < self._away_until:
            return False
        if self._away_until:
            with self._lock:
                if now < self._away_until:
                    return False
                self._away_until = now + RETRY_SECONDS
        return True

    def _note_absence(self) -> None:
        with self._lock:
            was_there, self._away_until = not self._away_until, time.monotonic() + RETRY_SECONDS
        if was_there:
            log.warning("the rate limits' Redis is out of reach: until it is back, each worker counts for itself")

    def _note_presence(self) -> None:
        if self._away_until:
            with self._lock:
                self._away_until = 0.0
            log.warning("the rate limits' Redis is back")


def _storage(address: str) -> RedisStorage:
    try:
        from redis.backoff import NoBackoff  # noqa: PLC0415  (it is there only where it is wanted)
        from redis.retry import Retry  # noqa: PLC0415
    except ImportError:
        raise SettingsError(
            "HOMA_RATE_LIMIT_STORAGE names Redis, and its client is not installed: "
            "`pip install 'homa-bridge[redis]'`, or write memory://."
        ) from None
    try:
        return RedisStorage(
            address,
            wrap_exceptions=True,
            key_prefix="homa-bridge",
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),  # type: ignore[arg-type]  # handed on to the client as it is
        )
    except (ConfigurationError, ValueError):
        # The text may hold a password: it is not repeated.
        raise SettingsError(
            "HOMA_RATE_LIMIT_STORAGE is not understood: write redis://host:6379/0, rediss://host:6379/0, or "
            "redis+unix:///path/to/socket."
        ) from None
