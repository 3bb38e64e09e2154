"""How long each layer of the memory is kept, and the deletion of sessions past their end, whole visitors at a time."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, delete, func, or_, select

from ..clock import Clock
from ..database import Cursor, Database
from ..dialects import by_index, database_now
from ..slots import filled, slots
from .tables import Session, VaultEntry


class Retention(NamedTuple):
    """How long each layer is kept after it was last written.

    :param snapshot_hours: sessions and their snapshots, in hours
    :param guest_vault_hours: the fields of guests, in hours; while a guest's session lives, they stay
    :param user_vault_days: the fields of users, in days; 0 for good
    :param interest_days: interests, in days; 0 for good
    :param chat_days: messages, in days; 0 for good
    """

    snapshot_hours: int = 48
    guest_vault_hours: int = 48
    user_vault_days: int = 0
    interest_days: int = 0
    chat_days: int = 0


class Swept(NamedTuple):
    """How many rows a clean-up deleted, by layer."""

    sessions: int = 0
    fields: int = 0
    interests: int = 0
    messages: int = 0

    def plus(self, other: "Swept") -> "Swept":
        """Return the sums."""
        return Swept(*(mine + more for mine, more in zip(self, other, strict=True)))


class Expired(NamedTuple):
    """An expired session.

    :param moment: when it expired, by the database's clock
    :param fields: how many rows of the vault its visitor has, if it is a guest's
    """

    id: int
    token: str
    moment: str
    fields: int


class CameBack(Exception):
    """A visitor whose session had expired has a new one, or somebody else deleted it."""


class SessionExpiry:
    """Expired sessions, and the old fields of the guests among them.

    :param batch: how many rows one transaction deletes at most
    :param hours: how long a guest's field lives after it was last written
    """

    def __init__(self, database: Database, clock: Clock, batch: int, hours: int) -> None:
        self._clock = clock
        self._age = timedelta(hours=hours)
        self._batch = batch
        self._visitors = max(1, batch // 4)  # of one transaction, with fields or without
        sessions, vault = database.table(Session), database.table(VaultEntry)
        row = sessions.c
        has_expired = row.expires_at <= database_now()
        since: BindParameter[str] = bindparam("since")
        is_further = or_(row.expires_at > since, and_(row.expires_at == since, row.id > bindparam("after")))
        is_guests = ~is_users(vault.c.session_token)
        fields = by_index(select(func.count()).select_from(vault), vault, "session_token").where(
            vault.c.session_token == row.session_token, is_guests
        )
        self._count = database.prepare(select(func.count()).select_from(sessions).where(has_expired))
        self._find = database.prepare(
            by_index(
                select(row.id, row.session_token, row.expires_at, fields.scalar_subquery()), sessions, "expires_at"
            )
            .where(has_expired)
            .where(or_(since.is_(None), is_further))
            .order_by(row.expires_at, row.id)
            .limit(batch)
        )
        places = slots(self._visitors)
        is_old = is_guests & or_(vault.c.updated_at < bindparam("cutoff"), vault.c.updated_at.is_(None))
        self._delete_fields = database.prepare(
            by_index(delete(vault), vault, "session_token").where(vault.c.session_token.in_(places), is_old)
        )
        self._delete_sessions = database.prepare(
            by_index(delete(sessions), sessions, "session_token").where(row.session_token.in_(places), has_expired)
        )
        self._some_fields = database.prepare(
            by_index(select(vault.c.id), vault, "session_token")
            .where(vault.c.session_token == bindparam("token"), is_old)
            .limit(batch)
            .with_for_update()
        )
        self._expired = database.prepare(
            by_index(select(row.id), sessions, "session_token")
            .where(row.session_token == bindparam("token"), has_expired)
            .with_for_update()
        )
        self._delete_some = database.prepare(
            by_index(delete(vault), vault, "PRIMARY").where(vault.c.id.in_(slots(batch)))
        )

    def count(self, cursor: Cursor) -> int:
        """Return how many sessions have expired."""
        row = cursor.row(self._count)
        return int(row[0]) if row else 0

    def find(self, cursor: Cursor, last: Expired | None) -> list[Expired]:
        """Return some expired sessions in the order in which they expired, without locking anything.

        :param last: the one after which to look. What was deleted just now still lies in the index: nobody has to pass
            over it again
        """
        since, after = (last.moment, last.id) if last else (None, 0)
        return [
            Expired(row_id, token, str(moment), fields)
            for row_id, token, moment, fields in cursor.rows(self._find, since=since, after=after)
        ]

    def groups(self, expired: Iterable[Expired]) -> Iterator[list[Expired]]:
        """Yield sessions in groups whose rows fit one transaction each; who does not fit alone, alone."""
        group: list[Expired] = []
        rows = 0
        for each in expired:
            if group and (rows + 1 + each.fields > self._batch or len(group) == self._visitors):
                yield group
                group, rows = [], 0
            group.append(each)
            rows += 1 + each.fields
        if group:
            yield group

    def is_large(self, group: Sequence[Expired]) -> bool:
        """Say whether a group is one guest with more rows than a transaction may delete."""
        return group[0].fields + 1 > self._batch

    def delete(self, cursor: Cursor, group: Sequence[Expired]) -> Swept:
        """Delete sessions and the old fields of the guests among them.

        Fields are locked before sessions, as a visitor's own writes lock them, so that none waits in a circle. Whoever
        comes back now waits, and starts a new session.

        :raises CameBack: if somebody came back before, who is to keep everything: all of it has to be undone
        """
        guests = [each.token for each in group if each.fields]
        fields = 0
        if guests:
            fields = cursor.change(self._delete_fields, **filled(guests, self._visitors), cutoff=self._cutoff())
        tokens = [each.token for each in group]
        sessions = cursor.change(self._delete_sessions, **filled(tokens, self._visitors))
        if sessions < len(group):
            raise CameBack
        return Swept(sessions=sessions, fields=fields)

    def delete_some(self, cursor: Cursor, token: str) -> Swept:
        """Delete as many of one guest's old fields as a transaction may, and leave the session."""
        found = [row_id for (row_id,) in cursor.rows(self._some_fields, token=token, cutoff=self._cutoff())]
        if not found or cursor.row(self._expired, token=token) is None:
            return Swept()
        return Swept(fields=cursor.change(self._delete_some, **filled(found, self._batch)))

    def _cutoff(self) -> str:
        return self._clock.wall(ago=self._age)


def is_users(token: ColumnElement[str]) -> ColumnElement[bool]:
    """Say whether a token is a user's."""
    return token.like("user\\_%", escape="\\")
