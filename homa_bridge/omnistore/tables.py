"""The four tables of the Omni-Store, column by column as the plugin's activation creates them."""

from datetime import datetime
from zlib import crc32

from sqlalchemy import CHAR, FetchedValue, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ..column_types import BIGINT, BIGINT_KEY, INT, JSON_TEXT, TIMESTAMP
from ..extensions import Model

NOW = text("CURRENT_TIMESTAMP")


class VaultEntry(Model):
    """What a visitor has typed into one field; short term."""

    __tablename__ = "homa_vault"
    __table_args__ = (
        Index("user_id", "user_id"),
        Index("session_token", "session_token"),
        Index("context_key", "context_key"),
        Index("updated_at", "updated_at"),
    )

    id: Mapped[int] = mapped_column(BIGINT_KEY, primary_key=True)
    user_id: Mapped[int | None] = mapped_column(BIGINT)
    session_token: Mapped[str] = mapped_column(String(100))
    context_key: Mapped[str] = mapped_column(String(50))
    context_value: Mapped[str | None] = mapped_column(JSON_TEXT)
    ai_insight: Mapped[str | None] = mapped_column(Text)
    updated_at: Mapped[datetime | None] = mapped_column(TIMESTAMP, server_default=NOW, server_onupdate=FetchedValue())


class WriteLock(Model):
    """A row to lock; the product's own table. See :meth:`homa_bridge.omnistore.store.VaultStore.put`."""

    __tablename__ = "homa_bridge_locks"

    id: Mapped[int] = mapped_column(INT, primary_key=True, autoincrement=False)


LOCKS = 256


def lock_of(token: str) -> int:
    """Return which of the rows to lock all of a visitor's writes share."""
    return crc32(token.encode()) % LOCKS


class Receipt(Model):
    """A signed write that was done; the product's own table. See :mod:`homa_bridge.omnistore.receipts`."""

    __tablename__ = "homa_bridge_receipts"
    __table_args__ = (Index("done_at", "done_at"),)

    nonce: Mapped[str] = mapped_column(CHAR(32), primary_key=True)
    done_at: Mapped[datetime]


class Session(Model):
    """A visitor's session as last seen; lives 48 hours."""

    __tablename__ = "homa_sessions"
    __table_args__ = (
        UniqueConstraint("session_token", name="session_token"),
        Index("updated_at", "updated_at"),
        Index("expires_at", "expires_at"),
    )

    id: Mapped[int] = mapped_column(BIGINT_KEY, primary_key=True)
    session_token: Mapped[str] = mapped_column(String(100))
    last_url: Mapped[str | None] = mapped_column(Text)
    form_snapshot: Mapped[str | None] = mapped_column(JSON_TEXT)
    chat_summary: Mapped[str | None] = mapped_column(Text)
    updated_at: Mapped[datetime | None] = mapped_column(server_default=NOW, server_onupdate=FetchedValue())
    expires_at: Mapped[datetime | None]


class Interest(Model):
    """How much a visitor cares about one category; kept for good."""

    __tablename__ = "homa_user_interests"
    __table_args__ = (
        UniqueConstraint("user_id_or_token", "category_slug", name="user_category"),
        Index("user_id_or_token", "user_id_or_token"),
        Index("category_slug", "category_slug"),
        Index("interest_score", "interest_score"),
    )

    id: Mapped[int] = mapped_column(BIGINT_KEY, primary_key=True)
    user_id_or_token: Mapped[str] = mapped_column(String(100))
    category_slug: Mapped[str] = mapped_column(String(50).with_variant(String(50, collation="NOCASE"), "sqlite"))
    interest_score: Mapped[int | None] = mapped_column(INT, server_default=text("0"))
    source_referral: Mapped[str | None] = mapped_column(String(50), server_default=text("'organic'"))
    last_interaction: Mapped[datetime | None] = mapped_column(
        TIMESTAMP, server_default=NOW, server_onupdate=FetchedValue()
    )


class ChatMessage(Model):
    """One message of the conversation between a visitor and the assistant."""

    __tablename__ = "homaye_chat_memory"
    __table_args__ = (
        Index("session_id", "session_id"),
        Index("user_identifier", "user_identifier"),
        Index("message_type", "message_type"),
        Index("created_at", "created_at"),
    )

    id: Mapped[int] = mapped_column(BIGINT_KEY, primary_key=True)
    session_id: Mapped[str] = mapped_column(String(100))
    user_identifier: Mapped[str] = mapped_column(String(100))
    user_role: Mapped[str | None] = mapped_column(String(20), server_default=text("'guest'"))
    message_type: Mapped[str] = mapped_column(String(20))
    message_content: Mapped[str] = mapped_column(Text)
    ai_metadata: Mapped[str | None] = mapped_column(JSON_TEXT)
    created_at: Mapped[datetime | None] = mapped_column(server_default=NOW)


class Cleanup(Model):
    """What the clean-ups have deleted of one layer; the product's own table.

    ``finished_at`` is a Unix time in seconds, which no time zone changes.
    """

    __tablename__ = "homa_bridge_cleanups"

    layer: Mapped[str] = mapped_column(String(20), primary_key=True)
    rows_last: Mapped[int] = mapped_column(BIGINT)
    rows_total: Mapped[int] = mapped_column(BIGINT)
    finished_at: Mapped[int] = mapped_column(BIGINT)


class ConversationSummary(Model):
    """What was said in one conversation of a visitor's, and the state in which to go on; the product's own table.

    ``source`` says where the conversation is kept (:mod:`homa_bridge.omnistore.summaries`). ``heard`` is the id of the
    last message, or the number of messages in the field, of which ``digest`` is a fingerprint. ``oldest`` is when the
    oldest of the messages was written, or the field. ``wording`` is a language model's of the summary; '' if its
    own must not serve.
    """

    __tablename__ = "homa_bridge_summaries"
    __table_args__ = (
        UniqueConstraint("session_token", "source", name="conversation"),
        Index("oldest", "oldest"),
    )

    id: Mapped[int] = mapped_column(BIGINT_KEY, primary_key=True)
    session_token: Mapped[str] = mapped_column(String(100))
    source: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(Text)
    summary: Mapped[str] = mapped_column(Text)
    heard: Mapped[int] = mapped_column(BIGINT)
    digest: Mapped[str] = mapped_column(CHAR(32))
    oldest: Mapped[datetime]
    wording: Mapped[str | None] = mapped_column(Text)
