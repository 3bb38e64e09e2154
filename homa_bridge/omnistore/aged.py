"""The deletion of rows that have not been written for longer than their layer is kept, a bounded number at a time."""

from datetime import timedelta
from typing import NamedTuple, Protocol

from sqlalchemy import BindParameter, Column, ColumnElement, and_, bindparam, delete, or_, select, true

from ..clock import Clock
from ..database import Cursor, Database
from ..dialects import by_index, is_live
from ..slots import filled, slots
from .expiry import Retention, is_users
from .tables import ChatMessage, Interest, Session, VaultEntry

WINDOW = 20  # batches of rows that one search looks at, where no index leads to the old ones
LAST_ID = 2**63 - 1

Place = int | tuple[str, int] | None


class Found(NamedTuple):
    """What a search came upon.

    :param ids: of no more rows than one transaction deletes
    :param place: where to go on; None at the end
    """

    ids: list[int]
    place: Place


class Search(Protocol):
    """Looks for rows, a bounded number at a time and without a lock."""

    def find(self, cursor: Cursor, place: Place, cutoff: str) -> Found:
        """Return the ids of one batch.

        :param place: where the last search ended; None to begin
        :param cutoff: what has not been written since then is old
        """
        ...


class MomentSearch:
    """Looks through the index of the column that tells the rows' age: what it passes over is old.

    It never looks at a row twice, so it comes to its end also where rows that were deleted are still seen, on a replica
    that is late.
    """

    def __init__(self, database: Database, batch: int, moment: Column[object], *is_old: ColumnElement[bool]) -> None:
        self._batch = batch
        table = moment.table
        since: BindParameter[str] = bindparam("since")
        is_further = or_(moment > since, and_(moment == since, table.c.id > bindparam("after")))
        self._find = database.prepare(
            by_index(select(table.c.id, moment), table, moment.name)
            .where(*is_old, or_(since.is_(None), is_further))
            .order_by(moment, table.c.id)
            .limit(batch)
        )

    def find(self, cursor: Cursor, place: Place, cutoff: str) -> Found:
        """Return the ids of one batch; see :class:`Search`."""
        since, after = place if isinstance(place, tuple) else (None, 0)
        rows = cursor.rows(self._find, since=since, after=after, cutoff=cutoff)
        ids = [row[0] for row in rows]
        return Found(ids, (str(rows[-1][1]), ids[-1]) if len(rows) == self._batch else None)


class WindowSearch:
    """Looks in the order of the ids, where no index leads to the old rows.

    :param path: an index, and what its columns are, so that it has the rows in the order of their ids
    """

    def __init__(
        self,
        database: Database,
        batch: int,
        moment: Column[object],
        *is_old: ColumnElement[bool],
        path: tuple[str, ColumnElement[bool]],
    ) -> None:
        self._batch = batch
        index, is_on_path = path
        row_id = moment.table.c.id
        ids = by_index(select(row_id), moment.table, index).where(is_on_path, row_id > bindparam("after"))
        self._end = database.prepare(ids.order_by(row_id).limit(1).offset(WINDOW * batch - 1))
        self._find = database.prepare(ids.where(row_id <= bindparam("end"), *is_old).order_by(row_id).limit(batch))

    def find(self, cursor: Cursor, place: Place, cutoff: str) -> Found:
        """Return the ids of what one window holds, or of the first batch of it; see :class:`Search`."""
        after = place or 0
        end = cursor.row(self._end, after=after)
        last = end[0] if end else LAST_ID
        ids = [row[0] for row in cursor.rows(self._find, after=after, end=last, cutoff=cutoff)]
        if len(ids) == self._batch:
            return Found(ids, ids[-1])
        return Found(ids, end[0] if end else None)


class AgedRows:
    """Rows of one table. They are deleted by their ids, so that no visitor's write waits for a search.

    :param layer: the member of :class:`.Swept` that counts them
    :param batch: how many rows one transaction deletes at most
    :param moment: the column with the site's wall clock
    :param conditions: what else makes a row one of this layer
    :param path: for :class:`WindowSearch`; None if there is an index of the moment's
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        batch: int,
        layer: str,
        age: timedelta,
        moment: Column[object],
        *conditions: ColumnElement[bool],
        path: tuple[str, ColumnElement[bool]] | None = None,
    ) -> None:
        self._clock = clock
        self._age = age
        self._batch = batch
        self.layer = layer
        table = moment.table
        is_old = [moment < bindparam("cutoff"), *conditions]
        self._search: Search = (
            WindowSearch(database, batch, moment, *is_old, path=path)
            if path
            else MomentSearch(database, batch, moment, *is_old)
        )
        self._delete = database.prepare(
            by_index(delete(table), table, "PRIMARY").where(table.c.id.in_(slots(batch)), *is_old)
        )

    def find(self, cursor: Cursor, place: Place = None) -> Found:
        """Return the ids of one batch.

        :param place: where the last search ended; None to begin
        """
        return self._search.find(cursor, place, self._cutoff())

    def delete(self, cursor: Cursor, ids: list[int]) -> int:
        """Delete the given rows, but those that are of this layer no longer, and return how many it were."""
        return cursor.change(self._delete, **filled(ids, self._batch), cutoff=self._cutoff())

    def _cutoff(self) -> str:
        return self._clock.wall(ago=self._age)


def aged_rows(database: Database, clock: Clock, batch: int, retention: Retention) -> list[AgedRows]:
    """Return what is not kept for good. What takes a search comes last.

    :param batch: how many rows one transaction deletes at most
    """
    vault, sessions = database.table(VaultEntry).c, database.table(Session).c
    interests, chat = database.table(Interest).c, database.table(ChatMessage).c
    of_user = is_users(vault.session_token)
    live = select(sessions.id).where(sessions.session_token == vault.session_token, is_live(sessions.expires_at))
    kept: list[AgedRows] = []

    def keep(
        layer: str,
        age: timedelta,
        moment: Column[object],
        *conditions: ColumnElement[bool],
        path: tuple[str, ColumnElement[bool]] | None = None,
    ) -> None:
        if age:
            kept.append(AgedRows(database, clock, batch, layer, age, moment, *conditions, path=path))

    keep("fields", timedelta(days=retention.user_vault_days), vault.updated_at, of_user)
    keep("messages", timedelta(days=retention.chat_days), chat.created_at)
    # Users' fields, which may be kept for good, have a number and are passed over. PHP code may write 0 for nobody's.
    for nobody in (vault.user_id.is_(None), vault.user_id == 0):
        hours = timedelta(hours=retention.guest_vault_hours)
        keep("fields", hours, vault.updated_at, ~of_user, ~live.exists(), path=("user_id", nobody))
    days = timedelta(days=retention.interest_days)
    keep("interests", days, interests.last_interaction, path=("PRIMARY", true()))
    return kept
