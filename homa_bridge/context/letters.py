"""How many letters of which script a text has, and whether it is Persian in Latin letters: they tell its language."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

_ARABIC: Final = re.compile(r"[\u0620-\u064a\u066e-\u06d3]+")
_LATIN: Final = re.compile(r"[A-Za-z]+")
_FINGLISH: Final = re.compile(
    r"\b(?:salam|mikham|mikhastam|baraye|bashe|kheili|lotfan|chand|gheymat|khaste|merci|mersi|tedad|ast|hastam|ersal)\b",
    re.IGNORECASE,
)
_LOOKED_AT: Final = 2_000  # characters of a message, for Persian words in Latin letters


class Letters(NamedTuple):
    """Hold the numbers of Arabic and of Latin letters, and whether the Latin ones write Persian."""

    arabic: int
    latin: int
    finglish: bool


def letters_of(text: str) -> Letters:
    """Count the letters of a text."""
    latin = _length(_LATIN.findall(text))
    return Letters(_length(_ARABIC.findall(text)), latin, latin > 0 and bool(_FINGLISH.search(text[:_LOOKED_AT])))


def _length(words: Iterable[str]) -> int:
    return sum(map(len, words))
