"""What a number without a unit of its own counts: said by the words before it, or by what was asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from .numerals import show_number
from .reading import Clause, Span, small
from .vocabulary import Vocabulary

_INSIDE: Final = (["در"], ["تو"], ["توی"], ["in"])
PIECES: Final = "عدد"
_MEASURED: Final = frozenset({"volume", "length"})  # each of their units says something else
_MILLION: Final = 1_000_000
_FAULTS: Final = ("غلط", "اشتباه", "ایراد", "جا افتاده", "mistake", "typo", "wrong", "error", "ghalat")
_PAGE: Final = (["صفحه"], ["page"], ["safhe"])
_AMONG: Final = ("وسط", "فقط", "only", "just", "faghat", "vasat", "لابلا", "بینش")
_UP_TO: Final = frozenset({"تا", "زیر", "حداکثر", "نهایتا", "under", "ta", "to"})
_SHORTEST_ORDER: Final = 10_000
_PLAIN: Final = 6  # words
_SHORT: Final = 2  # words: "2 ta" alone is an order
_RUN: Final = 20
_FEW: Final = 5  # "دو تا سوال": so few pieces are no print run unless they were asked for


@dataclass(slots=True)
class Asked:
    """Hold what the assistant's last message asked for."""

    slots: list[str] = field(default_factory=list)
    part: str = ""
    head: str = ""  # the thing whose colour was asked for
    deadline: bool = False
    city: bool = False
    open: bool = False
    words: list[str] = field(default_factory=list)  # what a short answer may leave out: "the cover?" "soft"


def asked_for(clauses: Sequence[Clause], vocabulary: Vocabulary) -> Asked:
    """Read from an assistant's clauses which answers are expected."""
    asked = Asked()
    asking = {clause.sentence for clause in clauses if clause.question}
    asked.open = bool(asking)
    for clause in clauses:
        if clause.sentence not in asking and not any(
            word.startswith(("بفرما", "بگید", "بفرست", "لطفا", "please")) for word in clause.words
        ):
            continue
        asked.words += [clause.words[span.start] for span in clause.spans if span.kind in {"part", "@head"}]
        asked.words += [clause.words[mark] for mark in clause.marks.get("topics", [])]
        kinds = {span.kind for span in clause.spans}
        heads = [span.fa for span in clause.spans if span.kind == "@head"]
        if heads and kinds & {"colour", "?colour"}:
            asked.head = heads[-1]
        if kinds & {"paper", "stock"} and any(_is_weight(span.number or 0, vocabulary) for span in clause.spans):
            asked.slots.append("weight")
        for span in clause.spans:
            if span.fa in vocabulary.asking:
                asked.slots.append(vocabulary.asking[span.fa])
            if span.kind == "?deadline":
                asked.deadline = True
            elif span.kind == "?city":
                asked.city = True
            elif span.kind[0] == "?":
                asked.slots.append(span.kind[1:])
            elif span.kind == "part":
                asked.part = span.fa
    asked.slots = [*dict.fromkeys(asked.slots)]
    return asked


def settle(
    clause: Clause,
    asked: Asked,
    holds: Callable[[str], bool],
    proposed: Sequence[tuple[str, str]],
    before: Clause | None,
    vocabulary: Vocabulary,
    *,
    sheets: bool,
) -> None:
    """Give each number of ``clause`` its slot and its text; those that count nothing become ``ignored``.

    ``sheets`` tells that the product is bound of sheets, so that "40 برگ" are its sheets and no print run.
    """
    spans = clause.spans
    corrects = any(span.kind == "quantity" and span.sign < 0 for span in spans)
    for index, span in enumerate(spans):
        if span.number is None or span.kind in {"period", "range", "partial"}:
            continue
        following = spans[index + 1] if index + 1 < len(spans) else span
        if span.kind == "pages" and following.kind == "colours" and following.start == span.end and holds("pages"):
            span.kind, span.sign, following.sign = "partial", 0, 0  # "210 pages … 16 pages in colour"
            continue
        if _tells_no_order(clause, span, asked):
            span.kind, span.sign = "ignored", 0
            continue
        some = _asks_of_colour(before) or _tells_of_some(clause, spans[index + 1 :])
        if span.kind == "pages" and holds("pages") and some:
            span.kind = "partial"
            for each in spans[index:]:
                each.sign = 0
            continue
        cue = _cue(spans[:index], span)
        if (
            span.kind == "money"
            and cue != "budget"
            and before is not None
            and any(each.kind == "?budget" for each in before.spans)
        ):
            cue = "budget"
        if span.kind == "number":
            _bare(clause, index, cue, vocabulary, asked=asked, holds=holds, proposed=proposed)
        elif span.kind == "money":
            span.kind = "budget" if cue == "budget" or "budget" in asked.slots or _limits(clause) else "money"
        elif span.kind == "length" and cue != "diameter" and not (holds("dimensions") or holds("size")):
            span.kind = "dimensions"
            span.fa, span.en = f"{show_number(span.number)} {span.fa}", f"{show_number(span.number)} {span.en}"
            continue
        elif span.kind == "length" and cue == "diameter":
            span.kind = "dimensions"
            span.fa, span.en = (
                f"قطر {show_number(span.number)} {span.fa}",
                f"{show_number(span.number)} {span.en} across",
            )
            continue
        elif span.kind == "quantity":
            ordered = any(
                each.kind == "product" and each.start - span.end <= 1 for each in spans[index + 1 : index + 2]
            )
            inside = clause.words[span.start - 1 : span.start] in _INSIDE
            few = len(clause.words) <= _SHORT or corrects
            _counted(span, cue, asked, holds, vocabulary, sheets=sheets, ordered=ordered or few, inside=inside)
        _word(span, vocabulary)


