"""What the internal routes take and give."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from ..fields import JSONObject, JSONValue, LongText, Name, Parameters, Text, WholeNumber
from ..identity.model import is_guest_token, is_user_token
from ..omnistore.expiry import Swept
from ..persona.rules import PERSONAS
from ..persona.schema import ProfileWithInterests, Strategy
from ..status.schema import LINES, Status


class Token(Text):
    """A visitor's token; an empty one counts as none."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        token = super()._deserialize(value, attr, data, **kwargs)
        if token and not is_guest_token(token) and not is_user_token(token):
            raise ValidationError("Not a session token.")
        return token or None


class MemoryQuery(Parameters):
    """How much of whose memory."""

    token = Token(load_default=None)
    interests = WholeNumber(least=0, load_default=10)
    messages = WholeNumber(least=0, load_default=50)


class VaultBody(Parameters):
    """A field, and what the assistant noted about it."""

    field = Name(required=True)
    value = JSONValue(required=True, allow_none=True)
    insight = LongText(load_default=None, allow_none=True)


class ClearBody(Parameters):
    """What to forget of whom."""

    what = Text(required=True, validate=validate.OneOf(["session", "chat"]))
    token = Token(load_default=None, allow_none=True)


class PersonaScoreBody(Parameters):
    """Points for a persona."""

    persona = Text(required=True, validate=validate.OneOf(PERSONAS))
    score = WholeNumber(required=True)


class FormBody(Parameters):
    """A form."""

    form = JSONObject(required=True)


class EnrichBody(Parameters):
    """A message, and what its sender knows of the visitor."""

    message = Text(required=True)
    context = JSONObject(load_default="{}")


class Succeeded(Schema):
    """Whether it is done."""

    success = fields.Boolean(required=True)


class SucceededFor(Succeeded):
    """It is done under this token."""

    session_token = fields.String(required=True)


class SiteStatus(Status):
    """How the service and its database are, which site they are for, and with what it verifies logins.

    ``is_foreign`` says whether another site asks; ``login`` is a fingerprint of the keys.
    """

    site_url = fields.String(required=True, allow_none=True)
    is_foreign = fields.Boolean(required=True)
    login = fields.String(required=True, allow_none=True)


class CreatedTables(Succeeded):
    """The tables that were missing and are there now."""

    tables = fields.List(fields.String(), required=True)


Cleaned = Succeeded.from_dict(  # one of its members is called as an attribute of every schema is
    {name: fields.Integer(required=True) for name in Swept._fields} | {"done": fields.Boolean(required=True)},
    name="Cleaned",
)
"""What was deleted, and whether that is all."""


class PersonaText(Schema):
    """A persona in words."""

    label = fields.String(required=True)
    description = fields.String(required=True)
    strategy = fields.Nested(Strategy, required=True)


class Known(SucceededFor):
    """What is known of a visitor, in words and numbers; see :class:`Preview` for what there was no room for."""

    memory_summary = fields.String(required=True)
    persona_prefix = fields.String(required=True)
    section = fields.String(required=True)
    left_out = LINES
    shortened = LINES
    persona = fields.Nested(ProfileWithInterests, required=True)
    strategy = fields.Nested(Strategy, required=True)
    from_torob = fields.Boolean(required=True)
    who_am_i = fields.String(required=True)
    personas = fields.Dict(keys=fields.String(), values=fields.Nested(PersonaText), required=True)


class Told(Succeeded):
    """A text."""

    text = fields.String(required=True)
