"""Everything that the memory's tables hold of one person."""

from ..database import Database
from ..personal_rows import TOKEN, USER_ID, PersonalRows
from .tables import ChatMessage, ConversationSummary, Interest, Session, VaultEntry


def personal_rows(database: Database) -> list[PersonalRows]:
    """Return where the memory holds something of a person, in the order in which writes lock the tables.

    PHP code may have written a user's fields and messages under the token of the session of that time.
    """
    return [
        PersonalRows(database, Session, "session_token", lambda row: row.session_token == TOKEN),
        PersonalRows(database, VaultEntry, "session_token", lambda row: row.session_token == TOKEN),
        PersonalRows(
            database, VaultEntry, "user_id", lambda row: row.user_id == USER_ID, lambda row: row.session_token != TOKEN
        ),
        PersonalRows(database, Interest, "user_id_or_token", lambda row: row.user_id_or_token == TOKEN),
        PersonalRows(database, ChatMessage, "session_id", lambda row: row.session_id == TOKEN),
        PersonalRows(
            database,
            ChatMessage,
            "user_identifier",
            lambda row: row.user_identifier == TOKEN,
            lambda row: row.session_id != TOKEN,
        ),
        # After the messages: a write that is being heard holds one of them, so what it leaves here is deleted as well.
        PersonalRows(database, ConversationSummary, "conversation", lambda row: row.session_token == TOKEN),
    ]
