"""What the compressor's route takes and gives."""

from marshmallow import Schema, fields

from ..fields import Conversation, Parameters


class Message(Schema):
    """One message."""

    role = fields.String(required=True)
    content = fields.String(required=True)


class CompressBody(Parameters):
    """A conversation."""

    messages = Conversation(fields.Nested(Message), required=True)


class Metrics(Schema):
    """What a conversation consists of."""

    total_messages = fields.Integer(required=True)
    user_messages = fields.Integer(required=True)
    ai_messages = fields.Integer(required=True)
    avg_message_length = fields.Integer(required=True, metadata={"description": "In characters."})
    keywords_mentioned = fields.List(fields.String(), required=True)


class Compressed(Schema):
    """A conversation in a few facts."""

    success = fields.Boolean(required=True)
    compressed_summary = fields.String(required=True)
    metrics = fields.Nested(Metrics, required=True)
