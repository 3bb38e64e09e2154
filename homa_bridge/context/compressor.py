"""A sales conversation, folded into the few facts that a seller needs to go on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from .message import Message
from .running import SUMMARY_TOKENS, RunningSummary
from .vocabulary import Vocabulary, load

__all__ = ["Compressor", "Message", "compress"]


@dataclass(frozen=True, slots=True)
class Compressor:
    """Compress conversations of one trade.

    :param vocabulary: the words of the trade and of conversation
    :param keep_contacts: whether phone numbers and e-mail addresses may stand in summaries
    :param count: called once for each conversation that is compressed
    """

    vocabulary: Vocabulary = field(default_factory=load)
    keep_contacts: bool = False
    count: Callable[[], object] | None = None

    def compress(self, messages: Iterable[Message], *, max_tokens: int = SUMMARY_TOKENS) -> str:
        """Return what holds at the end of ``messages``, in their language, in at most ``max_tokens`` tokens.

        Last truth wins, refused values leave, the assistant's proposals count when accepted. Instructions to the
        assistant always stay out. '' for small talk. Never raises on any text; linear in its length.
        """
        if self.count is not None:
            self.count()
        return self.begin().hear(*messages).text(max_tokens)

    def begin(self) -> RunningSummary:
        """Return a summary that has heard nothing yet."""
        return RunningSummary(self.vocabulary, self.keep_contacts)

    def resume(self, state: str) -> RunningSummary | None:
        """Return the summary that was put away; None if that was with other rules or words, or the text is damaged."""
        return RunningSummary.from_state(state, self.vocabulary, keep_contacts=self.keep_contacts)


def compress(messages: Iterable[Message], *, max_tokens: int = SUMMARY_TOKENS, keep_contacts: bool = False) -> str:
    """Compress a conversation of the default trade, as `Compressor.compress` does."""
    return Compressor(keep_contacts=keep_contacts).compress(messages, max_tokens=max_tokens)
