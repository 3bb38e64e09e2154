"""The statements on the plugin's kept writes: each method runs inside the caller's unit of work."""

from sqlalchemy import select

from ..database import Cursor, Database, Driver, is_missing_table
from ..personal_rows import TOKEN, PersonalRows
from .tables import KeptWrite


class KeptWrites(PersonalRows):
    """Kept writes of a person; the table is absent on a site without the plugin."""

    def __init__(self, database: Database) -> None:
        super().__init__(
            database,
            KeptWrite,
            "visitor",
            lambda row: row.visitor == TOKEN,
            documents=frozenset({"caller", "body"}),
            may_be_absent=True,
        )
        table = database.table(KeptWrite)
        self._nonces = database.prepare(select(table.c.nonce).where(table.c.visitor == TOKEN).order_by(table.c.id))

    def nonces(self, cursor: Cursor, token: str) -> list[str]:
        """Return what the writes are signed with."""
        try:
            return [nonce for (nonce,) in cursor.rows(self._nonces, token=token)]
        except Driver as error:
            if is_missing_table(error):
                return []
            raise
