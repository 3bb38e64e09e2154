"""From the ledger to a text of whole facts, the binding and recent ones first when room is short."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate
from typing import Final

from .ledger import Item, Ledger, Value
from .normalize import fold
from .privacy import is_private
from .tokens import estimate_tokens
from .vocabulary import Slot, Vocabulary

_MOST_ITEMS: Final = 12
_MOST_STALE: Final = 50  # names and codes that notes are searched for
_LONGEST_FACT: Final = 160  # characters
_SAID_ALREADY: Final = 0.75  # share of a note's words that the chosen facts hold
_PUNCTUATION: Final = re.compile(r"[^\w\s]")

# kind: (Persian, English, how binding it is)
_ORDER: Final = {
    "deadline": ("مهلت تحویل: {}", "deadline {}", 78),
    "city": ("ارسال به {}", "deliver to {}", 77),
    "budget": ("بودجه: {}", "budget {}", 76),
    "order_number": ("شماره سفارش: {}", "order number {}", 74),
    "name:title": ("عنوان: «{}»", "title: “{}”", 73),
    "name:text": ("متن: «{}»", "text: “{}”", 71),
    "code": ("کد تخفیف: {}", "discount code {}", 70),
    "each": ("{}", "{}", 69),
    "total": ("مبلغ اعلام‌شده: {}", "quoted total {}", 64),
    "delivery": ("روش تحویل: {}", "delivery: {}", 62),
    "person": ("{}", "{}", 60),
    "contact": ("تماس: {}", "contact: {}", 59),
}
_TRADE: Final = frozenset({"budget", "order_number", "code", "total", "delivery"})
_NAME: Final = ("«{}»", "“{}”", 72)


_MOST_KEPT: Final = 4_096  # facts and notes, each of them short: a running summary writes nearly the same ones again
_is_private: Final = lru_cache(maxsize=_MOST_KEPT)(is_private)
_cost: Final = lru_cache(maxsize=_MOST_KEPT)(estimate_tokens)


@lru_cache(maxsize=_MOST_KEPT)
def _words(text: str) -> tuple[str, ...]:
    return tuple(_PUNCTUATION.sub(" ", fold(text)).split())


@dataclass(frozen=True, slots=True)
class _Fact:
    text: str
    binding: float
    turn: int
    layout: tuple[int, int, int]
    item: int = -1
    asked_for: bool = False  # contact data that the caller wants kept


def render(ledger: Ledger, *, persian: bool, max_tokens: int) -> str:
    """Return the ledger as text of at most ``max_tokens`` estimated tokens; '' if it holds nothing of the trade."""
    items = [item for item in ledger.items if item.values or item.family][-_MOST_ITEMS:]
    live = [item for item in items if not item.dropped]
    named = [
        item
        for item in live
        if item.family
        and not (item.family in ledger.vocabulary.secondary_products and len(live) > 1 and not item.values)
    ]
    facts = [
        fact for index, item in enumerate(live) for fact in _item_facts(ledger.vocabulary, item, index, persian=persian)
    ]
    facts += _order_facts(ledger, persian=persian)
    facts += _refusals(ledger, items, persian=persian)
    question = ledger.question
    if question is not None and question.turn == ledger.turn:
        facts.append(
            _Fact(
                f"پرسش باز: {question.text}؟" if persian else f"open question: {question.text}?",
                58,
                question.turn,
                (3, question.turn, 0),
            )
        )
    facts = [
        fact for fact in facts if len(fact.text) <= _LONGEST_FACT and (fact.asked_for or not _is_private(fact.text))
    ]
    opening = _opening(ledger, named, persian=persian)
    chosen = _choose(ledger, facts, opening, max_tokens)
    if not _is_trade(ledger):
        if question is None:
            return ""
        asked = f"کاربر پرسیده است: {question.text}؟" if persian else f"The customer asked: {question.text}?"
        return asked if estimate_tokens(asked) <= max_tokens and not is_private(asked) else ""
    leaving = sorted(range(len(chosen)), key=lambda place: (chosen[place].binding, chosen[place].turn))

    @cache
    def without(count: int) -> str:
        left = set(leaving[:count])
        kept = [fact for place, fact in enumerate(chosen) if place not in left]
        return _write(opening, ledger.vocabulary.order, named, live, kept, persian=persian)

    @cache
    def surplus(count: int) -> int:
        return estimate_tokens(without(count)) - max_tokens

    count = 0
    if (over := surplus(0)) > 0:
        # A text with fewer facts costs less; where their own costs make up for the surplus is near the place.
        freed = list(accumulate(_cost(" " + chosen[place].text) + 1 for place in leaving))  # and a comma
        count = min(bisect_left(freed, over) + 1, len(chosen))
        while count > 1 and surplus(count - 1) <= 0:
            count -= 1
        while count < len(chosen) and surplus(count) > 0:
            count += 1
    return without(count) if surplus(count) <= 0 else ""


def _is_trade(ledger: Ledger) -> bool:
    """Tell whether anything of the trade was said; a name and a town alone are small talk."""
    return bool(
        ledger.items
        or ledger.topics
        or _TRADE & {kind for kind, values in ledger.order.items() if values}
        or any(note.trade for note in ledger.notes)
    )


def _opening(ledger: Ledger, named: list[Item], *, persian: bool) -> str:
    if len(named) == 1:
        item = named[0]
        language = "fa" if persian else "en"
        product = _product(item, persian=persian)
        interest = "{product}" if item.fa in ledger.vocabulary.services else ledger.vocabulary.interest[language]
        phrase = interest.format(product=product)
        return f"کاربر علاقه‌مند به {phrase} است." if persian else f"The customer is interested in {phrase}."
    if not named and ledger.topics:
        topics = list(ledger.topics.values())[:3]
        names = ("، " if persian else ", ").join(topic.fa if persian else topic.en for topic in topics)
        return f"کاربر درباره {names} پرسیده است." if persian else f"The customer asked about {names}."
    return ""


def _product(item: Item, *, persian: bool) -> str:
    name = item.fa if persian else item.en
    if item.purpose:
        return f"{name} برای {item.purpose}" if persian else f"{name} for {item.purpose}"
    return name


def _item_facts(vocabulary: Vocabulary, item: Item, index: int, *, persian: bool) -> list[_Fact]:
    facts = []
    done: set[str] = set()
    for key in sorted(item.values, key=lambda key: _rank(vocabulary, key)):
        slot, _, part = key.partition(":")
        if key in done:
            continue
        values = item.values[key]
        text = _slot_text(vocabulary, item, slot, part, values, persian=persian, done=done)
        facts.append(
            _Fact(
                text, 85 - index / 100, max(value.turn for value in values), (0, index, _rank(vocabulary, key)), index
            )
        )
    if item.held:
        facts.append(_Fact(vocabulary.held["fa" if persian else "en"], 84, item.turn, (0, index, 99), index))
    return facts


def _rank(vocabulary: Vocabulary, key: str) -> int:
    slot = vocabulary.slots.get(key.partition(":")[0])
    return slot.rank if slot else 90


def _slot_text(
    vocabulary: Vocabulary, item: Item, slot: str, part: str, values: list[Value], *, persian: bool, done: set[str]
) -> str:
    texts = [value.fa if persian else value.en for value in values]
    joined = (" و " if persian else " and ").join(texts)
    if slot == "deadline":
        return f"مهلت {joined}" if persian else f"due {joined}"
    rule: Slot = vocabulary.slots[slot]
    label = rule.fa if persian else rule.en
    if slot in {"paper", "stock"}:
        weight_key = f"weight:{part}" if part else "weight"
        weight = item.values.get(weight_key)
        if weight:
            done.add(weight_key)
            joined += f" {weight[0].fa}" if persian else f" {weight[0].en}"
        if part:
            place = part if persian else vocabulary.parts[part]
            return f"{label} {place} {joined}" if persian else f"{joined} {place}"
        return f"{label} {joined}" if persian or slot == "stock" else joined
    if part:
        place = part if persian else vocabulary.parts[part]
        joined = f"{place} {joined}"
    if joined == label or (persian and label and label in joined.split()):
        return joined
    return f"{label} {joined}".strip()


def _order_facts(ledger: Ledger, *, persian: bool) -> list[_Fact]:
    facts = []
    for place, (kind, values) in enumerate(sorted(ledger.order.items())):
        if not values:
            continue
        fa, en, binding = _ORDER.get(kind, _NAME)
        if kind == "city":
            names = (" و " if persian else " and ").join(value.fa if persian else value.en for value in values)
            facts.append(_Fact((fa if persian else en).format(names), binding, values[-1].turn, (1, 0, place)))
            continue
        label = kind.partition(":")[2]
        for value in values:
            shown = (fa if persian else en).format(value.fa if persian else value.en)
            if kind not in _ORDER and label != "name":
                shown = f"{label} {shown}"
            facts.append(_Fact(shown, binding, value.turn, (1, -binding, place), asked_for=kind == "contact"))
    return facts


def _refusals(ledger: Ledger, items: list[Item], *, persian: bool) -> list[_Fact]:
    facts = [
        _Fact(f"حذف {item.fa}" if persian else f"{item.en} cancelled", 75, item.turn, (2, 0, 0))
        for item in items
        if item.dropped and item.family
    ]
    filled = {key.split(":")[0] for item in items for key in item.values}
    slot_of = {fa: slot for slot, fa in ledger.rejected}
    for value in ledger.refused.values():
        slot = slot_of.get(value.fa, "")
        if slot in filled and not (slot in ledger.vocabulary.slots and ledger.vocabulary.slots[slot].many):
            continue
        rule = ledger.vocabulary.slots.get(slot)
        label = f"{rule.fa} " if rule is not None and rule.named and value.fa != rule.fa else ""
        facts.append(
            _Fact(f"بدون {label}{value.fa}" if persian else f"no {value.en}", 66, value.turn, (2, 1, value.turn))
        )
    return facts


def _choose(ledger: Ledger, facts: list[_Fact], opening: str, max_tokens: int) -> list[_Fact]:
    room = max_tokens - estimate_tokens(opening) - 8
    chosen: list[_Fact] = []
    words: set[str] = set(fold(opening).split())
    seen: set[tuple[int, str]] = set()

    def take(fact: _Fact) -> None:
        nonlocal room
        cost = _cost(" " + fact.text) + 1
        if cost <= room and (fact.item, fact.text) not in seen:
            room -= cost
            chosen.append(fact)
            seen.add((fact.item, fact.text))
            words.update(_words(fact.text))

    for fact in sorted(facts, key=lambda fact: (-fact.binding, -fact.turn)):
        take(fact)
    stale = [fa for kind, fa in ledger.rejected if kind == "code" or kind.startswith("name:")][-_MOST_STALE:]
    last = max((note.turn for note in ledger.notes), default=1)
    ranked = sorted(ledger.notes, key=lambda note: (-(note.weight + 2 * note.turn / last), -note.turn))
    for note in ranked:
        if room < 6:
            break
        own = [word for word in _words(note.text) if len(word) > 2]
        if (
            not all(map(ledger.stands, note.claims))
            or _is_private(note.text)
            or any(word in note.text for word in stale)
        ):
            continue
        if own and sum(word in words for word in own) / len(own) >= _SAID_ALREADY:
            continue
        take(_Fact(note.text, 40 + note.weight, note.turn, (3, note.turn, 0)))
    return chosen


def _write(
    opening: str, order: dict[str, str], named: list[Item], live: list[Item], chosen: list[_Fact], *, persian: bool
) -> str:
    comma, semicolon = ("، ", "؛ ") if persian else (", ", "; ")
    chosen = sorted(chosen, key=lambda fact: fact.layout)
    sentences = [opening] if opening else []
    blocks = []
    for index, item in enumerate(live):
        own = [fact.text for fact in chosen if fact.item == index]
        if len(named) == 1 and (item is named[0] or not item.family):
            if own:
                blocks.append(comma.join(own))
        elif item in named or own:
            name = _product(item, persian=persian) or ("سفارش" if persian else "order")
            blocks.append(f"{name} {own[0]}{comma if own[1:] else ''}{comma.join(own[1:])}" if own else name)
    if blocks:
        label = ("مشخصات: " if persian else "Details: ") if len(named) == 1 else f"{order['fa' if persian else 'en']}: "
        sentences.append(label + semicolon.join(blocks) + ".")
    for place in (1, 2):
        part = [fact.text for fact in chosen if fact.layout[0] == place]
        if part:
            sentences.append(comma.join(part) + ".")
    notes = [fact.text for fact in chosen if fact.layout[0] == 3]
    if notes:
        sentences.append(("نکته‌ها: " if persian else "Notes: ") + semicolon.join(notes) + ".")
    return " ".join(" ".join(sentences).split())
