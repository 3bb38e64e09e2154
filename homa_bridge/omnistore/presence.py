"""Tells whether anything is remembered under a token."""

from sqlalchemy import bindparam, exists, or_, select

from ..database import Cursor, Database
from .tables import ChatMessage, ConversationSummary, Interest, Session, VaultEntry


class PresenceStore:
    """Looks whether any of the tables has a row of a visitor's."""

    def __init__(self, database: Database) -> None:
        columns = (
            database.table(VaultEntry).c.session_token,
            database.table(Session).c.session_token,
            database.table(Interest).c.user_id_or_token,
            database.table(ChatMessage).c.session_id,
            database.table(ConversationSummary).c.session_token,
        )
        rows = [exists(select(column).where(column == bindparam("token"))) for column in columns]
        self._any = database.prepare(select(or_(*rows)))

    def has_any(self, cursor: Cursor, token: str) -> bool:
        """Say whether anything is stored under a token, expired or not."""
        row = cursor.row(self._any, token=token)
        return bool(row and row[0])
