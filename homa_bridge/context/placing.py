"""Where what is stated belongs: to which product, into which slot, or to the order as a whole."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

from .bounds import LONGEST_TEXT
from .ledger import Item, Ledger, Value
from .normalize import fold
from .notes import purpose_of, refused_phrase
from .numbers_in_context import PIECES, Asked, settle
from .numerals import show_number
from .polarity import values
from .reading import Clause, Span
from .vocabulary import Vocabulary, words

_PICTURES: Final = frozenset({"colour", "foil"})
_WILLED: Final = ("wish", "want", "agree", "change", "must", "refuse", "no", "decision", "total")
TIMES: Final = frozenset({"date", "days", "times", "period"})
_EVENTS: Final = tuple(words("events"))
_SHADES: Final = words("shades")
_BY_MORE: Final = 3  # words
_BARE_COLOUR: Final = 2  # words
_BARE_DAY: Final = 3  # words: "I need it, the day after tomorrow"
_ONLY: Final = frozenset({"فقط", "only", "just", "faghat"})
_STUFFS: Final = frozenset({"paper", "stock", "binding", "extra"})
_BESIDES: Final = frozenset({"also", "plus"})  # "do you also print wallpaper?" orders none
_AS_BIG_AS: Final = frozenset({"سایز", "اندازه", "هم‌اندازه", "size"})
_ALONE: Final = 3  # words
_WITH: Final = frozenset({"با", "with"})
_OR: Final = frozenset({"یا", "ya", "or"})
_STRONG_CITY: Final = re.compile(
    r"ارسال|بفرست|میفرست|می\u200cفرست|مقصد|برسه|تحویل|شعبه|دفتر|ship|deliver|send|ersal|befrest|شحن|توصیل|پست|پیک"
)


@dataclass(slots=True)
class Proposal:
    """Hold a value that the assistant offered and the user has not answered."""

    slot: str
    part: str
    value: Value
    item: Item | None
    span: Span | None = None  # of a product
    presupposed: bool = False  # "a hardcover in which colour?": whoever answers takes the hardcover


@dataclass(slots=True)
class Placing:
    """Put what a clause states into the ledger; knows what was asked, offered and spoken of just now."""

    vocabulary: Vocabulary
    keep_contacts: bool = False
    ledger: Ledger = field(init=False)
    _turn: int = 0
    _asked: Asked = field(default_factory=Asked)
    _proposals: list[Proposal] = field(default_factory=list)
    _stated: list[Proposal] = field(default_factory=list)  # said by the assistant, and not as a proposal
    _weights: dict[str, Value] = field(default_factory=dict)  # of the papers that the assistant offered just now
    _apart: set[str] = field(default_factory=set)  # products of one family that the user named beside each other
    _ordering: set[int] = field(default_factory=set)  # sentences that order, in whatever form of a question
    _timed: frozenset[str] = frozenset()  # times that the assistant named just now
    _touched: set[str] = field(default_factory=set)
    _said: set[tuple[int, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.vocabulary)

    def _take(self, clause: Clause, before: Clause | None) -> None:
        """Put what the user states in a clause where it belongs."""
        self._as_part(clause)
        self._ask_of_head(before if before is not None and before.sentence == clause.sentence else None)
        spans = values(clause)
        self._settle(clause, before)
        said = 0 in clause.marks.get("agree", []) and not clause.has("price_ask")  # "yes, 135 grams is fine, isn't it?"
        asking = clause.has("ask") or (clause.question and not said and clause.sentence not in self._ordering)
        asks_only = asking and self._only_asks(clause, spans)
        if asks_only:
            self._touched.update(span.kind for span in spans)
        if clause.has("past") and not clause.has("complaints"):
            self._ask_about(spans)
            if self.ledger.order.get("order_number"):
                for span in spans:  # what was ordered is what this is about
                    if span.kind == "product" and self.ledger.find(span) is None:
                        self.ledger.open(span, self._turn)
            return
        if not self._asked.open and len(clause.words) <= 3 and "این" in clause.words[:2]:
            return
        if before is not None and before.sentence == clause.sentence and len(clause.words) <= _BARE_DAY:
            for mark in before.marks.keys() & {"want", "deadline"}:
                clause.marks.setdefault("deadline", before.marks[mark])
        self._weigh(clause, spans)
        self._follow(clause, spans)
        self._keep_alone(clause, spans, before)
        targets = self._targets(clause, spans, asks_only=asks_only)
        for span, target in zip(spans, targets, strict=True):
            if span.kind in {"cities", "date", "days", "times", "period", "delivery", "money"}:
                self._order_wide(clause, span, spans, target)
            elif span.kind == "budget" or (
                not asks_only and (span.kind == "order" or span.kind in self.vocabulary.slots)
            ):
                self._item_wide(clause, span, target)
        if not asking:
            self._withdraw(clause, [each for each, span in zip(targets, spans, strict=True) if span.kind == "product"])

    def _only_asks(self, clause: Clause, spans: list[Span]) -> bool:
        """Tell whether a clause that asks orders nothing; what another number would cost is no other order."""
        if any(not clause.question or clause.words[mark] not in _BESIDES for mark in clause.marks.get("want", ())):
            return False
        if clause.has("price_ask") and not clause.has("change") and self._focus_has("quantity"):
            for span in spans:
                span.sign = 0 if span.kind == "quantity" else span.sign
        return not any(span.kind in self.vocabulary.counted and span.sign > 0 for span in spans)

    def _ask_of_head(self, before: Clause | None) -> None:
        """Take a colour after "the blue wire does not suit it" for the wire's."""
        heads = [span.fa for span in before.spans if span.kind == "@head"] if before is not None else []
        if heads and before is not None and before.has("too_much"):
            self._asked = replace(self._asked, head=heads[-1])

    def _as_part(self, clause: Clause) -> None:
        """Take a product that the one spoken of comes with ("cards with envelopes") for a part of it."""
        extras = self.ledger.focus.values.get("extra", []) if self.ledger.focus is not None else []
        if not extras or any(span.kind == "quantity" for span in clause.spans):
            return
        for span in clause.spans:
            with_it = any(span.fa == known.fa or span.fa in known.fa.split() for known in extras)
            if span.kind == "product" and with_it and self.ledger.find(span) is None:
                span.kind = "@head"
                clause.spans = [*clause.spans]

    def _keep_alone(self, clause: Clause, spans: list[Span], before: Clause | None) -> None:
        """Drop the other products after "not that one. Only the bags"."""
        alone = len(clause.words) <= _ALONE and clause.words[0] in _ONLY and len(spans) == 1
        if not alone or before is None or not before.has("no", "refuse", "drop") or spans[0].kind != "product":
            return
        kept = self.ledger.find(spans[0])
        for item in self.ledger.items if kept is not None else []:
            item.dropped = item.dropped or item is not kept

    def _follow(self, clause: Clause, spans: list[Span]) -> None:
        """Turn to the one product that holds what is taken back or asked about, if the one spoken of does not."""
        if self.ledger.focus is None or any(span.kind == "product" for span in spans):
            return
        for span in spans:
            asked = clause.question or clause.has("too_much")
            if span.kind in self.vocabulary.slots and (span.sign < 0 or asked):
                holders = self.ledger.holders(span.kind, span.fa)
                if len(holders) == 1 and not holders[0].dropped:
                    self.ledger.focus = holders[0]
                    return

    def _settle(self, clause: Clause, before: Clause | None) -> None:
        if not clause.counts:
            return
        proposed = [(proposal.slot, proposal.value.fa) for proposal in (*self._proposals, *self._stated)]
        sheets = self._bound_of_sheets(clause)
        settle(clause, self._asked, self._focus_has, proposed, before, self.vocabulary, sheets=sheets)

    def _weigh(self, clause: Clause, spans: list[Span]) -> None:
        """Tell a reason from a wish: in "مات کنین، براق خط میفته" the second value is not wanted.

        What is said of another product is no reason.
        """
        wished = clause.has(*_WILLED) or any(span.kind == "product" and span.sign > 0 for span in spans)
        due = clause.has("deadline")
        for span in spans:
            willed = wished or (due and span.kind in TIMES)
            if span.sign > 0 and not willed and (clause.sentence, span.kind) in self._said:
                span.sign = 0
            if span.sign > 0 and willed:
                self._said.add((clause.sentence, span.kind))
        self._ask_about(spans)

    def _ask_about(self, spans: list[Span]) -> None:
        for span in spans:
            if span.kind == "product":
                self.ledger.topics.setdefault(span.fa, Value(span.fa, span.en, self._turn))

    def _withdraw(self, clause: Clause, named: list[Item | None]) -> None:
        """Keep a refusal of what the vocabulary does not know, and put a product on hold."""
        phrase = refused_phrase(clause) if clause.has("refuse", "without", "no") else ""
        if phrase:
            self.ledger.refused[phrase] = Value(phrase, phrase, self._turn)
        held = (named or [self.ledger.focus])[0]
        if clause.has("hold") and held is not None and held.family:
            held.held = True

    def _targets(self, clause: Clause, spans: list[Span], *, asks_only: bool) -> list[Item | None]:
        """Return for each span the item that it speaks about; products open or close items on the way."""
        targets: list[Item | None] = []
        opened: Item | None = None
        waiting: list[int] = []
        ledger = self.ledger
        for index, span in enumerate(spans):
            if span.kind == "product":
                if span.family in self.vocabulary.secondary_products and any(
                    other.kind == "product" and other.family != span.family for other in spans
                ):
                    targets.append(None)  # "office stationery with letterheads"
                    continue
                apart = span.fa in self._apart
                known = ledger.find(span)
                if apart and known is not None and known.fa not in {span.fa, span.family}:
                    known = None
                if span.sign < 0:
                    self._drop(span, known)
                    targets.append(known)
                    continue
                if known is None and opened is not None and clause.words[span.start - 1] in _WITH:
                    self._state_extra(opened, span)
                    targets.append(None)
                    continue
                if span.sign == 0 or (known is None and not self._opens(clause, spans, asks_only=asks_only)):
                    targets.append(None)
                    continue
                opened = ledger.open(span, self._turn, apart=apart) if known is None or not asks_only else known
                opened.purpose = opened.purpose or purpose_of(clause, span.end)
                ledger.focus = opened
                for earlier in waiting:
                    targets[earlier] = opened
                waiting = []
                targets.append(opened)
            else:
                following = spans[index + 1] if index + 1 < len(spans) else None
                if opened is None or (
                    span.kind == "quantity"
                    and following is not None
                    and following.kind == "product"
                    and following.start == span.end
                ):
                    waiting.append(index)
                targets.append(opened or ledger.focus)
        return targets

    def _state_extra(self, item: Item, span: Span) -> None:
        if "extra" in self.vocabulary.slots:
            self.ledger.state(item, "extra", "", Value(span.fa, span.en, self._turn))

    def _opens(self, clause: Clause, spans: list[Span], *, asks_only: bool) -> bool:
        """Tell whether a product that was not spoken of before is ordered here, and not just mentioned."""
        if clause.has("like", "complaints") and self.ledger.items:
            return False
        if not any(item.family for item in self.ledger.items):
            return True
        return not asks_only and (
            clause.has("want", "all")
            or len(clause.words) <= 4
            or any(span.kind == "quantity" or span.kind in self.vocabulary.slots for span in spans)
        )

    def _drop(self, span: Span, item: Item | None) -> None:
        if item is not None and span.fa in {item.fa, span.family}:
            item.dropped = True
            item.turn = self._turn
            self.ledger.focus = next(
                (each for each in reversed(self.ledger.items) if not each.dropped and each.family), item
            )
        else:
            self.ledger.refused[span.fa] = Value(span.fa, span.en, self._turn)

    def _item_wide(self, clause: Clause, span: Span, target: Item | None) -> None:
        value = Value(span.fa, span.en, self._turn)
        if clause.has("same") and span.sign > 0 and self._is_part_of_held(span, target):
            return  # "the wooden one after all": of the wooden base
        if span.kind == "order":
            self._order("order_number", span.fa)
        elif span.kind == "budget":
            self._order("budget", span.fa, english=span.en)
        elif span.sign < 0:
            head = _head(clause, span)
            if span.kind == "colour" and self.ledger.holders("colour", f"{head} {value.fa}"):
                value.fa, value.en = f"{head} {value.fa}", f"{value.en} {head}"
            self.ledger.refuse(span.kind, value, target)
            self._touched.add(span.kind)
        elif span.sign > 0 and span.kind == "stock" and (part := self._part_of_material(clause, span, target)):
            self._touched.add("extra")
            extras = target.values["extra"] if target is not None else []
            extras[:] = [known for known in extras if known.fa.split()[0] != part.fa.split()[0]] + [part]
        elif span.sign > 0:
            self._touched.add(span.kind)
            alone = not any(other.kind == "product" for other in clause.spans)
            items = [item for item in self.ledger.items if not item.dropped] if alone and clause.has("all") else []
            for item in items or [target or self.ledger.current()]:
                self._state(item, clause, span, value)

    def _part_of_material(self, clause: Clause, span: Span, item: Item | None) -> Value | None:
        """Return the part that a material is said of: "the metal one", where the stand of stone was spoken of."""
        for known in item.values.get("extra", []) if item is not None else []:
            end, entries = self.vocabulary.match([fold(known.fa.split()[0]), clause.words[span.start]], 0)
            if end > 1 and entries[0].kind == "extra" and entries[0].fa != known.fa:
                return Value(entries[0].fa, entries[0].en, self._turn)
        return None

    @staticmethod
    def _is_part_of_held(span: Span, item: Item | None) -> bool:
        held = (known.fa for values in (item.values.values() if item else ()) for known in values)
        return any(span.fa != fa and span.fa in fa.split() for fa in held)

    def _state(self, item: Item, clause: Clause, span: Span, value: Value) -> None:
        part = part_of(clause, span) or (self._asked.part if span.kind in {"paper", "weight"} else "")
        if span.kind in _PICTURES:
            head = _head(clause, span) or (self._asked.head if len(clause.words) <= _BARE_COLOUR else "")
            if span.kind == "colour":
                after = clause.words[span.end : span.end + 1]
                shade = clause.shown[span.end] if after and after[0] in _SHADES and after[0] not in span.fa else ""
                self._colour(item, value, head, shade)
                return
        if span.kind == "quantity" and item.family in self.vocabulary.copy_products:
            fa, en = self.vocabulary.copy_unit
            value.fa, value.en = value.fa.replace(PIECES, fa), value.en.replace("pieces", en)
        if span.kind == "quantity" and clause.has("same") and self._in_thousands(item, span):
            return
        if span.kind == "quantity" and clause.has("each"):
            value.firm = False  # of each, not of all
        known = item.values.get("quantity")
        if span.kind == "quantity" and clause.has("each") and known and known[0].firm:
            self._order("each", f"هر کدام {value.fa}", english=f"{value.en} each")
            return
        if span.kind == "quantity" and item.values.get("quantity") and self._divides(clause, span, item):
            return
        if span.kind == "quantity" and _adds(clause, span) and not clause.has("total"):
            self._increase(item, span, value)
        adds = span.number is None and sum(other.kind == span.kind and other.sign > 0 for other in clause.spans) > 1
        if span.kind == "paper" and not any(other.kind == "weight" for other in clause.spans):
            old = item.values.get("paper") or item.values.get("stock")
            if old and old[0].fa not in value.fa and value.fa not in old[0].fa and not part:
                item.values.pop("weight", None)
            offered = self._weights.get(value.fa)
            if offered is not None and not part and "weight" not in item.values:
                self.ledger.state(item, "weight", "", Value(offered.fa, offered.en, self._turn))
        self.ledger.state(
            item,
            span.kind,
            part,
            value,
            adds=adds and part == "" and span.kind not in {"size", "dimensions", "paper", "binding"},
        )

    @staticmethod
    def _in_thousands(item: Item, span: Span) -> bool:
        """Tell whether a number leaves out its "thousand": "the ten are enough" of ten thousand."""
        return any(
            known.fa.startswith(f"{show_number(span.number or 0)}000 ") for known in item.values.get("quantity", [])
        )

    @staticmethod
    def _increase(item: Item, span: Span, value: Value) -> None:
        """Let "five more" be five more than there were, if they are counted alike."""
        known = item.values.get("quantity", [])
        count, _, unit = known[0].fa.partition(" ") if known else ("", "", "")
        if count.isdigit() and unit == value.fa.partition(" ")[2]:
            total = show_number(int(count) + (span.number or 0))
            value.fa, value.en = f"{total} {unit}", f"{total} {value.en.partition(' ')[2]}"

    def _divides(self, clause: Clause, span: Span, item: Item) -> bool:
        """Tell whether a quantity is a share of what is ordered: of a city, or one of several that make up all."""
        if any(other.kind == "cities" for other in clause.spans):
            return True
        shares = [
            other.number or 0
            for other in clause.spans
            if (other.kind == "quantity" and other.sign > 0) or other.fa == PIECES  # so few that they count nothing
        ]
        whole = item.values["quantity"][0].fa.split(" ", maxsplit=1)[0]
        return len(shares) > 1 and span.number in shares and show_number(sum(shares)) == whole

    def _colour(self, item: Item, value: Value, head: str, shade: str) -> None:
        """Colours belong to a thing ("فنر مشکی"); a new colour of the same thing, in another message, replaces."""
        heads = item.values.get("colour", [])
        if shade:
            value.fa, value.en = f"{value.fa} {shade}", f"{value.en} {shade}"
        prefix = f"{head} " if head else ""
        value.fa, value.en = prefix + value.fa, f"{value.en} {head}" if head else value.en
        kept = [known for known in heads if known.turn == self._turn or not self._is_of(known.fa, head)]
        if any(known.fa == value.fa for known in kept):
            return
        self.ledger.rejected.update({("colour", known.fa): None for known in heads if known not in kept})
        self.ledger.rejected.pop(("colour", value.fa), None)
        item.values["colour"] = [*kept, value]

    def _is_of(self, colour: str, head: str) -> bool:
        """Tell whether a colour in the ledger is of the thing ``head``; of the product itself for ''."""
        if head:
            return colour.startswith(f"{head} ")
        return colour in self.vocabulary.colours or colour.rpartition(" ")[0] in self.vocabulary.colours

    def _order_wide(self, clause: Clause, span: Span, spans: list[Span], target: Item | None) -> None:
        if span.kind == "money":
            return
        if span.kind == "cities":
            self._city(clause, span, spans)
            return
        if span.sign <= 0:
            return
        if span.kind == "delivery":
            if not clause.question:
                self._order("delivery", span.fa, english=span.en)
            return
        self._deadline(clause, span, spans, target)

    def _deadline(self, clause: Clause, span: Span, spans: list[Span], target: Item | None) -> None:
        """Take a time for a deadline, of the product or of the order, where the clause says that it is one."""
        asked = self._asked.deadline
        days = sum(other.kind == "days" for other in spans)
        delivered = any(each.kind == "delivery" for each in spans)
        certain = (
            clause.has("deadline")
            or asked
            or delivered
            or clause.words[span.start - 1 : span.start][0:1] == ["برای"]
            or (span.kind == "period" and not clause.question)
            or (clause.has("agree") and not clause.question and span.fa in self._timed)
            or self._is_time_alone(clause, spans)
        )
        rivals = [each for each in spans if each.kind in TIMES and each is not span]
        if _due(clause, span) and not any(_due(clause, each) for each in rivals):
            certain = True  # "the fair is on Friday, it must be here on Thursday"
        elif days > 1 or (any(_due(clause, each) for each in rivals) and not _due(clause, span)):
            return
        if not certain or (clause.has("event") and not (asked or delivered)):
            return
        if clause.question and span.kind in {"days", "times"} and not clause.has("deadline"):
            return
        fa, en = span.fa, span.en
        after = clause.words[span.end : span.end + 1]
        if (
            span.kind in {"days", "times"}
            and after
            and after[0] in {"صبح", "ظهر", "عصر", "شب", "morning", "noon", "evening", "zohr", "sobh", "asr"}
        ):
            fa, en = f"{fa} {clause.shown[span.end]}", f"{en} {clause.shown[span.end]}"
        live = [item for item in self.ledger.items if item.family and not item.dropped]
        named = any(other.kind == "product" and other.sign > 0 for other in spans)
        if len(live) > 1 and named and target is not None:
            target.values["deadline"] = [Value(fa, en, self._turn)]
        else:
            known = self.ledger.order.get("deadline")
            weaker = span.kind == "times" and known and (known[0].turn == self._turn or not clause.has("must"))
            if not weaker:
                self._order(
                    "deadline",
                    fa,
                    english=en,
                    adds=any(other.kind == "date" and other is not span for other in spans) and False,
                )

    def _is_time_alone(self, clause: Clause, spans: list[Span]) -> bool:
        """Tell whether a clause is nothing but a time, and no deadline is known yet."""
        alone = sum(span.end - span.start for span in spans) == len(clause.words)
        known = self.ledger.order.get("deadline", [])
        return alone and not clause.question and all(value.turn == self._turn for value in known)

    def _city(self, clause: Clause, span: Span, spans: list[Span]) -> None:
        cities = self.ledger.order.get("city", [])
        if span.sign < 0:
            self.ledger.order["city"] = [known for known in cities if known.fa.split(" (")[0] != span.fa]
            return
        if span.sign == 0:
            return
        strong = (
            bool(_STRONG_CITY.search(clause.text)) or self._asked.city or bool(re.search(r"(?:^| )به ", clause.text))
        )
        if not strong and any(known.firm for known in cities):
            return
        amount = next(
            (other for other in reversed(spans) if other.kind in {"quantity", "cities"} and other.end <= span.start),
            None,
        )
        fa = (
            f"{span.fa} ({amount.fa})"
            if amount and amount.kind == "quantity" and len([s for s in spans if s.kind == "cities"]) > 1
            else span.fa
        )
        same_turn = [known for known in cities if known.turn == self._turn and known.firm == strong]
        if not any(known.fa == fa for known in same_turn):
            self.ledger.order["city"] = [*same_turn, Value(fa, span.en, self._turn, firm=strong)]

    def _order(self, kind: str, fa: str, *, english: str = "", adds: bool = False) -> None:
        if len(fa) > LONGEST_TEXT:
            return
        value = Value(fa, english or fa, self._turn)
        known = self.ledger.order.get(kind, [])
        if adds:
            self.ledger.order[kind] = [*(each for each in known if each.fa != fa), value][-6:]
        else:
            self.ledger.rejected.update({(kind, each.fa): None for each in known if each.fa != fa})
            self.ledger.rejected.pop((kind, fa), None)
            self.ledger.order[kind] = [value]

    def _bound_of_sheets(self, clause: Clause) -> bool:
        named = [span.family for span in clause.spans if span.kind == "product"]
        family = named[-1] if named else self.ledger.focus.family if self.ledger.focus is not None else ""
        return family in self.vocabulary.sheet_products

    def _focus_has(self, slot: str) -> bool:
        return (self.ledger.focus is not None and slot in self.ledger.focus.values) or slot in self.ledger.order


