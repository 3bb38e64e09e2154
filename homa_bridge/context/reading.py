"""From a message to clauses: which words of the trade stand in them, which numbers, and how they are meant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from .numerals import read_number, show_number
from .tokenizing import stretches
from .vocabulary import CLAUSE_ENDS, SENTENCE_ENDS, VERB_PREFIXES, Entry, Vocabulary

_QUESTION: Final = frozenset("?؟")
# Work inside a clause grows with the square of its length, so a clause has a bound; nobody speaks in longer ones.
_LONGEST_CLAUSE: Final = 60  # words
_MOST_CLAUSES: Final = 12_000  # of one message: more than a page of text has, less than a flood of full stops
_MOST_WORDS: Final = 25_000  # of one message: a book pasted into the chat is no order
_HALF_SPACE: Final = "\u200c"
_NO_VALUE: Final = ("?", "part", "@")
_TODAY_OFFSETS: Final = {
    "دیگه": "دیگر",
    "دیگر": "دیگر",
    "اینده": "آینده",
    "بعد": "بعد",
    "کاری": "کاری",
    "later": "from now",
}
_BY: Final = frozenset({"×", "در", "dar", "by", "x"})
_SOME_OF: Final = ("ش", "اش", "وسط", "اول", "اخر", "از", "ان", "اون", "of")  # "20 صفحه‌ش رنگیه", "8 صفحه وسط"
_SMALL: Final = {1: "یک", 2: "دو", 3: "سه", 4: "چهار", 5: "پنج", 6: "شش"}

Number = tuple[float | None, int]  # as `read_number` returns it


@dataclass(slots=True)
class Span:
    """Mark a stretch of words: what it is (``kind``), how it is shown, its number, whether it is meant (``sign``).

    ``sign`` is 1 for what is wanted, -1 for what is refused or replaced, 0 for what is only talked about.
    """

    kind: str
    fa: str
    en: str
    start: int
    end: int
    family: str = ""
    number: float | None = None
    sign: int = 1


@dataclass(slots=True)
class Clause:
    """Hold one clause: its words, the spans and markers in it, and the text as written."""

    words: list[str]
    shown: list[str]
    text: str
    sentence: int
    question: bool
    spans: list[Span] = field(default_factory=list)
    marks: dict[str, list[int]] = field(default_factory=dict)
    _values: list[Span] | None = field(default=None, repr=False)
    _values_of: list[Span] | None = field(default=None, repr=False)

    @property
    def values(self) -> list[Span]:
        """The spans that can be facts, without cues and part names; found anew once ``spans`` is another list."""
        values = self._values
        if values is None or self._values_of is not self.spans:
            self._values_of = self.spans
            values = self._values = [span for span in self.spans if not span.kind.startswith(_NO_VALUE)]
        return values

    def copy(self) -> Clause:
        """Return a clause whose spans and markers can be changed without changing these."""
        return Clause(
            self.words,
            self.shown,
            self.text,
            self.sentence,
            self.question,
            [
                Span(span.kind, span.fa, span.en, span.start, span.end, span.family, span.number, span.sign)
                for span in self.spans
            ],
            self.marks.copy(),
        )

    @property
    def counts(self) -> bool:
        """Tell whether a number stands among the values."""
        return any(span.number is not None for span in self.values)

    def has(self, *names: str) -> bool:
        """Tell whether any of the named markers stands in the clause."""
        marks = self.marks
        return bool(marks) and not marks.keys().isdisjoint(names)


def read(text: str, vocabulary: Vocabulary) -> list[Clause]:
    """Split cleaned ``text`` into clauses and find what the vocabulary knows in each, in time linear in its length.

    Of a message longer than a book only the beginning is read.
    """
    clauses = []
    for clause in islice(_split(text, vocabulary), _MOST_CLAUSES):
        _find(clause, vocabulary)
        clauses.append(clause)
    return clauses


def _split(text: str, vocabulary: Vocabulary) -> Iterator[Clause]:
    words: list[str] = []
    shown: list[str] = []
    begin = end = 0
    sentence = 0
    joined = False
    irregular = vocabulary.irregular
    for offset, stretch in stretches(text, _MOST_WORDS):
        for word, written, first, last in stretch:
            if not joined and word not in irregular and len(words) < _LONGEST_CLAUSE:
                if not words:
                    begin = offset + first
                end = offset + last
                words.append(word)
                shown.append(written)
                continue
            if word in CLAUSE_ENDS:
                if words:
                    yield Clause(words, shown, text[begin:end], sentence, word in _QUESTION)
                    words, shown = [], []
                joined = False
                sentence += word in SENTENCE_ENDS
                continue
            if len(words) >= _LONGEST_CLAUSE:
                yield Clause(words, shown, text[begin:end], sentence, question=False)
                words, shown = [], []
                joined = False
            if not words:
                begin = offset + first
            end = offset + last
            if joined and words:
                words[-1] += word
                shown[-1] += _HALF_SPACE + written
            elif (cut := vocabulary.fused.get(word)) is not None:
                words += [word[:cut], word[cut:]]
                shown += [written[:cut], written[cut:]]
            else:
                words.append(word)
                shown.append(written)
            joined = not joined and word in VERB_PREFIXES
    if words:
        yield Clause(words, shown, text[begin:end], sentence, question=False)


def _find(clause: Clause, vocabulary: Vocabulary) -> None:
    words = clause.words
    position = 0
    for start, written in enumerate(words):
        if start < position or (word := vocabulary.begun_by(written)) is None:
            continue
        end, entries = vocabulary.match(words, start)
        if word.counts:
            number = read_number(words, start, vocabulary)
            span = _date(words, start, number, vocabulary) or _numeric(words, start, number, vocabulary)
            if span is not None and (
                span.end > end or (span.end == end and all(entry.kind[0] in "~#" for entry in entries))
            ):
                clause.spans.append(span)
                position = span.end
                continue
        for entry in entries:
            if entry.names:
                clause.spans.append(Span(entry.kind, entry.fa, entry.en, start, end, entry.family))
            elif entry.marks:
                clause.marks.setdefault(entry.marks, []).append(start)
        position = end


def _date(words: list[str], start: int, number: Number, vocabulary: Vocabulary) -> Span | None:
    """Read "15 آبان", "بیست و پنجم آذر", "اول دی", "آخر مهر", "March 5"."""
    word = words[start]
    if word.isascii() and word.isalpha() and start + 1 < len(words) and words[start + 1].isdigit():
        _, entries = vocabulary.match(words, start)
        named = next((entry for entry in entries if entry.kind == "month"), None)
        day = int(words[start + 1][:4])
        return (
            Span("date", f"{day} {named.fa}", f"{day} {named.en}", start, start + 2)
            if named and 0 < day <= 31
            else None
        )
    if word in vocabulary.edges or word in vocabulary.ordinals:
        label, end = (
            (
                str(vocabulary.ordinals[word])
                if word in vocabulary.ordinals and word not in vocabulary.edges
                else vocabulary.edges[word]
            ),
            start + 1,
        )
    else:
        value, end = number
        if value is None or not 0 < value <= 31 or value != int(value):
            return None
        if end + 1 < len(words) and words[end] == "و" and words[end + 1] in vocabulary.ordinals:
            value, end = value + vocabulary.ordinals[words[end + 1]], end + 2
        label = show_number(value)
    while end < len(words) and words[end] in {"ام", "م", "ماه", "of", "st", "nd", "rd", "th", "ی", "ه"}:
        end += 1
    if end >= len(words):
        return None
    after, entries = vocabulary.match(words, end)
    month = next((entry for entry in entries if entry.kind == "month"), None)
    if month is None:
        return None
    if after < len(words) and words[after] == "ماه":
        after += 1
    return Span("date", f"{label} {month.fa}", f"{label} {month.en}", start, after)


def _numeric(words: list[str], start: int, number: Number, vocabulary: Vocabulary) -> Span | None:
    value, end = number
    if value is None:
        return None
    if end < len(words) and words[end] in _BY and end + 1 < len(words) and vocabulary.is_number(words[end + 1]):
        return _dimensions(words, start, value, end, vocabulary)
    if end < len(words) and words[end] == "/":  # 40/60, 1403/05/12: no quantity
        while end < len(words) and (words[end] == "/" or words[end][0].isdigit()):
            end += 1
        return Span("ratio", "", "", start, end, sign=0)
    if words[max(0, start - 2) : start] == ["out", "of"]:
        return Span("ratio", "", "", start, end, sign=0)
    unit_end, units = _units(words, end, vocabulary)
    if not units:
        return Span("number", "", "", start, end, number=value)
    if (
        words[end] == "تا"
        and unit_end < len(words)
        and words[unit_end] != "نه"
        and vocabulary.is_number(words[unit_end])
    ):
        return Span("range", "", "", start, end, number=value, sign=0)
    kind, unit = _unit(value, units, vocabulary)
    if (
        kind in {"length", "quantity"}
        and unit_end + 1 < len(words)
        and words[unit_end] in _BY
        and words[unit_end + 1][0].isdigit()
    ):
        return _dimensions(words, start, value, unit_end, vocabulary)
    if kind == "pages" and unit_end < len(words) and words[unit_end].startswith(_SOME_OF):
        return Span("partial", "", "", start, unit_end, number=value, sign=0)  # some of the pages, not their number
    if words[end] == "تا" and unit_end < len(words):
        better_end, better = vocabulary.match(words, unit_end)
        precise = [entry for entry in better if entry.kind[0] == "#" and entry.kind != "#money"]
        if precise:
            kind, unit = _unit(value, precise, vocabulary)
            unit_end = better_end
    if kind == "duration":
        return _period(words, start, unit_end, value, unit)
    return Span(kind, unit.fa, unit.en, start, unit_end, number=value)


def _units(words: list[str], start: int, vocabulary: Vocabulary) -> tuple[int, list[Entry]]:
    if start >= len(words):
        return start, []
    end, entries = vocabulary.match(words, start)
    units = [entry for entry in entries if entry.kind[0] == "#" or entry.kind == "duration"]
    if not units and end > start + 1:  # "هفته دیگه" is a time, and in "2 هفته دیگه" a unit and what follows it
        end, entries = vocabulary.match(words[: start + 1], start)
        units = [entry for entry in entries if entry.kind == "duration"]
    return end, units


def _unit(value: float, units: list[Entry], vocabulary: Vocabulary) -> tuple[str, Entry]:
    by_kind = {entry.kind.lstrip("#"): entry for entry in units}
    for kind in vocabulary.unit_order:
        if kind in by_kind and (kind not in vocabulary.slots or vocabulary.slots[kind].admits(value)):
            return kind, by_kind[kind]
    return "ignored", units[0]


def _period(words: list[str], start: int, end: int, value: float, unit: Entry) -> Span:
    label = f"{show_number(value)} {unit.fa}"
    relative = False
    while end < len(words) and words[end] in _TODAY_OFFSETS:
        relative = relative or words[end] != "کاری"
        label += f" {_TODAY_OFFSETS[words[end]]}"
        end += 1
    if start and words[start - 1] in {"ظرف", "within", "in", "طی", "تا", "ta"}:
        relative = True
    return Span("period", label, label, start, end, number=value, sign=1 if relative else 0)


def _dimensions(words: list[str], start: int, value: float, end: int, vocabulary: Vocabulary) -> Span:
    numbers = [value]
    while end + 1 < len(words) and words[end] in _BY and len(numbers) < 3:
        following, after = read_number(words[: end + 2] if words[end + 1][0].isdigit() else words, end + 1, vocabulary)
        if following is None:
            break
        numbers.append(following)
        end = after
    unit = ""
    english = ""
    if end < len(words):
        after, entries = vocabulary.match(words, end)
        length = next((entry for entry in entries if entry.kind == "#length"), None)
        if length:
            unit, english, end = f" {length.fa}", f" {length.en}", after
    sides = "×".join(map(show_number, numbers))
    return Span("dimensions", sides + unit, sides + english, start, end)


def small(value: float) -> str:
    """Return a small count in words, as the trade says it ("دو رو", "سه لت"), others in digits."""
    return _SMALL.get(int(value), show_number(value)) if value == int(value) else show_number(value)
