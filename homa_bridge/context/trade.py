"""The words of a trade: a file that comes with the product, or one that a shop has written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from marshmallow import ValidationError

from ..errors import SettingsError
from .trade_schema import TradeSchema

DEFAULT: Final = "printing"
SUPPLIED: Final = tuple(sorted(found.name[:-5] for found in files(__package__).joinpath("trades").iterdir()))
_NO_STEPS: Final = frozenset({"_schema", "value", "key"})  # marshmallow's words, and none of the file
_MOST_MISTAKES: Final = 5  # that one message tells


@dataclass(frozen=True, slots=True)
class Trade:
    """Hold what a trade's file says, with what it extends.

    :param source: the name or the path that was asked for
    :param words: the members that the README describes, all of them
    """

    source: str
    words: Mapping[str, Any] = field(repr=False)


def read_trade(source: str) -> Trade:
    """Return the trade of a name that comes with the product, or of the path of a JSON file.

    :raises SettingsError: if there is none, or the file has a mistake; the message names file, place and remedy
    """
    if source in SUPPLIED:
        return Trade(source, _supplied(source))
    if "/" not in source and not source.endswith(".json"):
        raise SettingsError(f"HOMA_TRADE is {source!r}: use {' or '.join(SUPPLIED)}, or the path of a JSON file.")
    path = Path(source).expanduser()
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"HOMA_TRADE: {path} cannot be read ({error.strerror}): correct the path.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"HOMA_TRADE: {path} is not UTF-8: save it as UTF-8.") from None
    return Trade(source, _completed(text, str(path)))


@cache
def _supplied(name: str) -> Mapping[str, Any]:
    path = files(__package__).joinpath("trades", f"{name}.json")
    return _completed(path.read_text(encoding="utf-8"), f"{name}.json")


def _completed(text: str, name: str) -> Mapping[str, Any]:
    try:
        own = json.loads(text)
    except ValueError as error:
        place = f", line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        raise SettingsError(f"HOMA_TRADE: {name}{place}: no JSON. Correct it there, or just before.") from None
    base = own.get("extends") if isinstance(own, dict) else None
    if base is not None and base not in SUPPLIED:
        raise SettingsError(f"HOMA_TRADE: {name}, extends: is {base!r}; write {' or '.join(map(repr, SUPPLIED))}.")
    schema = TradeSchema(partial=base is not None)
    try:
        given = schema.load(own)
        whole = TradeSchema().load(_extended(_named(_supplied(base)), given)) if base else given
        return schema.complete(whole)
    except ValidationError as error:
        mistakes = list(_mistakes(error.messages))
        more = f" (and {len(mistakes) - _MOST_MISTAKES} more)" if len(mistakes) > _MOST_MISTAKES else ""
        raise SettingsError(f"HOMA_TRADE: {name}: {' '.join(mistakes[:_MOST_MISTAKES])}{more}") from None


def _named(words: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the members that say anything: those that are empty were filled in."""
    return {name: value for name, value in words.items() if value}


def _extended(base: Any, own: Any) -> Any:
    """Return ``base`` with what ``own`` adds: spellings, rows and members; other values take the place of the base's.

    A row with the name of a known one adds its spellings there, and renames it in English.
    """
    if isinstance(base, Mapping) and isinstance(own, Mapping):
        return {**base, **{key: _extended(base[key], value) if key in base else value for key, value in own.items()}}
    if isinstance(base, list) and isinstance(own, list):
        rows = {row.partition("|")[0]: row for row in base}
        for row in own:
            name, _, spellings = row.partition("|")
            rows[name] = f"{row}|{rows[name].partition('|')[2]}" if name in rows and spellings else row
        return list(rows.values())
    if isinstance(base, str) and isinstance(own, str) and "|" in base:
        return f"{base}|{own}"
    return own


def _mistakes(messages: Any, place: str = "") -> Iterator[str]:
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            step = "" if key in _NO_STEPS else f"row {key + 1}" if isinstance(key, int) else str(key)
            yield from _mistakes(inner, f"{place} → {step}".strip(" →"))
    else:
        yield f"{place}: {messages[0]}" if place else str(messages[0])
