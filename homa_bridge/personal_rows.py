"""The rows of one table that belong to one person, for showing them all and for deleting them."""

from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, delete, func, select

from .column_types import JSON_TEXT
from .database import Cursor, Database, Driver, is_missing_table
from .dialects import by_index
from .extensions import Model
from .identity.signing import LARGEST_USER
from .jsontext import compact, stored

TOKEN: BindParameter[str] = bindparam("token")
USER_ID: BindParameter[int] = bindparam("user_id")


class Person(NamedTuple):
    """Whose rows are meant.

    :param token: a guest's or a user's
    :param user_id: the WordPress user's number; None for a guest
    """

    token: str
    user_id: int | None


class Record(NamedTuple):
    """One row.

    :param table: its name, without the site's prefix
    :param columns: what it holds, by column: texts, numbers, and moments as ``YYYY-MM-DD HH:MM:SS``
    :param documents: the columns that hold JSON text
    """

    table: str
    columns: dict[str, str | int | None]
    documents: frozenset[str]


class PersonalRows:
    """The rows that one column tells to be a person's.

    A table in which two columns may tell so has two of these, the second without the rows of the first: each is found
    by its own index.

    :param index: the name of that index
    :param whose: makes the condition from the table's columns, with ``TOKEN`` and ``USER_ID``
    :param documents: columns that hold JSON text, beside those that are declared so
    :param may_be_absent: whether the table need not be there, and then holds nothing; else that is an error, for nobody
        may be told that nothing is stored because the memory was looked for in the wrong place
    """

    def __init__(
        self,
        database: Database,
        model: type[Model],
        index: str,
        *whose: Callable[[Any], ColumnElement[bool]],
        documents: frozenset[str] = frozenset(),
        may_be_absent: bool = False,
    ) -> None:
        table = database.table(model)
        is_persons = and_(*(condition(table.c) for condition in whose))
        self._may_be_absent = may_be_absent
        self.table = str(model.__tablename__)
        self._names = [column.name for column in table.c]
        self._documents = documents | {column.name for column in table.c if column.type is JSON_TEXT}
        self._count = database.prepare(select(func.count()).select_from(table).where(is_persons))
        self._some = database.prepare(
            select(*table.c)
            .where(is_persons)
            .order_by(table.c.id)
            .limit(bindparam("limit"))
            .offset(bindparam("offset"))
        )
        self._delete = database.prepare(by_index(delete(table), table, index).where(is_persons))

    def count(self, cursor: Cursor, person: Person) -> int:
        """Return how many rows there are."""
        try:
            row = cursor.row(self._count, **_named(person))
        except Driver as error:
            self._pass_over_absence(error)
            return 0
        return int(row[0]) if row else 0

    def some(self, cursor: Cursor, person: Person, offset: int, limit: int) -> list[Record]:
        """Return rows in the order of their ids.

        :param offset: how many to pass over
        :param limit: how many at most
        """
        try:
            rows = cursor.rows(self._some, **_named(person), offset=offset, limit=limit)
        except Driver as error:
            self._pass_over_absence(error)
            return []
        return [self._record(row) for row in rows]

    def delete(self, cursor: Cursor, person: Person) -> int:
        """Delete the rows and return how many it were."""
        try:
            return cursor.change(self._delete, **_named(person))
        except Driver as error:
            self._pass_over_absence(error)
            return 0

    def _pass_over_absence(self, error: Exception) -> None:
        if not self._may_be_absent or not is_missing_table(error):
            raise error

    def _record(self, row: tuple[Any, ...]) -> Record:
        columns = {name: self._shown(name, value) for name, value in zip(self._names, row, strict=True)}
        return Record(self.table, columns, self._documents)

    def _shown(self, name: str, value: Any) -> str | int | None:
        if name in self._documents:
            document = stored(value)
            return None if document is None else compact(document)
        if isinstance(value, bytes):
            return value.decode("utf-8", "replace")
        return value if value is None or isinstance(value, int) else str(value)


def _named(person: Person) -> dict[str, object]:
    is_in_range = person.user_id is not None and person.user_id <= LARGEST_USER
    return {"token": person.token, "user_id": person.user_id if is_in_range else None}
