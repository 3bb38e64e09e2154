"""A person's data as one JSON document."""

from collections.abc import Iterable

import msgspec

from ..personal_rows import Record


def exported(token: str, records: Iterable[Record], prefix: str) -> str:
    """Return the document: the rows of every table that has any, with JSON columns as the values that they hold.

    :param token: whose records these are
    :param prefix: the site's table prefix, which the tables' names get
    """
    tables: dict[str, list[dict[str, object]]] = {}
    for record in records:
        tables.setdefault(prefix + record.table, []).append(
            {name: _value(record, name, value) for name, value in record.columns.items()}
        )
    text = msgspec.json.encode({"token": token, "tables": tables})
    return msgspec.json.format(text, indent=2).decode()


def _value(record: Record, name: str, value: str | int | None) -> object:
    """Return a column's value; a document goes in as it is, so that no digit of a long number is lost."""
    if isinstance(value, str):
        value = value.encode("utf-8", "replace").decode()
        return msgspec.Raw(value.encode()) if name in record.documents else value
    return value
