"""What the prompt's route gives."""

from marshmallow import Schema, fields


class Remembered(Schema):
    """The two texts that go into the assistant's prompt."""

    success = fields.Boolean(required=True)
    memory_summary = fields.String(required=True)
    persona_prefix = fields.String(required=True)
