"""Puts a visitor's memory into words for the assistant."""

from typing import TypedDict

from ..context.compressor import compress
from ..context.message import Message
from ..context.service import conversation_of
from ..omnistore.model import ChatRecord
from ..omnistore.service import CHAT_FIELD, Memory, OmniStore
from ..persona import rules
from ..persona.service import recognise
from ..persona.texts import TEXTS
from . import text

CHARACTERS_READ = 200_000  # of a conversation


class PromptContext(TypedDict):
    """The two texts that go into the assistant's prompt; each may be empty."""

    memory_summary: str
    persona_prefix: str


class Prompt:
    """Writes prompts."""

    def __init__(self, omnistore: OmniStore) -> None:
        self._omnistore = omnistore

    def context(self, token: str) -> PromptContext:
        """Return what the assistant should know of a visitor."""
        memory = self._omnistore.recall(token, rules.INTERESTS_COUNTED, with_chat=True)
        profile = recognise(memory)
        return {
            "memory_summary": text.memory_summary(memory.fields, conversation(memory), memory.interests),
            "persona_prefix": text.persona_prefix(profile, TEXTS[profile["persona"]].strategy),
        }


def conversation(memory: Memory) -> str:
    """Return what was said before: the session's own summary, else the chat compressed, else ""."""
    if memory.session is not None and memory.session.chat_summary:
        return memory.session.chat_summary
    kept = memory.fields.get(CHAT_FIELD)
    if kept is not None and kept.value is not None:
        return compress(conversation_of(kept.value))
    return compress(_newest(memory.messages))


def _newest(messages: list[ChatRecord]) -> list[Message]:
    """Return the newest messages, as many as are worth reading while somebody waits."""
    taken: list[Message] = []
    room = CHARACTERS_READ
    for message in reversed(messages):
        room -= len(message.content)
        if room < 0:
            break
        taken.append(Message(message.type, message.content))
    return taken[::-1]
