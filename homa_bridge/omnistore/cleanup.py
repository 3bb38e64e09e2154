"""The clean-up: deletes what is kept no longer, in small transactions, so that it can stop after each of them."""

import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial

from ..clock import Clock
from ..database import Database
from ..errors import StorageError
from .aged import AgedRows, aged_rows
from .cleanups import CleanupStore
from .expiry import CameBack, Expired, Retention, SessionExpiry, Swept
from .receipts import ReceiptStore
from .summary_expiry import AgedSummaries, aged_summaries

REST = 0.25


class Cleanup:
    """What is kept no longer.

    :param retention: how long each layer is kept
    :param batch: how many rows one transaction deletes at most
    :param receipts: which are deleted when they are old, as all else
    """

    def __init__(
        self, database: Database, clock: Clock, *, retention: Retention, batch: int, receipts: ReceiptStore
    ) -> None:
        self._database = database
        self._expiry = SessionExpiry(database, clock, batch, retention.guest_vault_hours)
        self._aged = aged_rows(database, clock, batch, retention)
        self._receipts = receipts
        self._summaries = aged_summaries(database, clock, batch, retention)
        self._done = CleanupStore(database, clock)

    def count_expired(self) -> int:
        """Return how many sessions wait to be deleted."""
        return self._database.read(self._expiry.count)

    def sweep(self, rest: float = REST) -> Iterator[Swept]:
        """Delete all of it, one transaction a batch; yields what each batch deleted, and takes note of all at the end.

        Stopping between two batches, or being killed in one, is harmless: the next call goes on.

        :param rest: after each batch, so many times as long as it took. A database that is busy gets longer rests
        """
        deleted = Swept()
        start = time.monotonic()
        try:
            for swept in self._batches():
                spent = time.monotonic() - start
                deleted = deleted.plus(swept)
                yield swept
                time.sleep(rest * spent)
                start = time.monotonic()
        finally:
            with suppress(StorageError):  # a note that is missing undoes no deletion
                self._database.write(partial(self._done.record, rows=deleted), idempotent=False)

    def _batches(self) -> Iterator[Swept]:
        yield from self._sweep_sessions()
        while self._database.write(self._receipts.sweep):
            yield Swept()
        for rows in self._aged:
            yield from self._sweep_aged(rows)
        for summaries in self._summaries:  # after the fields, which they tell of
            yield from self._sweep_summaries(summaries)

    def _sweep_sessions(self) -> Iterator[Swept]:
        last: Expired | None = None
        while expired := self._database.read(partial(self._expiry.find, last=last)):
            for group in self._expiry.groups(expired):
                yield from self._sweep_group(group)
            last = expired[-1]

    def _sweep_group(self, group: list[Expired]) -> Iterator[Swept]:
        if self._expiry.is_large(group):
            while (swept := self._database.write(partial(self._expiry.delete_some, token=group[0].token))).fields:
                yield swept
        try:
            yield self._database.write(partial(self._expiry.delete, group=group))
        except CameBack:
            for each in group if len(group) > 1 else []:
                yield from self._sweep_group([each])

    def _sweep_aged(self, rows: AgedRows) -> Iterator[Swept]:
        ids, place = self._database.read(rows.find)
        while ids or place is not None:
            deleted = self._database.write(partial(rows.delete, ids=ids)) if ids else 0
            yield Swept(**{rows.layer: deleted})
            if place is None:
                return
            ids, place = self._database.read(partial(rows.find, place=place))

    def _sweep_summaries(self, summaries: AgedSummaries) -> Iterator[Swept]:
        since: str | None = None
        while True:
            until = self._database.read(partial(summaries.until, since=since))
            while self._database.write(partial(summaries.sweep, since=since, until=until)):
                yield Swept()
            if until is None:
                return
            yield Swept()
            since = until
