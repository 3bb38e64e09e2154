"""What the routes on personal data take and give."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields

from ..facade.schema import Succeeded, Token
from ..fields import Parameters, WholeNumber

LAST_PAGE = 1_000_000


class PersonsToken(Token):
    """A visitor's token; here one has to be named."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        token = super()._deserialize(value, attr, data, **kwargs)
        if token is None:
            raise ValidationError("Not a session token.")
        return str(token)


class PageQuery(Parameters):
    """Which page of whose data."""

    token = PersonsToken(required=True)
    page = WholeNumber(least=1, most=LAST_PAGE, load_default=1)


class ForgetBody(Parameters):
    """Whom to forget."""

    token = PersonsToken(required=True)


class Record(Schema):
    """One row. Its JSON columns are texts, as all others are."""

    table = fields.String(required=True)
    columns = fields.Dict(keys=fields.String(), required=True)


class PersonalData(Succeeded):
    """A page of somebody's data."""

    records = fields.List(fields.Nested(Record), required=True)
    done = fields.Boolean(required=True)


class Forgotten(Succeeded):
    """How many rows were deleted, by table without the site's prefix."""

    deleted = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
