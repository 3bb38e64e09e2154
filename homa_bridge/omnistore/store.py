"""The Omni-Store's statements: each method is one, and runs inside the caller's unit of work.

What belongs to a visitor is read by all stores at once (:mod:`.memory_reader`), for which they have their queries.
"""

from collections.abc import Iterable
from operator import itemgetter

from sqlalchemy import BindParameter, bindparam, case, delete, func, insert, null, select, update

from ..clock import Clock
from ..database import TRIES, Cursor, Database, Row
from ..dialects import (
    by_index,
    exactly,
    held_to_32_bits,
    hours_from_now,
    in_seconds,
    is_live,
    proposed,
    upsert,
    wall_clock,
    with_member,
)
from ..errors import StorageUnavailable
from ..jsontext import JSONText, stored
from .locks import VisitorLocks
from .model import ChatRecord, InterestRecord, SessionRecord, StoredMessage, VaultField
from .tables import ChatMessage, Interest, Session, VaultEntry, WriteLock, lock_of

_FIRST = itemgetter(0)


def _text(moment: object) -> str | None:
    return None if moment is None else str(moment)


def _when_written(message: Row) -> tuple[str, int]:
    return str(message[-1] or ""), message[0]


class VaultStore:
    """Fields of the vault. The table has no unique key, and PHP may have left several rows of one field."""

    def __init__(self, database: Database, clock: Clock, visitor_locks: VisitorLocks) -> None:
        self._clock = clock
        self._visitor_locks = visitor_locks
        table, locks = database.table(VaultEntry), database.table(WriteLock)
        row = table.c
        token: BindParameter[str] = bindparam("token")
        is_field = (row.session_token == token) & (row.context_key == exactly(bindparam("key")))
        values = {
            "context_value": bindparam("value"),
            "ai_insight": bindparam("insight"),
            "updated_at": wall_clock(bindparam("now")),
        }
        self._update = database.prepare(by_index(update(table), table, "session_token").where(is_field).values(values))
        new = {"user_id": bindparam("user_id"), "session_token": token, "context_key": bindparam("key"), **values}
        known = table.alias("known")
        is_known = (known.c.session_token == token) & (known.c.context_key == exactly(bindparam("key")))
        locked = (
            select(*new.values())
            .select_from(locks.outerjoin(known, is_known))
            .where(locks.c.id == bindparam("lock"), known.c.id.is_(None))
        )
        self._insert = database.prepare(
            insert(table).from_select([*new], by_index(locked.with_for_update(), known, "session_token"))
        )
        self._ids = database.prepare(select(row.id).where(is_field).order_by(row.id))
        self._delete_one = database.prepare(by_index(delete(table), table, "PRIMARY").where(row.id == bindparam("id")))
        self.own = select(row.id, row.context_key, row.context_value, row.ai_insight, in_seconds(row.updated_at)).where(
            row.session_token == token
        )
        self._own = database.prepare(self.own)
        self._clear = database.prepare(
            by_index(delete(table), table, "session_token").where(row.session_token == token)
        )

    def change(self, cursor: Cursor, token: str, key: str, value: JSONText, insight: str | None) -> int:
        """Write all rows of a field and return how many there are."""
        return cursor.change(self._update, token=token, key=key, value=value, insight=insight, now=self._clock.wall())

    def replace(self, cursor: Cursor, token: str, key: str, value: JSONText, insight: str | None) -> bool:
        """Write a field that is there, say whether it is, and leave one row of it, the one that was stored first.

        Needs a transaction: the rows that are looked for have to be those that were written, and stay locked.
        """
        found = self.change(cursor, token, key, value, insight)
        if found > 1:
            for (row_id,) in cursor.rows(self._ids, token=token, key=key)[1:]:
                cursor.change(self._delete_one, id=row_id)
        return found > 0

    def put(
        self, cursor: Cursor, token: str, user_id: int | None, key: str, value: JSONText, insight: str | None
    ) -> bool:
        """Write a field that is probably new, leave exactly one row of it, and say whether it is new.

        The insert first locks the row that all of a visitor's inserts share, and then looks for the field by a locking
        read, which sees what is committed by then; a subquery would be evaluated before the lock is had. Neither locks
        gaps, in which new visitors would hinder each other. The caller's unit of work has not locked any of the
        visitor's fields before: a search by an index leaves all that it has read locked, found or not.

        :raises StorageUnavailable: if others keep deleting what is being written
        """
        values = {"token": token, "key": key, "value": value, "insight": insight}
        for _ in range(TRIES):
            lock, now = lock_of(token), self._clock.wall()
            if cursor.change(self._insert, **values, user_id=user_id, lock=lock, now=now):
                return True
            if self.replace(cursor, token, key, value, insight):
                return False
            self._visitor_locks.hold(cursor, token)  # another has inserted meanwhile, or the row to lock is missing
        raise StorageUnavailable("a field kept vanishing")

    def fields(self, cursor: Cursor, token: str) -> dict[str, VaultField]:
        """Return the newest value of every field, in the order in which the fields were first stored."""
        return self.newest(cursor.rows(self._own, token=token))

    @staticmethod
    def newest(rows: Iterable[Row]) -> dict[str, VaultField]:
        """Return the newest value of every field, in the order in which the fields were first stored.

        :param rows: those of ``own``, in any order
        """
        newest: dict[str, VaultField] = {}
        for _, key, value, insight, moment in sorted(rows, key=_FIRST):
            written = int(moment or 0)
            if key not in newest or written >= newest[key].written:
                newest[key] = VaultField(stored(value), insight, written)
        return newest

    def clear(self, cursor: Cursor, token: str) -> None:
        """Delete all fields of a visitor."""
        cursor.change(self._clear, token=token)


