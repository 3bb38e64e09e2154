"""What the database tells of the plugin and of the clean-ups, read when somebody asks for the measurements."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select, text

from ..clock import Clock
from ..database import Cursor, Database, Driver, Row, Statement, is_missing_table
from ..errors import StorageUnavailable
from ..omnistore.tables import Cleanup
from ..privacy.tables import KeptWrite

Rows = list[Row]


class Stored(Collector):
    """Measurements that the database holds. Those whose table is absent, on a site without the plugin, are left out."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        kept, cleanups = database.table(KeptWrite), database.table(Cleanup)
        oldest = select(kept.c.created_at).order_by(kept.c.id).limit(1).scalar_subquery()
        self._sources: list[tuple[Statement, Callable[[Rows], Iterator[Metric]]]] = [
            (database.prepare(select(func.count(), oldest).select_from(kept)), self._outbox),
            (
                database.prepare(
                    text(
                        f"SELECT option_value FROM `{database.prefix}options` "  # noqa: S608  (the prefix is letters, digits, underscores)
                        "WHERE option_name = 'homa_bridge_breaker'"
                    )
                ),
                self._breaker,
            ),
            (
                database.prepare(
                    select(cleanups.c.layer, cleanups.c.rows_last, cleanups.c.rows_total, cleanups.c.finished_at)
                ),
                self._cleanups,
            ),
        ]

    def collect(self) -> Iterator[Metric]:
        """Yield what is there; whether the database answers is a measurement as well."""

        def unit(cursor: Cursor) -> list[Rows | None]:
            return [_rows(cursor, statement) for statement, _ in self._sources]

        try:
            found = self._database.read(unit)
        except StorageUnavailable:
            found = []
        yield GaugeMetricFamily("homa_database_up", "Whether the database answers.", value=bool(found))
        for rows, (_, shown) in zip(found, self._sources, strict=False):
            if rows is not None:
                yield from shown(rows)

    def _outbox(self, rows: Rows) -> Iterator[Metric]:
        ((waiting, oldest),) = rows
        age = 0.0
        if oldest is not None:
            age = self._since(datetime.fromisoformat(str(oldest)).replace(tzinfo=UTC).timestamp())  # PHP's gmdate()
        yield GaugeMetricFamily("homa_outbox_rows", "Writes that the plugin keeps for the service.", value=waiting)
        yield GaugeMetricFamily("homa_outbox_oldest_seconds", "Age of the oldest of them.", value=age)

    def _breaker(self, rows: Rows) -> Iterator[Metric]:
        state = str(rows[0][0]) if rows else ""
        since = state.partition("|")[2]
        age = self._since(float(since)) if since.isdigit() else 0.0
        yield GaugeMetricFamily(
            "homa_breaker_open", "Whether the plugin trusts the service no more.", value=bool(state)
        )
        yield GaugeMetricFamily("homa_breaker_open_seconds", "For how long it has done so.", value=age)

    @staticmethod
    def _cleanups(rows: Rows) -> Iterator[Metric]:
        total = CounterMetricFamily("homa_cleanup_rows", "Rows that clean-ups have deleted.", labels=["layer"])
        last = GaugeMetricFamily("homa_cleanup_last_rows", "Rows that the last one deleted.", labels=["layer"])
        for layer, rows_last, rows_total, _ in rows:
            total.add_metric([layer], rows_total)
            last.add_metric([layer], rows_last)
        yield total
        yield last
        if rows:
            ended = max(finished for *_, finished in rows)
            yield GaugeMetricFamily("homa_cleanup_last_timestamp_seconds", "When the last one ended.", value=ended)

    def _since(self, moment: float) -> float:
        return max(0.0, self._clock.now().timestamp() - moment)


def _rows(cursor: Cursor, statement: Statement) -> Rows | None:
    try:
        return list(cursor.rows(statement))
    except Driver as error:
        if is_missing_table(error):
            return None
        raise
