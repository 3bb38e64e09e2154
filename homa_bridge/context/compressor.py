"""A sales conversation, folded into the few facts that a seller needs to go on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from .conversation import Conversation
from .message import Message
from .rendering import render
from .vocabulary import Vocabulary, load

__all__ = ["Compressor", "Message", "compress"]

_ARABIC_LETTERS: Final = re.compile(r"[\u0620-\u064a\u066e-\u06d3]+")
_LATIN_LETTERS: Final = re.compile(r"[A-Za-z]+")
_FINGLISH: Final = re.compile(
    r"\b(?:salam|mikham|mikhastam|baraye|bashe|kheili|lotfan|chand|gheymat|khaste|merci|mersi|tedad|ast|hastam|ersal)\b",
    re.IGNORECASE,
)
# A fifth of the conversation at most, once it is long: letters per token are more than any dialogue measured had.
_SHARE: Final = 0.2
_ARABIC_PER_TOKEN: Final = 2.4
_LATIN_PER_TOKEN: Final = 5.0
_LEAST_ROOM: Final = 300
_PERSIAN_SHARE: Final = 0.15  # of the letters; trade names and codes are Latin in Persian talk, too


@dataclass(frozen=True, slots=True)
class Compressor:
    """Compress conversations of one trade.

    :param vocabulary: the words of the trade and of conversation
    :param keep_contacts: whether phone numbers and e-mail addresses may stand in summaries
    """

    vocabulary: Vocabulary = field(default_factory=load)
    keep_contacts: bool = False

    def compress(self, messages: Sequence[Message], *, max_tokens: int = 500) -> str:
        """Return what holds at the end of ``messages``, in their language, in at most ``max_tokens`` tokens.

        Last truth wins, refused values leave, the assistant's proposals count when accepted. Instructions to the
        assistant always stay out. '' for small talk. Never raises on any text; linear in its length.
        """
        conversation = Conversation(self.vocabulary, keep_contacts=self.keep_contacts)
        for message in messages:
            conversation.hear(message)
        text = "\n".join(message.content for message in messages)
        arabic = sum(map(len, _ARABIC_LETTERS.findall(text)))
        latin = sum(map(len, _LATIN_LETTERS.findall(text)))
        room = max(_LEAST_ROOM, int(_SHARE * (arabic / _ARABIC_PER_TOKEN + latin / _LATIN_PER_TOKEN)))
        persian = _is_persian(messages, arabic, latin)
        return render(conversation.ledger, persian=persian, max_tokens=min(max_tokens, room))


def compress(messages: Sequence[Message], *, max_tokens: int = 500, keep_contacts: bool = False) -> str:
    """Compress a conversation of the default trade, as `Compressor.compress` does."""
    return Compressor(keep_contacts=keep_contacts).compress(messages, max_tokens=max_tokens)


def _is_persian(messages: Sequence[Message], arabic: int, latin: int) -> bool:
    text = "\n".join(message.content[:2000] for message in messages)
    return arabic >= _PERSIAN_SHARE * (arabic + latin) or bool(_FINGLISH.search(text))
