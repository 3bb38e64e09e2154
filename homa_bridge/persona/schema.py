"""What the persona's routes give."""

from marshmallow import Schema, fields

from ..omnistore.schema import StoredInterest


class Profile(Schema):
    """A persona in numbers and words."""

    persona = fields.String(required=True)
    confidence = fields.Integer(required=True, metadata={"minimum": 0, "maximum": 100})
    all_scores = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    label = fields.String(required=True)
    description = fields.String(required=True)


class ProfileWithInterests(Profile):
    """A persona and the interests that it was found by."""

    interests = fields.List(fields.Nested(StoredInterest), required=True)


class Strategy(Schema):
    """How the assistant sells to a persona."""

    tone = fields.String(required=True)
    focus = fields.String(required=True)
    discount = fields.String(required=True)
    upsell = fields.String(required=True)


class Analyzed(Schema):
    """A visitor's persona and what to make of it."""

    success = fields.Boolean(required=True)
    persona = fields.Nested(Profile, required=True)
    strategy = fields.Nested(Strategy, required=True)
    from_torob = fields.Boolean(required=True)


class ExploreItem(Schema):
    """An interest as the Explore widget reads it."""

    category = fields.String(required=True)
    score = fields.Integer(required=True)
    context = fields.String(required=True)
    related_url = fields.String(required=True)


class Explored(Schema):
    """A visitor's interests and persona."""

    success = fields.Boolean(required=True)
    interests = fields.List(fields.Nested(ExploreItem), required=True)
    persona = fields.Nested(ProfileWithInterests, required=True)
