"""Whether the service can answer visitors now, for whoever sends them here or elsewhere."""

import time
from collections.abc import Callable
from threading import Lock
from typing import Final, Literal

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ..database import Database, error_code, is_missing_table
from ..omnistore.tables import ChatMessage, ConversationSummary, Interest, Receipt, Session, VaultEntry, WriteLock

KEPT_SECONDS: Final = 1.0
NEEDED: Final = (VaultEntry, Session, Interest, ChatMessage, WriteLock, Receipt, ConversationSummary)
UNKNOWN_COLUMN: Final = 1054

Reason = Literal["database", "tables"]


class Readiness:
    """Looks at the database at most once a second, however many ask.

    :param timer: a clock that never goes back, in seconds
    """

    def __init__(self, database: Database, timer: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._timer = timer
        self._queries = [select(*database.table(model).columns).limit(0) for model in NEEDED]
        self._lock = Lock()
        self._found: tuple[float, Reason | None] | None = None

    def obstacle(self) -> Reason | None:
        """Return what is in the way: the database is out of reach, or tables or columns are missing."""
        with self._lock:
            now = self._timer()
            if self._found is None or now - self._found[0] >= KEPT_SECONDS:
                self._found = (now, self._look())
            return self._found[1]

    def _look(self) -> Reason | None:
        try:
            with self._database.engine.connect() as connection:
                for query in self._queries:
                    connection.execute(query)
        except PoolTimeout:
            return "database"
        except DBAPIError as error:
            cause = error.orig
            is_about_tables = isinstance(cause, Exception) and (
                is_missing_table(cause) or error_code(cause) == UNKNOWN_COLUMN or "no such column" in str(cause)
            )
            return "tables" if is_about_tables else "database"
        return None