class SessionStore:
    """Sessions: one row a visitor, not served once ``expires_at`` has passed.

    :param hours: how long a session lives after it was last written
    """

    def __init__(self, database: Database, clock: Clock, hours: int) -> None:
        self._clock = clock
        table = database.table(Session)
        row = table.c
        live = is_live(row.expires_at)
        kept_summary = case((live, row.chat_summary), else_=null())
        kept_snapshot = case((live, row.form_snapshot), else_=null())
        kept_url = case((live, row.last_url), else_=null())
        times = {"updated_at": bindparam("now"), "expires_at": hours_from_now(hours)}
        new_times = {name: proposed(row[name]) for name in times}
        self._merge = database.prepare(
            upsert(
                database.dialect,
                table,
                ["session_token"],
                {
                    "session_token": bindparam("token"),
                    "last_url": bindparam("url"),
                    "form_snapshot": bindparam("document"),
                    **times,
                },
                {
                    "chat_summary": kept_summary,
                    "form_snapshot": with_member(kept_snapshot, bindparam("key"), bindparam("value")),
                    "last_url": proposed(row.last_url),
                    **new_times,
                },
            )
        )
        self._replace = database.prepare(
            upsert(
                database.dialect,
                table,
                ["session_token"],
                {
                    "session_token": bindparam("token"),
                    "last_url": bindparam("url"),
                    "form_snapshot": bindparam("document"),
                    "chat_summary": bindparam("summary"),
                    **times,
                },
                {
                    "chat_summary": func.coalesce(proposed(row.chat_summary), kept_summary),
                    "form_snapshot": proposed(row.form_snapshot),
                    "last_url": func.coalesce(proposed(row.last_url), kept_url),
                    **new_times,
                },
            )
        )
        self.live = select(row.id, row.last_url, row.form_snapshot, row.chat_summary, row.updated_at).where(
            row.session_token == bindparam("token"), live
        )
        is_own = row.session_token == bindparam("token")
        self._clear = database.prepare(by_index(delete(table), table, "session_token").where(is_own))

    def merge(self, cursor: Cursor, token: str, url: str, key: str, value: JSONText, document: JSONText) -> None:
        """Set one field of the snapshot and leave its other fields and the chat summary as they are.

        :param document: a snapshot of this field alone, for a visitor without a live one
        """
        cursor.change(
            self._merge, token=token, url=url, key=key, value=value, document=document, now=self._clock.wall()
        )

    def replace(self, cursor: Cursor, token: str, url: str | None, document: JSONText, summary: str | None) -> None:
        """Save a whole snapshot. Without an address or a summary the stored one stays."""
        cursor.change(self._replace, token=token, url=url, document=document, summary=summary, now=self._clock.wall())

    @staticmethod
    def record(rows: Iterable[Row]) -> SessionRecord | None:
        """Return a visitor's session, or None if there is none that has not expired.

        :param rows: those of ``live``, one at most
        """
        for _, url, snapshot, summary, updated_at in rows:
            return SessionRecord(url, stored(snapshot), summary, _text(updated_at))
        return None

    def clear(self, cursor: Cursor, token: str) -> None:
        """Delete a visitor's session."""
        cursor.change(self._clear, token=token)


