"""What the Omni-Store hands out: plain values, without database or request."""

from typing import Literal, NamedTuple, TypedDict

from ..jsontext import JSONText


class VaultField(NamedTuple):
    """The newest value of one field.

    :param value: JSON text; None if the row holds NULL
    :param insight: what the assistant noted about the value
    :param written: when, in seconds, for comparing alone; 0 if that is not known
    """

    value: JSONText | None
    insight: str | None
    written: int = 0


class SessionRecord(NamedTuple):
    """A session that has not expired.

    :param form_snapshot: text of a JSON object; None if none was saved
    :param updated_at: site-local ``YYYY-MM-DD HH:MM:SS``
    """

    last_url: str | None
    form_snapshot: JSONText | None
    chat_summary: str | None
    updated_at: str | None


class InterestRecord(TypedDict):
    """One interest, as the routes show it."""

    category: str
    score: int
    source: str | None
    last_interaction: str | None


class ChatRecord(NamedTuple):
    """One stored chat message.

    :param timestamp: site-local ``YYYY-MM-DD HH:MM:SS``
    """

    type: str
    content: str
    metadata: JSONText | None
    timestamp: str | None


class StoredMessage(NamedTuple):
    """One stored message, as it is heard.

    :param created_at: site-local ``YYYY-MM-DD HH:MM:SS``
    """

    id: int
    type: str
    content: str
    created_at: str | None


class Memory(NamedTuple):
    """Everything that a visitor gets back.

    :param conversation: what was said before, in a few facts; "" where it was not asked for
    """

    fields: dict[str, VaultField]
    session: SessionRecord | None
    interests: list[InterestRecord]
    messages: list[ChatRecord]
    conversation: str = ""


Kind = Literal["fields", "interests", "messages", "bytes"]
"""What there are limits of."""


class Limits(NamedTuple):
    """How much one visitor may store.

    :param bytes: of everything together
    :param forgets: whether what is oldest makes room for what is new, which is refused otherwise
    """

    fields: int
    interests: int
    messages: int
    bytes: int
    forgets: bool
