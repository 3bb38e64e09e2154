"""What may stand in a trade's file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from marshmallow import RAISE, Schema, ValidationError, fields

_MESSAGES: Final[dict[str, Any]] = {"required": "Is missing.", "null": "Is null: leave it out instead."}


class _Checked(Schema):
    """Refuse what is not known, and say so in words that fit a file."""

    class Meta:
        unknown = RAISE

    error_messages = {  # noqa: RUF012 marshmallow's own attribute
        "unknown": "Is not known here: correct its spelling, or remove it.",
        "type": "Write an object, in braces.",
    }


class _Words(fields.String):
    """Take words of one meaning: "first|second|…"."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(error_messages={**_MESSAGES, "invalid": 'Write a text: "first|second|…".'}, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not all(word.strip() for word in text.split("|")):
            raise ValidationError(f'{text!r} has an empty word: write "first|second|…", without a | at an end.')
        return text


class _Row(fields.String):
    """Take one thing by its names: "Persian|English|further spelling|…"; the English one may be empty."""

    def __init__(self, **kwargs: Any) -> None:
        expected = 'Write a text: "Persian|English|further spelling|…".'
        super().__init__(error_messages={**_MESSAGES, "invalid": expected}, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        persian, *others = (part.strip() for part in text.split("|"))
        if not persian or not others or not all(others[1:]):
            raise ValidationError(
                f'{text!r} lacks a part: write "Persian name|English name|further spelling|…"; '
                "only the English name may be empty."
            )
        return text


class _Label(_Checked):
    fa = fields.String(required=True, error_messages=_MESSAGES)
    en = fields.String(required=True, error_messages=_MESSAGES)


class _SlotSchema(_Label):
    rank = fields.Integer(required=True, strict=True, error_messages=_MESSAGES)
    many = fields.Boolean(truthy={True}, falsy={False})
    parts = fields.Boolean(truthy={True}, falsy={False})
    named = fields.Boolean(truthy={True}, falsy={False})
    replaces = fields.List(fields.String())
    itself = _Words()
    least = fields.Float()
    most = fields.Float()


def _rows(**kwargs: Any) -> fields.List[Any]:
    return fields.List(_Row(), error_messages={**_MESSAGES, "invalid": 'Write a list: ["…", …].'}, **kwargs)


def _named(inner: fields.Field[Any], **kwargs: Any) -> fields.Dict:
    messages = {**_MESSAGES, "invalid": "Write an object, in braces."}
    return fields.Dict(keys=fields.String(), values=inner, error_messages=messages, **kwargs)


def _names() -> fields.List[Any]:
    return fields.List(
        fields.String(), load_default=list, error_messages={**_MESSAGES, "invalid": 'Write a list: ["…", …].'}
    )


class TradeSchema(_Checked):
    """A trade's file; the README says what each member means."""

    about = fields.String()
    extends = fields.String()
    interest = fields.Nested(_Label, required=True, error_messages=_MESSAGES)
    order = fields.Nested(_Label, required=True, error_messages=_MESSAGES)
    held = fields.Nested(_Label)
    families = _named(_rows(), required=True)
    slots = _named(fields.Nested(_SlotSchema), required=True)
    values = _named(_rows(), required=True)
    units = _named(_rows(), required=True)
    cues = _named(_Words())
    parts = _rows()
    markers = _named(_Words())
    cities = _rows()
    delivery = _rows()
    only_with = _named(_Words())
    asking = _named(fields.String())
    heads = _Words()
    topics = _Words()
    complaints = _Words()
    services = _names()
    secondary_products = _names()
    sheet_products = _names()
    copy_products = _names()
    generic_values = _names()
    material_products = _names()
    bulk_units = _names()
    sheet_unit = fields.String()
    copy_unit = _Row()

    def complete(self, found: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the members with the optional ones filled in.

        :raises ValidationError: if one names a slot that there is not
        """
        slots = found["slots"]
        nowhere = "Is no slot: describe it in slots, or correct its spelling."
        strangers = {
            member: {name: [nowhere] for name in found.get(member, {}) if name not in {*slots, *also}}
            for member, also in {"values": (), "units": _UNITS, "only_with": ()}.items()
        }
        wrong = {member: names for member, names in strangers.items() if names}
        if wrong:
            raise ValidationError(wrong)
        empty: dict[str, Any] = {"held": {"fa": "معلق", "en": "on hold"}}
        for name, kind in self.fields.items():
            is_list, is_object = isinstance(kind, fields.List), isinstance(kind, fields.Dict)
            empty.setdefault(name, [] if is_list else {} if is_object else "")
        return {**empty, **found}


_UNITS: Final = ("quantity", "length", "ignored")
