"""Second thoughts within one message: "gold, no, green", "fifty more, never mind", "10 large, 20 small"."""

from __future__ import annotations

from itertools import groupby
from typing import Final

from .ledger import Item
from .numerals import show_number
from .polarity import values
from .reading import Clause

_LONGEST: Final = 3  # words of a clause that only takes back
_COUNTED: Final = frozenset({"number", "quantity"})


def apart_at_but(clauses: list[Clause]) -> list[Clause]:
    """Return the clauses with one that tells of the past, but then of now, as two."""
    parted = []
    for clause in clauses:
        turn = clause.marks["but"][-1] if clause.has("but") else 0
        if not turn or not clause.has("past") or clause.marks["past"][0] > turn:
            parted.append(clause)
            continue
        for begin, end in ((0, turn), (turn + 1, len(clause.words))):
            if begin == end:
                continue
            spans = [span for span in clause.spans if begin <= span.start and span.end <= end]
            for span in spans:
                span.start, span.end = span.start - begin, span.end - begin
            marks = {
                name: [mark - begin for mark in places if begin <= mark < end] for name, places in clause.marks.items()
            }
            parted.append(
                Clause(
                    clause.words[begin:end],
                    clause.shown[begin:end],
                    " ".join(clause.shown[begin:end]),
                    clause.sentence,
                    clause.question and end > turn,
                    spans,
                    {name: places for name, places in marks.items() if places},
                )
            )
    return parted


def take_back(clauses: list[Clause]) -> None:
    """Let what a speaker takes back in the same message count for nothing.

    A product that another takes the place of leaves its number and its properties to that one.
    """
    for index, clause in enumerate(clauses):
        if not index or clause.question or not _takes_back(clause):
            continue
        before = [span for earlier in clauses[:index] for span in values(earlier)]
        stated = values(clause) or (values(clauses[index + 1]) if index + 1 < len(clauses) else [])
        kinds = {"quantity" if span.kind in _COUNTED else span.kind for span in stated}
        taken = [span for span in before if ("quantity" if span.kind in _COUNTED else span.kind) in kinds]
        if clause.has("undo") and not taken:
            taken = values(clauses[index - 1])
        for span in taken:
            span.sign = 0
            if span.kind in _COUNTED:
                span.kind = "ignored"


def _takes_back(clause: Clause) -> bool:
    if clause.has("undo"):
        return True
    return len(clause.words) <= _LONGEST - 1 and 0 in clause.marks.get("no", []) and not clause.spans


def set_shares_apart(clauses: list[Clause], item: Item | None) -> None:
    """Let numbers of pieces that together make up what is ordered be its shares, and no new number of pieces."""
    known = item.values.get("quantity") if item is not None else None
    if not known:
        return
    whole = known[0].fa.partition(" ")[0]
    for _, group in groupby(clauses, key=lambda clause: clause.sentence):
        sentence = list(group)
        shares = [span for clause in sentence for span in clause.spans if span.kind == "quantity" and span.sign > 0]
        products = any(span.kind == "product" for clause in sentence for span in clause.spans)
        if len(shares) > 1 and not products and show_number(sum(span.number or 0 for span in shares)) == whole:
            for span in shares:
                span.kind, span.sign = "share", 0
