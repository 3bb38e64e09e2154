"""The measurements, by Prometheus's client. In a service of several processes each writes its own, into files."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from threading import Thread
from typing import TYPE_CHECKING, Final, Literal, NoReturn

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from . import processes
from .tally import tally

if TYPE_CHECKING:
    from prometheus_client.registry import Collector
    from sqlalchemy import QueuePool

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4
BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)  # seconds
LOOK_SECONDS: Final = 1.0
UNMATCHED: Final = "unmatched"  # stands for all paths that are no route: else any visitor could make up labels
METHODS: Final = frozenset({"GET", "POST", "HEAD", "OPTIONS"})

Outcome = Literal["used", "refused", "failed"]


class Meters:
    """What is measured while requests are answered."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Histogram(
            "homa_request_seconds",
            "Requests, and the time in which they were answered.",
            ("route", "method", "status"),
            buckets=BUCKETS,
            registry=registry,
        )
        self._by_kind: dict[tuple[str | None, str, str], Callable[[float], object]] = {}
        self._pools: Sequence[QueuePool] = ()
        self._statements = Counter("homa_statements", "SQL statements.", registry=registry)
        self._statement_seconds = Counter("homa_database_seconds", "Time in the database.", registry=registry)
        self._pool_size = Gauge(
            "homa_pool_connections", "Most connections to the database.", registry=registry, multiprocess_mode="livesum"
        )
        self._pool_in_use = Gauge(
            "homa_pool_connections_in_use", "Those in use.", registry=registry, multiprocess_mode="livesum"
        )
        self.pool_waits = Counter("homa_pool_waits", "Times that a connection had to be waited for.", registry=registry)
        self._limited = Counter(
            "homa_rate_limited",
            "Requests that were refused as too many.",
            ("limit",),
            registry=registry,
        )
        self.overloaded = Counter(
            "homa_overloaded", "Requests that were refused because too many waited.", registry=registry
        )
        self._questions = Counter(
            "homa_model_questions",
            "Summaries that a language model was asked for: used, refused by the rules, or failed.",
            ("outcome",),
            registry=registry,
        )
        self.compressions = Counter("homa_compressions", "Conversations that were compressed.", registry=registry)

    def count_request(self, route: str | None, method: str, status: str, seconds: float) -> int:
        """Count a request that has been answered, and return how many SQL statements it took.

        :param route: the rule that matched; None if none did
        :param status: the answer's status line
        """
        key = route, method, status[0]
        observe = self._by_kind.get(key)
        if observe is None:
            observe = self._requests.labels(
                route or UNMATCHED, method if method in METHODS else "other", f"{status[0]}xx"
            ).observe
            if route is not None and method in METHODS:
                self._by_kind[key] = observe
        observe(seconds)
        return self.count_statements()

    def count_statements(self) -> int:
        """Count what this thread has asked of the database, and return how many statements it were."""
        statements, seconds = tally.take()
        if statements:
            self._statements.inc(statements)
            self._statement_seconds.inc(seconds)
        return statements

    def count_limited(self, limit: str) -> None:
        """Count a request that was refused.

        :param limit: visitor, address, or new guest
        """
        self._limited.labels(limit).inc()

    def count_question(self, outcome: Outcome) -> None:
        """Count a question to the language model, and what became of the answer."""
        self._questions.labels(outcome).inc()
        self.count_statements()

    def watch_pools(self, pools: Sequence[QueuePool]) -> None:
        """Measure these pools of connections."""
        self._pools = pools

    def look(self) -> None:
        """Measure what changes too often to be measured at each change."""
        self._pool_size.set(sum(pool.size() for pool in self._pools))
        self._pool_in_use.set(sum(pool.checkedout() for pool in self._pools))

    def keep_looking(self) -> None:
        """Look once a second from now on, so that another process can tell how this one is."""

        def run() -> NoReturn:
            while True:
                self.look()
                time.sleep(LOOK_SECONDS)

        Thread(target=run, name="homa-meters", daemon=True).start()

    def text(self, *more: Collector) -> bytes:
        """Return all measurements of all processes in Prometheus's text format.

        :param more: what is measured at this moment
        """
        self.look()
        shown = CollectorRegistry()
        for each in (processes.collector() or self._registry, *more):
            shown.register(each)
        return generate_latest(shown)
