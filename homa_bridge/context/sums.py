"""What the assistant said that the order costs: which sum holds at the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from .bounds import MOST_COUNTS, keep_last
from .ledger import Ledger, Value
from .numerals import show_number
from .polarity import values
from .reading import Clause, Span, read
from .vocabulary import Vocabulary

_LEAST_TOTAL: Final = 100_000  # smaller sums are prices of one piece
_SMALL_MONEY: Final = frozenset({"تومن", "toman", "rial", "IRR", "dinar"})  # of which a sheet costs thousands
_LEAST_SUM: Final = 1_000_000  # where nothing says that it is the sum of all

_MATTERS: Final = frozenset({"paper", "stock", "binding", "stitch", "size"})

Sum = tuple[str, str]  # as shown in Persian and in English


@dataclass(slots=True)
class Sums:
    """Follow the sums that the assistant names, and tell when one of them holds.

    One with a word for total holds at once, another unless it is turned down. One that is said of another number of
    pieces than ordered ("at 5,000 it would be …") waits until so many are ordered.
    """

    ledger: Ledger
    _of_count: dict[str, Sum] = field(default_factory=dict)
    _offered: tuple[Sum, str] | None = None

    def name(self, clauses: list[Clause], of_table: list[Sum], wondered: str) -> Iterator[Sum]:
        """Yield the sums of the assistant's message that hold at once: of sentences, and of rows of a table.

        :param wondered: the number of pieces that the visitor asked about, which the answer may leave out; or ''
        """
        self._offered = None
        shares = {clause.sentence for clause in clauses if clause.has("each", "share")}
        stranger = False
        count = wondered
        whole = False
        for clause in clauses:
            for span in values(clause):
                if span.kind == "product":
                    stranger = self.ledger.find(span) is None
                elif span.kind == "quantity" and span.sign > 0 and not self._is_of_sheets(span):
                    count = show_number(span.number or 0)
            if clause.has("total"):
                first = clause.marks["total"][0]
                sums = [span for span in clause.spans if _is_sum(span, _LEAST_TOTAL)]
                after = [span for span in sums if span.start > first] or [span for span in sums if span.kind == "money"]
                if after and _supposes(clause) and self._is_of_another(clause):
                    self._offered = (_shown(after[0]), count)
                elif after:
                    whole = True
                    yield from self._said(_shown(after[0]), count)
            elif not stranger and clause.sentence not in shares:
                sums = [span for span in clause.spans if span.kind == "money" and _is_sum(span, _LEAST_SUM)]
                if sums:
                    self._offered = (_shown(sums[0]), count)
        if whole:
            self._offered = None
        yield from of_table

    def answer(self, *, turned_down: bool) -> Iterator[Sum]:
        """Yield the sum that the visitor's message lets stand."""
        if self._offered is not None and not turned_down:
            yield from self._said(*self._offered)
        self._offered = None

    @property
    def waiting(self) -> bool:
        """Whether a sum was said of a number of pieces, and holds once so many are ordered."""
        return bool(self._of_count)

    def order(self, before: set[str]) -> Iterator[Sum]:
        """Yield the sum that was said of a number of pieces that is ordered by now, and was not ``before``."""
        if self._of_count:
            for count in sorted(self.counts() - before):
                if count in self._of_count:
                    yield self._of_count[count]

    def counts(self) -> set[str]:
        """Return the numbers of pieces that are ordered."""
        return {
            value.fa.split(" ", maxsplit=1)[0]
            for item in self.ledger.items
            if not item.dropped
            for value in item.values.get("quantity", [])
        }

    def _is_of_another(self, clause: Clause) -> bool:
        """Tell whether a sum is said of a paper, a binding or a size that is not ordered."""
        return any(
            span.kind in _MATTERS and not self.ledger.holds(span.kind, Value(span.fa, span.en, 0))
            for span in values(clause)
        )

    def _is_of_sheets(self, span: Span) -> bool:
        """Tell whether a number counts the sheets of one piece."""
        focus = self.ledger.focus
        bound = focus is not None and focus.family in self.ledger.vocabulary.sheet_products
        return bound and span.fa == self.ledger.vocabulary.sheet_unit

    def _said(self, total: Sum, count: str) -> Iterator[Sum]:
        if count:
            self._of_count[count] = total
            keep_last(self._of_count, MOST_COUNTS)
        if not count or count in self.counts():
            yield total


def sums_of_table(text: str, vocabulary: Vocabulary) -> Iterator[Sum]:
    """Yield the sums that the rows of a table in cleaned ``text`` call totals."""
    for row in text.split("\n"):
        cells = read(row, vocabulary) if row.startswith("|") else []
        if any(clause.has("total") for clause in cells):
            sums = [span for clause in cells for span in clause.spans if (span.number or 0) >= _LEAST_TOTAL]
            if sums:
                yield _shown(sums[-1])


def _supposes(clause: Clause) -> bool:
    return clause.words[0] in {"با", "with", "اگر", "اگه", "if", "برای", "for"}


def _is_sum(span: Span, least: int) -> bool:
    """Tell whether an amount can be a sum; of money that is counted in small numbers, any can."""
    return (span.number or 0) >= (least if span.kind != "money" or span.en in _SMALL_MONEY else 1)


def _shown(span: Span) -> Sum:
    amount = f"{span.number or 0:,.2f}".rstrip("0").rstrip(".")
    fa, en = (span.fa, span.en) if span.kind == "money" else ("", "")
    return f"{amount} {fa}".strip(), f"{amount} {en}".strip()
