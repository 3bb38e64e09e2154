"""Whether what is named in a clause is wanted, refused or only talked about."""

from __future__ import annotations

from itertools import pairwise

from .reading import Clause, Span

_ACTIONS = (
    "نشه",
    "نشود",
    "نشن",
    "نکن",
    "نزن",
    "نذار",
    "نگذار",
    "nashe",
    "nakon",
    "nazan",
)  # they refuse only what stands before them
_EXCHANGE = frozenset({"swap", "replace", "change", "switch", "exchange"})
_FOR = frozenset({"for", "with", "to", "by"})
_FROM = frozenset({"از", "from", "az"})
_TO = frozenset({"به", "to", "be"})
_AT_MOST = frozenset({"بیشتر", "bishtar"})
_BEFORE_THE_REFUSED = frozenset({"بیخیال", "بی", "منصرف"})  # "بیخیال طلاکوب"
_ALTERED = frozenset({"نصف", "کم", "کمتر", "زیاد", "بیشتر"})
_JOINS = frozenset({"یکی", "بقیه", "yeki", "one", "rest", "و", "با", "یا", "and", "or", "with", "o", "va", "ba"})
_NOES = frozenset({"نه", "لا", "no", "na", "خیر"})
_NEAR = 3  # words
_PLACES = frozenset({"on", "in", "for", "at", "of", "روی", "برای", "تو", "داخل"})
_PARTICLES = frozenset({"رو", "را", "هم", "و", "فعلا", "دیگه", "ro", "ra", "ham", "ها", "ی", "اصلا", "تا", "از", "که"})


def values(clause: Clause) -> list[Span]:
    """Return the spans that can be facts, without cues and part names."""
    return clause.values


def decide(clause: Clause, *, opens_message: bool, before: Clause | None) -> None:
    """Set the sign of every span of ``clause``; ``before`` is the preceding clause of the same sentence."""
    spans = [span for span in values(clause) if span.sign] if clause.spans else []
    if not spans:
        return
    if clause.has("past"):
        _sign(spans, 0)
        return
    if clause.question or clause.has("price_ask"):
        _replaced(clause, spans)
        return
    if clause.has("refuse"):
        _refuse(clause, spans)
    elif clause.has("drop"):
        _drop(clause, spans)
    elif clause.has("too_much"):
        mark = clause.marks["too_much"][0]
        verbs = {*clause.marks.get("change", ()), *clause.marks.get("wish", ())}
        disliked = [
            span
            for span in spans
            if 0 <= mark - span.end < (_NEAR if span.number is None else _NEAR - 1)
            and not any(span.end <= verb < mark for verb in verbs)
        ]
        kinds = {span.kind for span in spans if span not in disliked}
        answered = clause.has("no") or (before is not None and before.words[0] in _NOES)  # "no, that is too dear"
        _sign([span for span in disliked if span.kind in kinds or (answered and span.number is None)], -1)
        _sign([span for span in disliked if span.sign > 0], 0)
    if before is not None and before.has("too_much") and len(clause.words) <= _NEAR:
        kinds = {span.kind for span in spans}  # "the blue wire does not suit it, white"
        _sign([span for span in values(before) if span.sign == 0 and span.kind in kinds], -1)
    _but(clause, spans)
    _reasons(clause, spans)
    if any(span.kind == "partial" for span in clause.spans):
        _sign(spans, 0)
    for mark in clause.marks.get("without", ()):
        _sign([span for span in spans if mark < span.start <= mark + 3], -1)
    for mark in clause.marks.get("instead", ()):
        following = [span for span in spans if span.start > mark]
        _sign(following[:1], -1)
    for mark in clause.marks.get("like", ()):
        _sign([span for span in spans if mark < span.start <= mark + 2], 0)
    for mark in clause.marks.get("no", ()):
        _no(clause, spans, mark, opens_message=opens_message, before=before)
    _replaced(clause, spans)


def _but(clause: Clause, spans: list[Span]) -> None:
    """Take the second of two values about a "but" for what is wanted: "spot UV is nice, but we prefer embossing"."""
    turn = clause.marks["but"][0] if clause.has("but") else 0
    if any(span.kind in {"part", "@head", "product"} and span.start < turn for span in clause.spans):
        return  # "the text matte, but the cover glossy"
    later = {span.kind for span in spans if span.start > turn and span.sign > 0}
    _sign([span for span in spans if span.end <= turn and span.kind in later], 0)


def _reasons(clause: Clause, spans: list[Span]) -> None:
    """Take what stands behind the verb for its reason: in "make it cream, white gets stained" nobody wants white."""
    verbs = sorted({*clause.marks.get("change", ()), *clause.marks.get("wish", ())})
    for first, second in pairwise(spans):
        if first.kind != second.kind or first.sign <= 0 or second.sign <= 0 or second.number is not None:
            continue
        between = [mark for mark in verbs if first.end <= mark < second.start]
        joined = any(word in _JOINS for word in clause.words[first.end : second.start])
        apart = any(span.kind in {"part", "@head", "product"} and span.start >= first.end for span in clause.spans)
        if between and between[0] == first.end and not joined and not apart and not any(m >= second.end for m in verbs):
            second.sign = 0


