"""The statements on what was said in conversations: each method is one, and runs inside the caller's unit of work."""

from itertools import zip_longest
from typing import Final, Literal, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    FromClause,
    Update,
    bindparam,
    delete,
    func,
    literal,
    null,
    or_,
    select,
    update,
)

from ..clock import Clock
from ..database import Cursor, Database
from ..dialects import by_index, exactly, is_live, proposed, upsert
from .tables import ChatMessage, ConversationSummary, Session

OURS: Final = ("summary", "wording", "other_summary", "other_wording")  # of two conversations at most

Source = Literal["messages", "field"]
"""Where a conversation is kept: in the chat memory, or in the field in which the site's script keeps it."""


class Heard(NamedTuple):
    """What was heard of one conversation.

    :param row: the id of its row; None before there is one
    :param heard: the id of the last message, or how many messages of the field
    :param digest: a fingerprint of the field's messages; '' for the chat memory
    :param oldest: site-local ``YYYY-MM-DD HH:MM:SS`` of the oldest message, or when the field was written
    :param wording: a language model's of the summary; None if it has not been asked, '' if its own must not serve
    """

    row: int | None
    state: str
    summary: str
    heard: int
    digest: str
    oldest: str
    wording: str | None = None

    @property
    def shown(self) -> str:
        """What serves as the summary."""
        return self.wording or self.summary


class Told(NamedTuple):
    """What conversations come to, for a reader.

    :param messages: the chat memory's summary, '' where there is nothing; None if it lacks messages that are there
    :param field: the field's, which holds for so many messages as ``field_heard`` says, with this ``field_digest``
    """

    messages: str | None
    field: str | None
    field_heard: int
    field_digest: str


