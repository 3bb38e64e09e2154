"""What the Omni-Store's routes take and give."""

from marshmallow import Schema, fields, validate

from ..fields import JSONObject, JSONValue, LongText, Name, Parameters, Text, WebAddress, WholeNumber

DATETIME = {"example": "2026-03-21 09:30:00", "description": "The site's wall clock."}


class SyncBody(Parameters):
    """One field, as the visitor typed it."""

    field = Name(required=True)
    value = JSONValue(required=True)
    page_url = WebAddress(load_default=None, allow_none=True)


class RestoreQuery(Parameters):
    """Whose memory; the caller's own by default."""

    session_token = Text(load_default=None)


class ClearBody(Parameters):
    """What to forget."""

    scope = Text(load_default="session", allow_none=True, validate=validate.OneOf(["session", "all"]))


class SnapshotBody(Parameters):
    """The whole form, and what was said."""

    form_snapshot = JSONObject(required=True)
    chat_summary = LongText(load_default=None, allow_none=True)


class InterestBody(Parameters):
    """An interest that the visitor showed."""

    category = Name(required=True)
    score = WholeNumber(load_default=1, allow_none=True)
    source = Name(default="organic", allow_none=True)


class ChatQuery(Parameters):
    """How many messages of whose conversation."""

    limit = WholeNumber(least=0, load_default=50)
    session_id = Text(load_default=None)


class ChatMessageBody(Parameters):
    """A message to store."""

    message_type = Text(required=True, validate=validate.OneOf(["user", "assistant", "system"]))
    message_content = LongText(required=True)
    ai_metadata = JSONObject(load_default=None, allow_none=True)


class NoBody(Parameters):
    """Nothing is needed."""


class Done(Schema):
    """The write has been stored."""

    success = fields.Boolean(required=True)
    message = fields.String(required=True)


class DoneFor(Done):
    """The write has been stored under this token."""

    session_token = fields.String(required=True)


class StoredField(Schema):
    """A field's newest value."""

    value = fields.Raw(required=True, allow_none=True)
    insight = fields.String(required=True, allow_none=True)


class StoredSession(Schema):
    """The session as last seen."""

    last_url = fields.String(required=True, allow_none=True)
    form_snapshot = fields.Dict(required=True, allow_none=True)
    chat_summary = fields.String(required=True, allow_none=True)
    updated_at = fields.String(required=True, allow_none=True, metadata=DATETIME)


class StoredInterest(Schema):
    """An interest and what it is worth."""

    category = fields.String(required=True)
    score = fields.Integer(required=True)
    source = fields.String(required=True, allow_none=True)
    last_interaction = fields.String(required=True, allow_none=True, metadata=DATETIME)


class StoredMessage(Schema):
    """A message of the conversation."""

    type = fields.String(required=True)
    content = fields.String(required=True)
    metadata = fields.Dict(required=True, allow_none=True)
    timestamp = fields.String(required=True, allow_none=True, metadata=DATETIME)


class Restored(Schema):
    """Everything that is remembered of a visitor."""

    success = fields.Boolean(required=True)
    vault_data = fields.Dict(keys=fields.String(), values=fields.Nested(StoredField), required=True)
    session = fields.Nested(StoredSession, required=True, allow_none=True)
    interests = fields.List(fields.Nested(StoredInterest), required=True)
    chat_messages = fields.List(fields.Nested(StoredMessage), required=True)
    has_chat_history = fields.Boolean(required=True)
    session_token = fields.String(required=True)


class Conversation(Schema):
    """The newest messages, the oldest of them first."""

    success = fields.Boolean(required=True)
    messages = fields.List(fields.Nested(StoredMessage), required=True)
    has_history = fields.Boolean(required=True)
    session_token = fields.String(required=True)
    count = fields.Integer(required=True)
