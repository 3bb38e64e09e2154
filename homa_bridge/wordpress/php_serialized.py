"""Reads what PHP's ``serialize()`` wrote, in which WordPress keeps arrays. Pure; makes no objects."""

import re
from typing import Final, NoReturn

Key = int | bytes
Value = None | bool | int | float | bytes | dict[Key, "Value"]

DEEPEST: Final = 32  # levels of arrays; WordPress's sessions have two

_SCALAR: Final = re.compile(
    rb"(?P<null>N);|b:(?P<bool>[01]);|i:(?P<int>-?[0-9]{1,19});"
    rb"|d:(?P<float>-?[0-9]+(?:\.[0-9]+)?(?:E[+-][0-9]+)?|-?INF|NAN);"
)
_STRING: Final = re.compile(rb's:([0-9]{1,10}):"')
_ARRAY: Final = re.compile(rb"a:([0-9]{1,10}):\{")


class PhpSerializedError(ValueError):
    """The text is not what ``serialize()`` writes, or holds an object or a reference."""


def loads(data: bytes) -> Value:
    """Return the value: arrays as dictionaries in their order, strings as bytes, for that is what PHP's are.

    :raises PhpSerializedError: if the text is anything else, nests deeper than 32 levels, or goes on after its end
    """
    value, end = _value(data, 0, 0)
    if end != len(data):
        _refuse(end)
    return value


def _value(data: bytes, start: int, depth: int) -> tuple[Value, int]:
    """Return the value that begins at a place, and the place behind it."""
    if found := _ARRAY.match(data, start):
        return _array(data, found.end(), int(found[1]), depth + 1)
    if found := _STRING.match(data, start):
        return _string(data, found.end(), int(found[1]))
    found = _SCALAR.match(data, start)
    if found is None:
        _refuse(start)
    kind, text = found.lastgroup, found[found.lastgroup or 0]
    match kind:
        case "null":
            return None, found.end()
        case "bool":
            return text == b"1", found.end()
        case "int":
            return int(text), found.end()
        case _:
            return float(text), found.end()


def _string(data: bytes, start: int, length: int) -> tuple[bytes, int]:
    end = start + length
    if data[end : end + 2] != b'";':
        _refuse(start)
    return data[start:end], end + 2


def _array(data: bytes, start: int, count: int, depth: int) -> tuple[dict[Key, Value], int]:
    if depth > DEEPEST:
        _refuse(start)
    items: dict[Key, Value] = {}
    place = start
    for _ in range(count):
        key, place = _value(data, place, depth)
        if not isinstance(key, int | bytes) or isinstance(key, bool):
            _refuse(place)
        items[key], place = _value(data, place, depth)
    if data[place : place + 1] != b"}":
        _refuse(place)
    return items, place + 1


def _refuse(place: int) -> NoReturn:
    raise PhpSerializedError(f"not understood at byte {place}")  # what stands there may be a secret
