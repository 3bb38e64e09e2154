"""From text to its words, where they stand and how they are written; a stretch that comes again is not read again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from .normalize import fold

_TOKEN: Final = re.compile(  # a hyphen inside a word is none: "tri-fold" is "tri fold"
    r"[a-z][a-z0-9]*(?:'[a-z]+)?|[^\W\d_]+|\d+(?:\.\d+)?|\n|[.!?؟;؛،,|()\[\]×:/«»%\"+]"
    r"|(?<![^\W\d_])-|-(?![^\W\d_])"
)
_LONGEST_KEPT: Final = 40  # characters; so that what is kept has a bound

Token = tuple[str, str, int, int]  # the folded word, the word as written, where it begins and where it ends


def stretches(text: str, most: int) -> Iterator[tuple[int, tuple[Token, ...]]]:
    """Yield where each stretch of cleaned ``text`` without a blank begins, and its tokens, ``most`` of them in all.

    The positions of a token count from where its stretch begins.
    """
    offset = 0
    for stretch in text.split(" "):  # no token holds a blank
        tokens = _kept(stretch) if len(stretch) <= _LONGEST_KEPT else _tokens(stretch)
        yield offset, tokens if len(tokens) <= most else tokens[:most]
        most -= len(tokens)
        if most <= 0:
            return
        offset += len(stretch) + 1


def _tokens(stretch: str) -> tuple[Token, ...]:
    return tuple(
        (match[0], stretch[match.start() : match.end()], match.start(), match.end())
        for match in _TOKEN.finditer(fold(stretch))
    )


_kept = lru_cache(maxsize=16_384)(_tokens)
