"""What a message says by itself, whatever was said before it: read once, and remembered with the vocabulary."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import Final, NamedTuple

from . import naming, privacy
from .bounds import MOST_NUMBERS, bounded_words
from .corrections import apart_at_but, take_back
from .letters import Letters, letters_of
from .normalize import clean
from .numbers_in_context import Asked, asked_for
from .numerals import show_number
from .placing import TIMES, choose_between
from .polarity import decide
from .reading import Clause, Span, read
from .sums import Sum, sums_of_table
from .vocabulary import Vocabulary, words

_SENTENCE: Final = re.compile(r"[^.!?؟\n]+[.!?؟\n]*")
_PART: Final = re.compile(r"[^.!?؟\n،,؛]+")
_LONGEST_ANSWER: Final = 3  # words that answer a question and leave out what was asked
_REQUESTING: Final = frozenset({"میشه", "can", "could", "mishe"})
_AS_TOLD: Final = frozenset({"حتما", "چشم"})
_UNABLE: Final = words("unable")
_VALID: Final = ("معتبر", "اعمال", "valid", "applied", "فعال", "active")
_RETITLED: Final = ("تغییر", "changed", "اصلاح", "یادداشت", "ثبت شد")


class Statement(NamedTuple):
    """Hold a user's clauses, judged, and what they say together."""

    clauses: list[Clause]
    side_by_side: frozenset[str]  # products of one family
    requests: bool  # a change
    repeats: bool  # what was ordered before
    questioned: frozenset[str]  # times
    numbers: frozenset[float]
    mentioned: frozenset[str]  # families of products
    turns_down: bool
    wondered: str  # the number of pieces whose price is asked for; or ''


class UserUtterance(NamedTuple):
    """Hold what a user's message says by itself."""

    text: str  # without names, contact data and what is aimed at the assistant
    statement: Statement
    elliptic: bool  # so short that it may leave out what was asked
    contacts: list[str]
    names: list[tuple[str, str]]  # role and name, out of quotations
    mentions: list[tuple[str, str]]  # persons and codes, each with its kind
    doubtful: list[Clause]  # said after an instruction to the assistant
    letters: Letters


class AssistantUtterance(NamedTuple):
    """Hold what an assistant's message says by itself; sentences are numbers of sentences."""

    clauses: list[Clause]
    asking: frozenset[int]
    confirmed: frozenset[int]
    proposing: frozenset[int]
    changed: frozenset[int]  # sentences that say that something is new
    asks_values: bool
    opens_with_yes: bool
    opens_with_money: bool
    tabular: bool
    asked: Asked
    offered: frozenset[str]  # words
    products: list[Span]
    numbers: frozenset[float]
    timed: frozenset[str]  # all times that it names
    declines: bool  # a wish
    times: list[tuple[str, str]]  # the times that it can, in Persian and English
    table_sums: list[Sum]
    mentions: list[tuple[str, str]]  # codes that hold, are void or are offered, and changed titles; each with its kind
    letters: Letters


def of_user(content: str, vocabulary: Vocabulary) -> tuple[UserUtterance, bool]:
    """Return what a user's message says by itself, and whether its clauses must be copied to be changed."""
    return vocabulary.remembered.made_of(content, partial(_of_user, vocabulary=vocabulary), "user")


def of_assistant(content: str, vocabulary: Vocabulary, *, repeats: bool) -> tuple[AssistantUtterance, bool]:
    """Return what an assistant's message says by itself, and whether its clauses must be copied to be changed.

    :param repeats: whether the user wants what was ordered before, so that what was the last time is proposed
    """
    make = partial(_of_assistant, vocabulary=vocabulary, repeats=repeats)
    return vocabulary.remembered.made_of(content, make, ("assistant", repeats))


def completed(utterance: UserUtterance, left_out: list[str], vocabulary: Vocabulary) -> Statement | None:
    """Return a short answer read together with one of the words that it left out: "the cover?" "soft" is a soft cover.

    None if it says nothing more with any of them.
    """
    if not utterance.elliptic:
        return None
    short = utterance.statement.clauses[0].words
    for word in left_out:
        end, entries = vocabulary.match([word, *short], 0)
        found = [entry for entry in entries if entry.kind in vocabulary.slots]
        if end > 1 and found:
            clauses = apart_at_but(read(utterance.text, vocabulary))
            clauses[0].spans = [Span(entry.kind, entry.fa, entry.en, 0, end - 1) for entry in found]
            return _statement(clauses, vocabulary)
    return None


