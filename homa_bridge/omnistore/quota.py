"""Bounds what one visitor may fill: the number of fields, interests and messages, and the bytes of all of it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Column, ColumnElement, Subquery, Table, bindparam, delete, func, literal, select

from ..database import Cursor, Database, Row, Statement
from ..dialects import by_index, bytes_of, exactly, larger_of
from ..errors import MemoryFull
from ..slots import filled, slots
from .model import Kind, Limits
from .tables import ChatMessage, ConversationSummary, Interest, Session, VaultEntry

SMALL = 1_024
"""Bytes that a field, an address, a snapshot and a summary count as at least.

What is no larger may take the place of what is there already without a look at the rest.
"""

BATCH = 100  # rows at a time that are looked at and forgotten


class Usage(NamedTuple):
    """How much a visitor has stored.

    :param bytes: of everything together
    """

    fields: int
    interests: int
    messages: int
    bytes: int


def is_small(*texts: str | None) -> bool:
    """Say whether what is written counts no more than what it replaces."""
    return sum(len(text.encode()) for text in texts if text) <= SMALL


class _Rows:
    """The statements on one kind of rows, a visitor's oldest first.

    :param size: bytes that a row counts as
    :param age: what orders the rows, the oldest first
    :param others: what else holds of rows that may be forgotten
    """

    def __init__(
        self,
        database: Database,
        is_own: ColumnElement[bool],
        size: ColumnElement[Any],
        age: Sequence[Column[Any]],
        *others: ColumnElement[bool],
    ) -> None:
        table = age[0].table
        self._oldest = database.prepare(
            select(table.c.id, size).where(is_own, *others).order_by(*age).limit(bindparam("count"))
        )
        self._delete = database.prepare(by_index(delete(table), table, "PRIMARY").where(table.c.id.in_(slots(BATCH))))
        self.total: Subquery = (
            select(func.count().label("rows"), func.coalesce(func.sum(size), 0).label("size"))
            .select_from(table)
            .where(is_own)
            .subquery(f"{table.name}_total")
        )

    def forget(self, cursor: Cursor, token: str, count: int, **values: str) -> None:
        """Delete the oldest."""
        while count > 0 and (rows := cursor.rows(self._oldest, token=token, count=min(count, BATCH), **values)):
            count -= self._remove(cursor, rows)

    def free(self, cursor: Cursor, token: str, size: int, most: int, **values: str) -> int:
        """Delete the oldest until so many bytes are free and return how many are still wanted.

        :param most: how many rows may go
        """
        while size > 0 and most > 0 and (rows := cursor.rows(self._oldest, token=token, count=BATCH, **values)):
            count = 0
            while size > 0 and count < min(most, len(rows)):
                size -= int(rows[count][1])
                count += 1
            most -= self._remove(cursor, rows[:count])
        return size

    def _remove(self, cursor: Cursor, rows: Sequence[Row]) -> int:
        cursor.change(self._delete, **filled([row[0] for row in rows], BATCH))
        return len(rows)


class Quota:
    """Sees that a visitor's memory stays within its limits, while nobody else works on it (:class:`.VisitorLocks`)."""

    def __init__(self, database: Database, limits: Limits) -> None:
        self._limits = limits
        vault, chat, interests = (database.table(model) for model in (VaultEntry, ChatMessage, Interest))
        token: BindParameter[str] = bindparam("token")
        field = larger_of(_bytes(vault, "context_key", "context_value", "ai_insight"), literal(SMALL))
        self._fields = _Rows(
            database,
            vault.c.session_token == token,
            field + literal(SMALL),  # as much may be in the snapshot as well
            [vault.c.updated_at, vault.c.id],
            vault.c.context_key != exactly(bindparam("kept")),
        )
        message = _bytes(chat, "message_content", "ai_metadata")
        self._messages = _Rows(database, chat.c.session_id == token, message, [chat.c.created_at, chat.c.id])
        interest = _bytes(interests, "category_slug", "source_referral")
        self._interests = _Rows(
            database, interests.c.user_id_or_token == token, interest, [interests.c.last_interaction, interests.c.id]
        )
        totals = [rows.total.c for rows in (self._fields, self._interests, self._messages)]
        session = _session(database.table(Session))
        summaries = database.table(ConversationSummary)
        is_own = summaries.c.session_token == token
        heard = _heard(summaries, is_own)
        self._forget_heard = database.prepare(by_index(delete(summaries), summaries, "conversation").where(is_own))
        size = totals[0].size + totals[1].size + totals[2].size + session.c.size + heard.c.size
        self._usage: Statement = database.prepare(select(*[total.rows for total in totals], size))

    def usage(self, cursor: Cursor, token: str) -> Usage:
        """Return how much a visitor has stored."""
        found = cursor.row(self._usage, token=token)
        return Usage(*map(int, found or (0, 0, 0, 0)))

    def hold(self, cursor: Cursor, token: str, grown: Kind, kept: str = "") -> None:
        """Keep a visitor's memory within its limits after a write: what is oldest goes, or the write is undone.

        :param grown: of what there may be more now
        :param kept: the field that was written, which stays
        :raises MemoryFull: if what was written does not fit
        """
        used = self.trim(cursor, token, grown, kept) if self._limits.forgets else self.usage(cursor, token)
        for kind in (grown, "bytes"):
            limit = getattr(self._limits, kind)
            if getattr(used, kind) > limit:
                raise MemoryFull(kind, limit)

    def trim(self, cursor: Cursor, token: str, grown: Kind = "bytes", kept: str = "") -> Usage:
        """Forget what is oldest until a visitor's memory is within its limits, and return what is left.

        :param grown: of messages the newest, which was written, stays
        :param kept: a field that stays
        """
        limits, used = self._limits, self.usage(cursor, token)
        if all(of <= limit for of, limit in zip(used, limits, strict=False)):
            return used
        self._messages.forget(cursor, token, used.messages - limits.messages)
        self._interests.forget(cursor, token, used.interests - limits.interests)
        self._fields.forget(cursor, token, used.fields - limits.fields, kept=kept)
        left = self.usage(cursor, token)
        messages = left.messages - 1 if grown == "messages" else left.messages
        wanted = self._messages.free(cursor, token, left.bytes - limits.bytes, messages)
        if self._fields.free(cursor, token, wanted, left.fields, kept=kept) > 0:
            cursor.change(self._forget_heard, token=token)
        return self.usage(cursor, token)


def _bytes(table: Table, *names: str) -> ColumnElement[Any]:
    """Return the bytes of some columns of a row."""
    sizes = [func.coalesce(bytes_of(table.c[name]), 0) for name in names]
    return sum(sizes[1:], sizes[0])


def _session(table: Table) -> Subquery:
    """Return the bytes that a session counts as, also where there is none yet."""
    size = sum(
        (larger_of(_bytes(table, name), literal(SMALL)) for name in ("last_url", "form_snapshot", "chat_summary")),
        literal(0),
    )
    largest = func.coalesce(func.max(size), 3 * SMALL).label("size")
    return select(largest).where(table.c.session_token == bindparam("token")).subquery("session")


def _heard(table: Table, is_own: ColumnElement[bool]) -> Subquery:
    """Return the bytes of what was heard of a visitor's conversations."""
    size = func.coalesce(func.sum(_bytes(table, "state", "summary")), 0).label("size")
    return select(size).where(is_own).subquery("heard")
