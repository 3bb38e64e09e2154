"""The deletion of summaries that tell of what is no longer kept, a bounded number of them at a time."""

from datetime import timedelta

from sqlalchemy import BindParameter, ColumnElement, bindparam, delete, or_, select

from ..clock import Clock
from ..database import Cursor, Database
from ..dialects import by_index
from ..slots import filled, slots
from .aged import WINDOW
from .expiry import Retention
from .listening import CHAT_FIELD
from .summaries import withdrawal
from .tables import ConversationSummary, Session, VaultEntry


class AgedSummaries:
    """Summaries whose oldest part is older than it is kept. What is left of the conversation may be heard again.

    :param batch: how many rows one transaction touches at most
    :param conditions: what else makes a summary one of these
    """

    def __init__(
        self, database: Database, clock: Clock, batch: int, age: timedelta, *conditions: ColumnElement[bool]
    ) -> None:
        self._clock = clock
        self._age = age
        self._batch = batch
        table, sessions = database.table(ConversationSummary), database.table(Session)
        oldest, is_old = table.c.oldest, table.c.oldest < bindparam("cutoff")
        since: BindParameter[str] = bindparam("since")
        until: BindParameter[str] = bindparam("until")
        is_further = or_(since.is_(None), oldest > since)
        self._until = database.prepare(
            by_index(select(oldest), table, "oldest")
            .where(is_old, is_further)
            .order_by(oldest)
            .limit(1)
            .offset(WINDOW * batch - 1)
        )
        self._find = database.prepare(
            by_index(select(table.c.id, table.c.session_token), table, "oldest")
            .where(is_old, is_further, or_(until.is_(None), oldest <= until), *conditions)
            .order_by(oldest)
            .limit(batch)
        )
        self._withdraw = database.prepare(withdrawal(database).where(sessions.c.session_token.in_(slots(batch))))
        self._delete = database.prepare(
            by_index(delete(table), table, "PRIMARY").where(table.c.id.in_(slots(batch)), is_old)
        )

    def until(self, cursor: Cursor, since: str | None) -> str | None:
        """Return how far one search goes: most of what it passes over may be of conversations that are kept.

        :param since: where the last one ended; None to begin
        :returns: None if it goes to the end
        """
        row = cursor.row(self._until, since=since, cutoff=self._clock.wall(ago=self._age))
        return str(row[0]) if row else None

    def sweep(self, cursor: Cursor, since: str | None, until: str | None) -> int:
        """Delete one batch, in the visitors' sessions as well, and return how many it were."""
        cutoff = self._clock.wall(ago=self._age)
        found = cursor.rows(self._find, since=since, until=until, cutoff=cutoff)
        if not found:
            return 0
        cursor.change(self._withdraw, **filled([token for _, token in found], self._batch))
        cursor.change(self._delete, **filled([row for row, _ in found], self._batch), cutoff=cutoff)
        return len(found)


def aged_summaries(database: Database, clock: Clock, batch: int, retention: Retention) -> list[AgedSummaries]:
    """Return the summaries of messages and of fields that are not kept for good.

    :param batch: how many rows one transaction touches at most
    """
    row, vault = database.table(ConversationSummary).c, database.table(VaultEntry)
    field = select(vault.c.id).where(vault.c.session_token == row.session_token, vault.c.context_key == CHAT_FIELD)
    # A field may go as early as this, at other times for other visitors: what it is known by is that it has gone.
    hours = min(retention.guest_vault_hours, 24 * retention.user_vault_days or retention.guest_vault_hours)
    aged = [AgedSummaries(database, clock, batch, timedelta(hours=hours), row.source == "field", ~field.exists())]
    if retention.chat_days:
        days = timedelta(days=retention.chat_days)
        aged.append(AgedSummaries(database, clock, batch, days, row.source == "messages"))
    return aged
