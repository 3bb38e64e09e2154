"""Recognises a visitor's persona from the memory."""

from typing import TypedDict
from urllib.parse import urlsplit

from ..jsontext import members
from ..omnistore.model import InterestRecord
from ..omnistore.service import Memory, OmniStore
from . import rules, texts

TOROB_HOST, TOROB_SOURCE = "torob.com", "torob"


class Profile(TypedDict):
    """A persona in numbers and words."""

    persona: str
    confidence: int
    all_scores: dict[str, int]
    label: str
    description: str


class Analysis(TypedDict):
    """A visitor's persona, what to make of it, and the interests that it was found by."""

    persona: Profile
    strategy: texts.Strategy
    interests: list[InterestRecord]
    from_torob: bool


class PersonaEngine:
    """Tells personas."""

    def __init__(self, omnistore: OmniStore) -> None:
        self._omnistore = omnistore

    def analyze(self, token: str, referrer: str | None) -> Analysis:
        """Recognise the persona behind a token.

        :param referrer: the page that the visitor came from
        """
        memory = self._omnistore.recall(token, rules.INTERESTS_COUNTED, with_chat=False)
        is_from_torob = comes_from_torob(referrer) or any(
            interest["source"] == TOROB_SOURCE for interest in memory.interests
        )
        profile = recognise(memory)
        return {
            "persona": profile,
            "strategy": texts.TEXTS[profile["persona"]].strategy,
            "interests": memory.interests,
            "from_torob": is_from_torob,
        }


def recognise(memory: Memory) -> Profile:
    """Recognise the persona in a memory."""
    snapshot = memory.session.form_snapshot if memory.session else None
    fields = members(snapshot) if snapshot else {}
    found = rules.recognise(memory.interests, fields, len(memory.fields))
    text = texts.TEXTS[found["persona"]]
    return {**found, "label": text.label, "description": text.description}


def comes_from_torob(referrer: str | None) -> bool:
    """Say whether a page address is one of the price comparison site torob.com."""
    try:
        host = urlsplit(referrer or "").hostname or ""
    except ValueError:
        return False
    return host == TOROB_HOST or host.endswith("." + TOROB_HOST)