def _tells_no_order(clause: Clause, span: Span, asked: Asked) -> bool:
    """Tell whether a number is that of one page ("a mistake on page 212"), or counts what went wrong."""
    if span.kind == "number":
        page = clause.words[span.start - 1 : span.start] in _PAGE and clause.words[max(0, span.start - 2)] != "تعداد"
        return page and "pages" not in asked.slots and any(word.startswith(_FAULTS) for word in clause.words)
    return (
        span.kind == "quantity" and clause.has("complaints") and not clause.has("want", "change", "again", "too_much")
    )


def _asks_of_colour(before: Clause | None) -> bool:
    return before is not None and before.question and any(span.kind == "colours" for span in before.spans)


def _tells_of_some(clause: Clause, following: Sequence[Span]) -> bool:
    """Tell whether a number of pages is of some of them: "only 18 pages are in colour", "16 pages of photos within"."""
    told = any(word.startswith(_AMONG) for word in clause.words)
    return told and any(each.kind in {"colours", "paper"} for each in following)


def _cue(earlier: list[Span], span: Span) -> str:
    for each in reversed(earlier):
        if span.start - each.end > 4:
            return ""
        if each.kind[0] == "?":
            return each.kind[1:]
        if each.number is not None:
            return ""  # in "quantity 800, glossy 250" the word is said of the first number
    return ""


def _limits(clause: Clause) -> bool:
    return any(
        word.startswith(("نهایت", "حداکثر", "سقف", "max", "بودجه", "budget", "limit", "under", "زیر"))
        for word in clause.words
    )


def _sum_of_money(clause: Clause, span: Span, cue: str, asked: Asked, *, alone: bool) -> str:
    """Return what a number without a currency is, if it is money; "" if it is not. Nobody orders millions.

    :param alone: whether nothing else was asked for, nor stands beside the number
    """
    if cue == "budget":
        return "budget"
    if (span.number or 0) < _MILLION:
        return ""
    if _limits(clause) or "budget" in asked.slots:
        return "budget"
    if not alone or cue:
        return ""
    return "budget" if clause.words[max(0, span.start - 1)] in _UP_TO else "money"


def _bare(
    clause: Clause,
    index: int,
    cue: str,
    vocabulary: Vocabulary,
    *,
    asked: Asked,
    holds: Callable[[str], bool],
    proposed: Sequence[tuple[str, str]],
) -> None:
    spans = clause.spans
    span = spans[index]
    following = spans[index + 1] if index + 1 < len(spans) else None
    preceding = spans[index - 1] if index else None
    value = span.number or 0
    adjoined = following is not None and following.start == span.end
    near = preceding is not None and span.start - preceding.end <= 1
    weight = _is_weight(value, vocabulary)
    options = [slot for slot in asked.slots if slot in {"quantity", "pages", "weight", "sheets"}]
    asked_order = bool({"order", "order_number"} & set(asked.slots)) and len(clause.words) <= 5
    if (cue in {"order", "order_number"} or asked_order) and value >= 1000 and not adjoined:
        span.kind = "order"
    elif _is_run(clause, index, value) or (
        value > 1 and len(clause.words) <= _PLAIN and clause.has("total") and holds("quantity") and following is None
    ):
        span.kind = "quantity"  # "45 cookies", "so three in total"
    elif kind := _sum_of_money(clause, span, cue, asked, alone=not options and not adjoined):
        span.kind = kind
    elif cue in {"quantity", "pages", "weight", "sheets", "numbering", "pantone"}:
        span.kind = cue
    elif "numbering" in asked.slots and {"از", "from", "az"} & set(clause.words[: span.start]):
        span.kind = "numbering"
    elif (weight and adjoined and following is not None and following.kind in {"paper", "stock"}) or (
        near
        and preceding is not None
        and preceding.kind in {"paper", "stock", "part"}
        and weight
        and not clause.has("name_cue")
    ):
        span.kind = "weight"
    elif (
        match := next((slot for slot, fa in proposed if fa.split(" ")[0] == show_number(value)), "")
    ) and not clause.question:
        span.kind = match
    elif weight and len(clause.words) <= 3 and ("weight" in asked.slots or any(s == "weight" for s, _ in proposed)):
        span.kind = "weight"
    elif options and len(clause.words) <= 6:
        span.kind = options[0]
    elif len(clause.words) <= 5 and value >= _SHORTEST_ORDER and holds("order_number"):
        span.kind = "order"
    elif (
        len(clause.words) <= _PLAIN
        and (value >= 50 or (clause.has("enough") and following is None))
        and holds("quantity")
        and clause.has("no", "change", "wish", "agree", "decision", "enough", "so", "all")
    ):
        span.kind = "quantity"
    else:
        span.kind, span.sign = "ignored", 0


