"""A sales conversation, folded into the few facts that a seller needs to go on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from .conversation import Conversation
from .message import Message
from .rendering import render
from .vocabulary import load

__all__ = ["Message", "compress"]

_ARABIC_LETTER: Final = re.compile(r"[\u0620-\u064a\u066e-\u06d3]")
_LATIN_LETTER: Final = re.compile(r"[A-Za-z]")
_FINGLISH: Final = re.compile(
    r"\b(?:salam|mikham|mikhastam|baraye|bashe|kheili|lotfan|chand|gheymat|khaste|merci|mersi|tedad|ast|hastam|ersal)\b",
    re.IGNORECASE,
)
_PERSIAN_SHARE: Final = 0.15  # of the letters; trade names and codes are Latin in Persian talk, too


def compress(messages: Sequence[Message], *, max_tokens: int = 500, keep_contacts: bool = False) -> str:
    """Return what holds at the end of ``messages``, in their language, in at most ``max_tokens`` tokens.

    Last truth wins, refused values leave, the assistant's proposals count when accepted. Phone numbers and e-mail addresses
    stay out unless ``keep_contacts``; instructions to the assistant always do. '' for small talk. Never raises on any text;
    linear in its length. The rules are those of issue 6.
    """
    conversation = Conversation(load(), keep_contacts=keep_contacts)
    for message in messages:
        conversation.hear(message)
    return render(conversation.ledger, persian=_is_persian(messages), max_tokens=max_tokens)


def _is_persian(messages: Sequence[Message]) -> bool:
    text = "\n".join(message.content[:2000] for message in messages)
    arabic = len(_ARABIC_LETTER.findall(text))
    latin = len(_LATIN_LETTER.findall(text))
    return arabic >= _PERSIAN_SHARE * (arabic + latin) or bool(_FINGLISH.search(text))
