"""A form's fields in Persian words. Pure."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from ..jsontext import JSONText, compact, parse, says_nothing

LONGEST_NAME: Final = 60  # characters
LONGEST_VALUE: Final = 200
LONGEST_TEXT: Final = 2_000

_SEPARATORS: Final = re.compile(r"[\W_]+")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def summarise(form: Mapping[str, JSONText]) -> str:
    """Return a form in one line; "" if it says nothing. What is too long is cut, and ends with ``…``.

    :param form: the fields, each as JSON text; empty ones are left out
    """
    told: list[str] = []
    room = LONGEST_TEXT
    for name, value in spoken(form):
        part = f"{_short(name, LONGEST_NAME)}: {_short(value, LONGEST_VALUE)}"
        room -= len(part) + 2
        if room < 2:
            return "، ".join([*told, "…"])
        told.append(part)
    return "، ".join(told)


def spoken(form: Mapping[str, JSONText]) -> Iterator[tuple[str, str]]:
    """Return the name and the value of each field that says something, in words."""
    for name, value in form.items():
        if not says_nothing(value) and (text := _value(value)):
            yield _one_line(field_name(name)), text


def field_name(name: str) -> str:
    """Return what a field is called in Persian; one that is not known is called what it is."""
    return _names().get(_key(name), name)


@cache
def _names() -> dict[str, str]:
    data = json.loads(files(__package__).joinpath("form_fields.json").read_text(encoding="utf-8"))
    return {_key(name): persian for persian, names in data["fields"].items() for name in names.split()}


def _key(name: str) -> str:
    return _SEPARATORS.sub("", name).lower()


def _value(value: JSONText) -> str:
    """Return a value in words: a text as it is, a list of texts as an enumeration, all else as compact JSON."""
    found = parse(value)
    if isinstance(found, bool):
        return "بله" if found else "خیر"
    if isinstance(found, list) and all(isinstance(item, str) for item in found):
        found = "، ".join(filter(None, map(_one_line, found)))
    return _one_line(found) if isinstance(found, str) else _one_line(compact(value))


def _one_line(text: str) -> str:
    return " ".join(_CONTROL.sub(" ", text).split())


def _short(text: str, most: int) -> str:
    """Return a text of at most so many characters, cut at a blank if there is one that is not too far from its end."""
    if len(text) <= most:
        return text
    beginning = text[: most - 1]
    at_blank = beginning.rpartition(" ")[0]
    return (at_blank if len(at_blank) > most // 2 else beginning).rstrip(" ،,") + "…"
