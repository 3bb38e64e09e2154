"""The statements on the persona scores of PHP code: each method runs inside the caller's unit of work."""

from sqlalchemy import bindparam, func, insert, select, update

from ..clock import Clock
from ..database import Cursor, Database, Driver, is_missing_table
from ..dialects import held_to_32_bits
from ..errors import TableMissing
from ..omnistore.tables import WriteLock, lock_of
from .tables import PersonaScore


class ScoreStore:
    """Scores, one row a visitor and persona. The table has no unique key."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._clock = clock
        table, locks = database.table(PersonaScore), database.table(WriteLock)
        row = table.c
        is_score = (row.user_identifier == bindparam("token")) & (row.persona_type == bindparam("persona"))
        self._lock = database.prepare(select(locks.c.id).where(locks.c.id == bindparam("lock")).with_for_update())
        self._first = database.prepare(select(func.min(row.id)).where(is_score))
        self._update = database.prepare(
            update(table)
            .where(row.id == bindparam("id"))
            .values(score=held_to_32_bits(row.score + bindparam("score")), updated_at=bindparam("now"))
        )
        self._insert = database.prepare(
            insert(table).values(
                user_identifier=bindparam("token"),
                persona_type=bindparam("persona"),
                score=bindparam("score"),
                created_at=bindparam("now"),
                updated_at=bindparam("now"),
            )
        )

    def add(self, cursor: Cursor, token: str, persona: str, score: int) -> None:
        """Add to a score; of several rows that PHP has left, to the first.

        Needs a transaction around it: a row that all of a visitor's writes lock keeps two first ones from inserting.

        :raises TableMissing: if the site has no such table
        """
        now = self._clock.wall()
        cursor.rows(self._lock, lock=lock_of(token))
        try:
            found = cursor.row(self._first, token=token, persona=persona)
        except Driver as error:
            if is_missing_table(error):
                raise TableMissing from None
            raise
        if found and found[0] is not None:
            cursor.change(self._update, id=found[0], score=score, now=now)
        else:
            cursor.change(self._insert, token=token, persona=persona, score=score, now=now)