def part_of(clause: Clause, span: Span) -> str:
    """Return the part that a value of ``clause`` is said of: the part named before it, or right after it."""
    before = [each for each in clause.spans if each.kind == "part" and each.start <= span.start]
    if before:
        return before[-1].fa
    after = [each for each in clause.spans if each.kind == "part" and each.start >= span.end]
    adjacent = after and clause.words[span.end : after[0].start] in ([], ["برای"], ["for"])
    return after[0].fa if adjacent else ""


def _adds(clause: Clause, span: Span) -> bool:
    """Tell whether a number stands by a word for more."""
    return any(span.start - _BY_MORE <= mark <= span.end + _BY_MORE for mark in clause.marks.get("more", []))


def _due(clause: Clause, span: Span) -> bool:
    """Tell whether the word for a deadline stands right beside a time."""
    places = [*clause.marks.get("deadline", []), *clause.marks.get("must", [])]
    wanted = set(clause.marks.get("want", [])) & {span.end}  # "پنجشنبه میخوام"
    beside = wanted | {span.start - 1, span.end} & {place for place in places if place < len(clause.words)}
    return any(not clause.words[place].startswith(_EVENTS) for place in beside)


def _head(clause: Clause, span: Span) -> str:
    heads = [each.fa for each in clause.spans if each.kind == "@head" and span.start - 4 <= each.start < span.start]
    return heads[-1] if heads else ""


