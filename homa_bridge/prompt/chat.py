"""The conversation that a memory holds, the newest message first, so that no more is read than is told. Pure."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from ..context.excerpt import excerpt
from ..context.message import ASSISTANT_ROLES, USER_ROLES, Message
from ..context.service import distinct, newest_of
from ..jsontext import says_nothing
from ..omnistore.listening import CHAT_FIELD
from ..omnistore.model import Memory
from .line import Line

MESSAGES_TOLD: Final = 6
MESSAGES_WANTED: Final = 2 * MESSAGES_TOLD  # of those stored last, where each may be stored twice
CHARACTERS_TOLD: Final = 1_000  # of one message


def newest_first(memory: Memory) -> Iterator[Message]:
    """Yield the messages of a conversation, repeats once: the site's script's own copy of it, else the chat memory."""
    kept = memory.fields.get(CHAT_FIELD)
    if kept is not None and kept.value is not None and not says_nothing(kept.value):
        return newest_of(kept.value)
    return distinct(Message(message.type, message.content) for message in reversed(memory.messages))


def last_messages(newest: Iterable[Message]) -> list[Line]:
    """Return what visitor and assistant said last, the oldest first, as lines; other roles are not told."""
    told: list[Line] = []
    for message in islice(newest, MESSAGES_WANTED):
        role = "user" if message.role in USER_ROLES else "assistant" if message.role in ASSISTANT_ROLES else ""
        if role and (text := excerpt(message.content, CHARACTERS_TOLD)):
            told.append(Line(f"- {role}", text))
    return told[:MESSAGES_TOLD][::-1]
