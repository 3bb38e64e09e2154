"""How long each layer of the memory is kept, and the deletion of what is older, a bounded number of rows at a time."""

from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Table, bindparam, delete, func, or_, select

from ..clock import Clock
from ..database import Cursor, Database
from ..dialects import by_index, database_now, is_live
from ..slots import filled, slots
from .tables import ChatMessage, Interest, Session, VaultEntry


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


class SessionExpiry:
    """Expired sessions.

    :param batch: how many rows one transaction touches at most
    :param hours: how long a guest's field lives after it was last written
    """

    def __init__(self, database: Database, clock: Clock, batch: int, hours: int) -> None:
        self._clock = clock
        self._age = timedelta(hours=hours)
        self._batch = batch
        sessions, vault = database.table(Session), database.table(VaultEntry)
        has_expired = sessions.c.expires_at <= database_now()
        is_old = or_(vault.c.updated_at < bindparam("cutoff"), vault.c.updated_at.is_(None))
        places = slots(batch)
        self._count = database.prepare(select(func.count()).select_from(sessions).where(has_expired))
        self._expired = database.prepare(
            by_index(select(sessions.c.session_token), sessions, "expires_at")
            .where(has_expired)
            .order_by(sessions.c.expires_at)
            .limit(batch)
            .with_for_update()
        )
        self._delete_sessions = database.prepare(
            by_index(delete(sessions), sessions, "session_token").where(sessions.c.session_token.in_(places))
        )
        self._delete_fields = database.prepare(
            by_index(delete(vault), vault, "session_token").where(
                vault.c.session_token.in_(places), ~_is_users(vault.c.session_token), is_old
            )
        )

    def count(self, cursor: Cursor) -> int:
        """Return how many sessions have expired."""
        row = cursor.row(self._count)
        return int(row[0]) if row else 0

    def sweep(self, cursor: Cursor) -> Swept:
        """Delete one batch of expired sessions, and the old vault rows of the guests among them.

        The sessions are locked first: a visitor who comes back at this moment waits, and starts a new session.
        """
        tokens = [token for (token,) in cursor.rows(self._expired)]
        if not tokens:
            return Swept()
        in_places = filled(tokens, self._batch)
        fields = cursor.change(self._delete_fields, **in_places, cutoff=self._clock.wall(ago=self._age))
        return Swept(sessions=cursor.change(self._delete_sessions, **in_places), fields=fields)


class AgedRows:
    """Rows of one table that have not been written for longer than their layer is kept.

    They are looked for without a lock and deleted by their ids, so that no visitor's write waits for a search.

    :param layer: the member of :class:`Swept` that counts them
    :param moment: the column with the site's wall clock
    :param conditions: what else makes a row one of this layer
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        batch: int,
        layer: str,
        age: timedelta,
        moment: ColumnElement[object],
        *conditions: ColumnElement[bool],
    ) -> None:
        self._clock = clock
        self._age = age
        self._batch = batch
        self.layer = layer
        table: Table = moment.table
        is_old = moment < bindparam("cutoff")
        self._find = database.prepare(
            select(table.c.id)
            .where(table.c.id > bindparam("after"), is_old, *conditions)
            .order_by(table.c.id)
            .limit(batch)
        )
        self._delete = database.prepare(
            by_index(delete(table), table, "PRIMARY").where(table.c.id.in_(slots(batch)), is_old, *conditions)
        )

    def find(self, cursor: Cursor, after: int) -> list[int]:
        """Return the ids of one batch, in ascending order.

        :param after: the id after which to look
        """
        return [row_id for (row_id,) in cursor.rows(self._find, after=after, cutoff=self._cutoff())]

    def delete(self, cursor: Cursor, ids: list[int]) -> int:
        """Delete the given rows, but those that are of this layer no longer, and return how many it were."""
        return cursor.change(self._delete, **filled(ids, self._batch), cutoff=self._cutoff())

    def _cutoff(self) -> str:
        return self._clock.wall(ago=self._age)


def aged_rows(database: Database, clock: Clock, batch: int, retention: Retention) -> list[AgedRows]:
    """Return what is not kept for good.

    :param batch: how many rows one transaction touches at most
    """
    vault, sessions = database.table(VaultEntry).c, database.table(Session).c
    interests, chat = database.table(Interest).c, database.table(ChatMessage).c
    live = select(sessions.id).where(sessions.session_token == vault.session_token, is_live(sessions.expires_at))
    is_users = _is_users(vault.session_token)
    hours = timedelta(hours=retention.guest_vault_hours)
    kept = [AgedRows(database, clock, batch, "fields", hours, vault.updated_at, ~is_users, ~live.exists())]
    for layer, days, moment, conditions in (
        ("fields", retention.user_vault_days, vault.updated_at, [is_users]),
        ("interests", retention.interest_days, interests.last_interaction, []),
        ("messages", retention.chat_days, chat.created_at, []),
    ):
        if days:
            kept.append(AgedRows(database, clock, batch, layer, timedelta(days=days), moment, *conditions))
    return kept


def _is_users(token: ColumnElement[str]) -> ColumnElement[bool]:
    return token.like("user\\_%", escape="\\")
