"""Parameters as WordPress's REST API takes them, as marshmallow fields.

Every field is given the JSON text of one parameter (a query parameter is a JSON string), so that a value which is only
stored is never taken apart.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
from marshmallow import EXCLUDE, Schema, fields, validate

from .context.message import Message
from .jsontext import JSONText, joined, members, parse
from .omnistore.service import TEXT_BYTES

NAME_LENGTH = 50  # what the columns for names hold, in characters
LONGEST_INPUT = 4_096  # of a name before it is cleaned, in characters
INT32 = 2**31

MESSAGES: dict[str, str | list[Any] | dict[Any, Any]] = {
    "not_text": "Not of type string.",
    "empty": "Must not be empty.",
    "too_long": "Must not be longer than {limit} characters.",
    "too_many_bytes": f"Must not be longer than {TEXT_BYTES:,} bytes.",
    "not_integer": "Not of type integer.",
    "out_of_range": "Must be between {least} and {most}.",
    "not_object": "Not of type object.",
    "not_messages": "Not a list of messages, each an object with the strings role and content.",
}

_CODE = re.compile(r"<(script|style)\b[^>]*>.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<!--.*?-->|</?[a-zA-Z][^<>]*>|<[!?][^<>]*>", re.DOTALL)
_OCTET = re.compile(r"%[0-9a-f]{2}", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f]")
_PLAIN = re.compile(r"[\w.-]+(?: [\w.-]+)*")
_INTEGER = re.compile(r"[+-]?[0-9]{1,20}")
_MESSAGES = msgspec.json.Decoder(list[Message])


def sanitize(text: str) -> str:
    """Clean a name as WordPress's ``sanitize_text_field`` does.

    Tags and percent-encoded octets go, control characters and runs of white space become one blank, and none is left at
    either end. Unlike there, a lone ``<`` stays what it is: storage never holds HTML entities.
    """
    if _PLAIN.fullmatch(text):
        return text
    text = _CODE.sub("", text)
    while (cleaned := _OCTET.sub("", _TAG.sub("", text))) != text:  # what a removal joins may be found again
        text = cleaned
    return " ".join(_CONTROL.sub(" ", text).split())


def web_address(text: str | None) -> str | None:
    """Return a page's address if it is an http or https URL, else None.

    It ends up in links: ``javascript:`` and the like count as no address, as in WordPress's ``esc_url_raw``; so does
    what the column does not hold.
    """
    text = (text or "").strip()
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    is_address = parts.scheme in {"http", "https"} and parts.netloc and not _BLANK.search(text)
    if len(text.encode("utf-8", "replace")) > TEXT_BYTES:
        return None
    return text if is_address else None


class Parameters(Schema):
    """Parameters of a route; those that it does not know are ignored, as in WordPress."""

    class Meta:
        """Options of marshmallow."""

        unknown = EXCLUDE


class Text(fields.String):
    """A text, stored as it is sent."""

    default_error_messages = MESSAGES

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        found = parse(value) if value.startswith('"') else None
        if not isinstance(found, str):
            raise self.make_error("not_text")
        return found


class LongText(Text):
    """A text for a TEXT column."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        found = super()._deserialize(value, attr, data, **kwargs)
        if len(found.encode()) > TEXT_BYTES:
            raise self.make_error("too_many_bytes")
        return found


class Name(Text):
    """A name of up to 50 characters, cleaned.

    :param default: what an empty name stands for; without one it is refused
    """

    def __init__(self, *, default: str | None = None, **options: Any) -> None:
        if default is not None:
            options["load_default"] = default
        super().__init__(validate=validate.Length(max=NAME_LENGTH), **options)
        self._default = default

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        sent = super()._deserialize(value, attr, data, **kwargs)
        if len(sent) > LONGEST_INPUT:
            raise self.make_error("too_long", limit=NAME_LENGTH)
        name = sanitize(sent) or self._default
        if not name:
            raise self.make_error("empty")
        return name


class WebAddress(LongText):
    """A page's address; one that is no http(s) URL counts as none."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        return web_address(super()._deserialize(value, attr, data, **kwargs))


class WholeNumber(fields.Integer):
    """A 32-bit integer, also as digits in a string."""

    default_error_messages = MESSAGES

    def __init__(self, *, least: int = -INT32, most: int = INT32 - 1, **options: Any) -> None:
        super().__init__(metadata={"minimum": least, "maximum": most}, **options)
        self._least, self._most = least, most

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        found = parse(value)
        if isinstance(found, str) and _INTEGER.fullmatch(found):
            found = int(found)
        if isinstance(found, float) and found.is_integer():
            found = int(found)
        if isinstance(found, bool) or not isinstance(found, int):
            raise self.make_error("not_integer")
        if not self._least <= found <= self._most:
            raise self.make_error("out_of_range", least=self._least, most=self._most)
        return found


class JSONValue(fields.Raw):
    """Any JSON value, kept as text."""


class JSONObject(fields.Dict):
    """A JSON object, kept as text. PHP sends an empty one as ``[]``."""

    default_error_messages = MESSAGES

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if value.startswith("[") and not value[1:-1].strip():
            return JSONText("{}")
        if not value.startswith("{"):
            raise self.make_error("not_object")
        return joined(members(JSONText(value)))  # of a name that comes twice the last counts, in the database as well


class Conversation(fields.List[Any]):
    """A list of ``{role, content}``."""

    default_error_messages = MESSAGES

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> list[Any]:
        try:
            return _MESSAGES.decode(value)
        except msgspec.ValidationError:
            raise self.make_error("not_messages") from None
