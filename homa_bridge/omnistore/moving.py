"""Moves a guest's memory to the user that the guest has turned out to be.

The rules are the wire contract's: of each field, and of each key of the snapshot, the newer wins; interests add up; the
conversation follows in order. Nothing is left with the guest.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, bindparam, delete, func, select, update

from ..database import Cursor, Database
from ..dialects import by_index, held_to_32_bits, is_live, larger_of, proposed, upsert
from ..jsontext import JSONText, joined, members, stored
from .tables import ChatMessage, Interest, Session, VaultEntry

Moment = Any  # a time as the driver gives it: of one driver's two, the later is the larger


class FieldRow(NamedTuple):
    """A row of the vault."""

    id: int
    token: str
    key: str
    value: str | None
    insight: str | None
    updated_at: Moment


class SessionRow(NamedTuple):
    """A session that has not expired."""

    last_url: str | None
    form_snapshot: str | None
    chat_summary: str | None
    updated_at: Moment
    expires_at: Moment


class MoveStore:
    """Moves rows from one token to another. What is read is locked until the transaction ends."""

    def __init__(self, database: Database) -> None:
        vault, sessions, interests, chat = (
            database.table(model) for model in (VaultEntry, Session, Interest, ChatMessage)
        )
        guest: BindParameter[str] = bindparam("guest")
        user: BindParameter[str] = bindparam("user")
        row: BindParameter[int] = bindparam("row")
        self._fields = database.prepare(
            by_index(
                select(
                    *[vault.c.id, vault.c.session_token, vault.c.context_key],
                    *[vault.c.context_value, vault.c.ai_insight, vault.c.updated_at],
                ),
                vault,
                "session_token",
            )
            .where(vault.c.session_token.in_([guest, user]))
            .order_by(vault.c.id)
            .with_for_update()
        )
        self._write_field = database.prepare(
            by_index(update(vault), vault, "PRIMARY")
            .where(vault.c.id == row)
            .values(
                session_token=user,
                user_id=bindparam("user_id"),
                context_value=bindparam("value"),
                ai_insight=bindparam("insight"),
                updated_at=bindparam("updated_at"),
            )
        )
        self._delete_field = database.prepare(by_index(delete(vault), vault, "PRIMARY").where(vault.c.id == row))

        self._session = database.prepare(
            by_index(select(*[sessions.c[name] for name in SessionRow._fields]), sessions, "session_token")
            .where(sessions.c.session_token == bindparam("token"), is_live(sessions.c.expires_at))
            .with_for_update()
        )
        self._delete_session = database.prepare(
            by_index(delete(sessions), sessions, "session_token").where(sessions.c.session_token == guest)
        )
        values: dict[str, BindParameter[object]] = {name: bindparam(name) for name in SessionRow._fields}
        self._write_session = database.prepare(
            upsert(
                database.dialect,
                sessions,
                ["session_token"],
                {"session_token": user, **values},
                {name: proposed(sessions.c[name]) for name in values},
            )
        )

        self._interests = database.prepare(
            by_index(
                select(
                    *[interests.c.id, interests.c.category_slug, func.coalesce(interests.c.interest_score, 0)],
                    *[interests.c.source_referral, interests.c.last_interaction],
                ),
                interests,
                "user_id_or_token",
            )
            .where(interests.c.user_id_or_token == guest)
            .order_by(interests.c.id)
            .with_for_update()
        )
        known, given = interests.c.last_interaction, proposed(interests.c.last_interaction)
        self._add_interest = database.prepare(
            upsert(
                database.dialect,
                interests,
                ["user_id_or_token", "category_slug"],
                {
                    "user_id_or_token": user,
                    "category_slug": bindparam("category"),
                    "interest_score": bindparam("score"),
                    "source_referral": bindparam("source"),
                    "last_interaction": bindparam("moment"),
                },
                {
                    "interest_score": held_to_32_bits(
                        func.coalesce(interests.c.interest_score, 0) + proposed(interests.c.interest_score)
                    ),
                    "last_interaction": func.coalesce(larger_of(known, given), known, given),
                },
            )
        )
        self._delete_interest = database.prepare(
            by_index(delete(interests), interests, "PRIMARY").where(interests.c.id == row)
        )

        # PHP code may have told a visitor by either column; each is looked for by its own index.
        self._move_messages = [
            database.prepare(
                by_index(update(chat), chat, column)
                .where(chat.c[column] == guest)
                .values(session_id=user, user_identifier=user, user_role="user")
            )
            for column in ("session_id", "user_identifier")
        ]

    def move_fields(self, cursor: Cursor, guest: str, user: str, user_id: int | None) -> None:
        """Move the vault: the newer value of a field wins, in the place of the row that was stored first."""
        rows = [FieldRow(*row) for row in cursor.rows(self._fields, guest=guest, user=user)]
        for group in _by_key(rows):
            if all(row.token == user for row in group):
                continue
            newest = max(group, key=lambda row: (_age(row.updated_at), row.token == guest, row.id))
            first, *others = group
            cursor.change(
                self._write_field,
                row=first.id,
                user=user,
                user_id=user_id,
                value=newest.value,
                insight=newest.insight,
                updated_at=newest.updated_at,
            )
            for row in others:
                cursor.change(self._delete_field, row=row.id)

    def move_session(self, cursor: Cursor, guest: str, user: str) -> None:
        """Move the session, if it has not expired: the newer value of each key of the snapshot wins."""
        found = cursor.row(self._session, token=guest)
        if found is not None:
            known = cursor.row(self._session, token=user)
            moved = SessionRow(*found)
            merged = moved if known is None else merged_sessions(moved, SessionRow(*known))
            cursor.change(self._write_session, user=user, **merged._asdict())
        cursor.change(self._delete_session, guest=guest)

    def move_interests(self, cursor: Cursor, guest: str, user: str) -> None:
        """Move the interests, whose scores add up. A source stays the one that brought the user to the category."""
        for row, category, score, source, moment in cursor.rows(self._interests, guest=guest):
            cursor.change(self._add_interest, user=user, category=category, score=score, source=source, moment=moment)
            cursor.change(self._delete_interest, row=row)

    def move_messages(self, cursor: Cursor, guest: str, user: str) -> None:
        """Move the conversation; its times put it in order."""
        for move in self._move_messages:
            cursor.change(move, guest=guest, user=user)


def merged_sessions(guest: SessionRow, user: SessionRow) -> SessionRow:
    """Return one session of two. Where both say something, the newer counts; of two of the same time, the guest's."""
    older, newer = (guest, user) if _age(user.updated_at) > _age(guest.updated_at) else (user, guest)
    ends = (guest.expires_at, user.expires_at)
    return SessionRow(
        newer.last_url or older.last_url,
        joined({**_snapshot(older), **_snapshot(newer)}),
        newer.chat_summary or older.chat_summary,
        newer.updated_at,
        None if None in ends else max(ends),  # one without an end is always live
    )


def _snapshot(session: SessionRow) -> dict[str, JSONText]:
    text = stored(session.form_snapshot)
    return members(text) if text is not None else {}


def _by_key(rows: Iterable[FieldRow]) -> Iterable[list[FieldRow]]:
    groups: dict[str, list[FieldRow]] = defaultdict(list)
    for row in rows:
        groups[row.key].append(row)
    return groups.values()


def _age(moment: Moment) -> str:
    return str(moment or "")
