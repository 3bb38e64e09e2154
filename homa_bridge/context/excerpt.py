"""What may be told of one message in its own words."""

from __future__ import annotations

import re
from itertools import takewhile
from typing import Final

from . import privacy
from .normalize import clean

ELLIPSIS: Final = "…"

_SENTENCE: Final = re.compile(r"[^.!?؟\n]+[.!?؟\n]*")
_LONE_MARKS: Final = re.compile(r"(?<= )[.,،؛;](?: |$)|^[ .,،؛;]+")
_SPOKEN: Final = re.compile(r"\w")


def excerpt(content: str, most: int) -> str:
    """Return the beginning of a message for display, on one line; "" if nothing of it may be told.

    As in a summary, contact data stay out, and so do pasted passages. Of a message that instructs the assistant only
    what stands before the instruction is told: what follows may be its second half.

    :param most: characters that are read; cut at a blank, so that no half of an address slips through
    """
    is_long = len(content) > most
    text = clean(content[:most].rpartition(" ")[0] if is_long else content)
    text, _ = privacy.without_foreign(text)
    harmless = takewhile(lambda sentence: not privacy.is_instruction(sentence), _SENTENCE.findall(text))
    told = privacy.without_contacts("".join(harmless), keep_labels=True)
    told = "".join(sentence for sentence in _SENTENCE.findall(told) if not privacy.is_private(sentence))
    told = _LONE_MARKS.sub("", " ".join(told.split())).strip()
    if not _SPOKEN.search(told):
        return ""
    return told + ELLIPSIS if is_long else told
