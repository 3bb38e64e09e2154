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


class SessionExpiry:
    """Expired sessions, and the old fields of the guests among them.

    :param batch: how many rows one transaction deletes at most
    :param hours: how long a guest's field lives after it was last written
    """

    def __init__(self, database: Database, clock: Clock, batch: int, hours: int) -> None:
        self._clock = clock
        self._age = timedelta(hours=hours)
        self._batch = batch
        self._visitors = max(1, batch // 4)  # each is named in several statements, with fields or without
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
        is_old = or_(vault.c.updated_at < bindparam("cutoff"), vault.c.updated_at.is_(None))
        self._lock_fields = database.prepare(
            by_index(select(vault.c.id, vault.c.session_token), vault, "session_token")
            .where(vault.c.session_token.in_(places), is_guests, is_old)
            .limit(batch)
            .with_for_update()
        )
        self._lock_sessions = database.prepare(
            by_index(select(row.session_token), sessions, "session_token")
            .where(row.session_token.in_(places), has_expired)
            .with_for_update()
        )
        self._delete_fields = database.prepare(
            by_index(delete(vault), vault, "PRIMARY").where(vault.c.id.in_(slots(batch)))
        )
        self._delete_sessions = database.prepare(
            by_index(delete(sessions), sessions, "session_token").where(row.session_token.in_(places))
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

    def delete(self, cursor: Cursor, expired: Sequence[Expired]) -> tuple[Swept, bool]:
        """Delete sessions and the old fields of the guests among them, and say whether that is all of theirs.

        Fields are locked before sessions, as a visitor's own writes lock them, so that none waits in a circle. Whoever
        has come back by then keeps everything; whoever comes back now waits, and starts a new session.

        :param expired: from :meth:`groups`. Of a guest who alone has more rows than a transaction may delete, the
            session goes with the last of them
        """
        tokens = [each.token for each in expired]
        guests = [each.token for each in expired if each.fields]
        found = self._locked_fields(cursor, guests) if guests else []
        gone = {token for (token,) in cursor.rows(self._lock_sessions, **filled(tokens, self._visitors))}
        fields = [row_id for row_id, token in found if token in gone]
        swept = Swept()
        if fields:
            swept = Swept(fields=cursor.change(self._delete_fields, **filled(fields, self._batch)))
            if len(found) == self._batch:
                return swept, False
        if gone:
            sessions = cursor.change(self._delete_sessions, **filled(sorted(gone), self._visitors))
            swept = swept._replace(sessions=sessions)
        return swept, True

    def groups(self, expired: Iterable[Expired]) -> Iterator[list[Expired]]:
        """Yield sessions in groups whose rows fit one transaction each."""
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

    def _locked_fields(self, cursor: Cursor, tokens: Sequence[str]) -> Sequence[tuple[int, str]]:
        return cursor.rows(self._lock_fields, **filled(tokens, self._visitors), cutoff=self._clock.wall(ago=self._age))


def is_users(token: ColumnElement[str]) -> ColumnElement[bool]:
    """Say whether a token is a user's."""
    return token.like("user\\_%", escape="\\")
