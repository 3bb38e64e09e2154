"""JSON that is passed on as text, so that ``1.0`` stays ``1.0``, ``{}`` stays ``{}`` and no digit is lost."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import NewType

import msgspec

from .errors import InvalidBody

JSONText = NewType("JSONText", str)
"""The text of one JSON value, valid, exactly as it was sent or stored."""

LONGEST_INTEGER = 400  # digits; a double has at most 309, and Python refuses to read 4,300

_STRING = r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)'  # also one that never ends, so that it is read once
_BRACKETS = re.compile(_STRING + r"|([\[{])|[\]}]", re.DOTALL)
_STRINGS_AND_SPACE = re.compile(_STRING + r"|\s+", re.DOTALL)
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_ANY = msgspec.json.Decoder(msgspec.Raw)
_NOTHING = re.compile(r'\s*(?:null|""|\[\s*\]|\{\s*\})\s*')


def body_members(body: bytes, max_nesting: int) -> dict[str, JSONText]:
    """Split a request's body into the JSON texts of its members.

    :param max_nesting: how many levels deep the body may be
    :raises InvalidBody: if the body is not UTF-8, is no JSON (RFC 8259, no lone surrogates), or is nested too deep
    """
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise InvalidBody("The body is not UTF-8.") from None
    if not text.strip(" \t\r\n"):
        return {}
    try:
        found = members(JSONText(text))
    except msgspec.DecodeError:
        raise InvalidBody("The body is no JSON.") from None
    except RecursionError:
        raise InvalidBody(f"The body is nested deeper than {max_nesting} levels.") from None
    if is_deeper(text, max_nesting):
        raise InvalidBody(f"The body is nested deeper than {max_nesting} levels.")
    return found


def members(text: JSONText) -> dict[str, JSONText]:
    """Split a JSON object into the texts of its members.

    As in WordPress, a value that is no object has no members, and of a name that comes twice the last counts.

    :raises msgspec.DecodeError: if the text is no JSON
    """
    try:
        raw = _OBJECT.decode(text)
    except msgspec.ValidationError:
        _ANY.decode(text)
        return {}
    return {name: JSONText(bytes(member).decode()) for name, member in raw.items()}


def newest_elements(text: JSONText) -> Iterator[JSONText]:
    """Yield the texts of a JSON array's elements, the last first; a value that is no array has none.

    :raises msgspec.DecodeError: if the text is no JSON
    """
    try:
        raw = _LIST.decode(text)
    except msgspec.ValidationError:
        _ANY.decode(text)
        return
    for element in reversed(raw):
        yield JSONText(bytes(element).decode())


def joined(members: Mapping[str, JSONText]) -> JSONText:
    """Return a JSON object made of the texts of its members."""
    return JSONText(msgspec.json.encode({name: msgspec.Raw(text.encode()) for name, text in members.items()}).decode())


def parse(text: JSONText) -> object:
    """Return the Python value of a JSON text.

    Numbers beyond a double become infinite, whole ones of over 400 digits as well; none is an error, as in JavaScript.
    """
    return _PARSER.decode(text)


def is_deeper(text: str, levels: int) -> bool:
    """Say whether a JSON text has more than so many levels of arrays and objects."""
    # Most texts have fewer brackets than that, wherever they stand.
    return text.count("[") + text.count("{") > levels and nesting(text) > levels


def nesting(text: str) -> int:
    """Return how many levels of arrays and objects a JSON text has; 0 for a plain value."""
    depth = deepest = 0
    for match in _BRACKETS.finditer(text):
        if match[1]:
            depth += 1
            deepest = max(deepest, depth)
        elif match[0] in "]}":
            depth -= 1
    return deepest


def stored(text: str | bytes | None) -> JSONText | None:
    """Return a stored document as JSON text.

    PHP's escapes (``\\u0633``, ``\\/``) are JSON as well and stay. What some other program stored that is no JSON at
    all becomes a JSON string, so that it neither breaks an answer nor is lost.
    """
    if text is None:
        return None
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    try:
        _ANY.decode(text)
    except msgspec.DecodeError:
        text = msgspec.json.encode(text.encode("utf-8", "replace").decode()).decode()
    return JSONText(text)


def compact(text: JSONText) -> str:
    """Return a JSON text without blanks between its parts and without needless escapes; numbers stay as they are."""
    if text.startswith('"') and "\\" not in text:
        return text.rstrip()
    return _STRINGS_AND_SPACE.sub(_compact_part, text)


def says_nothing(text: JSONText | None) -> bool:
    """Say whether a value is null, "", [] or {}. 0 and false say something."""
    return text is None or _NOTHING.fullmatch(text) is not None


def _whole_number(digits: str) -> int | float:
    return int(digits) if len(digits) <= LONGEST_INTEGER else float(digits)


_PARSER = json.JSONDecoder(parse_int=_whole_number)


def _compact_part(match: re.Match[str]) -> str:
    part = match[0]
    if part[0] != '"':
        return ""
    return json.dumps(json.loads(part), ensure_ascii=False) if "\\" in part else part
