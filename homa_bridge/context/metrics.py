"""Counts about a conversation, as the original's ``extract_metrics`` gives them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypedDict

from .message import ASSISTANT_ROLES, USER_ROLES, Message

KEYWORDS: Final = ("چاپ", "کتاب", "قیمت", "تخفیف", "تیراژ", "طراحی", "جلد", "ارسال")
_ARABIC_KEYS: Final = str.maketrans("يىك", "ییک")


class Metrics(TypedDict):
    """Name the counts of the contract's ``metrics`` member."""

    total_messages: int
    user_messages: int
    ai_messages: int
    avg_message_length: int
    keywords_mentioned: list[str]


def measure(messages: Sequence[Message]) -> Metrics:
    """Count messages by side, their mean length in characters (rounded, 0 for none) and the keywords in any."""
    contents = [message.content.translate(_ARABIC_KEYS) for message in messages]
    return {
        "total_messages": len(messages),
        "user_messages": sum(message.role in USER_ROLES for message in messages),
        "ai_messages": sum(message.role in ASSISTANT_ROLES for message in messages),
        "avg_message_length": round(sum(map(len, contents)) / len(contents)) if contents else 0,
        "keywords_mentioned": [word for word in KEYWORDS if any(word in content for content in contents)],
    }
