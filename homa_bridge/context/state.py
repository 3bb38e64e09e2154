"""Objects as JSON text and back, exactly: what is one object stays one, and sets and tuples stay what they are."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import cache, partial
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from operator import attrgetter
from typing import Any, Final

_OBJECT, _LIST, _DICT, _TUPLE, _SET, _FROZEN, _GIVEN = range(7)
_SERIES: Final[Mapping[type, int]] = {list: _LIST, tuple: _TUPLE, set: _SET, frozenset: _FROZEN}
_PLAIN: Final = frozenset({str, int, float, bool, type(None)})
_SEALS: Final = 32  # characters
_dumps = partial(json.dumps, ensure_ascii=False, separators=(",", ":"))


@cache
def edition() -> str:
    """Return a fingerprint of this package's rules and words: what others made of a conversation, these would not."""
    digest = sha256()
    for file in _source(files(__package__)):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _source(folder: Traversable) -> list[Traversable]:
    found = []
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            found += _source(entry)
        elif entry.name.endswith((".py", ".json")):
            found.append(entry)
    return found


def sealed(body: str, edition: str) -> str:
    """Return a text with what tells whether it is whole, and of which edition."""
    return _seal(body, edition) + body


def unsealed(text: str, edition: str) -> str | None:
    """Return what was sealed; None if the text is damaged, or of another edition."""
    body = text[_SEALS:]
    return body if text[:_SEALS] == _seal(body, edition) else None


def _seal(body: str, edition: str) -> str:
    return sha256(f"{edition}\n{body}".encode("utf-8", "surrogatepass")).hexdigest()[:_SEALS]


def written(root: object, kinds: Sequence[type], given: Sequence[object]) -> str:
    """Return an object, and all that hangs on it, as JSON text.

    :param kinds: the dataclasses that may occur, in an order that :func:`read` gets as well
    :param given: objects that are not written, but are there wherever the text is read
    """
    parts = {kind: attrgetter(*_names(kind)) for kind in kinds}
    numbers = {kind: number for number, kind in enumerate(kinds)}
    outside = {id(each): number for number, each in enumerate(given)}
    places: dict[int, int] = {}
    objects: list[Any] = []

    def plain(value: Any) -> Any:
        kind = type(value)
        if kind in _PLAIN:
            return value
        if id(value) in outside:
            return [_GIVEN, outside[id(value)]]
        if kind is dict:
            return [_DICT, *(part for pair in value.items() for part in map(plain, pair))]
        if kind in _SERIES:
            items = sorted(value) if kind in {set, frozenset} else value
            return [_SERIES[kind], *map(plain, items)]
        if id(value) not in places:
            places[id(value)] = len(objects)
            content: list[Any] = [numbers[kind]]
            objects.append(content)
            content += [plain(part) for part in parts[kind](value)]
        return [_OBJECT, places[id(value)]]

    plain(root)
    return _dumps(objects)


def read(text: str, kinds: Sequence[type], given: Sequence[object]) -> Any:
    """Return the object that was written; see :func:`written`."""
    objects = json.loads(text)
    made = [object.__new__(kinds[content[0]]) for content in objects]

    def alive(value: Any) -> Any:
        if type(value) is not list:
            return value
        mark, *parts = value
        if mark == _OBJECT:
            return made[parts[0]]
        if mark == _GIVEN:
            return given[parts[0]]
        items = [alive(part) for part in parts]
        if mark == _LIST:
            return items
        if mark == _DICT:
            return dict(zip(items[::2], items[1::2], strict=True))
        return {_TUPLE: tuple, _SET: set, _FROZEN: frozenset}[mark](items)

    names = [_names(kind) for kind in kinds]
    for each, (number, *values) in zip(made, objects, strict=True):
        for name, value in zip(names[number], values, strict=True):
            setattr(each, name, value if type(value) is not list else alive(value))
    return made[0]


def _names(kind: type) -> list[str]:
    return [field.name for field in fields(kind)]
