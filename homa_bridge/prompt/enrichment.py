"""The wording of a message to the assistant with the memory before it. Pure."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..context.form import spoken
from ..jsontext import JSONText
from .line import Line
from .section import INTERESTS_NAMED, Facts, build


class Known(NamedTuple):
    """What is known of a visitor.

    :param form: the fields, each as JSON text
    :param written: when the fields were written, in seconds, as far as that is known
    :param summary: what was said before; "" for nothing
    :param interests: in words, the strongest first
    """

    form: Mapping[str, JSONText]
    written: Mapping[str, int]
    summary: str
    interests: Sequence[str]


def enriched(message: str, known: Known, budget: int) -> str:
    """Return the message with what is known before it, fenced; the message itself stays as it is, and comes last.

    :param budget: of the fence, in tokens
    """
    fields = [
        Line(f"- {name}", value, known.written.get(key, 0))
        for key, text in known.form.items()
        for name, value in spoken({key: text})
    ]
    interests = "، ".join(known.interests[:INTERESTS_NAMED])
    facts = Facts(
        "اطلاعات فرم:",
        fields,
        summary=Line("خلاصه گفتگو", known.summary) if known.summary else None,
        interests=Line("علاقه‌مندی‌ها", interests) if interests else None,
    )
    return "\n".join(filter(None, (build(facts, budget, title="").memory, f"پیام فعلی: {message}")))
