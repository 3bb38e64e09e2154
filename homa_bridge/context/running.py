"""A summary that goes on: it hears one message after another, and may be put away as text in between."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from .conversation import Conversation
from .ledger import Item, Ledger, Note, Value
from .message import Message
from .numbers_in_context import Asked
from .placing import Proposal
from .reading import Span
from .rendering import render
from .state import edition, read, sealed, unsealed, written
from .sums import Sums
from .vocabulary import Vocabulary, load

SUMMARY_TOKENS: Final = 500

_KINDS: Final[list[type]] = []  # of what a state is made of; filled below, where all of them are there
_ARABIC_LETTERS: Final = re.compile(r"[\u0620-\u064a\u066e-\u06d3]+")
_LATIN_LETTERS: Final = re.compile(r"[A-Za-z]+")
_FINGLISH: Final = re.compile(
    r"\b(?:salam|mikham|mikhastam|baraye|bashe|kheili|lotfan|chand|gheymat|khaste|merci|mersi|tedad|ast|hastam|ersal)\b",
    re.IGNORECASE,
)
_LOOKED_AT: Final = 2_000  # characters of a message, for its language
# A fifth of the conversation at most, once it is long: letters per token are more than any dialogue measured had.
_SHARE: Final = 0.2
_ARABIC_PER_TOKEN: Final = 2.4
_LATIN_PER_TOKEN: Final = 5.0
_LEAST_ROOM: Final = 300
_PERSIAN_SHARE: Final = 0.15  # of the letters; trade names and codes are Latin in Persian talk, too


@dataclass(slots=True)
class RunningSummary:
    """Follow a conversation; what it says after a message is what it would say of all of them at once.

    :param vocabulary: the words of the trade
    :param keep_contacts: whether phone numbers and e-mail addresses stay in
    """

    vocabulary: Vocabulary = field(default_factory=load)
    keep_contacts: bool = False
    _conversation: Conversation = field(init=False)
    _arabic: int = 0  # letters
    _latin: int = 0
    _finglish: bool = False

    def __post_init__(self) -> None:
        self._conversation = Conversation(self.vocabulary, keep_contacts=self.keep_contacts)

    @classmethod
    def from_state(
        cls, state: str, vocabulary: Vocabulary | None = None, *, keep_contacts: bool = False
    ) -> RunningSummary | None:
        """Return the summary that was put away; None if that was with other rules or words, or the text is damaged."""
        vocabulary = vocabulary or load()
        body = unsealed(state, _edition(vocabulary, keep_contacts=keep_contacts))
        found: RunningSummary | None = None if body is None else read(body, _KINDS, [vocabulary])
        return found

    @property
    def ledger(self) -> Ledger:
        """What holds by now."""
        return self._conversation.ledger

    def to_state(self) -> str:
        """Return everything that counts of what was heard, as text of less than 64 KiB."""
        return sealed(
            written(self, _KINDS, [self.vocabulary]), _edition(self.vocabulary, keep_contacts=self.keep_contacts)
        )

    def hear(self, *messages: Message) -> RunningSummary:
        """Take in the next messages and return the summary itself. A repetition counts for nothing."""
        for message in messages:
            if self._conversation.hear(message):
                self._arabic += _letters(_ARABIC_LETTERS.findall(message.content))
                self._latin += _letters(_LATIN_LETTERS.findall(message.content))
                self._finglish = self._finglish or bool(_FINGLISH.search(message.content[:_LOOKED_AT]))
        return self

    def text(self, max_tokens: int = SUMMARY_TOKENS) -> str:
        """Return what holds by now, in the language of the conversation; '' for small talk.

        :param max_tokens: how long it is at most
        """
        share = _SHARE * (self._arabic / _ARABIC_PER_TOKEN + self._latin / _LATIN_PER_TOKEN)
        persian = self._finglish or self._arabic >= _PERSIAN_SHARE * (self._arabic + self._latin)
        room = max(_LEAST_ROOM, int(share))
        return render(self._conversation.ledger, persian=persian, max_tokens=min(max_tokens, room))


_KINDS.extend([RunningSummary, Conversation, Ledger, Item, Value, Note, Asked, Proposal, Span, Sums])


def _edition(vocabulary: Vocabulary, *, keep_contacts: bool) -> str:
    return f"{edition()} {vocabulary.fingerprint} {keep_contacts}"


def _letters(words: Iterable[str]) -> int:
    return sum(map(len, words))