def _is_run(clause: Clause, index: int, value: float) -> bool:
    """Tell whether a bare number counts a product: "45 cookies", "make the cookies 45", "business cards, 1000"."""
    span = clause.spans[index]
    wanted = clause.has("want")
    if value >= (2 if wanted else _FEW) and _counts_product(clause.spans, index):
        return True
    preceding = clause.spans[index - 1] if index else span
    named = preceding.kind == "product" and span.start - preceding.end <= 1
    return named and (clause.has("change") or (wanted and value >= _RUN and span.end == len(clause.words)))


def _counts_product(spans: Sequence[Span], index: int) -> bool:
    """Tell whether the number at ``index`` stands before a product, with nothing but its properties between them."""
    end = spans[index].end
    for position, span in enumerate(spans[index + 1 :]):
        if span.start - end > (0 if position else 1) or span.number is not None:
            return False
        if span.kind == "product":
            return True
        end = span.end
    return False


def _counted(
    span: Span,
    cue: str,
    asked: Asked,
    holds: Callable[[str], bool],
    vocabulary: Vocabulary,
    *,
    sheets: bool,
    ordered: bool,
    inside: bool,
) -> None:
    value = span.number or 0
    loose = span.fa == PIECES
    if loose and cue in {"pages", "sheets", "weight"}:
        span.kind = cue
    elif span.fa == vocabulary.sheet_unit and value <= 400 and (sheets or holds("quantity")) and cue != "quantity":
        span.kind = "ply" if value <= 4 else "sheets"
    elif span.fa in vocabulary.bulk_units and value < _FEW and inside:
        span.kind, span.sign = "ignored", 0  # "in two batches"
    elif (value < _FEW and loose and not ordered and cue != "quantity" and "quantity" not in asked.slots) or (
        span.fa in vocabulary.bulk_units and value == 1
    ):
        span.kind, span.sign = "ignored", 0


def _word(span: Span, vocabulary: Vocabulary) -> None:
    """Write the number as the summary shows it."""
    value = show_number(span.number or 0)
    slot = vocabulary.slots.get(span.kind)
    if slot is not None and not slot.admits(span.number or 0):
        span.kind, span.sign = "ignored", 0
    if span.kind == "quantity":
        unit = span.fa or PIECES
        span.fa, span.en = f"{value} {unit}", f"{value} {span.en if span.en not in {'', PIECES} else 'pieces'}"
    elif span.kind == "ply":
        span.fa, span.en = (
            f"{small(span.number or 0)} {'نسخه‌ای' if span.fa.startswith('نسخه') else 'برگی'}",
            f"{value}-part",
        )
    elif span.kind in vocabulary.units and span.kind != "ignored":
        fa, en, *_ = vocabulary.units[span.kind]
        same = span.kind not in _MEASURED or not span.fa
        span.fa, span.en = f"{value} {fa if same else span.fa}", f"{value} {en if same else span.en}"
    elif span.kind in {"numbering", "order", "pantone"}:
        span.fa = span.en = value
    elif span.kind == "budget":
        span.fa, span.en = _amount(span.number or 0, span.fa, "میلیون"), _amount(span.number or 0, span.en, "million")


def _amount(value: float, unit: str, million: str) -> str:
    text = f"{value / _MILLION:g} {million}" if value >= _MILLION and value % 100_000 == 0 else f"{int(value):,}"
    return f"{text} {unit}".strip()


def _is_weight(value: float, vocabulary: Vocabulary) -> bool:
    slot = vocabulary.slots.get("weight")
    return slot is not None and slot.most > 0 and slot.admits(value)
