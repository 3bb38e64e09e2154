"""The statements on the persona scores of PHP code: each method runs inside the caller's unit of work."""

from sqlalchemy import bindparam, delete, exists, func, insert, select, update

from ..clock import Clock
from ..database import Cursor, Database, Driver, Row, Statement, is_missing_table
from ..dialects import by_index, held_to_32_bits
from ..errors import TableMissing
from .tables import PersonaScore


class ScoreStore:
    """Scores, one row a visitor and persona. The table has no unique key: the visitor's lock has to be held."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._clock = clock
        table = database.table(PersonaScore)
        row = table.c
        is_own = row.user_identifier == bindparam("token")
        self._any = database.prepare(select(exists(select(row.id).where(is_own))))
        self._own = database.prepare(
            by_index(select(row.id, row.persona_type, row.score), table, "user_identifier")
            .where(is_own)
            .order_by(row.id)
            .with_for_update()
        )
        self._first = database.prepare(
            select(func.min(row.id)).where(is_own & (row.persona_type == bindparam("persona")))
        )
        self._update = database.prepare(
            by_index(update(table), table, "PRIMARY")
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
        self._delete = database.prepare(by_index(delete(table), table, "PRIMARY").where(row.id == bindparam("id")))

    def has_any(self, cursor: Cursor, token: str) -> bool:
        """Say whether a visitor has scores.

        :raises TableMissing: if the site has no such table
        """
        return bool(self._rows(cursor, self._any, token=token)[0][0])

    def add(self, cursor: Cursor, token: str, persona: str, score: int) -> None:
        """Add to a score; of several rows that PHP has left, to the first.

        :raises TableMissing: if the site has no such table
        """
        now = self._clock.wall()
        ((first,),) = self._rows(cursor, self._first, token=token, persona=persona)
        if first is not None:
            cursor.change(self._update, id=first, score=score, now=now)
        else:
            cursor.change(self._insert, token=token, persona=persona, score=score, now=now)

    def move(self, cursor: Cursor, guest: str, user: str) -> None:
        """Add a guest's scores to a user's.

        :raises TableMissing: if the site has no such table
        """
        for row_id, persona, score in self._rows(cursor, self._own, token=guest):
            self.add(cursor, user, persona, score)
            cursor.change(self._delete, id=row_id)

    @staticmethod
    def _rows(cursor: Cursor, statement: Statement, **values: object) -> list[Row]:
        try:
            return list(cursor.rows(statement, **values))
        except Driver as error:
            if is_missing_table(error):
                raise TableMissing from None
            raise
