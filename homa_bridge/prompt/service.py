"""Puts a visitor's memory into words for the assistant."""

from collections.abc import Mapping
from typing import TypedDict

from ..jsontext import JSONText, members, parse, says_nothing
from ..omnistore.listening import CHAT_FIELD
from ..omnistore.service import Memory, OmniStore
from ..persona import rules
from ..persona.service import Profile, recognise
from ..persona.texts import TEXTS
from . import section, text
from .enrichment import Known, enriched


class PromptContext(TypedDict):
    """The two texts that go into the assistant's prompt; each may be empty."""

    memory_summary: str
    persona_prefix: str


class FencedContext(PromptContext):
    """The same texts with the memory fenced and bounded, and both as one section of a system instruction."""

    section: str


class Prompt:
    """Writes prompts.

    :param budget: what a fenced memory costs at most, in tokens
    """

    def __init__(self, omnistore: OmniStore, budget: int) -> None:
        self._omnistore = omnistore
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
        fenced = section.fenced(facts, self._budget)
        prefix = text.persona_prefix(profile, TEXTS[profile["persona"]].strategy)
        return {"memory_summary": fenced, "persona_prefix": prefix, "section": section.section(prefix, fenced)}

    def enrich(self, token: str, message: str, context: Mapping[str, JSONText]) -> str:
        """Return a message with what is known before it.

        :param token: whose memory tells what the context lacks
        :param context: ``session`` or ``form_data``, an object; ``summary`` or ``chat_summary``, a text; ``interests``,
            a list of slugs or of ``{category, score}``; what is of another kind counts as lacking
        """
        form = members(_given(context, "session", "form_data"))
        summary = _text(_given(context, "summary", "chat_summary"))
        interests = _interests(_given(context, "interests"))
        written: dict[str, str] = {}
        if not (form and summary and interests):
            memory = self._omnistore.recall(token, section.INTERESTS_NAMED, with_chat=not summary)
            if not form:
                form, written = _typed(memory)
            summary = summary or memory.conversation
            interests = interests or [f"{found['category']} ({found['score']})" for found in memory.interests]
        return enriched(message, Known(form, written, summary, interests), self._budget)


def _given(context: Mapping[str, JSONText], *names: str) -> JSONText:
    """Return the first of some members that says something, else null."""
    said = (context[name] for name in names if not says_nothing(context.get(name)))
    return next(said, JSONText("null"))


def _text(given: JSONText) -> str:
    found = parse(given)
    return found.strip() if isinstance(found, str) else ""


def _interests(given: JSONText) -> list[str]:
    found = parse(given)
    return [told for told in map(_interest, found if isinstance(found, list) else []) if told]


def _interest(given: object) -> str:
    if isinstance(given, dict) and isinstance(given.get("category"), str):
        score = given.get("score")
        return f"{given['category']} ({score})" if isinstance(score, int | str) else str(given["category"])
    return given if isinstance(given, str) else ""


def _typed(memory: Memory) -> tuple[dict[str, JSONText], dict[str, str]]:
    """Return the fields of a memory, and when each was written."""
    fields = {key: field for key, field in memory.fields.items() if key != CHAT_FIELD}
    form = {key: field.value for key, field in fields.items() if field.value is not None}
    return form, {key: field.written or "" for key, field in fields.items()}
