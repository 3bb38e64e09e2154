"""The use cases of the Omni-Store. Each is one transaction; none knows of HTTP."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial

from ..clock import Clock
from ..context.compressor import Compressor
from ..database import Cursor, Database
from ..errors import AlreadyDone, InvalidParameters
from ..identity.model import Visitor
from ..jsontext import JSONText, is_deeper, joined, says_nothing
from ..language_model.conversations import Spoken
from .cleanup import Cleanup
from .expiry import Retention
from .listening import CHAT_FIELD, MESSAGES_HEARD, Listener
from .locks import VisitorLocks
from .memory_reader import MemoryReader
from .model import ChatRecord, Limits, Memory
from .moving import MoveStore
from .personal_data import personal_rows
from .presence import PresenceStore
from .quota import Quota, is_small
from .receipts import ReceiptStore
from .store import ChatStore, InterestStore, SessionStore, VaultStore
from .summaries import Told

INTERESTS_SHOWN = 10  # as HT_Vault_Manager::get_user_interests has it by default
MESSAGES_SHOWN = 50  # as HT_Vault_Manager::get_chat_messages has it by default
ALL_MESSAGES = 2**31 - 1
TEXT_BYTES = 65_535  # what a TEXT column holds


class _FieldIsNew(Exception):
    """A field that was to be replaced is not there: what was locked on the way has to be let go."""


class OmniStore:
    """A visitor's memory.

    :param compressor: what makes summaries of conversations
    :param retention: how long each layer is kept
    :param sweep_batch: how many rows one clean-up transaction touches at most
    :param limits: how much one visitor may store
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        compressor: Compressor,
        *,
        retention: Retention,
        sweep_batch: int,
        limits: Limits,
    ) -> None:
        self._database = database
        self._locks = VisitorLocks(database)
        self._quota = Quota(database, limits)
        self._vault = VaultStore(database, clock, self._locks)
        self._sessions = SessionStore(database, clock, retention.snapshot_hours)
        self._interests = InterestStore(database, clock)
        self._chat = ChatStore(database, clock)
        self._memory = MemoryReader(database, self._vault, self._sessions, self._interests, self._chat)
        self._listener = Listener(database, clock, compressor, self._vault, self._chat)
        self._presence = PresenceStore(database)
        self._moving = MoveStore(database)
        self._receipts = ReceiptStore(database, sweep_batch)
        self.cleanup = Cleanup(database, clock, retention=retention, batch=sweep_batch, receipts=self._receipts)
        self.personal_rows = personal_rows(database)
        self._tell: Callable[[str], object] = _tell_nobody

    def report_conversations(self, to: Callable[[str], object]) -> None:
        """Tell somebody the token of each visitor whose conversation has gone on.

        :param to: must return at once
        """
        self._tell = to

    def create_tables(self, *, only_own: bool = False) -> None:
        """Create the tables that are missing.

        :param only_own: leave the plugin's tables to the plugin
        :raises StorageUnavailable: if the database cannot be reached or forbids it
        """
        self._database.create_tables(only_own=only_own)
        self._database.write(self._locks.add)

    def write(
        self, visitor: Visitor, unit: Callable[[Cursor], object], *, idempotent: bool = True, alone: bool = False
    ) -> None:
        """Run a visitor's write in one transaction: if it is signed, once for its receipt.

        :param idempotent: whether running the unit twice does no harm, where there is no receipt
        :param alone: whether nobody else may add to the visitor's memory meanwhile
        :raises AlreadyDone: if a write with this receipt has been done
        """
        receipt = visitor.receipt

        def locked(cursor: Cursor) -> None:
            if receipt is not None:
                # First of all: the same write on another connection waits for it, before it has locked anything.
                self._receipts.add(cursor, receipt)
            if alone:
                self._locks.hold(cursor, visitor.token)
            unit(cursor)

        if receipt is not None:
            self._database.write_once(locked)
        else:
            self._database.write(locked, idempotent=idempotent)

    def mark_done(self, cursor: Cursor, nonce: str) -> None:
        """Leave a receipt inside the caller's unit of work, so that the write with this nonce is not done any more."""
        with suppress(AlreadyDone):
            self._receipts.add(cursor, nonce)

    def sync(
        self, visitor: Visitor, field: str, value: JSONText, page_url: str | None, insight: str | None = None
    ) -> None:
        """Store one field, and in the session's snapshot as well when the page is known.

        :raises AlreadyDone: if this has been done with the visitor's receipt
        :raises InvalidParameters: if the value does not fit the database
        :raises MemoryFull: if it is more than one visitor may store
        """
        self._check_depth("value", value, reserve=1)
        token = visitor.token
        is_chat = field == CHAT_FIELD
        may_grow = is_chat or not is_small(field, value, page_url, insight)

        def replace(cursor: Cursor) -> bool:
            return self._vault.replace(cursor, token, field, value, insight)

        def replace_only_row(cursor: Cursor) -> bool:
            return self._vault.change(cursor, token, field, value, insight) == 1

        def merge(cursor: Cursor) -> None:
            # After the field: each of a visitor's transactions locks its fields before the session, and none waits in a
            # circle.
            if page_url is not None:
                self._sessions.merge(cursor, token, page_url, field, value, joined({field: value}))

        def put_known(cursor: Cursor) -> None:
            if not replace(cursor):
                raise _FieldIsNew
            merge(cursor)

        def put(cursor: Cursor) -> None:
            if not (may_grow and replace(cursor)):
                self._vault.put(cursor, token, visitor.user_id, field, value, insight)
            merge(cursor)
            self._quota.hold(cursor, token, "fields", kept=field)
            if is_chat:
                self._listener.hear_field(cursor, token, value)

        def was_known() -> bool:
            if page_url is None and visitor.receipt is None:
                return self._database.write_each(replace_only_row)
            with suppress(_FieldIsNew):
                self.write(visitor, put_known)
                return True
            return False

        if may_grow or not was_known():
            self.write(visitor, put, alone=may_grow)
        if is_chat:
            self._tell(token)

    def holds(self, token: str) -> bool:
        """Say whether anything is stored under a token, expired or not."""
        return self._database.read(partial(self.has_any, token=token))

    def has_any(self, cursor: Cursor, token: str) -> bool:
        """Say whether anything is stored under a token, expired or not, within a unit of work."""
        return self._presence.has_any(cursor, token)

    def move(self, cursor: Cursor, guest: str, user: Visitor) -> None:
        """Move a guest's memory to a user's, within a transaction; the rules are in :mod:`.moving`.

        What is more than one visitor may store is forgotten, the oldest first.
        """
        self._locks.hold(cursor, guest, user.token)
        for token in (guest, user.token):
            self._listener.withdraw(cursor, token)
            self._listener.forget(cursor, token)
        self._moving.move_fields(cursor, guest, user.token, user.user_id)
        self._moving.move_session(cursor, guest, user.token)
        self._moving.move_interests(cursor, guest, user.token)
        self._moving.move_messages(cursor, guest, user.token)
        self._quota.trim(cursor, user.token)

    def restore(self, token: str, interests: int = INTERESTS_SHOWN, messages: int = MESSAGES_SHOWN) -> Memory:
        """Return what is remembered under a token. Expired sessions are not, swept or not.

        :param interests: how many of the strongest
        :param messages: how many of the newest; 0 for all
        """

        return self._database.read(lambda cursor: self._memory.read(cursor, token, interests, messages or ALL_MESSAGES))

    def clear(self, visitor: Visitor, *, everything: bool) -> None:
        """Forget the vault and the session; with ``everything`` the interests and the conversation as well.

        :raises AlreadyDone: if this has been done with the visitor's receipt
        """

        def unit(cursor: Cursor) -> None:
            self._vault.clear(cursor, visitor.token)
            self._sessions.clear(cursor, visitor.token)
            if everything:
                self._interests.clear(cursor, visitor.token)
                self._chat.clear(cursor, visitor.token)
            self._listener.forget(cursor, visitor.token, None if everything else "field")

        self.write(visitor, unit)

    def save_snapshot(self, visitor: Visitor, url: str | None, snapshot: JSONText, summary: str | None) -> None:
        """Save the whole form; without a summary or an address the stored one stays.

        :raises AlreadyDone: if this has been done with the visitor's receipt
        :raises InvalidParameters: if a value does not fit the database
        :raises MemoryFull: if it is more than one visitor may store
        """
        self._check_depth("form_snapshot", snapshot)

        def replace(cursor: Cursor) -> None:
            self._sessions.replace(cursor, visitor.token, url, snapshot, summary)

        def replace_and_hold(cursor: Cursor) -> None:
            replace(cursor)
            self._quota.hold(cursor, visitor.token, "bytes")

        if is_small(url, snapshot, summary):
            self.write(visitor, replace)
        else:
            self.write(visitor, replace_and_hold, alone=True)

    def track_interest(self, visitor: Visitor, category: str, score: int, source: str) -> None:
        """Add to a visitor's score for a category.

        :raises AlreadyDone: if this has been done with the visitor's receipt
        :raises MemoryFull: if it is more than one visitor may store
        """

        def add(cursor: Cursor) -> None:
            if not self._interests.add_to_known(cursor, visitor.token, category, score):
                self._locks.hold(cursor, visitor.token)
                self._interests.add(cursor, visitor.token, category, score, source)
                self._quota.hold(cursor, visitor.token, "interests")

        self.write(visitor, add, idempotent=False)

    def add_message(self, visitor: Visitor, message_type: str, content: str, metadata: JSONText | None) -> None:
        """Append to the conversation.

        :raises AlreadyDone: if this has been done with the visitor's receipt
        :raises InvalidParameters: if a value does not fit the database
        :raises MemoryFull: if it is more than one visitor may store
        """
        if metadata is not None:
            self._check_depth("ai_metadata", metadata)
        role = "guest" if visitor.user_id is None else "user"

        def add(cursor: Cursor) -> None:
            message = self._chat.add(cursor, visitor.token, role, message_type, content, metadata)
            self._quota.hold(cursor, visitor.token, "messages")
            self._listener.hear_messages(cursor, visitor.token, message)

        self.write(visitor, add, idempotent=False, alone=True)
        self._tell(visitor.token)

    def messages(self, token: str, limit: int = MESSAGES_SHOWN) -> list[ChatRecord]:
        """Return the newest messages, the oldest of them first.

        :param limit: how many; 0 for all
        """
        return self._database.read(lambda cursor: self._chat.newest(cursor, token, limit or ALL_MESSAGES))

    def clear_messages(self, visitor: Visitor) -> None:
        """Forget the conversation.

        :raises AlreadyDone: if this has been done with the visitor's receipt
        """

        def unit(cursor: Cursor) -> None:
            self._chat.clear(cursor, visitor.token)
            self._listener.withdraw(cursor, visitor.token)
            self._listener.forget(cursor, visitor.token, "messages")

        self.write(visitor, unit)

    def unworded(self, token: str) -> Spoken | None:
        """Return a visitor's conversation; None if there is none, or if no language model is to word its summary."""
        return self._database.read(lambda cursor: self._listener.unworded(cursor, token))

    def keep_wording(self, token: str, rules: str, text: str) -> bool:
        """Keep a language model's wording of a summary, and say whether that is still the visitor's.

        :param rules: the rules' summary; if the visitor's is another by now, or forgotten, nothing is kept
        :param text: the wording; "" if the model's must not serve, so that it is not asked for again
        """

        def unit(cursor: Cursor) -> bool:
            self._locks.hold(cursor, token)  # or a message that is being heard would put the wording's place back
            return self._listener.keep_wording(cursor, token, rules, text)

        return self._database.write(unit)

    def recall(self, token: str, interests: int, *, with_chat: bool, newest: int = 0) -> Memory:
        """Return what the persona and the prompt are made of.

        :param interests: how many of the strongest interests
        :param with_chat: whether it matters what was said before: the session's own summary goes first
        :param newest: how many of the last messages matter in their own words, where the site's script keeps no
            copy of them
        """

        def unit(cursor: Cursor) -> tuple[Memory, Told | None]:
            memory = self._memory.read(cursor, token, interests, newest)
            if not with_chat:
                return memory, None
            copy = memory.fields.get(CHAT_FIELD)
            if copy is not None and not says_nothing(copy.value):
                is_silent, memory = False, memory._replace(messages=[])
            else:
                is_silent = newest > 0 and not memory.messages  # where nothing was said, nothing is summed up
            summary = (memory.session and memory.session.chat_summary) or ""
            told = None if summary or is_silent else self._listener.told(cursor, token)
            return memory._replace(conversation=summary), told

        memory, told = self._database.read(unit)
        if told is None:
            return memory
        conversation = self._listener.said(memory.fields, told)
        if conversation is None:
            conversation = self._listener.heard_anew(self.messages(token, MESSAGES_HEARD))
        return memory._replace(conversation=conversation)

    def _check_depth(self, name: str, value: JSONText, reserve: int = 0) -> None:
        limit = self._database.json_nesting - reserve
        if is_deeper(value, limit):
            raise InvalidParameters({name: f"Nested deeper than the {limit} levels that this site's database holds."})


def _tell_nobody(_token: str) -> None:
    """Serve where nobody wants to know."""
