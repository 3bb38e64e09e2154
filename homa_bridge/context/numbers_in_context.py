"""What a number without a unit of its own counts: said by the words before it, or by what was asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from .numerals import show_number
from .reading import Clause, Span, small

_LIGHTEST, _HEAVIEST = 30, 450  # g/m² of what shops print on
_MILLION: Final = 1_000_000
_SHORTEST_ORDER: Final = 10_000
_PLAIN: Final = 6  # words
_SHORT: Final = 2  # words: "2 ta" alone is an order
_FEW: Final = 5  # "دو تا سوال": so few pieces are no print run unless they were asked for


@dataclass(slots=True)
class Asked:
    """Hold what the assistant's last message asked for."""

    slots: list[str] = field(default_factory=list)
    part: str = ""
    deadline: bool = False
    city: bool = False
    open: bool = False


def asked_for(clauses: Sequence[Clause]) -> Asked:
    """Read from an assistant's clauses which answers are expected."""
    asked = Asked()
    asking = {clause.sentence for clause in clauses if clause.question}
    asked.open = bool(asking)
    for clause in clauses:
        if clause.sentence not in asking and not any(
            word.startswith(("بفرما", "بگید", "بفرست", "لطفا", "please")) for word in clause.words
        ):
            continue
        kinds = {span.kind for span in clause.spans}
        if kinds & {"paper", "stock"} and any(_LIGHTEST <= (span.number or 0) <= _HEAVIEST for span in clause.spans):
            asked.slots.append("weight")
        for span in clause.spans:
            if span.fa == "شماره‌زنی":
                asked.slots.append("numbering")
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
    *,
    sheets: bool,
) -> None:
    """Give each number of ``clause`` its slot and its text; those that count nothing become ``ignored``.

    ``sheets`` tells that the product is bound of sheets, so that "40 برگ" are its sheets and no print run.
    """
    spans = clause.spans
    for index, span in enumerate(spans):
        if span.number is None or span.kind in {"period", "range", "partial"}:
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
            _bare(clause, index, cue, asked=asked, holds=holds, proposed=proposed)
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
            _counted(span, cue, asked, holds, sheets=sheets, ordered=ordered or len(clause.words) <= _SHORT)
        _word(span)


def _cue(earlier: list[Span], span: Span) -> str:
    for each in reversed(earlier):
        if span.start - each.end > 4:
            return ""
        if each.kind[0] == "?":
            return each.kind[1:]
    return ""


def _limits(clause: Clause) -> bool:
    return any(
        word.startswith(("نهایت", "حداکثر", "سقف", "max", "بودجه", "budget", "limit", "under", "زیر"))
        for word in clause.words
    )


def _bare(
    clause: Clause,
    index: int,
    cue: str,
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
    weight = _LIGHTEST <= value <= _HEAVIEST
    options = [slot for slot in asked.slots if slot in {"quantity", "pages", "weight", "sheets"}]
    asked_order = bool({"order", "order_number"} & set(asked.slots)) and len(clause.words) <= 5
    if (cue in {"order", "order_number"} or asked_order) and value >= 1000 and not adjoined:
        span.kind = "order"
    elif following is not None and following.kind == "product" and following.start - span.end <= 1 and value >= _FEW:
        span.kind = "quantity"
    elif cue == "budget" or (value >= _MILLION and (_limits(clause) or "budget" in asked.slots)):
        span.kind = "budget"
    elif cue in {"quantity", "pages", "weight", "sheets", "numbering", "pantone"}:
        span.kind = cue
    elif "numbering" in asked.slots and {"از", "from", "az"} & set(clause.words[: span.start]):
        span.kind = "numbering"
    elif (
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
        and clause.has("no", "change", "wish", "agree", "decision", "enough")
    ):
        span.kind = "quantity"
    else:
        span.kind, span.sign = "ignored", 0


def _counted(span: Span, cue: str, asked: Asked, holds: Callable[[str], bool], *, sheets: bool, ordered: bool) -> None:
    value = span.number or 0
    loose = span.fa == "عدد"
    if loose and cue in {"pages", "sheets", "weight"}:
        span.kind = cue
    elif span.fa == "برگ" and value <= 400 and (sheets or holds("quantity")) and cue != "quantity":
        span.kind = "ply" if value <= 4 else "sheets"
    elif (value < _FEW and loose and not ordered and cue != "quantity" and "quantity" not in asked.slots) or (
        span.fa in {"متر", "دسته", "بسته", "سری", "رول"} and value == 1
    ):
        span.kind, span.sign = "ignored", 0


def _word(span: Span) -> None:
    """Write the number as the summary shows it."""
    value = show_number(span.number or 0)
    if span.kind == "weight" and not _LIGHTEST <= (span.number or 0) <= _HEAVIEST:
        span.kind, span.sign = "ignored", 0
    if span.kind == "quantity":
        unit = span.fa or "عدد"
        span.fa, span.en = f"{value} {unit}", f"{value} {span.en if span.en not in {'', 'عدد'} else 'pieces'}"
    elif span.kind == "pages":
        span.fa, span.en = f"{value} صفحه", f"{value} pages"
    elif span.kind == "sheets":
        span.fa, span.en = f"{value} برگ", f"{value} sheets"
    elif span.kind == "ply":
        span.fa, span.en = (
            f"{small(span.number or 0)} {'نسخه‌ای' if span.fa.startswith('نسخه') else 'برگی'}",
            f"{value}-part",
        )
    elif span.kind == "weight":
        span.fa, span.en = f"{value} گرم", f"{value} gsm"
    elif span.kind == "volume":
        span.fa, span.en = f"{value} {span.fa}", f"{value} {span.en}"
    elif span.kind in {"numbering", "order", "pantone"}:
        span.fa = span.en = value
    elif span.kind == "budget":
        span.fa, span.en = _amount(span.number or 0, span.fa, "میلیون"), _amount(span.number or 0, span.en, "million")


def _amount(value: float, unit: str, million: str) -> str:
    text = f"{value / _MILLION:g} {million}" if value >= _MILLION and value % 100_000 == 0 else f"{int(value):,}"
    return f"{text} {unit}".strip()