def _part_and_weight(clause: Clause, vocabulary: Vocabulary) -> None:
    """Take "115" in "glossy 115 cover glossy 250" for a weight, and the card in "300 gsm card" for a stock."""
    slot = vocabulary.slots.get("weight")
    for before, span in pairwise(clause.spans):
        if before.kind == "weight" and span.fa in vocabulary.material_products and span.start == before.end:
            span.kind = "stock"
    for before, span, after in zip(clause.spans, clause.spans[1:], clause.spans[2:], strict=False):
        if span.kind == "quantity" and before.kind == after.kind == "paper" and before.end == span.start:
            _, entries = vocabulary.match(clause.words, span.end - 1)
            part = next((entry for entry in entries if entry.kind == "part"), None)
            if part is not None and slot is not None and slot.admits(span.number or 0) and span.end == after.start:
                span.kind, span.end = "weight", span.end - 1
                place = clause.spans.index(after)
                clause.spans.insert(place, Span("part", part.fa, part.en, span.end, after.start))
                return


def choose_between(clause: Clause, vocabulary: Vocabulary) -> None:
    """Settle words of two meanings by their neighbours, and take nothing from an open choice ("مات یا براق")."""
    spans = clause.spans
    if not spans:
        return
    for span in spans:
        if span.kind == "product" and span.start and clause.words[span.start - 1] in _AS_BIG_AS:
            span.kind, span.sign = "ignored", 0
        elif span.kind in _STUFFS and span.start and clause.words[span.start - 1] == "رنگ":
            span.kind = "@head"  # "the colour of the leather"
    if len(spans) > 1:
        clause.spans = spans = [*spans]
        _part_and_weight(clause, vocabulary)
        spans = clause.spans = _of_paper(clause.spans)
    if not vocabulary.ambiguous.isdisjoint(span.kind for span in spans):
        clause.spans = _meant(clause, spans, vocabulary)
    if not _OR.isdisjoint(clause.words) and not clause.has("agree"):
        for mark in [index for index, word in enumerate(clause.words) if word in _OR]:
            left = [span for span in clause.spans if span.end <= mark][-1:]
            right = [span for span in clause.spans if span.start > mark][:1]
            if left and right and left[0].kind == right[0].kind:
                left[0].sign = right[0].sign = 0


def _of_paper(spans: list[Span]) -> list[Span]:
    """Leave the paper alone of a word that may be a lamination too and stands beside a weight: "135 gsm gloss"."""
    papers = {
        (span.start, span.end)
        for span in spans
        if span.kind in {"paper", "stock"}
        for other in spans
        if other.kind == "weight" and (0 <= span.start - other.end <= 1 or 0 <= other.start - span.end <= 1)
    }
    if not papers:
        return spans
    return [span for span in spans if span.kind != "lamination" or (span.start, span.end) not in papers]


def _meant(clause: Clause, spans: list[Span], vocabulary: Vocabulary) -> list[Span]:
    """Leave out what has its meaning only beside words that are not there, and the colour of what is gold foil."""
    cued = {
        slot: any(word.startswith(cues) for word in clause.words)
        for slot, cues in vocabulary.only_with.items()
        if any(span.kind == slot for span in spans)
    }
    closer = {span.start for span in spans if cued.get(span.kind)}
    return [
        span for span in spans if cued.get(span.kind, True) and not (span.kind == "colour" and span.start in closer)
    ]