def _sign(spans: list[Span], sign: int) -> None:
    for span in spans:
        span.sign = sign


def _refuse(clause: Clause, spans: list[Span]) -> None:
    """A Persian refusal ends what it refuses; "but" and what follows the verb are another statement."""
    last = clause.marks["refuse"][-1]
    english = (clause.words[last].isascii() and not clause.words[last].startswith("n")) or clause.words[last] in {
        "not",
        "no",
    }
    turn = clause.marks.get("but", [len(clause.words)])[0]
    wishes = [mark for name in ("wish", "want", "agree") for mark in clause.marks.get(name, []) if mark != last]
    near = clause.words[last].startswith(_ACTIONS)
    if clause.words[last - 1] in _AT_MOST:
        return  # "4,000 and no more"
    if clause.words[last] in _BEFORE_THE_REFUSED and not any(span.start < last for span in spans):
        _sign(spans[:1], -1)
        return
    for span in spans:
        if english:
            span.sign = -1 if span.start < turn else 1
        elif span.start < last and not (turn < last and span.start < turn):
            wished = any(span.end <= mark < last for mark in wishes)
            purpose = near and "که" in clause.words[span.end : last]  # "3,000, so that they do not run out"
            if not wished and not purpose and not (near and last - span.end > _NEAR):
                span.sign = -1


def _drop(clause: Clause, spans: list[Span]) -> None:
    mark = clause.marks["drop"][0]
    earlier = [span for span in spans if span.start < mark]
    _sign(
        earlier if earlier and not clause.words[mark].isascii() else spans if clause.words[mark].isascii() else [], -1
    )
    if not earlier:
        _sign([span for span in spans if span.start > mark][:1], -1)


def _no(clause: Clause, spans: list[Span], mark: int, *, opens_message: bool, before: Clause | None) -> None:
    preceding = [span for span in spans if span.end <= mark]
    following = [
        span
        for span in spans
        if span.start > mark and not (clause.words[mark] == "no" and _PLACES & set(clause.words[mark + 1 : span.start]))
    ]
    if (
        clause.words[mark] in {"not", "no", "مو"}
        and following
        and not (opens_message and mark == 0 and not _names(clause, mark, following))
    ):
        turn = clause.marks.get("but", [len(clause.words)])[0]
        kind = following[0].kind
        refused = [span for span in following if span.start < turn and span.kind in {kind, "product"}]
        if kind != "product":  # "no lamination on the cover of the booklet" is said of the booklet
            refused = [
                span
                for span in refused
                if span.kind != "product" or not _PLACES & set(clause.words[following[0].end : span.start])
            ]
        _sign(refused, -1)
        return
    if mark == 0:
        if before is not None and not opens_message and following:
            kinds = {span.kind for span in values(before) if span.sign > 0}
            _sign([span for span in following if span.kind in kinds], -1)
        return
    if (
        preceding
        and mark - preceding[-1].end <= 2
        and all(w in _PARTICLES for w in clause.words[preceding[-1].end : mark])
    ):
        same = preceding[-1].kind
        _sign(
            [span for span in preceding if span.kind in {same, "number", "quantity"} or span.end == preceding[-1].end],
            -1,
        )
    elif preceding and following and following[0].start == mark + 1 and following[0].kind == preceding[-1].kind:
        following[0].sign = -1  # "I am in Semnan, not Shahrud"


def _names(clause: Clause, mark: int, following: list[Span]) -> bool:
    """Tell whether an opening "no" refuses the thing after it ("no window") and does not answer ("no, 500")."""
    return clause.words[mark] == "no" and following[0].start == mark + 1 and following[0].number is None


def _replaced(clause: Clause, spans: list[Span]) -> None:
    """ "از A به B", "A رو عوض", "B جایگزین A": the first of two values of a kind gives way to the second."""
    words = clause.words
    for first, second in pairwise(spans):
        comparable = first.kind == second.kind or {first.kind, second.kind} <= {"size", "dimensions", "envelope"}
        if not comparable:
            continue
        gap = words[first.end : second.start]
        moved = first.start and words[first.start - 1] in _FROM and not _TO.isdisjoint(gap)
        if moved or (not _EXCHANGE.isdisjoint(words[: first.start]) and not _FOR.isdisjoint(gap)):
            first.sign = -1
        elif "جایگزین" in gap and "و" not in gap:
            second.sign = -1
        elif {"عوض", "حذف", "بجای", "تبدیل"} & set(gap) or (
            "با" in gap and {"عوض", "جایگزین", "تعویض"} & set(words[second.end :])
        ):
            first.sign = -1
    for span in spans if clause.has("change") else ():
        verb = words[span.end + 1 : span.end + 2] if words[span.end : span.end + 1] in (["رو"], ["را"], ["ro"]) else []
        if verb == ["عوض"] or (span.number is not None and verb and verb[0] in _ALTERED):
            span.sign = -1
