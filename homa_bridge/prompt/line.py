"""A line of the memory, and as much of it as there is room for. Pure."""

import re
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
    :param written: when, in seconds; 0 if that is not known
    """

    label: str
    value: str
    written: int = 0


class Told(NamedTuple):
    """A line as it is told, "" for nothing of use, and what that costs at most."""

    text: str
    cost: int
    is_whole: bool


NOTHING: Final = Told("", 0, is_whole=False)


class Draft:
    """A line that is about to be told. Little more of it is read than there is room for: a value may be very long."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._label = f"{inert_label(line.label)}: " if line.label else ""
        self._text: str | None = None
        self._whole: Told | None = None

    def told(self, limit: int) -> Told:
        """Return as much of the line, to the end of a word, as costs no more than a limit; NOTHING for no word."""
        longest = max(0, limit) * CHARACTERS_READ
        if len(self._line.value) <= longest and (whole := self.told_whole()).cost <= limit:
            return whole
        value = inert(self._line.value[:longest])
        left = limit - cost(self._label) - _ELLIPSIS_COST
        end = 0
        for match in _WORD_ENDS.finditer(value):
            left -= estimate_tokens(value[end : match.start()])
            if left < 0:
                break
            end = match.start()
        beginning = value[:end].rstrip(_SEPARATORS)
        if not beginning:
            return NOTHING
        text = self._label + beginning + ELLIPSIS
        return Told(text, cost(text), is_whole=False)

    def text(self) -> str:
        """Return the line, however long it is."""
        if self._text is None:
            self._text = self._label + inert(self._line.value)
        return self._text

    def told_whole(self) -> Told:
        """Return the line, however long it is, and what it costs."""
        if self._whole is None:
            self._whole = Told(self.text(), cost(self.text()), is_whole=True)
        return self._whole


def cost(line: str) -> int:
    """Return what a line costs with its line feed, in tokens as :func:`estimate_tokens` counts them."""
    return estimate_tokens(line) + 1


def most_cost(line: str) -> int:
    """Return what a line does not cost more than: no token is shorter than a byte."""
    return len(line.encode("utf-8", "surrogatepass")) + 1


_ELLIPSIS_COST: Final = estimate_tokens(ELLIPSIS)
