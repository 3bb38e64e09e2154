"""What a model needs of the place where conversations are kept."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from ..context.ledger import Ledger
from ..context.message import Message


class Spoken(NamedTuple):
    """A conversation, as far as a model needs it.

    :param messages: the newest of it, the oldest of them first
    :param rules: the rules' summary
    :param ledger: what the rules hold to be so
    """

    messages: Sequence[Message]
    rules: str
    ledger: Ledger


class Conversations(Protocol):
    """Where conversations are kept."""

    def unworded(self, token: str) -> Spoken | None:
        """Return a visitor's conversation; None if there is none, or if its summary has been worded already."""

    def keep_wording(self, token: str, rules: str, text: str) -> bool:
        """Keep a model's wording of a summary, and say whether that is still the visitor's; if not, keep nothing.

        :param rules: the rules' summary
        :param text: the wording; "" if the model's must not serve, so that it is not asked for again
        """