def _of_user(content: str, vocabulary: Vocabulary) -> UserUtterance:
    text, hostile = privacy.without_foreign(clean(content))
    trusted, doubtful = _apart(text) if hostile else (text, "")
    trusted = privacy.without_contacts(trusted)
    names = list(_names(trusted, vocabulary))
    if names:
        trusted = naming.without_names(trusted, {name for _, name in names})
    clauses = apart_at_but(read(trusted, vocabulary))
    elliptic = bool(clauses) and len(clauses[0].words) <= _LONGEST_ANSWER and not clauses[0].values
    statement = _statement(clauses, vocabulary)
    past = any(clause.has("past") for clause in clauses)
    rest = read(privacy.without_contacts(doubtful), vocabulary) if doubtful else []
    _judge(rest, vocabulary)
    for clause in rest:
        clause.spans = [span for span in clause.spans if span.kind in vocabulary.slots or span.kind == "product"]
    return UserUtterance(
        trusted,
        statement,
        elliptic,
        privacy.contacts(text),
        names,
        [] if past else list(_mentions(trusted, vocabulary)),
        rest,
        letters_of(content),
    )


def _apart(text: str) -> tuple[str, str]:
    """Return what stands before an instruction to the assistant and what stands after it, without its own sentence."""
    trusted: list[str] = []
    doubtful: list[str] = []
    for sentence in _SENTENCE.findall(text):
        if privacy.is_instruction(sentence):
            doubtful.append("")
        else:
            (doubtful or trusted).append(sentence)
    return "".join(trusted), "".join(doubtful)


def _names(text: str, vocabulary: Vocabulary) -> Iterator[tuple[str, str]]:
    """Yield the quoted names; a single word of the trade in quotes is no name."""
    for role, name in naming.quoted_names(text):
        first = read(name, vocabulary)[:1]
        if not any(len(clause.words) == 1 and clause.values for clause in first):
            yield role, name


def _mentions(text: str, vocabulary: Vocabulary) -> Iterator[tuple[str, str]]:
    for sentence in _SENTENCE.findall(text) if naming.addresses(text) else ():
        if not sentence.rstrip().endswith(("؟", "?")):
            for person in naming.people(sentence):
                yield "person", person
    for code, _ in naming.codes(text):
        yield "code", code
    for person in naming.latin_people(text):
        if not any(word.lower() in vocabulary.words for word in person.split()):
            yield "person", person


def _judge(clauses: list[Clause], vocabulary: Vocabulary) -> None:
    before: Clause | None = None
    for clause in clauses:
        choose_between(clause, vocabulary)
        decide(
            clause,
            opens_message=before is None,
            before=before if before is not None and before.sentence == clause.sentence else None,
        )
        before = clause


def _statement(clauses: list[Clause], vocabulary: Vocabulary) -> Statement:
    _judge(clauses, vocabulary)
    take_back(clauses)
    marks = {mark for clause in clauses for mark in clause.marks}
    spans = [span for clause in clauses for span in clause.spans]
    return Statement(
        clauses,
        _side_by_side(spans),
        any(
            clause.question and (clause.has("instead", "change") or (clause.words[0] in _REQUESTING and clause.values))
            for clause in clauses
        ),
        "again" in marks or {"past", "same"} <= marks,
        frozenset(span.fa for clause in clauses if clause.question for span in clause.spans if span.kind in TIMES),
        frozenset(islice(dict.fromkeys(span.number for span in spans if span.number is not None), MOST_NUMBERS)),
        frozenset(span.family for span in spans if span.kind == "product"),
        bool(clauses) and clauses[0].has("no", "refuse", "too_much"),
        _wondered(clauses),
    )


def _wondered(clauses: list[Clause]) -> str:
    prices = [span for clause in clauses if clause.has("price_ask") for span in clause.spans]
    asked = [span.number or 0 for span in prices if span.kind == "quantity"]
    return show_number(asked[0]) if len(asked) == 1 else ""


