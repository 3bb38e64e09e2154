"""Recognises a visitor's persona from the memory."""

from contextlib import suppress
from typing import TypedDict
from urllib.parse import urlsplit

from ..clock import Clock
from ..database import Cursor, Database
from ..errors import TableMissing
from ..identity.model import Visitor
from ..jsontext import members
from ..omnistore.model import InterestRecord, Memory
from ..omnistore.service import OmniStore
from . import rules, texts
from .personal_data import personal_rows
from .store import ScoreStore

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

    def __init__(self, database: Database, clock: Clock, omnistore: OmniStore) -> None:
        self._omnistore = omnistore
        self._scores = ScoreStore(database, clock)
        self.personal_rows = personal_rows(database)

    def analyze(self, token: str, referrer: str | None) -> Analysis:
        """Recognise the persona behind a token.

        :param referrer: the page that the visitor came from
        """
        return self.analyze_memory(self._omnistore.recall(token, rules.INTERESTS_COUNTED, with_chat=False), referrer)

    @staticmethod
    def analyze_memory(memory: Memory, referrer: str | None) -> Analysis:
        """Recognise the persona in a memory.

        :param memory: recalled with the interests that count
        :param referrer: the page that the visitor came from
        """
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

    def add_score(self, visitor: Visitor, persona: str, score: int) -> bool:
        """Add to the score that PHP code of the site keeps of a visitor's persona.

        :returns: whether it was stored; the table may be absent
        :raises AlreadyDone: if this has been done with the visitor's receipt
        """
        try:
            self._omnistore.write(
                visitor,
                lambda cursor: self._scores.add(cursor, visitor.token, persona, score),
                idempotent=False,
                alone=True,
            )
        except TableMissing:
            return False
        return True

    def has_any(self, cursor: Cursor, token: str) -> bool:
        """Say whether PHP code of the site keeps scores under a token, within a unit of work."""
        try:
            return self._scores.has_any(cursor, token)
        except TableMissing:
            return False

    def move(self, cursor: Cursor, guest: str, user: Visitor) -> None:
        """Add a guest's scores to a user's, in the transaction that holds the locks of both."""
        with suppress(TableMissing):
            self._scores.move(cursor, guest, user.token)


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