class InterestStore:
    """Interests: one row a visitor and category, whose score only the database adds up."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._clock = clock
        table = database.table(Interest)
        row = table.c
        total = func.coalesce(row.interest_score, 0) + proposed(row.interest_score)
        self._add = database.prepare(
            upsert(
                database.dialect,
                table,
                ["user_id_or_token", "category_slug"],
                {
                    "user_id_or_token": bindparam("token"),
                    "category_slug": bindparam("category"),
                    "interest_score": bindparam("score"),
                    "source_referral": bindparam("source"),
                    "last_interaction": wall_clock(bindparam("now")),
                },
                {
                    "interest_score": held_to_32_bits(total),
                    "last_interaction": proposed(row.last_interaction),
                },
            )
        )
        self._raise = database.prepare(
            by_index(update(table), table, "user_category")
            .where(row.user_id_or_token == bindparam("token"), row.category_slug == bindparam("category"))
            .values(
                interest_score=held_to_32_bits(func.coalesce(row.interest_score, 0) + bindparam("score")),
                last_interaction=wall_clock(bindparam("now")),
            )
        )
        self.top = (
            select(row.id, row.category_slug, row.interest_score, row.source_referral, row.last_interaction)
            .where(row.user_id_or_token == bindparam("token"))
            .order_by(row.interest_score.desc(), row.id)
            .limit(bindparam("interests"))
        )
        is_own = row.user_id_or_token == bindparam("token")
        self._clear = database.prepare(by_index(delete(table), table, "user_id_or_token").where(is_own))

    def add_to_known(self, cursor: Cursor, token: str, category: str, score: int) -> bool:
        """Add to a score that is there, and say whether it is."""
        return cursor.change(self._raise, token=token, category=category, score=score, now=self._clock.wall()) > 0

    def add(self, cursor: Cursor, token: str, category: str, score: int, source: str) -> None:
        """Add to a score, whether it is there or not.

        The source stays the one that brought the visitor to the category first.
        """
        cursor.change(self._add, token=token, category=category, score=score, source=source, now=self._clock.wall())

    @staticmethod
    def records(rows: Iterable[Row]) -> list[InterestRecord]:
        """Return a visitor's strongest interests, the earlier first among equals.

        :param rows: those of ``top``, in any order
        """
        found: list[InterestRecord] = [
            {"category": slug, "score": int(score or 0), "source": source, "last_interaction": _text(moment)}
            for _, slug, score, source, moment in sorted(rows, key=_FIRST)
        ]
        return sorted(found, key=lambda interest: -interest["score"])

    def clear(self, cursor: Cursor, token: str) -> None:
        """Delete all interests of a visitor."""
        cursor.change(self._clear, token=token)


class ChatStore:
    """The conversation, message by message."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._clock = clock
        table = database.table(ChatMessage)
        row = table.c
        self._add = database.prepare(
            insert(table).values(
                session_id=bindparam("token"),
                user_identifier=bindparam("token"),
                user_role=bindparam("role"),
                message_type=bindparam("type"),
                message_content=bindparam("content"),
                ai_metadata=bindparam("metadata"),
                created_at=bindparam("now"),
            )
        )
        self.last = (
            select(row.id, row.message_type, row.message_content, row.ai_metadata, row.created_at)
            .where(row.session_id == bindparam("token"))
            .order_by(row.created_at.desc(), row.id.desc())
            .limit(bindparam("messages"))
        )
        self._last = database.prepare(self.last)
        is_own = row.session_id == bindparam("token")
        self._after = database.prepare(
            select(row.id, row.message_type, row.message_content, row.created_at)
            .where(is_own, row.id > bindparam("after"))
            .order_by(row.created_at.desc(), row.id.desc())
            .limit(bindparam("limit"))
        )
        self._clear = database.prepare(by_index(delete(table), table, "session_id").where(is_own))

    def add(
        self, cursor: Cursor, token: str, role: str, message_type: str, content: str, metadata: JSONText | None
    ) -> int:
        """Append a message and return its id."""
        return cursor.insert(
            self._add,
            token=token,
            role=role,
            type=message_type,
            content=content,
            metadata=metadata,
            now=self._clock.wall(),
        )

    def newest(self, cursor: Cursor, token: str, limit: int) -> list[ChatRecord]:
        """Return the newest messages, the oldest of them first."""
        return self.records(cursor.rows(self._last, token=token, messages=limit))

    @staticmethod
    def records(rows: Iterable[Row]) -> list[ChatRecord]:
        """Return messages, the oldest first.

        :param rows: those of ``last``, in any order
        """
        return [
            ChatRecord(kind, content, stored(metadata), _text(moment))
            for _, kind, content, metadata, moment in sorted(rows, key=_when_written)
        ]

    def after(self, cursor: Cursor, token: str, message: int, limit: int) -> list[StoredMessage]:
        """Return the newest of the messages whose ids are larger than one's, the oldest of them first.

        :param message: the id of that one; 0 for all
        """
        rows = cursor.rows(self._after, token=token, after=message, limit=limit)
        return [StoredMessage(row, kind, content, _text(moment)) for row, kind, content, moment in reversed(rows)]

    def clear(self, cursor: Cursor, token: str) -> None:
        """Delete a visitor's conversation."""
        cursor.change(self._clear, token=token)
