"""What the site's PHP code says of a visitor when it asks for a message to be enriched. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

from ..context.compressor import Compressor
from ..context.service import newest_of, worth_reading
from ..jsontext import JSONText, members, parse, says_nothing
from ..omnistore.listening import CHAT_FIELD

NULL = JSONText("null")
STORED = {"value", "insight"}  # the members of a field, as HT_Vault_Manager::get_all returns it


class Given(NamedTuple):
    """What a context says; empty where it says nothing, or something of another kind.

    :param form: the fields, each as JSON text
    :param summary: of the conversation
    :param interests: in words
    """

    form: dict[str, JSONText]
    summary: str
    interests: list[str]


def read_context(context: Mapping[str, JSONText], compressor: Compressor) -> Given:
    """Read a context.

    :param context: ``session`` or ``form_data``, an object: the form's fields, or what
        ``HT_Vault_Manager::get_session_snapshot`` or ``get_all`` returns; ``summary`` or ``chat_summary``, a text, else
        ``chat_messages``, also as a field of the form: the conversation as the site's script keeps it; ``interests``, a
        list of slugs or of ``{category, score}``
    :param compressor: what makes a summary of the conversation
    """
    form = members(_first(context, "session", "form_data"))
    summary = _text(_first(context, "summary", "chat_summary"))
    if "form_snapshot" in form:
        summary = summary or _text(_first(form, "chat_summary"))
        form = members(form["form_snapshot"])
    form = {name: _value(field) for name, field in form.items()}
    said = form.pop(CHAT_FIELD, None) or _first(context, CHAT_FIELD)
    summary = summary or compressor.compress(worth_reading(newest_of(said)))
    return Given(form, summary, _interests(_first(context, "interests")))


def _first(context: Mapping[str, JSONText], *names: str) -> JSONText:
    """Return the first of some members that says something, else null."""
    said = (context[name] for name in names if not says_nothing(context.get(name)))
    return next(said, NULL)


def _value(field: JSONText) -> JSONText:
    """Return a field's value, also where what the assistant noted about it comes along."""
    found = members(field) if field.lstrip().startswith("{") else {}
    return found["value"] if found.keys() == STORED else field


def _text(given: JSONText) -> str:
    found = parse(given)
    return found.strip() if isinstance(found, str) else ""


def _interests(given: JSONText) -> list[str]:
    found = parse(given)
    return [told for told in map(_interest, found if isinstance(found, list) else []) if told]


def _interest(given: object) -> str:
    if isinstance(given, dict) and isinstance(given.get("category"), str):
        score = given.get("score")
        return f"{given['category']} ({score})" if isinstance(score, int | str) else str(given["category"])
    return given if isinstance(given, str) else ""
