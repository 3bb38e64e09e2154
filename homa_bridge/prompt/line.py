"""A line of the memory, and as much of it as there is room for. Pure."""

import re
from bisect import bisect_right
from functools import cached_property
from typing import Final, NamedTuple

from ..context.tokens import estimate_tokens
from .fence import inert, inert_label

ELLIPSIS: Final = "…"
CHARACTERS_READ: Final = 8  # of a value, for each token that there is room for: words have fewer

# Where a text may end: before a blank, or after a separator that is not a number's own.
_WORD_ENDS: Final = re.compile(r"(?<=[^ ])(?= )|(?<=[,،;؛\]}])(?=[^ \d,،;؛\]}])")
_SEPARATORS: Final = " ,،;؛"


class Line(NamedTuple):
    """One fact.

    :param label: what it is about; never cut; "" for a sentence that says so itself
    :param value: what is said of it; cut where it is too long
    :param written: when, as sortable text; "" if that is not known
    """

    label: str
    value: str
    written: str = ""


class Told(NamedTuple):
    """A line as it is told, "" for nothing of use, and what that costs."""

    text: str
    cost: int
    is_whole: bool


NOTHING: Final = Told("", 0, is_whole=False)


class Draft:
    """A line that is about to be told; what its words cost is counted once.

    :param room: tokens that it gets at most; what lies far beyond is not read, for a value may be thousands of times as
        long
    """

    def __init__(self, line: Line, room: int) -> None:
        self._room = max(0, room)
        longest = self._room * CHARACTERS_READ
        value = inert(line.value[:longest])
        self._text = (f"{inert_label(line.label)}: " if line.label else "") + value
        self._start = len(self._text) - len(value)
        is_read = len(line.value) <= longest
        self._whole = Told(self._text, cost(self._text), is_whole=True) if is_read else None

    def told(self, limit: int) -> Told:
        """Return as much of the line, to the end of a word, as costs no more than a limit; NOTHING for no word."""
        if self._whole is not None and self._whole.cost <= limit:
            return self._whole
        ends, costs = self._words
        words = bisect_right(costs, limit - _ELLIPSIS_COST) - 1
        value = self._text[self._start : ends[words]].rstrip(_SEPARATORS) if words > 0 else ""
        if not value:
            return NOTHING
        text = self._text[: self._start] + value + ELLIPSIS
        return Told(text, cost(text), is_whole=False)

    @cached_property
    def _words(self) -> tuple[list[int], list[int]]:
        """Where the value may be cut, and what the line costs up to there."""
        ends, costs = [self._start], [cost(self._text[: self._start])]
        for match in _WORD_ENDS.finditer(self._text, self._start + 1):
            if costs[-1] > self._room:
                break
            costs.append(costs[-1] + estimate_tokens(self._text[ends[-1] : match.start()]))
            ends.append(match.start())
        return ends, costs


def cost(line: str) -> int:
    """Return what a line costs with its line feed, in tokens as :func:`estimate_tokens` counts them."""
    return estimate_tokens(line) + 1


_ELLIPSIS_COST: Final = estimate_tokens(ELLIPSIS)
