"""SQL expressions that each database words in its own way."""

from typing import Any

from sqlalchemy import ColumnElement, DateTime, Insert, Integer, String, Table
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from .jsontext import JSONText, joined, members


class database_now(FunctionElement[Any]):  # noqa: N801  (SQL functions are written in lower case, as SQLAlchemy's are)
    """The database's own NOW(), against which ``expires_at`` is compared."""

    type = DateTime()
    inherit_cache = True


@compiles(database_now, "mysql", "mariadb")
def _mysql_now(_element: Any, _compiler: SQLCompiler, **_: Any) -> str:
    return "NOW()"


@compiles(database_now, "sqlite")
def _sqlite_now(_element: Any, _compiler: SQLCompiler, **_: Any) -> str:
    return "datetime('now')"


class hours_from_now(FunctionElement[Any]):  # noqa: N801
    """The database's NOW() plus a number of hours."""

    type = DateTime()
    inherit_cache = True


@compiles(hours_from_now, "mysql", "mariadb")
def _mysql_hours(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    return f"NOW() + INTERVAL {compiler.process(element.clauses, **options)} HOUR"


@compiles(hours_from_now, "sqlite")
def _sqlite_hours(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    return f"datetime('now', {compiler.process(element.clauses, **options)} || ' hours')"


class wall_clock(FunctionElement[Any]):  # noqa: N801
    """The site's wall clock, on its way into a TIMESTAMP column.

    Where the database's own zone has daylight saving time, an hour of the year does not exist there and a strict server
    refuses it. The way through the Unix time moves such a time to the end of the gap and leaves every other as it is.
    """

    type = DateTime()
    inherit_cache = True


@compiles(wall_clock, "mysql", "mariadb")
def _mysql_wall(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    return f"FROM_UNIXTIME(UNIX_TIMESTAMP({compiler.process(element.clauses, **options)}))"


@compiles(wall_clock, "sqlite")
def _sqlite_wall(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


class with_member(FunctionElement[str]):  # noqa: N801
    """A JSON document with one member set: ``with_member(document, name, value)``.

    What is no object (NULL, or the ``[]`` that PHP writes for an empty array) counts as an empty one.
    """

    type = String()
    inherit_cache = True


@compiles(with_member, "mysql", "mariadb")
def _mysql_member(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    document, name, value = (compiler.process(part, **options) for part in element.clauses)
    # MariaDB's paths (10.11) take no name that begins with a minus, so that is written as an escape.
    path = f"CONCAT('$.', REPLACE(JSON_QUOTE({name}), '\"-', CONCAT('\"', CHAR(92 USING utf8mb4), 'u002d')))"
    member = f"JSON_EXTRACT({value}, '$')"
    return (
        f"CASE JSON_TYPE({document}) WHEN 'OBJECT' THEN JSON_SET({document}, {path}, {member}) "
        f"ELSE JSON_OBJECT({name}, {member}) END"
    )


@compiles(with_member, "sqlite")
def _sqlite_member(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    return f"homa_with_member({compiler.process(element.clauses, **options)})"


def _with_member(document: str | None, name: str, value: str) -> str:
    """Set a member in the text of a document and leave the text of its other members as it is."""
    known = members(JSONText(document)) if document is not None else {}
    return joined({**known, name: JSONText(value)})


SQLITE_FUNCTIONS = [("homa_with_member", 3, _with_member)]


class held_to_32_bits(FunctionElement[int]):  # noqa: N801
    """A number held to the range of the ``int`` column that it goes into."""

    type = Integer()
    inherit_cache = True


@compiles(held_to_32_bits, "mysql", "mariadb")
def _mysql_held(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    return f"GREATEST(-2147483648, LEAST(2147483647, {compiler.process(element.clauses, **options)}))"


@compiles(held_to_32_bits, "sqlite")
def _sqlite_held(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    return f"MAX(-2147483648, MIN(2147483647, {compiler.process(element.clauses, **options)}))"


class exactly(FunctionElement[str]):  # noqa: N801
    """A text to compare a column with, character by character.

    WordPress's collations take ``Name`` for ``name`` and ignore half-spaces; two such fields are two fields.
    """

    type = String()
    inherit_cache = True


@compiles(exactly, "mysql", "mariadb")
def _mysql_exactly(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    return f"{compiler.process(element.clauses, **options)} COLLATE utf8mb4_bin"


@compiles(exactly, "sqlite")
def _sqlite_exactly(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


class proposed(FunctionElement[Any]):  # noqa: N801
    """In an upsert's update, the value that the insert proposed for a column.

    MySQL's newer row alias is not MariaDB's, so both get ``VALUES(column)``.
    """

    inherit_cache = True


@compiles(proposed, "mysql", "mariadb")
def _mysql_proposed(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    return f"VALUES({compiler.process(element.clauses, **options)})"


@compiles(proposed, "sqlite")
def _sqlite_proposed(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    (column,) = element.clauses
    return f"excluded.{compiler.preparer.quote(column.name)}"


def upsert(
    dialect: str, table: Table, key: list[str], values: dict[str, Any], changes: dict[str, ColumnElement[Any]]
) -> Insert:
    """Build an insert that updates the row which already holds the unique key.

    :param dialect: name of the SQL dialect
    :param key: the unique key's columns
    :param values: what a new row gets, by column
    :param changes: what an old row gets, by column. MySQL assigns from left to right, so an expression that needs a
        column's old value stands before that column
    """
    if dialect == "sqlite":
        return sqlite.insert(table).values(values).on_conflict_do_update(index_elements=key, set_=changes)
    return mysql.insert(table).values(values).on_duplicate_key_update(list(changes.items()))


def is_live(expires_at: ColumnElement[Any]) -> ColumnElement[bool]:
    """Say whether a session may still be served: it has not expired, or was written without an end."""
    return (expires_at > database_now()) | expires_at.is_(None)
