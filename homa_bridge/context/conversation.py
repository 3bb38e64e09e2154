"""The fold over a conversation: each message changes the ledger, and nothing but the ledger is remembered of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from . import naming, privacy
from .ledger import Item, Ledger, Note, Value
from .message import ASSISTANT_ROLES, USER_ROLES, Message
from .normalize import clean
from .notes import note_for, purpose_of, refused_phrase
from .numbers_in_context import Asked, asked_for, settle
from .polarity import decide, values
from .reading import Clause, Span, read
from .vocabulary import Vocabulary

_SENTENCE: Final = re.compile(r"[^.!?؟\n]+[.!?؟\n]*")
_CLAUSE: Final = re.compile(r"[^.!?؟\n،,؛]+")
_LONGEST_AGREEMENT: Final = 7  # words; a longer clause says more than yes
_LONGEST_QUESTION: Final = 120  # characters
_LEAST_TOTAL: Final = 100_000  # smaller sums are prices of one piece
_PICTURES: Final = frozenset({"colour", "foil"})
_BARE_MEANING: Final = frozenset({"corners"})
_STRONG_CITY: Final = re.compile(r"ارسال|بفرست|میفرست|می\u200cفرست|مقصد|برسه|تحویل|شعبه|دفتر|ship|deliver|send|ersal|befrest|شحن|توصیل|پست|پیک")


@dataclass(slots=True)
class _Proposal:
    slot: str
    part: str
    value: Value
    item: Item | None


@dataclass(slots=True)
class Conversation:
    """Follow a conversation message by message; equal histories give equal ledgers."""

    vocabulary: Vocabulary
    ledger: Ledger = field(init=False)
    keep_contacts: bool = False
    _turn: int = 0
    _last: Message | None = None
    _asked: Asked = field(default_factory=Asked)
    _proposals: list[_Proposal] = field(default_factory=list)
    _touched: set[str] = field(default_factory=set)
    _mentioned: set[str] = field(default_factory=set)
    _offered: frozenset[str] = frozenset()
    _said: set[tuple[int, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.vocabulary)

    def hear(self, message: Message) -> None:
        """Take in the next message; a repetition of the last one (the client stores each twice) and other roles count for nothing."""
        if message == self._last:
            return
        self._last = message
        self._turn += 1
        self.ledger.turn = self._turn
        if message.role in USER_ROLES:
            self._hear_user(clean(message.content))
        elif message.role in ASSISTANT_ROLES:
            self._hear_assistant(clean(message.content))

    # -- the user ---------------------------------------------------------------------------------------------------

    def _hear_user(self, text: str) -> None:
        text, hostile = privacy.without_foreign(text)
        if self.keep_contacts:
            for contact in privacy.contacts(text):
                self._order("contact", contact, adds=True)
        trusted, doubtful = _apart(text) if hostile else (text, "")
        trusted = privacy.without_contacts(trusted)
        trusted = self._names(trusted)
        clauses = read(trusted, self.vocabulary)
        self._judge(clauses)
        self._touched = set()
        self._said = set()
        self._mentioned = {span.family for clause in clauses for span in clause.spans if span.kind == "product"}
        self._answer(clauses)
        self._people(trusted, clauses)
        for index, clause in enumerate(clauses):
            self._take(clause, clauses[index - 1] if index else None)
            note = note_for(clause, self._turn, self.ledger, answers=self._asked.open and index == 0, offered=self._offered)
            if note is not None:
                self.ledger.notes.append(note)
            elif clause.question and (clause.has("topics", "price_ask") or values(clause)) and len(clause.text) <= _LONGEST_QUESTION:
                self.ledger.question = Note(" ".join(clause.text.split()), self._turn, 1, None, [])
        if doubtful:
            rest = read(privacy.without_contacts(doubtful), self.vocabulary)
            self._judge(rest)
            for clause in rest:
                clause.spans = [span for span in clause.spans if span.kind in self.vocabulary.slots or span.kind == "product"]
                self._take(clause, None)
        self._proposals = []
        self._asked = Asked()

    @staticmethod
    def _judge(clauses: list[Clause]) -> None:
        for index, clause in enumerate(clauses):
            before = clauses[index - 1] if index and clauses[index - 1].sentence == clause.sentence else None
            decide(clause, opens_message=index == 0, before=before)

    def _answer(self, clauses: list[Clause]) -> None:
        """Let a yes adopt what the assistant just proposed, and a no refuse the extras among it."""
        if not self._proposals or not clauses:
            return
        opening = clauses[0]
        if (opening.words[0] in {"نه", "خیر", "نخیر", "no", "na", "nope", "not"}) or (opening.has("refuse", "too_much") and len(clauses) == 1):
            for proposal in self._proposals:
                if proposal.slot in {"finish", "extra"}:
                    self.ledger.refuse(proposal.slot, proposal.value, proposal.item)
            return
        agreed = any(
            clause.has("agree") and not clause.question and not clause.has("refuse", "no", "too_much", "ask") and len(clause.words) <= _LONGEST_AGREEMENT
            for clause in clauses[:4]
        )
        if not agreed:
            return
        spoken = {span.kind for clause in clauses for span in values(clause)}
        for proposal in self._proposals:
            rivals = {each.value.fa for each in self._proposals if (each.slot, each.part, each.item) == (proposal.slot, proposal.part, proposal.item)}
            if len(rivals) == 1 and proposal.slot not in spoken:
                proposal.value.turn = self._turn
                self.ledger.state(proposal.item or self.ledger.current(), proposal.slot, proposal.part, proposal.value)

    def _names(self, text: str) -> str:
        """Keep the quoted names and return the text without them; a single word of the trade in quotes is no name."""
        kept = set()
        for role, name in naming.quoted_names(text):
            first = read(name, self.vocabulary)[:1]
            if not any(len(clause.words) == 1 and values(clause) for clause in first):
                self._order(f"name:{role}", name, adds=role != "title")
                kept.add(name)
        return naming.without_names(text, kept) if kept else text

    def _people(self, text: str, clauses: list[Clause]) -> None:
        if any(clause.has("past") for clause in clauses):
            return
        for sentence in _SENTENCE.findall(text):
            if not sentence.rstrip().endswith(("؟", "?")):
                for person in naming.people(sentence):
                    self._order("person", person, adds=True)
        for code, _ in naming.codes(text):
            self._order("code", code, adds=False)
        for person in naming.latin_people(text):
            if not any(word.lower() in self.vocabulary.words for word in person.split()):
                self._order("person", person, adds=True)

    def _take(self, clause: Clause, before: Clause | None) -> None:
        """Put what the user states in a clause where it belongs."""
        settle(clause, self._asked, self._focus_has, [(p.slot, p.value.fa) for p in self._proposals], before)
        _choose_between(clause)
        spans = values(clause)
        numbers = any(span.kind in {"quantity", "pages"} and span.sign > 0 for span in spans)
        asking = clause.question or clause.has("ask")
        asks_only = asking and not numbers and not clause.has("want")
        if asks_only:
            self._touched.update(span.kind for span in spans)
        if clause.has("past") and not clause.has("complaints"):
            return
        if not self._asked.open and len(clause.words) <= 3 and "این" in clause.words[:2]:
            return
        willed = clause.has("wish", "want", "agree", "change", "must", "refuse", "no", "decision")
        for span in spans:
            if span.sign > 0 and not willed and (clause.sentence, span.kind) in self._said:
                span.sign = 0  # a reason, not a wish: "مات کنین، براق خط میفته"
            if span.sign > 0 and willed:
                self._said.add((clause.sentence, span.kind))
            if span.kind == "product":
                self.ledger.topics.setdefault(span.fa, Value(span.fa, span.en, self._turn))
        targets = self._targets(clause, spans, asks_only=asks_only)
        for span, target in zip(spans, targets, strict=True):
            if span.kind in {"cities", "date", "days", "times", "period", "delivery", "money"}:
                self._order_wide(clause, span, spans, target)
            elif span.kind in {"order", "budget", "numbering"} or span.kind in self.vocabulary.slots:
                if not asks_only:
                    self._item_wide(clause, span, target)
        if clause.has("refuse", "without") and not asking:
            phrase = refused_phrase(clause)
            if phrase:
                self.ledger.refused[phrase] = Value(phrase, phrase, self._turn)
        if clause.has("hold") and not asking:
            held = next((target for target, span in zip(targets, spans, strict=True) if span.kind == "product"), self.ledger.focus)
            if held is not None and held.family:
                held.held = True

    def _targets(self, clause: Clause, spans: list[Span], *, asks_only: bool) -> list[Item | None]:
        """Return for each span the item that it speaks about; products open or close items on the way."""
        targets: list[Item | None] = []
        opened: Item | None = None
        waiting: list[int] = []
        ledger = self.ledger
        for index, span in enumerate(spans):
            if span.kind == "product":
                known = ledger.find(span)
                if span.sign < 0:
                    self._drop(span, known)
                    targets.append(known)
                    continue
                if span.sign == 0 or (known is None and not self._opens(clause, spans, asks_only=asks_only)):
                    targets.append(None)
                    continue
                opened = ledger.open(span, self._turn) if known is None or not asks_only else known
                opened.purpose = opened.purpose or purpose_of(clause, span.end)
                ledger.focus = opened
                for earlier in waiting:
                    targets[earlier] = opened
                waiting = []
                targets.append(opened)
            else:
                following = spans[index + 1] if index + 1 < len(spans) else None
                if opened is None or (span.kind == "quantity" and following is not None and following.kind == "product" and following.start == span.end):
                    waiting.append(index)
                targets.append(opened or ledger.focus)
        return targets

    def _opens(self, clause: Clause, spans: list[Span], *, asks_only: bool) -> bool:
        """Tell whether a product that was not spoken of before is ordered here, and not just mentioned."""
        if clause.has("like", "complaints") and self.ledger.items:
            return False
        if not any(item.family for item in self.ledger.items):
            return True
        return not asks_only and (
            clause.has("want", "all") or len(clause.words) <= 4 or any(span.kind == "quantity" or span.kind in self.vocabulary.slots for span in spans)
        )

    def _drop(self, span: Span, item: Item | None) -> None:
        if item is not None:
            item.dropped = True
            item.turn = self._turn
            self.ledger.focus = next((each for each in reversed(self.ledger.items) if not each.dropped and each.family), item)
        else:
            self.ledger.refused[span.fa] = Value(span.fa, span.en, self._turn)

    def _item_wide(self, clause: Clause, span: Span, target: Item | None) -> None:
        value = Value(span.fa, span.en, self._turn)
        if span.kind == "order":
            self._order("order_number", span.fa)
        elif span.kind == "budget":
            self._order("budget", span.fa, english=span.en)
        elif span.sign < 0:
            self.ledger.refuse(span.kind, value, target)
            self._touched.add(span.kind)
        elif span.sign > 0:
            self._touched.add(span.kind)
            alone = not any(other.kind == "product" for other in clause.spans)
            items = [item for item in self.ledger.items if not item.dropped] if alone and clause.has("all") else []
            for item in items or [target or self.ledger.current()]:
                self._state(item, clause, span, value)

    def _state(self, item: Item, clause: Clause, span: Span, value: Value) -> None:
        part = _part(clause, span) or (self._asked.part if span.kind in {"paper", "weight"} else "")
        if span.kind in _PICTURES:
            head = _head(clause, span)
            if span.kind == "colour":
                self._colour(item, clause, value, head)
                return
        if span.kind == "quantity" and clause.has("each") and item.values.get("quantity"):
            self.ledger.order.setdefault("each", []).append(Value(f"هر کدام {value.fa}", f"{value.en} each", self._turn))
            return
        if span.kind == "quantity" and any(other.kind == "cities" for other in clause.spans) and item.values.get("quantity"):
            return
        adds = span.kind not in {"quantity", "pages", "weight"} and sum(other.kind == span.kind and other.sign > 0 for other in clause.spans) > 1
        if span.kind == "paper" and not any(other.kind == "weight" for other in clause.spans):
            old = item.values.get("paper") or item.values.get("stock")
            if old and old[0].fa not in value.fa and value.fa not in old[0].fa and not part:
                item.values.pop("weight", None)
        self.ledger.state(item, span.kind, part, value, adds=adds and part == "" and span.kind not in {"size", "dimensions", "paper", "binding"})

    def _colour(self, item: Item, clause: Clause, value: Value, head: str) -> None:
        """Colours belong to a thing ("فنر مشکی"); a new colour of the same thing, in another message, replaces."""
        heads = item.values.get("colour", [])
        prefix = f"{head} " if head else ""
        value.fa, value.en = prefix + value.fa, f"{value.en} {head}" if head else value.en
        kept = [known for known in heads if known.turn == self._turn or (known.fa.rpartition(" ")[0] if " " in known.fa else "") != head]
        if any(known.fa == value.fa for known in kept):
            return
        self.ledger.rejected.update(("colour", known.fa) for known in heads if known not in kept)
        self.ledger.rejected.discard(("colour", value.fa))
        item.values["colour"] = [*kept, value]

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
        asked = self._asked.deadline
        days = sum(other.kind == "days" for other in spans)
        certain = clause.has("deadline") or asked or (span.kind in {"period"} and not clause.question)
        if days > 1 or not certain or (clause.has("event") and not asked):
            return
        if clause.question and span.kind in {"days", "times"} and not clause.has("deadline"):
            return
        fa, en = span.fa, span.en
        after = clause.words[span.end : span.end + 1]
        if span.kind in {"days", "times"} and after and after[0] in {"صبح", "ظهر", "عصر", "شب", "morning", "noon", "evening", "zohr", "sobh", "asr"}:
            fa, en = f"{fa} {clause.shown[span.end]}", f"{en} {clause.shown[span.end]}"
        live = [item for item in self.ledger.items if item.family and not item.dropped]
        named = any(other.kind == "product" and other.sign > 0 for other in spans)
        if len(live) > 1 and named and target is not None:
            target.values["deadline"] = [Value(fa, en, self._turn)]
        else:
            known = self.ledger.order.get("deadline")
            weaker = span.kind == "times" and known and (known[0].turn == self._turn or not clause.has("must"))
            if not weaker:
                self._order("deadline", fa, english=en, adds=any(other.kind == "date" and other is not span for other in spans) and False)

    def _city(self, clause: Clause, span: Span, spans: list[Span]) -> None:
        cities = self.ledger.order.get("city", [])
        if span.sign < 0:
            self.ledger.order["city"] = [known for known in cities if known.fa.split(" (")[0] != span.fa]
            return
        if span.sign == 0:
            return
        strong = bool(_STRONG_CITY.search(clause.text)) or self._asked.city or bool(re.search(r"(?:^| )به ", clause.text))
        if not strong and any(known.firm for known in cities):
            return
        amount = next((other for other in reversed(spans) if other.kind == "quantity" and other.end <= span.start), None)
        fa = f"{span.fa} ({amount.fa})" if amount and len([s for s in spans if s.kind == "cities"]) > 1 else span.fa
        same_turn = [known for known in cities if known.turn == self._turn and known.firm == strong]
        if not any(known.fa == fa for known in same_turn):
            self.ledger.order["city"] = [*same_turn, Value(fa, span.en, self._turn, firm=strong)]

    def _order(self, kind: str, fa: str, *, english: str = "", adds: bool = False) -> None:
        value = Value(fa, english or fa, self._turn)
        known = self.ledger.order.get(kind, [])
        if adds:
            self.ledger.order[kind] = [*(each for each in known if each.fa != fa), value][-6:]
        else:
            self.ledger.rejected.update((kind, each.fa) for each in known if each.fa != fa)
            self.ledger.rejected.discard((kind, fa))
            self.ledger.order[kind] = [value]

    def _focus_has(self, slot: str) -> bool:
        return self.ledger.focus is not None and slot in self.ledger.focus.values or slot in self.ledger.order

    # -- the assistant ----------------------------------------------------------------------------------------------

    def _hear_assistant(self, text: str) -> None:
        text = privacy.without_contacts(text)
        clauses = read(text, self.vocabulary)
        self._judge(clauses)
        confirmed = {clause.sentence for clause in clauses if clause.has("confirm") and not clause.question}
        asking = {clause.sentence for clause in clauses if clause.question}
        opener = bool(clauses) and 0 in clauses[0].marks.get("agree", []) + clauses[0].marks.get("confirm", [])
        proposing = {clause.sentence for clause in clauses if clause.has("propose")} | asking
        self._asked = asked_for(clauses)
        self._proposals = []
        self._offered = frozenset(word for clause in clauses for word in clause.words if len(word) > 3) if proposing else frozenset()
        self._totals(text, clauses)
        for clause in clauses:
            settle(clause, Asked(), self._focus_has, [], None)
            _choose_between(clause)
            if clause.sentence in confirmed and clause.sentence not in asking:
                self._confirm(clause)
            elif opener and clause.sentence <= clauses[0].sentence + 1 and clause.has("without") and len(clause.words) <= 5 and clause.sentence not in asking:
                self._confirm(clause)
            elif "|" not in text and clause.sentence in proposing:
                self._propose(clause)
        if asking and any(clause.sentence in asking and values(clause) for clause in clauses):
            last = max(asking)
            inside = {(span.kind, span.fa) for clause in clauses if clause.sentence == last for span in values(clause)}
            narrowed = [p for p in self._proposals if (p.slot, p.value.fa) in inside]
            self._proposals = narrowed or self._proposals
        for sentence in _CLAUSE.findall(text):
            for code, dead in naming.codes(sentence):
                known = self.ledger.order.get("code", [])
                if dead:
                    self.ledger.order["code"] = [each for each in known if each.fa != code]
                    self.ledger.rejected.add(("code", code))
                elif any(mark in sentence for mark in ("معتبر", "اعمال", "valid", "applied", "فعال", "active")):
                    self._order("code", code)
            if any(mark in sentence for mark in ("تغییر", "changed", "اصلاح", "یادداشت", "ثبت شد")):
                for role, name in naming.quoted_names(sentence):
                    if role == "title":
                        self._order("name:title", name)
        self._touched = set()

    def _confirm(self, clause: Clause) -> None:
        """Take what the assistant repeats as agreed; it mends only what the user spoke of just now or what was open."""
        changes = clause.has("change") or any(word in {"تغییر", "اصلاح", "جایگزین", "شد"} for word in clause.words)
        spans = values(clause)
        opened: Item | None = None
        for span in spans:
            if span.kind == "product":
                known = self.ledger.find(span)
                if span.sign < 0 and known is not None and span.family in self._mentioned:
                    known.dropped = True
                elif known is not None:
                    opened = known
                    self.ledger.focus = known
                elif span.family in self._mentioned and span.sign > 0:
                    opened = self.ledger.open(span, self._turn)
        for span in spans:
            slot = self.vocabulary.slots.get(span.kind)
            target = opened or self.ledger.focus
            value = Value(span.fa, span.en, self._turn)
            if span.kind == "delivery" and span.sign > 0 and "delivery" not in self.ledger.order:
                self._order("delivery", span.fa, english=span.en)
            if slot is None or target is None:
                continue
            if span.sign < 0:
                self.ledger.refuse(span.kind, value, target)
            elif span.sign > 0 and span.kind != "colour":
                part = _part(clause, span)
                held = any(key.split(":")[0] == span.kind for key in target.values)
                if not held or (changes and span.kind in self._touched):
                    for item in [item for item in self.ledger.items if item.family and not item.dropped] if clause.has("all") else [target]:
                        self.ledger.state(item, span.kind, part, value)
        if clause.has("without"):
            phrase = refused_phrase(clause)
            if phrase:
                self.ledger.refused[phrase] = Value(phrase, phrase, self._turn)
        note = note_for(clause, self._turn, self.ledger)
        if note is not None and clause.has("confirm"):
            self.ledger.notes.append(Note(note.text, note.turn, 1, note.item, note.claims))

    def _propose(self, clause: Clause) -> None:
        target: Item | None = None
        for span in values(clause):
            if span.kind == "product":
                target = self.ledger.find(span)
                if target is None:
                    return  # an upsell of something else: its properties are not this order's
            elif span.kind in self.vocabulary.slots and span.sign > 0 and span.kind != "colour":
                self._proposals.append(_Proposal(span.kind, _part(clause, span), Value(span.fa, span.en, self._turn), target or self.ledger.focus))

    def _totals(self, text: str, clauses: list[Clause]) -> None:
        """Keep the last sum that the assistant named: a sentence, or a row of a table, with "جمع", "قابل پرداخت", "total"."""
        for clause in clauses:
            if clause.has("total"):
                first = clause.marks["total"][0]
                sums = [span for span in clause.spans if (span.number or 0) >= _LEAST_TOTAL and span.start > first]
                if sums:
                    self._total(sums[0])
        if "|" not in text:
            return
        for row in text.split("\n"):
            cells = read(row, self.vocabulary) if row.startswith("|") else []
            if any(clause.has("total") for clause in cells):
                sums = [span for clause in cells for span in clause.spans if (span.number or 0) >= _LEAST_TOTAL]
                if sums:
                    self._total(sums[-1])

    def _total(self, span: Span) -> None:
        amount = f"{int(span.number or 0):,}"
        unit = (span.fa, span.en) if span.kind == "money" else ("", "")
        self._order("total", f"{amount} {unit[0]}".strip(), english=f"{amount} {unit[1]}".strip())


def _apart(text: str) -> tuple[str, str]:
    """Return what stands before an instruction to the assistant and what stands after it, without its own sentence."""
    trusted: list[str] = []
    doubtful: list[str] = []
    for sentence in _SENTENCE.findall(text):
        if privacy.is_instruction(sentence):
            doubtful.append("")
        else:
            (doubtful if doubtful else trusted).append(sentence)
    return "".join(trusted), "".join(doubtful)


def _part(clause: Clause, span: Span) -> str:
    before = [each for each in clause.spans if each.kind == "part" and each.start <= span.start]
    if before:
        return before[-1].fa
    return next((each.fa for each in clause.spans if each.kind == "part" and 0 <= each.start - span.end <= 2), "")


def _head(clause: Clause, span: Span) -> str:
    heads = [each.fa for each in clause.spans if each.kind == "@head" and span.start - 4 <= each.start < span.start]
    return heads[-1] if heads else ""


def _choose_between(clause: Clause) -> None:
    """Settle words of two meanings by their neighbours, and take nothing from an open choice ("مات یا براق")."""
    spans = clause.spans
    foil = bool({"فویل", "foil", "طلاکوب", "فویلش"} & set(clause.words)) or any(s.kind == "foil" and s.fa == "رزگلد" for s in spans)
    edges = any(word.startswith(("گوشه", "لبه", "لب", "corner", "gooshe", "labe", "round", "sharp")) for word in clause.words)
    clause.spans = [
        span
        for span in spans
        if not (span.kind == "colour" and foil and any(o.kind == "foil" and o.start == span.start for o in spans))
        and not (span.kind == "foil" and not foil)
        and not (span.kind in _BARE_MEANING and not edges)
    ]
    if {"یا", "ya", "or"} & set(clause.words) and not clause.has("agree"):
        for mark in [index for index, word in enumerate(clause.words) if word in {"یا", "ya", "or"}]:
            left = [span for span in clause.spans if span.end <= mark][-1:]
            right = [span for span in clause.spans if span.start > mark][:1]
            if left and right and left[0].kind == right[0].kind:
                left[0].sign = right[0].sign = 0
