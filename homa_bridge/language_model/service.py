"""Has a model word the rules' summaries: in the background, checked, and only while they are about the same facts."""

from __future__ import annotations

import logging
from collections.abc import Callable

from ..errors import ModelFailed
from ..telemetry.meters import Outcome
from .background import Background
from .breaker import Breaker
from .check import fault, is_persian
from .client import Client
from .conversations import Conversations
from .prompt import question
from .settings import ModelSettings

log = logging.getLogger(__name__)

PROBE = "Answer with the one word: yes"


class Wordings:
    """Words summaries.

    :param keep_contacts: whether phone numbers and e-mail addresses may be sent, and stand in summaries
    :param count: is told of each question what became of the answer: used, refused, or failed
    """

    def __init__(
        self,
        settings: ModelSettings,
        conversations: Conversations,
        *,
        keep_contacts: bool = False,
        count: Callable[[Outcome], object] = lambda _: None,
    ) -> None:
        self._count = count
        self._conversations = conversations
        self._keep_contacts = keep_contacts
        self._client = Client(settings)
        self._breaker = Breaker()
        self._background = Background(self.word, settings.delay)

    def hear(self, token: str) -> None:
        """Take note that a visitor's conversation has gone on. Returns at once."""
        if not self._breaker.is_open:
            self._background.add(token)

    def word(self, token: str) -> None:
        """Have a visitor's summary worded, unless the endpoint is left alone at the moment."""
        if self._breaker.is_open:
            return
        heard = self._conversations.unworded(token)
        if heard is None or not heard.rules:
            return
        asked = question(
            heard.messages, heard.rules, is_persian=is_persian(heard.rules), keep_contacts=self._keep_contacts
        )
        try:
            text = " ".join(self._client.ask(asked).split())
        except ModelFailed as failure:
            self._fail(failure)
            self._count("failed")
            return
        if self._breaker.has_failed:
            log.warning("the language model's endpoint answers again")
        self._breaker.succeed()
        why = fault(text, heard.rules, heard.ledger, keep_contacts=self._keep_contacts)
        if why is not None:
            log.info("a summary by the language model is not used: %s", why)
        self._conversations.keep_wording(token, heard.rules, text if why is None else "")
        self._count("used" if why is None else "refused")

    def probe(self) -> None:
        """See whether the endpoint answers.

        :raises ModelFailed: if it does not; says why in words
        """
        self._client.ask([{"role": "user", "content": PROBE}])

    def stop(self) -> None:
        """End what is under way, and begin nothing any more."""
        self._client.close()
        self._background.stop()

    def _fail(self, failure: ModelFailed) -> None:
        self._breaker.fail(failure)
        if self._breaker.is_open:
            log.warning("the language model's endpoint %s; until it answers, summaries are the rules'", failure.reason)
