"""Lets one at a time work on a visitor's memory, where rows that are not there yet cannot be locked."""

from sqlalchemy import bindparam, insert

from ..database import Cursor, Database
from ..dialects import upsert
from .tables import LOCKS, WriteLock, lock_of


class VisitorLocks:
    """Rows that stand for visitors, some of whom share one."""

    def __init__(self, database: Database) -> None:
        locks = database.table(WriteLock)
        self._hold = database.prepare(
            upsert(database.dialect, locks, ["id"], {"id": bindparam("lock")}, {"id": locks.c.id})
        )

        every = insert(locks).values([{"id": lock} for lock in range(LOCKS)])
        ignoring = every.prefix_with("IGNORE", dialect="mysql").prefix_with("OR IGNORE", dialect="sqlite")
        self._add = database.prepare(ignoring)

    def add(self, cursor: Cursor) -> None:
        """Add the rows, so that no write has to."""
        cursor.change(self._add)

    def hold(self, cursor: Cursor, *tokens: str) -> None:
        """Lock the rows of some visitors until the transaction ends, and add those that are missing.

        Comes before everything else that the transaction locks but its receipt, so that nobody waits in a circle.
        """
        for lock in sorted(set(map(lock_of, tokens))):
            cursor.change(self._hold, lock=lock)
