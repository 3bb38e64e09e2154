"""What the status routes give, and the shape of every error."""

from typing import get_args

from marshmallow import Schema, fields, validate

from ..prompt.choice import Kind

ERRORS = {
    400: "A parameter is missing or invalid, or the body is no JSON.",
    401: "The request is signed, and the signature does not hold.",
    403: "The memory belongs to somebody else, the nonce does not belong to the login, or another site wants to write.",
    409: "The request is signed, and has been done already.",
    413: "The body is too large, or the visitor's memory is full.",
    415: "The body is declared as something else than JSON.",
    429: "Too much was asked in too short a time; try again after Retry-After seconds.",
    503: "The database is out of reach; try again after Retry-After seconds.",
}


class ErrorData(Schema):
    """Details: the status, and for parameters which and why."""

    status = fields.Integer(required=True)
    params = fields.Raw()
    reason = fields.String()


class Error(Schema):
    """An error in WordPress's shape."""

    code = fields.String(required=True)
    message = fields.String(required=True)
    data = fields.Nested(ErrorData, required=True)


class Alive(Schema):
    """The service answers."""

    alive = fields.Boolean(required=True)


class Ready(Schema):
    """The service can answer visitors; where it cannot, the error's ``reason`` is ``database`` or ``tables``."""

    ready = fields.Boolean(required=True)


class TableReport(Schema):
    """How a table is."""

    name = fields.String(required=True)
    exists = fields.Boolean(required=True)
    required = fields.Boolean(required=True)
    differences = fields.List(fields.String(), required=True)
    rows = fields.Integer(required=True, allow_none=True)
    rows_are_estimated = fields.Boolean(required=True)


class DatabaseReport(Schema):
    """How the database is."""

    kind = fields.String(required=True, allow_none=True)
    version = fields.String(required=True, allow_none=True)
    problem = fields.String(required=True, allow_none=True)
    offset_minutes = fields.Integer(required=True, allow_none=True)
    drift_seconds = fields.Float(required=True, allow_none=True)
    tables = fields.List(fields.Nested(TableReport), required=True)
    statement_log = fields.Boolean(required=True)


class Status(Schema):
    """How the service and its database are."""

    version = fields.String(required=True)
    time = fields.String(required=True, metadata={"description": "The site's wall clock."})
    time_zone = fields.String(required=True)
    database = fields.Nested(DatabaseReport, required=True)


LINES = fields.Dict(keys=fields.String(validate=validate.OneOf(get_args(Kind))), values=fields.Integer(), required=True)
"""How many lines, by kind."""


class Preview(Schema):
    """What the assistant would get of the visitor now, and what it would say of who that is.

    ``tokens`` is an upper bound for o200k; ``budget`` is what the section may cost at most. ``left_out`` and
    ``shortened`` say of how many lines of each kind there was room for nothing, or for a part.
    """

    success = fields.Boolean(required=True)
    session_token = fields.String(required=True)
    section = fields.String(required=True)
    tokens = fields.Integer(required=True)
    budget = fields.Integer(required=True)
    left_out = LINES
    shortened = LINES
    who_am_i = fields.String(required=True)
