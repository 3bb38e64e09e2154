"""A sales conversation, folded into the few facts that a seller needs to go on."""

from __future__ import annotations

from collections.abc import Iterable

from .message import Message
from .running import SUMMARY_TOKENS, RunningSummary

__all__ = ["Message", "compress"]


def compress(messages: Iterable[Message], *, max_tokens: int = SUMMARY_TOKENS, keep_contacts: bool = False) -> str:
    """Return what holds at the end of ``messages``, in their language, in at most ``max_tokens`` tokens.

    Last truth wins, refused values leave, the assistant's proposals count when accepted. Phone numbers and e-mail
    addresses stay out unless ``keep_contacts``; instructions to the assistant always do. '' for small talk. Never
    raises on any text; linear in its length.
    """
    return RunningSummary(keep_contacts=keep_contacts).hear(*messages).text(max_tokens)