class SummaryStore:
    """Summaries: one row a visitor and source."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._clock = clock
        table, sessions, chat = (database.table(model) for model in (ConversationSummary, Session, ChatMessage))
        row = table.c
        token: BindParameter[str] = bindparam("token")
        source: BindParameter[str] = bindparam("source")
        self._known = database.prepare(
            select(row.source, row.id, row.state, row.summary, row.heard, row.digest, row.wording, row.oldest).where(
                row.session_token == token
            )
        )
        values: dict[str, BindParameter[object]] = {name: bindparam(name) for name in Heard._fields if name != "row"}
        self._add = database.prepare(
            upsert(
                database.dialect,
                table,
                ["session_token", "source"],
                {"session_token": token, "source": source, **values},
                {name: proposed(row[name]) for name in values},
            )
        )
        self._change = database.prepare(
            by_index(update(table), table, "PRIMARY").where(row.id == bindparam("row")).values(values)
        )
        is_own = row.session_token == token
        self._clear = database.prepare(by_index(delete(table), table, "conversation").where(is_own))
        self._clear_one = database.prepare(
            by_index(delete(table), table, "conversation").where(is_own, row.source == source)
        )

        said: ColumnElement[str] = func.coalesce(sessions.c.chat_summary, "")
        is_ours = or_(*(said == exactly(text) for text in (literal(""), *map(bindparam, OURS))))
        self._follow = database.prepare(
            by_index(update(sessions), sessions, "session_token")
            .where(sessions.c.session_token == token, is_live(sessions.c.expires_at), is_ours)
            # A summary that follows is no new sight of the visitor.
            .values(chat_summary=bindparam("text"), updated_at=sessions.c.updated_at)
        )
        self._word = database.prepare(
            by_index(update(table), table, "conversation")
            .where(is_own, row.summary == exactly(bindparam("rules")))
            .values(wording=bindparam("text"))
        )
        self._reword = database.prepare(
            by_index(update(sessions), sessions, "session_token")
            .where(sessions.c.session_token == token, is_live(sessions.c.expires_at))
            .where(sessions.c.chat_summary == exactly(bindparam("rules")))
            .values(chat_summary=bindparam("text"), updated_at=sessions.c.updated_at)
        )
        self._withdraw = database.prepare(withdrawal(database).where(sessions.c.session_token == token))

        one = select(literal(1).label("one")).subquery("one")
        messages, field = table.alias("messages"), table.alias("field")
        last = select(func.max(chat.c.id)).where(chat.c.session_id == token).scalar_subquery()
        self._told = database.prepare(
            select(
                *[_shown(messages), messages.c.heard, last, _shown(field), field.c.heard, field.c.digest]
            ).select_from(
                one.outerjoin(
                    messages, (messages.c.session_token == token) & (messages.c.source == "messages")
                ).outerjoin(field, (field.c.session_token == token) & (field.c.source == "field"))
            )
        )

    def known(self, cursor: Cursor, token: str) -> dict[str, Heard]:
        """Return what was heard of a visitor's conversations, by source."""
        rows = cursor.rows(self._known, token=token)
        return {
            source: Heard(row, state, summary, heard, digest, str(oldest), wording)
            for source, row, state, summary, heard, digest, wording, oldest in rows
        }

    def add(self, cursor: Cursor, token: str, source: Source, heard: Heard) -> None:
        """Note for the first time what was heard."""
        cursor.change(self._add, token=token, source=source, **heard._asdict())

    def change(self, cursor: Cursor, heard: Heard) -> None:
        """Note what was heard since. A row that was deleted meanwhile stays so: somebody wants to be forgotten."""
        cursor.change(self._change, **heard._asdict())

    def follow(self, cursor: Cursor, token: str, text: str, *conversations: Heard | None) -> None:
        """Put a summary into the visitor's live session, unless it holds one that somebody else wrote.

        :param conversations: what was heard of the visitor's until now
        """
        ours = [each for heard in conversations if heard for each in (heard.summary, heard.shown)]
        texts = dict(zip_longest(OURS, ours, fillvalue=""))
        cursor.change(self._follow, token=token, text=text or None, **texts)

    def word(self, cursor: Cursor, token: str, rules: str, text: str) -> bool:
        """Add a language model's wording to a visitor's summary, and say whether that is still the same."""
        return cursor.change(self._word, token=token, rules=rules, text=text) > 0

    def reword(self, cursor: Cursor, token: str, rules: str, text: str) -> None:
        """Put a wording into the visitor's live session in the place of the summary that it words."""
        cursor.change(self._reword, token=token, rules=rules, text=text)

    def withdraw(self, cursor: Cursor, token: str) -> None:
        """Take what follows a conversation out of the visitor's session again."""
        cursor.change(self._withdraw, token=token)

    def clear(self, cursor: Cursor, token: str, source: Source | None = None) -> None:
        """Delete what was heard.

        :param source: of which conversation; None for all of them
        """
        if source is None:
            cursor.change(self._clear, token=token)
        else:
            cursor.change(self._clear_one, token=token, source=source)

    def told(self, cursor: Cursor, token: str) -> Told:
        """Return what a visitor's conversations come to."""
        [(messages, heard, last, field, field_heard, field_digest)] = cursor.rows(self._told, token=token)
        if last is None:
            messages = ""
        elif heard != last:
            messages = None
        return Told(messages, field, field_heard or 0, field_digest or "")


def _shown(table: FromClause) -> ColumnElement[str]:
    return func.coalesce(func.nullif(table.c.wording, ""), table.c.summary)


def withdrawal(database: Database) -> Update:
    """Return what takes the summaries that follow conversations out of sessions; which sessions, is left to add."""
    sessions, table = database.table(Session), database.table(ConversationSummary)
    follows = by_index(select(table.c.id), table, "conversation").where(
        table.c.session_token == sessions.c.session_token,
        or_(*(text == exactly(sessions.c.chat_summary) for text in (table.c.summary, table.c.wording))),
    )
    return (
        by_index(update(sessions), sessions, "session_token")
        .where(follows.exists())
        .values(chat_summary=null(), updated_at=sessions.c.updated_at)
    )
