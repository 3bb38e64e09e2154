"""What the clean-ups have done: kept in the database, for they run in any process, on any machine."""

from sqlalchemy import bindparam

from ..clock import Clock
from ..database import Cursor, Database
from ..dialects import proposed, upsert
from .expiry import Swept
from .tables import Cleanup


class CleanupStore:
    """One row for each layer of the memory."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._clock = clock
        table = database.table(Cleanup)
        columns = ("layer", "rows_last", "rows_total", "finished_at")
        self._record = database.prepare(
            upsert(
                database.dialect,
                table,
                ["layer"],
                {name: bindparam(f"new_{name}") for name in columns},
                {
                    "rows_last": proposed(table.c.rows_last),
                    "rows_total": table.c.rows_total + proposed(table.c.rows_last),
                    "finished_at": proposed(table.c.finished_at),
                },
            )
        )

    def record(self, cursor: Cursor, rows: Swept) -> None:
        """Take note of a clean-up that has ended now.

        :param rows: what it deleted
        """
        now = int(self._clock.now().timestamp())
        for layer, deleted in rows._asdict().items():
            cursor.change(
                self._record, new_layer=layer, new_rows_last=deleted, new_rows_total=deleted, new_finished_at=now
            )
