"""The memory in a prompt: fenced, and within a budget that says what it left out. Pure."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from .choice import Candidate, Choice, Kind
from .fence import CLOSING, NOTICE, OPENING
from .line import Line, cost

HEADING: Final = "## حافظه و زمینه (Omni-Store Memory)"
RECENT: Final = "Recent messages:"
LEFT_OUT: Final = "Left out for length: {}."

INTERESTS_NAMED: Final = 5  # as the wire contract has it
NEWEST_FIELDS: Final = 10  # are essential: what the visitor is about now; older ones come after all else


class Facts(NamedTuple):
    """What is remembered of a visitor.

    :param heading: the line over the fields, of the product's own
    :param fields: the session's fields, in the order in which they are told
    :param summary: what was said before
    :param interests: what the visitor cares about
    :param persona: who the visitor probably is, in the product's own words
    :param messages: the last ones, the oldest first
    """

    heading: str
    fields: Sequence[Line] = ()
    summary: Line | None = None
    interests: Line | None = None
    persona: str = ""
    messages: Sequence[Line] = ()


class Built(NamedTuple):
    """What of a memory goes into a prompt.

    :param section: all of it, as a section of a system instruction; "" if nothing is known, or there is no room
    :param memory: the fence alone
    :param persona: the persona's sentence alone
    :param left_out: how many lines of each kind (summary, fields, persona, interests, messages) there was no room for
    :param shortened: how many of each kind are told in part
    """

    section: str
    memory: str
    persona: str
    left_out: dict[str, int]
    shortened: dict[str, int]


def build(facts: Facts, budget: int, title: str = HEADING) -> Built:
    """Put a memory into a prompt, the most valuable first.

    That is: the summary, for it holds the decisions; the newest fields; the persona; the interests; the last messages,
    the newest first; the older fields. Whatever is told keeps the order of the facts.

    :param budget: what the section costs at most, in tokens as :func:`estimate_tokens` counts them
    :param title: of the section; "" for none
    """
    places = _candidates(facts)
    frame = [title] if title else []
    frame += [OPENING, NOTICE, CLOSING] if any(kind != "persona" for kind in places) else []
    headings: dict[Kind, str] = {"fields": facts.heading, "messages": RECENT}
    essential, rest = _by_worth(places)
    choice = Choice(essential, rest, headings, budget - sum(map(cost, frame)))
    if not choice.tell_all():
        choice.tell_most(cost(_left_out({kind: len(lines) for kind, lines in places.items()})))
    left_out = choice.left_out()
    told = {
        kind: [choice.told[line.place].text for line in lines if line.place in choice.told]
        for kind, lines in places.items()
    }
    memory = _fenced(told, headings, left_out)
    persona = "".join(told.get("persona", []))
    section = "\n".join(filter(None, (title, persona, memory))) if persona or memory else ""
    return Built(section, memory, persona, left_out, choice.shortened())


def _candidates(facts: Facts) -> dict[Kind, list[Candidate]]:
    """Return the lines by kind, in the order in which they are told."""
    lines: dict[Kind, Sequence[Line]] = {
        "persona": [Line("", facts.persona)] if facts.persona else [],
        "fields": facts.fields,
        "summary": [facts.summary] if facts.summary else [],
        "interests": [facts.interests] if facts.interests else [],
        "messages": facts.messages,
    }
    found: dict[Kind, list[Candidate]] = {}
    place = 0
    for kind, several in lines.items():
        if several:
            found[kind] = [Candidate(kind, place + number, line) for number, line in enumerate(several)]
            place += len(several)
    return found


def _by_worth(places: Mapping[Kind, Sequence[Candidate]]) -> tuple[list[Candidate], list[Candidate]]:
    """Return the essential lines and the rest, each the most valuable first."""
    fields = sorted(places.get("fields", ()), key=lambda field: field.line.written, reverse=True)
    essential = [
        *places.get("summary", ()),
        *fields[:NEWEST_FIELDS],
        *places.get("persona", ()),
        *places.get("interests", ()),
        *reversed(places.get("messages", ())),
    ]
    return essential, fields[NEWEST_FIELDS:]


def _fenced(told: Mapping[Kind, Sequence[str]], headings: Mapping[Kind, str], left_out: Mapping[str, int]) -> str:
    lines: list[str] = []
    for kind, texts in told.items():
        if texts and kind != "persona":
            lines += [headings[kind], *texts] if kind in headings else texts
    if not lines:
        return ""
    return "\n".join((OPENING, NOTICE, *lines, *([_left_out(left_out)] if left_out else []), CLOSING))


def _left_out(lines: Mapping[str, int] | Mapping[Kind, int]) -> str:
    """Tell the assistant that there is more than it is told."""
    return LEFT_OUT.format(", ".join(f"{kind} {number}" for kind, number in lines.items()))
