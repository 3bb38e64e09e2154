"""Receipts of signed writes: each is done once, however often it is sent."""

from sqlalchemy import bindparam, delete, insert, select

from ..database import Cursor, Database, Driver, is_duplicate
from ..dialects import by_index, database_now, days_ago
from ..errors import AlreadyDone
from ..slots import filled, slots
from .tables import Receipt

DAYS_KEPT = 7  # after a longer outage a write that arrived unanswered, and was kept by the plugin, may be done twice


class ReceiptStore:
    """Receipts, inserted in the same transaction as what they stand for.

    :param batch: how many rows one clean-up transaction touches at most
    """

    def __init__(self, database: Database, batch: int) -> None:
        self._batch = batch
        table = database.table(Receipt)
        self._add = database.prepare(insert(table).values(nonce=bindparam("nonce"), done_at=database_now()))
        self._old = database.prepare(
            select(table.c.nonce).where(table.c.done_at < days_ago(DAYS_KEPT)).order_by(table.c.done_at).limit(batch)
        )
        self._delete = database.prepare(
            by_index(delete(table), table, "PRIMARY").where(table.c.nonce.in_(slots(batch)))
        )

    def add(self, cursor: Cursor, nonce: str) -> None:
        """Leave a receipt. Where another transaction has just left the same one, this waits for how that ends.

        :raises AlreadyDone: if it is there already
        """
        try:
            cursor.change(self._add, nonce=nonce)
        except Driver as error:
            if is_duplicate(error):
                raise AlreadyDone from None
            raise

    def sweep(self, cursor: Cursor) -> int:
        """Delete one batch of old receipts and return how many it were."""
        old = [nonce for (nonce,) in cursor.rows(self._old)]
        if not old:
            return 0
        return cursor.change(self._delete, **filled(old, self._batch))
