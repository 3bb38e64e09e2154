"""The use cases of the site's PHP code. They know of visitors and plain values, not of HTTP."""

import time
from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from ..clock import Clock
from ..context.form import summarise
from ..database import Database
from ..identity.model import Visitor, visitor_of
from ..jsontext import JSONText
from ..omnistore.expiry import Swept
from ..omnistore.listening import CHAT_FIELD
from ..omnistore.model import Memory
from ..omnistore.service import OmniStore
from ..persona.service import Analysis, PersonaEngine
from ..persona.who_am_i import who_am_i
from ..prompt.service import FencedContext, Prompt
from ..status.service import inspect_database

CLEANUP_SECONDS = 20.0


class Known(NamedTuple):
    """What is known of a visitor, in words and numbers."""

    prompt: FencedContext
    analysis: Analysis
    who_am_i: str


class Cleaned(NamedTuple):
    """What a clean-up deleted.

    :param rows: how many of each layer
    :param done: whether nothing is left to delete
    """

    rows: Swept
    done: bool


class Facade:
    """The memory as the site's PHP code knows it."""

    def __init__(
        self, database: Database, clock: Clock, omnistore: OmniStore, personas: PersonaEngine, prompts: Prompt
    ) -> None:
        self._database = database
        self._clock = clock
        self._omnistore = omnistore
        self._personas = personas
        self._prompts = prompts

    def create_tables(self) -> list[str]:
        """Create the tables that are missing and return their names.

        :raises StorageUnavailable: if the database cannot be reached or forbids it
        """
        missing = [table.name for table in inspect_database(self._database, self._clock).tables if not table.exists]
        self._omnistore.create_tables()
        return missing

    def clean_up(self, seconds: float = CLEANUP_SECONDS, timer: Callable[[], float] = time.monotonic) -> Cleaned:
        """Delete what has expired.

        :param seconds: after which no further batch is begun
        """
        end = timer() + seconds
        rows = Swept()
        for batch in self._omnistore.cleanup.sweep():
            rows = rows.plus(batch)
            if timer() >= end:
                return Cleaned(rows, done=False)
        return Cleaned(rows, done=True)

    def know(self, token: str, referrer: str | None) -> Known:
        """Return everything that goes into prompts and answers about a visitor; the memory is recalled once.

        :param referrer: the page that the visitor came from
        """
        memory = self._prompts.recall(token)
        analysis = self._personas.analyze_memory(memory, referrer)
        profile = analysis["persona"]
        return Known(self._prompts.fenced(memory, profile), analysis, who_am_i(profile, memory.interests))

    def recall(self, token: str, interests: int, messages: int) -> Memory:
        """Return what is remembered under a token.

        :param interests: how many of the strongest
        :param messages: how many of the newest; 0 for all
        """
        return self._omnistore.restore(token, interests, messages)

    def store(self, visitor: Visitor, field: str, value: JSONText, insight: str | None) -> None:
        """Store one field, with what the assistant noted about it.

        :raises AlreadyDone: if this has been done with the visitor's receipt
        :raises InvalidParameters: if the value does not fit the database
        """
        self._omnistore.sync(visitor, field, value, None, insight)

    def clear(self, visitor: Visitor, what: Literal["session", "chat"], token: str | None) -> None:
        """Forget the form and the session, or the conversation.

        :param token: whose; None for the visitor's own
        :raises AlreadyDone: if this has been done with the visitor's receipt
        """
        whose = visitor if token is None else visitor_of(token, visitor.receipt)
        if what == "chat":
            self._omnistore.clear_messages(whose)
        else:
            self._omnistore.clear(whose, everything=False)

    def add_persona_score(self, visitor: Visitor, persona: str, score: int) -> bool:
        """Add to the score that PHP code keeps of a visitor's persona, and say whether it keeps any.

        :raises AlreadyDone: if this has been done with the visitor's receipt
        """
        return self._personas.add_score(visitor, persona, score)

    def summarise_form(self, form: Mapping[str, JSONText]) -> str:
        """Return a form in one line of Persian, without the conversation that the site's script keeps beside it."""
        return summarise({name: value for name, value in form.items() if name != CHAT_FIELD})

    def enrich(self, token: str, message: str, context: Mapping[str, JSONText]) -> str:
        """Return a message to the assistant with what is known before it. See :meth:`Prompt.enrich`."""
        return self._prompts.enrich(token, message, context)
