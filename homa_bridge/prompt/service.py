"""Puts a visitor's memory into words for the assistant."""

from collections.abc import Mapping
from typing import TypedDict

from ..context.compressor import Compressor
from ..jsontext import JSONText
from ..omnistore.listening import CHAT_FIELD
from ..omnistore.model import Memory
from ..omnistore.service import OmniStore
from ..persona import rules
from ..persona.service import Profile, recognise
from ..persona.texts import TEXTS
from . import text
from .chat import MESSAGES_WANTED, last_messages, newest_first
from .enrichment import Known, enriched
from .given import read_context
from .section import INTERESTS_NAMED, build


class PromptContext(TypedDict):
    """The two texts that go into the assistant's prompt; each may be empty."""

    memory_summary: str
    persona_prefix: str


class FencedContext(PromptContext):
    """The same texts, the memory fenced, and both as one section of a system instruction that keeps the budget.

    ``left_out`` and ``shortened`` say of how many lines of each kind (summary, fields, persona, interests, messages)
    there was room for nothing, or for a part.
    """

    section: str
    left_out: dict[str, int]
    shortened: dict[str, int]


class Prompt:
    """Writes prompts.

    :param compressor: what makes a summary of a conversation that PHP code hands in
    :param budget: what a section costs at most, in tokens
    """

    def __init__(self, omnistore: OmniStore, compressor: Compressor, budget: int) -> None:
        self._omnistore = omnistore
        self._compressor = compressor
        self._budget = budget

    def context(self, token: str) -> PromptContext:
        """Return what the assistant should know of a visitor."""
        memory = self._omnistore.recall(token, rules.INTERESTS_COUNTED, with_chat=True)
        profile = recognise(memory)
        return {
            "memory_summary": text.memory_summary(memory.fields, memory.conversation, memory.interests),
            "persona_prefix": text.persona_prefix(profile, TEXTS[profile["persona"]].strategy),
        }

    def fenced(self, memory: Memory, profile: Profile) -> FencedContext:
        """Return what the assistant should know of a visitor, in a form that goes into a prompt as it is."""
        facts = text.memory_facts(memory.fields, memory.conversation, memory.interests)
        persona = text.persona_prefix(profile, TEXTS[profile["persona"]].strategy)
        built = build(facts._replace(persona=persona, messages=last_messages(newest_first(memory))), self._budget)
        return {
            "memory_summary": built.memory,
            "persona_prefix": built.persona,
            "section": built.section,
            "left_out": built.left_out,
            "shortened": built.shortened,
        }

    def recall(self, token: str) -> Memory:
        """Return the memory that :meth:`fenced` is made of."""
        return self._omnistore.recall(token, rules.INTERESTS_COUNTED, with_chat=True, newest=MESSAGES_WANTED)

    def enrich(self, token: str, message: str, context: Mapping[str, JSONText]) -> str:
        """Return a message with what is known before it.

        :param token: whose memory tells what the context lacks
        :param context: see :func:`read_context`
        """
        form, summary, interests = read_context(context, self._compressor)
        written: dict[str, int] = {}
        if not (form and summary and interests):
            memory = self._omnistore.recall(token, INTERESTS_NAMED, with_chat=not summary)
            if not form:
                form, written = _typed(memory)
            summary = summary or memory.conversation
            interests = interests or [f"{found['category']} ({found['score']})" for found in memory.interests]
        return enriched(message, Known(form, written, summary, interests), self._budget)


def _typed(memory: Memory) -> tuple[dict[str, JSONText], dict[str, int]]:
    """Return the fields of a memory, and when each was written."""
    fields = {key: field for key, field in memory.fields.items() if key != CHAT_FIELD}
    form = {key: field.value for key, field in fields.items() if field.value is not None}
    return form, {key: field.written for key, field in fields.items()}
