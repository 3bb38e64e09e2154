"""SQL expressions that each database words in its own way."""

from collections.abc import Sequence
from typing import Any, ClassVar, TypeVar, cast

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    DateTime,
    Delete,
    FromClause,
    Insert,
    Integer,
    Select,
    String,
    Table,
    Update,
    select,
    union_all,
)
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from .jsontext import JSONText, joined, members

Located = TypeVar("Located", Select[Any], Update, Delete)


class Worded(FunctionElement[Any]):
    """An expression with a wording for each database; ``{0}``, ``{1}`` … stand for its arguments."""

    inherit_cache = True
    mysql: ClassVar[str]
    sqlite: ClassVar[str]


@compiles(Worded, "mysql", "mariadb")
def _for_mysql(element: Worded, compiler: SQLCompiler, **options: Any) -> str:
    return element.mysql.format(*_arguments(element, compiler, options))


@compiles(Worded, "sqlite")
def _for_sqlite(element: Worded, compiler: SQLCompiler, **options: Any) -> str:
    return element.sqlite.format(*_arguments(element, compiler, options))


def _arguments(element: Worded, compiler: SQLCompiler, options: dict[str, Any]) -> list[str]:
    # Columns go without their table's name: SQLite's excluded.column takes none.
    return [compiler.process(part, **{**options, "include_table": False}) for part in element.clauses]


class database_now(Worded):
    """The database's own NOW(), against which ``expires_at`` is compared."""

    type = DateTime()
    mysql = "NOW()"
    sqlite = "datetime('now')"


class hours_from_now(Worded):
    """The database's NOW() plus a number of hours."""

    type = DateTime()
    mysql = "NOW() + INTERVAL {0} HOUR"
    sqlite = "datetime('now', {0} || ' hours')"


class days_ago(Worded):
    """The database's NOW() minus a number of days."""

    type = DateTime()
    mysql = "NOW() - INTERVAL {0} DAY"
    sqlite = "datetime('now', '-' || {0} || ' days')"


class wall_clock(Worded):
    """The site's wall clock, on its way into a TIMESTAMP column.

    Where the database's own zone has daylight saving time, an hour of the year does not exist there and a strict server
    refuses it. The way through the Unix time moves such a time to the end of the gap and leaves every other as it is.
    """

    type = DateTime()
    mysql = "FROM_UNIXTIME(UNIX_TIMESTAMP({0}))"
    sqlite = "{0}"


class in_seconds(Worded):
    """A TIMESTAMP as a number of seconds, for comparing.

    To write one as text the server works out its wall clock, which of twenty rows takes a third of the query's time.
    """

    type = Integer()
    mysql = "UNIX_TIMESTAMP({0})"
    sqlite = "CAST(strftime('%s', {0}) AS INTEGER)"


class as_text(Worded):
    """A value as text: columns that differ in type or collation cannot come out of one query as they are."""

    type = String()
    mysql = "CONVERT({0} USING utf8mb4)"
    sqlite = "{0}"


class with_member(Worded):
    """A JSON document with one member set: ``with_member(document, name, value)``.

    What is no object (NULL, or the ``[]`` that PHP writes for an empty array) counts as an empty one. MariaDB's paths
    (10.11) take no name that begins with a minus, so that is written as an escape.
    """

    type = String()
    mysql = (
        "CASE JSON_TYPE({0}) WHEN 'OBJECT' THEN JSON_SET({0}, "
        "CONCAT('$.', REPLACE(JSON_QUOTE({1}), '\"-', CONCAT('\"', CHAR(92 USING utf8mb4), 'u002d'))), "
        "JSON_EXTRACT({2}, '$')) ELSE JSON_OBJECT({1}, JSON_EXTRACT({2}, '$')) END"
    )
    sqlite = "homa_with_member({0}, {1}, {2})"


def _with_member(document: str | None, name: str, value: str) -> str:
    """Set a member in the text of a document and leave the text of its other members as it is."""
    known = members(JSONText(document)) if document is not None else {}
    return joined({**known, name: JSONText(value)})


SQLITE_FUNCTIONS = [("homa_with_member", 3, _with_member)]


class held_to_32_bits(Worded):
    """A number held to the range of the ``int`` column that it goes into."""

    type = Integer()
    mysql = "GREATEST(-2147483648, LEAST(2147483647, {0}))"
    sqlite = "MAX(-2147483648, MIN(2147483647, {0}))"


class bytes_of(Worded):
    """How many bytes a text has in UTF-8."""

    type = Integer()
    mysql = "LENGTH({0})"
    sqlite = "LENGTH(CAST({0} AS BLOB))"


class larger_of(Worded):
    """The larger of two numbers, neither of which is NULL."""

    type = Integer()
    mysql = "GREATEST({0}, {1})"
    sqlite = "MAX({0}, {1})"


class exactly(Worded):
    """A text to compare a column with, character by character.

    WordPress's collations take ``Name`` for ``name`` and ignore half-spaces; two such fields are two fields.
    """

    type = String()
    mysql = "{0} COLLATE utf8mb4_bin"
    sqlite = "{0}"


class proposed(Worded):
    """In an upsert's update, the value that the insert proposed for a column.

    MySQL's newer row alias is not MariaDB's, so both get ``VALUES(column)``.
    """

    mysql = "VALUES({0})"
    sqlite = "excluded.{0}"


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


def one_after_another(dialect: str, queries: Sequence[Select[Any]]) -> CompoundSelect[Any]:
    """Build a query that returns the rows of several, each of which keeps its own limit. In which order is left open.

    :param dialect: name of the SQL dialect
    """
    if dialect == "sqlite":  # which has no limits but around the whole
        queries = [select(query.subquery()) for query in queries]
    return union_all(*queries)


def by_index(statement: Located, table: FromClause, index: str) -> Located:
    """Have a statement that locks rows find them through one index, however small the table is.

    Of a small table, or of one whose statistics are young, MySQL and MariaDB rather read every row or another index. A
    statement that locks would then wait for the writes of all other visitors, and some of them for it: a deadlock.

    :param statement: a SELECT … FOR UPDATE, an UPDATE or a DELETE
    :param table: the table or the alias whose rows it looks for
    :param index: the index's name, without which the database refuses the statement
    """
    hint = f"FORCE INDEX ({index})"
    if isinstance(statement, Select):
        return statement.with_hint(table, hint, "mysql")
    if isinstance(statement, Delete):
        # Only the form of DELETE that names what it deletes from takes a hint.
        statement = statement.prefix_with(cast(Table, statement.table).name, dialect="mysql")
    return statement.with_hint(hint, dialect_name="mysql")


def is_live(expires_at: ColumnElement[Any]) -> ColumnElement[bool]:
    """Say whether a session may still be served: it has not expired, or was written without an end."""
    return (expires_at > database_now()) | expires_at.is_(None)
