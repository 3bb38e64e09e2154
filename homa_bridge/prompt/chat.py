"""The conversation that a memory holds, the newest message first, so that no more is read than is told. Pure."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from ..context.excerpt import excerpt
from ..context.message import ASSISTANT_ROLES, USER_ROLES, Message
from ..context.service import distinct, newest_of
from ..jsontext import says_nothing
from ..omnistore.service import CHAT_FIELD, Memory
from .line import Line

MESSAGES_TOLD: Final = 6
MESSAGES_WANTED: Final = 2 * MESSAGES_TOLD  # of those stored last, where each may be stored twice
CHARACTERS_TOLD: Final = 1_000  # of one message
CHARACTERS_READ: Final = 200_000  # of a conversation


def newest_first(memory: Memory) -> Iterator[Message]:
    """Yield the messages of a conversation, repeats once: the site's script's own copy of it, else the chat memory."""
    kept = memory.fields.get(CHAT_FIELD)
    if kept is not None and kept.value is not None and not says_nothing(kept.value):
        return newest_of(kept.value)
    return distinct(Message(message.type, message.content) for message in reversed(memory.messages))


def worth_reading(newest: Iterable[Message]) -> list[Message]:
    """Return the newest messages, the oldest of them first, as many as are worth reading while somebody waits."""
    taken: list[Message] = []
    room = CHARACTERS_READ
    for message in newest:
        if len(message.content) > CHARACTERS_READ:
            continue  # what is pasted whole must not hide all that was said before
        room -= len(message.content)
        if room < 0:
            break
        taken.append(message)
    return taken[::-1]


def last_messages(newest: Iterable[Message]) -> list[Line]:
    """Return what visitor and assistant said last, the oldest first, as lines; other roles are not told."""
    told: list[Line] = []
    for message in islice(newest, MESSAGES_WANTED):
        role = "user" if message.role in USER_ROLES else "assistant" if message.role in ASSISTANT_ROLES else ""
        if role and (text := excerpt(message.content, CHARACTERS_TOLD)):
            told.append(Line(f"- {role}", text))
    return told[:MESSAGES_TOLD][::-1]
