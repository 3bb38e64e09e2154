"""The wording of a message to the assistant with the memory before it. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ..context.form import spoken
from ..jsontext import JSONText
from .section import INTERESTS_NAMED, Facts, Line, fenced


class Known(NamedTuple):
    """What is known of a visitor.

    :param form: the fields, each as JSON text
    :param written: when the fields were written, as sortable text, as far as that is known
    :param summary: what was said before; "" for nothing
    :param interests: in words, the strongest first
    """

    form: Mapping[str, JSONText]
    written: Mapping[str, str]
    summary: str
    interests: Sequence[str]


def enriched(message: str, known: Known, budget: int) -> str:
    """Return the message with what is known before it, fenced; the message itself stays as it is, and comes last.

    :param budget: of the fence, in tokens
    """
    fields = [
        Line(f"- {name}", value, known.written.get(key, ""))
        for key, text in known.form.items()
        for name, value in spoken({key: text})
    ]
    facts = Facts("اطلاعات فرم:", fields, list(_others(known)))
    return "\n".join(filter(None, (fenced(facts, budget), f"پیام فعلی: {message}")))


def _others(known: Known) -> Iterator[Line]:
    if known.summary:
        yield Line("خلاصه گفتگو", known.summary)
    if known.interests:
        yield Line("علاقه‌مندی‌ها", "، ".join(known.interests[:INTERESTS_NAMED]))
