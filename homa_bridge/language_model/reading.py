"""What a finished summary says, as the rules read it: values, numbers with units, and of which product each is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ..context.ledger import Item
from ..context.normalize import clean
from ..context.numerals import read_number
from ..context.placing import choose_between, part_of
from ..context.polarity import decide, values
from ..context.reading import Clause, Span, read
from ..context.vocabulary import Entry, Vocabulary

Units = frozenset[tuple[str, str, str]]  # kind, Persian, English of each unit that a word can be
_WORDED_UNITS = ("#", "month", "duration")


@dataclass(frozen=True, slots=True)
class Number:
    """Hold one number: its value, the units that the word after it can be, and whether it is written in digits."""

    value: float
    units: Units
    is_digits: bool

    def agrees(self, other: Number) -> bool:
        """Tell whether both can be the same amount of the same thing."""
        if self.value != other.value:
            return False
        return any(
            kind == other_kind and (fa == other_fa or en == other_en)
            for kind, fa, en in self.units
            for other_kind, other_fa, other_en in other.units
        )


@dataclass(slots=True)
class Piece:
    """Hold a stretch of one clause that speaks of one product, or of none."""

    item: Item | None
    words: list[str]
    spans: list[tuple[Span, str]]  # with the part of the product, "" for the whole
    numbers: list[Number] = field(default_factory=list)
    denies: bool = False


def pieces(text: str, vocabulary: Vocabulary, items: Iterable[Item]) -> list[Piece]:
    """Read a summary; what follows a product's name is that product's until the next one is named."""
    found: list[Piece] = []
    known = list(items)
    current: Item | None = None
    clauses = read(clean(text), vocabulary)
    for index, clause in enumerate(clauses):
        before = clauses[index - 1] if index and clauses[index - 1].sentence == clause.sentence else None
        choose_between(clause, vocabulary)
        decide(clause, opens_message=False, before=before)
        for item, start, end in _stretches(clause, known, current):
            found.append(_piece(clause, start, end, item, vocabulary))
            current = item
    return found


def _stretches(clause: Clause, items: list[Item], current: Item | None) -> Iterator[tuple[Item | None, int, int]]:
    start = 0
    for span in clause.spans:
        named = _item_of(span, items)
        if named is None or named is current:
            continue
        if span.start > start:
            yield current, start, span.start
        current, start = named, span.start
    yield current, start, len(clause.words)


def _item_of(span: Span, items: list[Item]) -> Item | None:
    if span.kind != "product":
        return None
    by_name = (item for item in items if span.fa == item.fa)
    by_family = (item for item in items if span.family == item.family)
    return next(by_name, None) or next(by_family, None)


def _piece(clause: Clause, start: int, end: int, item: Item | None, vocabulary: Vocabulary) -> Piece:
    spans = [(span, part_of(clause, span)) for span in values(clause) if start <= span.start < end]
    words = clause.words[start:end]
    denies = clause.has("without", "refuse", "no", "drop")
    return Piece(item, words, spans, list(_numbers(words, vocabulary)), denies)


def _numbers(words: list[str], vocabulary: Vocabulary) -> Iterator[Number]:
    position = 0
    while position < len(words):
        word = words[position]
        if word in vocabulary.ordinals and vocabulary.ordinals[word] > 1:
            value: float | None = vocabulary.ordinals[word]
            end = position + 1
        else:
            value, end = read_number(words, position, vocabulary)
        if value is None:
            position += 1
            continue
        _, entries = vocabulary.match(words, end) if end < len(words) else (end, [])
        yield Number(value, _units(entries), any(char.isdigit() for char in "".join(words[position:end])))
        position = end


def _units(entries: list[Entry]) -> Units:
    return frozenset((entry.kind, entry.fa, entry.en) for entry in entries if entry.kind.startswith(_WORDED_UNITS))