def _side_by_side(spans: list[Span]) -> frozenset[str]:
    """Return the products of one family that are named beside each other: "poems and short stories"."""
    names: dict[str, set[str]] = {}
    for span in spans:
        if span.kind == "product" and span.sign > 0 and span.fa != span.family:
            names.setdefault(span.family, set()).add(span.fa)
    return frozenset(name for each in names.values() if len(each) > 1 for name in each)


def _of_assistant(content: str, vocabulary: Vocabulary, *, repeats: bool) -> AssistantUtterance:
    text = privacy.without_contacts(clean(content))
    clauses = read(text, vocabulary)
    asking = {clause.sentence for clause in clauses if clause.question}
    _recall(clauses, asking, repeats=repeats)
    _judge(clauses, vocabulary)
    confirmed = {clause.sentence for clause in clauses if clause.has("confirm") and not clause.question}
    confirmed |= {clause.sentence for clause in clauses if not clause.question and _became(clause)}
    proposed = {clause.sentence for clause in clauses if clause.has("propose")}
    stating = {clause.sentence for clause in clauses if clause.values}
    confirmed |= {each - 1 for each in confirmed - stating} - proposed - asking  # "135 gsm. Noted."
    repeating = {clause.sentence for clause in clauses[:1] if clause.words[0] in _AS_TOLD}
    proposing = proposed | asking | ({each - 1 for each in asking - stating} - repeating)  # "hardcover is usual. OK?"
    if repeats:
        proposing |= {clause.sentence for clause in clauses}
    opening = clauses[0] if clauses else Clause([], [], "", 0, question=False)
    spans = [span for clause in clauses for span in clause.spans]
    return AssistantUtterance(
        clauses,
        frozenset(asking),
        frozenset(confirmed),
        frozenset(proposing),
        frozenset(clause.sentence for clause in clauses if clause.has("change", "confirm") or "شد" in clause.words),
        asks_values=not asking.isdisjoint(stating),
        opens_with_yes=0 in (*opening.marks.get("agree", ()), *opening.marks.get("confirm", ())),
        opens_with_money=any(span.kind == "money" for span in opening.spans),
        tabular="|" in text,
        asked=asked_for(clauses, vocabulary),
        offered=bounded_words(word for clause in clauses for word in clause.words if len(word) > 3)
        if proposing
        else frozenset(),
        products=list({span.fa: span for span in spans if span.kind == "product"}.values()),
        numbers=frozenset(span.number for span in spans if span.number),
        timed=frozenset(islice(dict.fromkeys(span.fa for span in spans if span.kind in TIMES), MOST_NUMBERS)),
        declines=any(word in _UNABLE for clause in clauses[:2] for word in clause.words),
        times=[
            (span.fa, span.en)
            for clause in clauses
            if clause.sentence not in asking and not clause.has("no", "refuse")
            for span in clause.spans
            if span.kind in TIMES
        ],
        table_sums=list(sums_of_table(text, vocabulary)) if "|" in text else [],
        mentions=list(_changes(text)),
        letters=letters_of(content),
    )


def _became(clause: Clause) -> bool:
    """Tell whether a clause says what something is by now: "51 نسخه شد"."""
    return any(clause.words[span.end : span.end + 1] == ["شد"] for span in clause.values)


def _recall(clauses: list[Clause], asking: set[int], *, repeats: bool) -> None:
    """Let a question propose what was the last time ("the last one was matte, the same?")."""
    if not asking and not repeats:
        return
    again = {clause.sentence for clause in clauses if clause.has("same")} & asking
    for clause in clauses:
        if clause.sentence in again or repeats:
            clause.marks.pop("past", None)


def _changes(text: str) -> Iterator[tuple[str, str]]:
    """Yield what the assistant says of codes, and the titles that it changed."""
    quoted = naming.has_quotation(text)
    if not quoted and not naming.has_latin(text):
        return
    for part in _PART.findall(text):
        for code, void in naming.codes(part):
            yield "void" if void else "code" if any(mark in part for mark in _VALID) else "offered", code
        if quoted and any(mark in part for mark in _RETITLED):
            for role, name in naming.quoted_names(part):
                if role == "title":
                    yield "title", name
