"""Keeps what was said in conversations: each message is heard once, when it is stored, and never from the beginning."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256

from ..clock import Clock
from ..context.compressor import Compressor
from ..context.message import Message
from ..context.running import RunningSummary
from ..context.service import conversation_of, worth_reading
from ..database import Cursor, Database
from ..jsontext import JSONText, says_nothing
from ..language_model.conversations import Spoken
from .model import ChatRecord, VaultField
from .store import ChatStore, VaultStore
from .summaries import Heard, Source, SummaryStore, Told

MESSAGES_HEARD = 1_000  # of a conversation that is heard from the beginning
MESSAGES_WORDED = 200  # that a language model is told at most
LONGEST_STATE = 65_535  # bytes
_DIGITS = 32

CHAT_FIELD = "chat_messages"
"""The field in which the site's script keeps the whole conversation."""


class Listener:
    """Hears a visitor's conversations, while nobody else works on the visitor's memory (:class:`.VisitorLocks`).

    A state that is missing, damaged or of other rules is no error: what is stored is heard again.

    :param compressor: what makes summaries
    """

    def __init__(
        self, database: Database, clock: Clock, compressor: Compressor, vault: VaultStore, chat: ChatStore
    ) -> None:
        self._clock = clock
        self._compressor = compressor
        self._vault = vault
        self._chat = chat
        self._store = SummaryStore(database, clock)

    def hear_messages(self, cursor: Cursor, token: str, newest: int) -> None:
        """Hear what has come to the chat memory since, and have the session's summary follow.

        Where the site's script keeps a conversation of its own, the session follows that one. Where several servers
        give out ids, a message may get a smaller one than those before it: all are heard again then, by their times.

        :param newest: the id of the message that was just stored
        """
        known = self._store.known(cursor, token)
        before = known.get("messages")
        summary = self._continued(before) if before and before.heard < newest else None
        messages = self._chat.after(cursor, token, before.heard if before and summary else 0, MESSAGES_HEARD)
        if not messages:
            return
        taken = worth_reading(Message(message.type, message.content) for message in reversed(messages))
        text = self._keep(
            cursor,
            token,
            "messages",
            before,
            (summary or self._compressor.begin()).hear(*taken),
            heard=max(message.id for message in messages),
            oldest=before.oldest if before and summary else messages[0].created_at or self._clock.wall(),
        )
        if not _text(known.get("field")):
            self._follow(cursor, token, text, before)

    def hear_field(self, cursor: Cursor, token: str, value: JSONText) -> None:
        """Hear what is new in the conversation that the site's script keeps, and have the session's summary follow.

        What does not go on from what was heard before, because something was taken out or changed, is heard anew.
        """
        messages = conversation_of(value)
        known = self._store.known(cursor, token)
        before, other = known.get("field"), known.get("messages")
        summary = self._continued(before)
        done = before.heard if before and summary else 0
        if before is None or digest(messages[:done]) != before.digest:
            summary, done = None, 0
        text = self._keep(
            cursor,
            token,
            "field",
            before,
            (summary or self._compressor.begin()).hear(*worth_reading(reversed(messages[done:]))),
            heard=len(messages),
            oldest=self._clock.wall(),
            digest=digest(messages),
        )
        self._follow(cursor, token, text or (other.shown if other else ""), before, other)

    def forget(self, cursor: Cursor, token: str, source: Source | None = None) -> None:
        """Forget what was heard; as long as the conversation itself is there, it may be heard again.

        :param source: of which conversation; None for all of a visitor's
        """
        self._store.clear(cursor, token, source)

    def withdraw(self, cursor: Cursor, token: str) -> None:
        """Take what follows a conversation out of the visitor's session, before it is forgotten."""
        self._store.withdraw(cursor, token)

    def unworded(self, cursor: Cursor, token: str) -> Spoken | None:
        """Return the conversation whose summary serves; None if there is none, or no language model is to be asked."""
        known = self._store.known(cursor, token)
        is_field = "field" in known and bool(known["field"].summary)
        heard = known.get("field" if is_field else "messages")
        summary = self._continued(heard)
        if heard is None or summary is None or not heard.summary or heard.wording is not None:
            return None
        messages = self._vault_messages(cursor, token) if is_field else self._chat_messages(cursor, token)
        return Spoken(messages, heard.summary, summary.ledger)

    def keep_wording(self, cursor: Cursor, token: str, rules: str, text: str) -> bool:
        """Keep a language model's wording of a summary, and say whether that is still the visitor's."""
        is_kept = self._store.word(cursor, token, rules, text)
        if is_kept and text:
            self._store.reword(cursor, token, rules, text)
        return is_kept

    def told(self, cursor: Cursor, token: str) -> Told:
        """Return what a visitor's conversations come to."""
        return self._store.told(cursor, token)

    def said(self, fields: Mapping[str, VaultField], told: Told) -> str | None:
        """Return what was said before, in a few facts: what the field comes to goes first, then the chat memory.

        :returns: None if the chat memory has to be heard
        """
        kept = fields.get(CHAT_FIELD)
        if kept is None or kept.value is None or says_nothing(kept.value):
            return told.messages
        messages = conversation_of(kept.value)
        if (told.field_heard, told.field_digest) == (len(messages), digest(messages)):
            return told.field or told.messages or ""
        return self._compressor.compress(worth_reading(reversed(messages)))

    def heard_anew(self, records: Sequence[ChatRecord]) -> str:
        """Return what was said in the chat memory, from its beginning."""
        messages = worth_reading(Message(record.type, record.content) for record in reversed(records))
        return self._compressor.compress(messages)

    def _follow(self, cursor: Cursor, token: str, text: str, *conversations: Heard | None) -> None:
        if text or any(map(_text, conversations)):
            self._store.follow(cursor, token, text, *conversations)

    def _chat_messages(self, cursor: Cursor, token: str) -> list[Message]:
        return [Message(each.type, each.content) for each in self._chat.newest(cursor, token, MESSAGES_WORDED)]

    def _vault_messages(self, cursor: Cursor, token: str) -> list[Message]:
        field = self._vault.fields(cursor, token).get(CHAT_FIELD)
        return conversation_of(field.value) if field is not None and field.value is not None else []

    def _continued(self, before: Heard | None) -> RunningSummary | None:
        return None if before is None else self._compressor.resume(before.state)

    def _keep(
        self,
        cursor: Cursor,
        token: str,
        source: Source,
        before: Heard | None,
        summary: RunningSummary,
        *,
        heard: int,
        oldest: str,
        digest: str = "",
    ) -> str:
        """Store where a summary stands and return what serves as its text: a wording as long as it says the same."""
        text, state = summary.text(), summary.to_state()
        wording = before.wording if before and before.summary == text else None
        found = Heard(before.row if before else None, state, text, heard, digest, oldest, wording)
        if len(state.encode()) > LONGEST_STATE:
            self._store.clear(cursor, token, source)
        elif found.row is None:
            self._store.add(cursor, token, source, found)
        else:
            self._store.change(cursor, found)
        return found.shown


def digest(messages: Iterable[Message]) -> str:
    """Return a fingerprint of messages in their order."""
    return sha256("".join(message.fingerprint() for message in messages).encode()).hexdigest()[:_DIGITS]


def _text(heard: Heard | None) -> str:
    return heard.summary if heard else ""
