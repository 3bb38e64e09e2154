"""The fold over a conversation: each message changes the ledger, and nothing but the ledger is remembered of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import Final

from . import naming, privacy
from .bounds import MOST_NUMBERS, MOST_PROPOSALS, bound, bounded_words
from .corrections import apart_at_but, set_shares_apart, take_back
from .ledger import Item, Note, Value
from .message import ASSISTANT_ROLES, USER_ROLES, Message
from .normalize import clean
from .notes import note_for, only_refuses, refused_phrase, taken_out
from .numbers_in_context import Asked, asked_for, settle
from .numerals import show_number
from .placing import TIMES, Placing, Proposal, choose_between, part_of
from .polarity import decide, values
from .reading import Clause, Span, read
from .sums import Sum, Sums
from .vocabulary import words

_SENTENCE: Final = re.compile(r"[^.!?؟\n]+[.!?؟\n]*")
_CLAUSE: Final = re.compile(r"[^.!?؟\n،,؛]+")
_LONGEST_AGREEMENT: Final = 7  # words; a longer clause says more than yes
_LONGEST_QUESTION: Final = 120  # characters
_LONGEST_ANSWER: Final = 3  # words that answer a question and leave out what was asked
_MOST_ASKED: Final = 4
_OF_THE_ORDER: Final = {"cities": "city", "delivery": "delivery", "code": "code"}
_YES_ALONE: Final = words("yes_alone")  # also other words, in a longer clause
_UNABLE: Final = words("unable")
_AS_TOLD: Final = frozenset({"حتما", "چشم"})
_NO: Final = frozenset({"نه", "خیر", "نخیر", "no", "na", "nope", "not"})
_REQUESTING: Final = frozenset({"میشه", "can", "could", "mishe"})
_UPSOLD: Final = frozenset({"finish", "extra"})
_WHICH_COLOUR: Final = re.compile(r"چه رنگ|رنگش چ|کدوم رنگ|che rang|(?:what|which) colou?r")


@dataclass(slots=True)
class Conversation(Placing):
    """Follow a conversation message by message; equal histories give equal ledgers."""

    _last: str = ""  # a fingerprint of the last message
    _mentioned: set[str] = field(default_factory=set)
    _offered: frozenset[str] = frozenset()
    _beside: set[str] = field(default_factory=set)  # families of products that the assistant named just now
    _repeated: bool = False  # and what the assistant said last is that order
    _changed: set[int] = field(default_factory=set)  # sentences of the assistant that say that something is new
    _requests: bool = False  # the user asked for a change
    _repeats: bool = False  # the user wants what was ordered before
    _wondered: str = ""  # the number of pieces whose price the user asked for just now
    _questioned: set[str] = field(default_factory=set)  # times that the user asked about just now
    _numbers: set[float] = field(default_factory=set)  # that the user named just now
    _sums: Sums = field(init=False)

    def __post_init__(self) -> None:
        Placing.__post_init__(self)
        self._sums = Sums(self.ledger)

    def hear(self, message: Message) -> bool:
        """Take in the next message and say whether it is new: the client stores each twice. Other roles say nothing."""
        fingerprint = message.fingerprint()
        if fingerprint == self._last:
            return False
        self._last = fingerprint
        self._turn += 1
        self.ledger.turn = self._turn
        if message.role in USER_ROLES:
            self._hear_user(clean(message.content))
        elif message.role in ASSISTANT_ROLES:
            self._hear_assistant(clean(message.content))
        bound(self.ledger)
        return True

    def _hear_user(self, text: str) -> None:
        text, hostile = privacy.without_foreign(text)
        if self.keep_contacts:
            for contact in privacy.contacts(text):
                self._order("contact", contact, adds=True)
        trusted, doubtful = _apart(text) if hostile else (text, "")
        trusted = privacy.without_contacts(trusted)
        trusted = self._names(trusted)
        clauses = apart_at_but(read(trusted, self.vocabulary))
        self._complete(clauses)
        self._judge(clauses)
        take_back(clauses)
        set_shares_apart(clauses, self.ledger.focus)
        self._survey(clauses)
        self._return()
        known = {id(item) for item in self.ledger.items}
        counts = self._sums.counts()
        self._totals(self._sums.answer(turned_down=bool(clauses) and clauses[0].has("no", "refuse", "too_much")))
        self._answer(clauses)
        self._people(trusted, clauses)
        listing = False
        for index, clause in enumerate(clauses):
            self._take(clause, clauses[index - 1] if index else None)
            note = note_for(
                clause,
                self._turn,
                answers=self._asked.open and index == 0,
                listed=listing and clause.sentence == clauses[index - 1].sentence,
                offered=self._offered,
            )
            listing = clause.has("name_cue") or (listing and note is not None)
            if thing := taken_out(clause):
                self.ledger.forget(thing)
            if note is not None:
                self.ledger.notes += [] if only_refuses(clause) else [note]
            elif (
                clause.question
                and (clause.has("topics", "price_ask") or values(clause) or self._asked.open)
                and len(clause.text) <= _LONGEST_QUESTION
            ):
                self.ledger.question = Note(" ".join(clause.text.split()), self._turn, 1, [])
        if doubtful:
            rest = read(privacy.without_contacts(doubtful), self.vocabulary)
            self._judge(rest)
            for clause in rest:
                clause.spans = [
                    span for span in clause.spans if span.kind in self.vocabulary.slots or span.kind == "product"
                ]
                self._take(clause, None)
        for item in self.ledger.items if known else ():
            item.side = item.side or (id(item) not in known and item.family in self._beside)
        self._totals(self._sums.order(counts))
        self._proposals = []
        self._stated = []
        self._asked = Asked()
        self._said = set()

    def _survey(self, clauses: list[Clause]) -> None:
        """Note of a whole message what the reading of each of its clauses, and of the answer to it, must know."""
        self._ordering = {
            clause.sentence
            for clause in clauses
            if clause.has("want")
            and any(
                span.sign > 0 and (span.kind in self.vocabulary.counted or span.kind == "number")
                for span in clause.spans
            )
        }
        self._apart |= _side_by_side(clauses)
        self._requests = any(
            clause.question and (clause.has("instead", "change") or (clause.words[0] in _REQUESTING and clause.values))
            for clause in clauses
        )
        self._touched = set()
        self._said = set()
        self._repeats = any(clause.has("again", "past") for clause in clauses) and any(
            clause.has("again", "same") for clause in clauses
        )
        self._questioned = {
            span.fa for clause in clauses if clause.question for span in clause.spans if span.kind in TIMES
        }
        numbers = (span.number for clause in clauses for span in clause.spans if span.number is not None)
        self._numbers = set(islice(dict.fromkeys(numbers), MOST_NUMBERS))
        self._mentioned = {span.family for clause in clauses for span in clause.spans if span.kind == "product"}
        prices = [span for clause in clauses if clause.has("price_ask") for span in clause.spans]
        asked = [span.number or 0 for span in prices if span.kind == "quantity"]
        self._wondered = show_number(asked[0]) if len(asked) == 1 else ""

    def _return(self) -> None:
        """Go back to what the visitor came for, after a word about what the shop offered beside it."""
        if self.ledger.focus is not None and self.ledger.focus.side:
            own = [item for item in self.ledger.items if item.family and not item.side and not item.dropped]
            self.ledger.focus = own[-1] if own else self.ledger.focus

    def _totals(self, sums: Iterator[Sum]) -> None:
        for fa, en in sums:
            self._order("total", fa, english=en)

    def _complete(self, clauses: list[Clause]) -> None:
        """Read a short answer together with what was asked: "the cover?" "soft" is a soft cover."""
        if not clauses or len(clauses[0].words) > _LONGEST_ANSWER or values(clauses[0]):
            return
        opening = clauses[0]
        for word in self._asked.words[:_MOST_ASKED]:
            end, entries = self.vocabulary.match([word, *opening.words], 0)
            found = [entry for entry in entries if entry.kind in self.vocabulary.slots]
            if end > 1 and found:
                opening.spans = [Span(entry.kind, entry.fa, entry.en, 0, end - 1) for entry in found]
                return

    def _judge(self, clauses: list[Clause]) -> None:
        for index, clause in enumerate(clauses):
            before = clauses[index - 1] if index and clauses[index - 1].sentence == clause.sentence else None
            choose_between(clause, self.vocabulary)
            decide(clause, opens_message=index == 0, before=before)

    def _answer(self, clauses: list[Clause]) -> None:
        """Let a yes adopt what the assistant just proposed, and a no refuse the extras among it."""
        if not clauses:
            return
        opening = clauses[0]
        if not self._proposals and opening.has("same") and len(opening.words) <= _LONGEST_ANSWER:
            self._proposals = self._stated
        if not self._proposals:
            self._let_stand(opening)
            return
        if len(opening.words) == 1 and opening.words[0] in _YES_ALONE:
            opening.marks.setdefault("agree", []).append(0)
        if opening.words[0] in _NO or (opening.has("refuse", "too_much") and len(clauses) == 1):
            for proposal in self._proposals:
                if proposal.slot in _UPSOLD and not self.ledger.holds(proposal.slot, proposal.value):
                    self.ledger.refuse(proposal.slot, proposal.value, proposal.item)
        elif accepted := self._accepted(clauses):
            spoken = {span.kind for clause in clauses for span in values(clause)}
            self._adopt([proposal for proposal in accepted if proposal.slot not in spoken or proposal.span])

    def _let_stand(self, opening: Clause) -> None:
        """Take what the assistant stated of the ordered number, where the answer mends only a part of it."""
        mended = {span.kind for span in opening.values if span.sign > 0}
        counted = any(proposal.slot == "quantity" for proposal in self._stated)
        if counted and not opening.question and mended & {proposal.slot for proposal in self._stated}:
            self._adopt(
                [
                    proposal
                    for proposal in self._stated
                    if proposal.slot not in mended and not self._focus_has(proposal.slot)
                ]
            )

    def _accepted(self, clauses: list[Clause]) -> list[Proposal]:
        """Return the proposals that an answer lets stand."""
        opening = clauses[0]
        proposals = self._proposals
        agreed = any(
            clause.has("agree")
            and not clause.question
            and not clause.has("refuse", "no", "too_much", "ask")
            and len(clause.words) <= _LONGEST_AGREEMENT
            for clause in clauses[:4]
        )
        coloured = any(span.kind == "colour" and span.sign > 0 for span in opening.spans) and not opening.question
        if not agreed:
            proposals = [proposal for proposal in proposals if coloured and proposal.presupposed]
        if any(span.sign < 0 for clause in clauses for span in clause.spans):  # "glossy yes, the jacket no"
            proposals = [proposal for proposal in proposals if proposal.slot not in _UPSOLD]
        return proposals

    def _adopt(self, proposals: list[Proposal]) -> None:
        for proposal in proposals:
            if proposal.span is not None:
                self.ledger.open(proposal.span, self._turn)
                continue
            if proposal.slot in _OF_THE_ORDER:
                self._order(_OF_THE_ORDER[proposal.slot], proposal.value.fa, english=proposal.value.en)
                continue
            rivals = {
                each.value.fa
                for each in proposals
                if (each.slot, each.part, each.item) == (proposal.slot, proposal.part, proposal.item)
                and (each is proposal or each.value.fa not in self.vocabulary.generic_values)
            }
            if len(rivals) == 1 or self._repeated:
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
        for sentence in _SENTENCE.findall(text) if naming.addresses(text) else ():
            if not sentence.rstrip().endswith(("؟", "?")):
                for person in naming.people(sentence):
                    self._order("person", person, adds=True)
        for code, _ in naming.codes(text):
            self._order("code", code, adds=False)
        for person in naming.latin_people(text):
            if not any(word.lower() in self.vocabulary.words for word in person.split()):
                self._order("person", person, adds=True)

    def _hear_assistant(self, text: str) -> None:
        text = privacy.without_contacts(text)
        clauses = read(text, self.vocabulary)
        asking = {clause.sentence for clause in clauses if clause.question}
        _recall(clauses, asking, repeats=self._repeats)
        self._judge(clauses)
        confirmed = {clause.sentence for clause in clauses if clause.has("confirm") and not clause.question}
        proposed = {clause.sentence for clause in clauses if clause.has("propose")}
        confirmed |= {clause.sentence for clause in clauses if not clause.question and _became(clause)}
        stating = {clause.sentence for clause in clauses if values(clause)}
        confirmed |= {each - 1 for each in confirmed - stating} - proposed - asking  # "135 gsm. Noted."
        self._grasp(clauses, asking)
        repeating = {clause.sentence for clause in clauses[:1] if clause.words[0] in _AS_TOLD}
        opener = bool(clauses) and 0 in clauses[0].marks.get("agree", []) + clauses[0].marks.get("confirm", [])
        proposing = {clause.sentence for clause in clauses if clause.has("propose")} | asking
        if self._requests and opener and not any(span.kind == "money" for span in clauses[0].spans):
            confirmed.add(clauses[0].sentence)
        proposing |= {each - 1 for each in asking - stating} - repeating  # "hardcover is usual. All right?"
        if self._repeats:
            proposing |= {clause.sentence for clause in clauses}
        self._repeated = self._repeats
        self._asked = asked_for(clauses, self.vocabulary)
        self._proposals = []
        self._stated = []
        self._offered = (
            bounded_words(word for clause in clauses for word in clause.words if len(word) > 3)
            if proposing
            else frozenset()
        )
        upselling: set[int] = set()
        self._told(clauses)
        self._totals(self._sums.name(text, clauses, self._wondered))
        self._changed = {
            clause.sentence for clause in clauses if clause.has("change", "confirm") or "شد" in clause.words
        }
        nothing = Asked()
        counts = self._sums.counts()
        for clause in clauses:
            settle(clause, nothing, self._focus_has, [], None, self.vocabulary, sheets=self._bound_of_sheets(clause))
            if (clause.sentence in confirmed and clause.sentence not in asking) or (
                opener
                and clause.sentence <= clauses[0].sentence + 1
                and clause.has("without")
                and len(clause.words) <= 5
                and clause.sentence not in asking
            ):
                self._confirm(clause)
            elif "|" not in text and clause.sentence not in upselling:
                proposals = self._proposals if clause.sentence in proposing else self._stated
                if not self._propose(clause, proposals):
                    upselling.add(clause.sentence)
        self._totals(self._sums.order(counts))
        if asking and not self._repeats and any(clause.sentence in asking and values(clause) for clause in clauses):
            last = max(asking)
            inside = {(span.kind, span.fa) for clause in clauses if clause.sentence == last for span in values(clause)}
            narrowed = [p for p in self._proposals if (p.slot, p.value.fa) in inside]
            self._proposals = narrowed or self._proposals
        del self._proposals[MOST_PROPOSALS:], self._stated[MOST_PROPOSALS:]
        self._changed = set()
        self._weights = dict(self._weights_offered(clauses))
        self._codes(text)
        self._touched = set()

    def _told(self, clauses: list[Clause]) -> None:
        """Note what the assistant names, and leave out the wish that it declines."""
        self._beside = {span.family for clause in clauses for span in clause.spans if span.kind == "product"}
        times = dict.fromkeys(span.fa for clause in clauses for span in clause.spans if span.kind in TIMES)
        self._timed = set(islice(times, MOST_NUMBERS))
        if any(word in _UNABLE for clause in clauses[:2] for word in clause.words):
            self.ledger.decline(self._turn - 1)

    def _weights_offered(self, clauses: list[Clause]) -> Iterator[tuple[str, Value]]:
        for clause in clauses:
            for first, second in pairwise(values(clause)):
                if (first.kind, second.kind) == ("paper", "weight") and second.start - first.end <= 1:
                    yield first.fa, Value(second.fa, second.en, self._turn)

    def _codes(self, text: str) -> None:
        """Follow what the assistant says of codes, and of titles that it changed."""
        quoted = naming.has_quotation(text)
        if not quoted and not naming.has_latin(text):
            return
        for sentence in _CLAUSE.findall(text):
            for code, dead in naming.codes(sentence):
                known = self.ledger.order.get("code", [])
                if dead:
                    self.ledger.order["code"] = [each for each in known if each.fa != code]
                    self.ledger.rejected["code", code] = None
                elif any(mark in sentence for mark in ("معتبر", "اعمال", "valid", "applied", "فعال", "active")):
                    self._order("code", code)
                else:
                    self._proposals.append(Proposal("code", "", Value(code, code, self._turn), None))
            if quoted and any(mark in sentence for mark in ("تغییر", "changed", "اصلاح", "یادداشت", "ثبت شد")):
                for role, name in naming.quoted_names(sentence):
                    if role == "title":
                        self._order("name:title", name)

    def _confirm(self, clause: Clause) -> None:
        """Take what the assistant repeats as agreed; it mends only what the user spoke of just now or what was open."""
        changes = self._requests or clause.sentence in self._changed
        spans = values(clause)
        opened = self._confirmed_product(spans)
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
                part = part_of(clause, span)
                held = any(key.split(":")[0] == span.kind for key in target.values)
                if not held or (changes and (span.kind in self._touched or span.number in self._numbers)):
                    for item in (
                        [item for item in self.ledger.items if item.family and not item.dropped]
                        if clause.has("all")
                        else [target]
                    ):
                        self.ledger.state(item, span.kind, part, value)
        self._withdraw_unknown(clause)
        note = note_for(clause, self._turn)
        if note is not None and clause.has("confirm"):
            self.ledger.notes.append(Note(note.text, note.turn, 1, note.claims))

    def _confirmed_product(self, spans: list[Span]) -> Item | None:
        """Follow the assistant to the product that it confirms something about."""
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
        return opened

    def _withdraw_unknown(self, clause: Clause) -> None:
        phrase = refused_phrase(clause) if clause.has("without") else ""
        if phrase:
            self.ledger.refused[phrase] = Value(phrase, phrase, self._turn)

    def _grasp(self, clauses: list[Clause], asking: set[int]) -> None:
        """Learn from the assistant what it understood: the product of a number that the user named, a time that it can.

        Only what is still unknown: a misspelt product, a deadline that the user asked about.
        """
        nameless = not any(item.family and not item.dropped for item in self.ledger.items)
        products = {span.fa: span for clause in clauses for span in clause.spans if span.kind == "product"}
        named = any(span.number in self._numbers for clause in clauses for span in clause.spans if span.number)
        if nameless and named and len(products) == 1 and not self._repeats:
            self.ledger.open(next(iter(products.values())), self._turn)
        for clause in clauses:
            for span in clause.spans:
                if (
                    span.kind in TIMES
                    and span.fa in self._questioned
                    and clause.sentence not in asking
                    and not clause.has("no", "refuse")
                ):
                    self._order("deadline", span.fa, english=span.en)

    def _propose(self, clause: Clause, proposals: list[Proposal]) -> bool:
        """Keep what the assistant offers; tell whether it is of what the user wants, and no upsell."""
        target: Item | None = None
        for span in values(clause):
            if span.kind == "product":
                target = self.ledger.find(span)
                if target is None and not self._repeats:
                    return False
                if target is None:
                    proposals.append(Proposal("product", "", Value(span.fa, span.en, self._turn), None, span=span))
            elif span.kind in {"cities", "delivery"} and clause.question and span.sign > 0:
                proposals.append(Proposal(span.kind, "", Value(span.fa, span.en, self._turn), None))
            elif span.kind in self.vocabulary.slots and span.sign > 0 and span.kind != "colour":
                proposals.append(
                    Proposal(
                        span.kind,
                        part_of(clause, span),
                        Value(span.fa, span.en, self._turn),
                        target or self.ledger.focus,
                        presupposed=any(other.kind == "colour" for other in clause.spans)
                        or (clause.question and bool(_WHICH_COLOUR.search(clause.text))),
                    )
                )
        return True


def _side_by_side(clauses: list[Clause]) -> set[str]:
    """Return the products of one family that are named beside each other: "poems and short stories"."""
    names: dict[str, set[str]] = {}
    for clause in clauses:
        for span in clause.spans:
            if span.kind == "product" and span.sign > 0 and span.fa != span.family:
                names.setdefault(span.family, set()).add(span.fa)
    return {name for each in names.values() if len(each) > 1 for name in each}


def _became(clause: Clause) -> bool:
    """Tell whether a clause says what something is by now: "51 نسخه شد"."""
    return any(clause.words[span.end : span.end + 1] == ["شد"] for span in values(clause))


def _recall(clauses: list[Clause], asking: set[int], *, repeats: bool) -> None:
    """Let a question propose what was the last time ("the last one was matte, the same?")."""
    if not asking and not repeats:
        return
    again = {clause.sentence for clause in clauses if clause.has("same")} & asking
    for clause in clauses:
        if clause.sentence in again or repeats:
            clause.marks.pop("past", None)


def _apart(text: str) -> tuple[str, str]:
    """Return what stands before an instruction to the assistant and what stands after it, without its own sentence."""
    trusted: list[str] = []
    doubtful: list[str] = []
    for sentence in _SENTENCE.findall(text):
        if privacy.is_instruction(sentence):
            doubtful.append("")
        else:
            (doubtful or trusted).append(sentence)
    return "".join(trusted), "".join(doubtful)
