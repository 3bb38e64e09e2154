"""The fold over a conversation: each message changes the ledger, and nothing but the ledger is remembered of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from .bounds import MOST_PROPOSALS, bound
from .corrections import set_shares_apart
from .ledger import Item, Note, Value
from .letters import Letters, letters_of
from .message import ASSISTANT_ROLES, USER_ROLES, Message
from .notes import note_for, only_refuses, refused_phrase, taken_out
from .numbers_in_context import Asked, settle
from .placing import Placing, Proposal, part_of
from .polarity import values
from .reading import Clause, Span
from .sums import Sum, Sums
from .utterance import AssistantUtterance, UserUtterance, completed, of_assistant, of_user
from .vocabulary import words

_LONGEST_AGREEMENT: Final = 7  # words; a longer clause says more than yes
_LONGEST_QUESTION: Final = 120  # characters
_LONGEST_ANSWER: Final = 3  # words that answer a question and leave out what was asked
_MOST_ASKED: Final = 4
_OF_THE_ORDER: Final = {"cities": "city", "delivery": "delivery", "code": "code"}
_YES_ALONE: Final = words("yes_alone")  # also other words, in a longer clause
_NO: Final = frozenset({"نه", "خیر", "نخیر", "no", "na", "nope", "not"})
_UPSOLD: Final = frozenset({"finish", "extra"})
_WHICH_COLOUR: Final = re.compile(r"چه رنگ|رنگش چ|کدوم رنگ|che rang|(?:what|which) colou?r")


@dataclass(slots=True)
class Conversation(Placing):
    """Follow a conversation message by message; equal histories give equal ledgers."""

    _last: str = ""  # a fingerprint of the last message
    _mentioned: frozenset[str] = frozenset()
    _offered: frozenset[str] = frozenset()
    _beside: frozenset[str] = frozenset()  # families of products that the assistant named just now
    _repeated: bool = False  # and what the assistant said last is that order
    _changed: frozenset[int] = frozenset()  # sentences of the assistant that say that something is new
    _wondered: str = ""  # the number of pieces whose price the user asked for just now
    _requests: bool = False  # the user asked for a change
    _repeats: bool = False  # the user wants what was ordered before
    _questioned: frozenset[str] = frozenset()  # times that the user asked about just now
    _numbers: frozenset[float] = frozenset()  # that the user named just now
    _sums: Sums = field(init=False)

    def __post_init__(self) -> None:
        Placing.__post_init__(self)
        self._sums = Sums(self.ledger)

    def hear(self, message: Message) -> Letters | None:
        """Take in the next message and return its letters; None if it repeats the last one.

        The site's script stores each message twice. What has another role than visitor and assistant says nothing.
        """
        fingerprint = message.fingerprint()
        if fingerprint == self._last:
            return None
        self._last = fingerprint
        self._turn += 1
        self.ledger.turn = self._turn
        notes = len(self.ledger.notes)
        if message.role in USER_ROLES:
            said, shared = of_user(message.content, self.vocabulary)
            self._hear_user(said, shared)
            letters = said.letters
        elif message.role in ASSISTANT_ROLES:
            answer, shared = of_assistant(message.content, self.vocabulary, repeats=self._repeats)
            self._hear_assistant(answer, shared)
            letters = answer.letters
        else:
            letters = letters_of(message.content)
        bound(self.ledger, noted=len(self.ledger.notes) > notes)
        return letters

    def _hear_user(self, said: UserUtterance, shared: bool) -> None:
        if self.keep_contacts:
            for contact in said.contacts:
                self._order("contact", contact, adds=True)
        for role, name in said.names:
            self._order(f"name:{role}", name, adds=role != "title")
        statement = completed(said, self._asked.words[:_MOST_ASKED], self.vocabulary) or said.statement
        clauses = [clause.copy() for clause in statement.clauses] if shared else statement.clauses
        set_shares_apart(clauses, self.ledger.focus)
        self._ordering = {
            clause.sentence
            for clause in clauses
            if clause.has("want")
            and any(
                span.sign > 0 and (span.kind in self.vocabulary.counted or span.kind == "number")
                for span in clause.spans
            )
        }
        self._apart |= statement.side_by_side
        self._requests = statement.requests
        self._touched = set()
        self._said = set()
        self._return()
        known = {id(item) for item in self.ledger.items}
        self._repeats = statement.repeats
        self._wondered = statement.wondered
        self._questioned = statement.questioned
        self._numbers = statement.numbers
        self._mentioned = statement.mentioned
        self._totals(self._sums.answer(turned_down=statement.turns_down))
        counts = self._sums.counts() if self._sums.waiting else set()
        self._answer(clauses)
        for kind, name in said.mentions:
            self._order(kind, name, adds=kind == "person")
        self._reorder(clauses)
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
        for clause in said.doubtful:
            self._take(clause.copy(), None)
        for item in self.ledger.items if known else ():
            item.side = item.side or (id(item) not in known and item.family in self._beside)
        self._totals(self._sums.order(counts))
        self._proposals = []
        self._stated = []
        self._asked = Asked()
        self._said = set()

    def _return(self) -> None:
        """Go back to what the visitor came for, after a word about what the shop offered beside it."""
        if self.ledger.focus is not None and self.ledger.focus.side:
            own = [item for item in self.ledger.items if item.family and not item.side and not item.dropped]
            self.ledger.focus = own[-1] if own else self.ledger.focus

    def _totals(self, sums: Iterator[Sum]) -> None:
        for fa, en in sums:
            self._order("total", fa, english=en)

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
            opening.marks["agree"] = [*opening.marks.get("agree", ()), 0]
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

    def _hear_assistant(self, said: AssistantUtterance, shared: bool) -> None:
        self._grasp(said)
        self._turn_to(said)
        clauses = [clause.copy() for clause in said.clauses] if shared else said.clauses
        confirmed = said.confirmed
        if self._requests and said.opens_with_yes and not said.opens_with_money:
            confirmed |= {clauses[0].sentence}
        self._repeated = self._repeats
        self._asked = said.asked
        self._proposals = []
        self._stated = []
        self._offered = said.offered
        upselling: set[int] = set()
        self._beside = frozenset(span.family for span in said.products)
        self._timed = said.timed
        if said.declines:
            self.ledger.decline(self._turn - 1)
        self._totals(self._sums.name(clauses, said.table_sums, self._wondered))
        counts = self._sums.counts() if self._sums.waiting else set()
        self._changed = said.changed
        nothing = Asked()
        for clause in clauses:
            if clause.counts:
                sheets = self._bound_of_sheets(clause)
                settle(clause, nothing, self._focus_has, [], None, self.vocabulary, sheets=sheets)
            if (clause.sentence in confirmed and clause.sentence not in said.asking) or (
                said.opens_with_yes
                and clause.sentence <= clauses[0].sentence + 1
                and clause.has("without")
                and len(clause.words) <= 5
                and clause.sentence not in said.asking
            ):
                self._confirm(clause)
            elif not said.tabular and clause.sentence not in upselling:
                proposals = self._proposals if clause.sentence in said.proposing else self._stated
                if not self._propose(clause, proposals):
                    upselling.add(clause.sentence)
        self._totals(self._sums.order(counts))
        if said.asks_values and not self._repeats:
            last = max(said.asking)
            inside = {(span.kind, span.fa) for clause in clauses if clause.sentence == last for span in values(clause)}
            narrowed = [p for p in self._proposals if (p.slot, p.value.fa) in inside]
            self._proposals = narrowed or self._proposals
        del self._proposals[MOST_PROPOSALS:], self._stated[MOST_PROPOSALS:]
        self._changed = frozenset()
        self._weights = dict(self._weights_offered(clauses))
        self._mend(said)
        self._touched = set()

    def _weights_offered(self, clauses: list[Clause]) -> Iterator[tuple[str, Value]]:
        for clause in clauses:
            for first, second in pairwise(values(clause)):
                if (first.kind, second.kind) == ("paper", "weight") and second.start - first.end <= 1:
                    yield first.fa, Value(second.fa, second.en, self._turn)

    def _mend(self, said: AssistantUtterance) -> None:
        """Follow what the assistant says of codes, and of titles that it changed."""
        for kind, name in said.mentions:
            if kind == "void":
                known = self.ledger.order.get("code", [])
                self.ledger.order["code"] = [each for each in known if each.fa != name]
                self.ledger.rejected["code", name] = None
            elif kind == "offered":
                self._proposals.append(Proposal("code", "", Value(name, name, self._turn), None))
            else:
                self._order("code" if kind == "code" else "name:title", name)

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

    def _reorder(self, clauses: list[Clause]) -> None:
        """Open the product of an earlier order, where nothing else is spoken of and the same is wanted again."""
        if self.ledger.items or not any(clause.has("same") and not clause.question for clause in clauses):
            return
        earlier = {
            span.fa: span for clause in clauses if clause.has("past") for span in clause.spans if span.kind == "product"
        }
        if len(earlier) == 1:
            [product] = earlier.values()
            self.ledger.open(product, self._turn)

    def _turn_to(self, said: AssistantUtterance) -> None:
        """Follow the assistant to the one product that it asks about: the answer is about that one."""
        named = [
            item
            for clause in said.clauses
            if clause.sentence in said.asking
            for span in clause.spans
            if span.kind == "product" and (item := self.ledger.find(span)) is not None and not item.dropped
        ]
        if named and all(item is named[0] for item in named):
            self.ledger.focus = named[0]

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

    def _grasp(self, said: AssistantUtterance) -> None:
        """Learn from the assistant what it understood: the product of a number that the user named, a time that it can.

        Only what is still unknown: a misspelt product, a deadline that the user asked about.
        """
        if (
            len(said.products) == 1
            and not self._repeats
            and not self._numbers.isdisjoint(said.numbers)
            and not any(item.family and not item.dropped for item in self.ledger.items)
        ):
            self.ledger.open(said.products[0], self._turn)
        for fa, en in said.times if self._questioned else ():
            if fa in self._questioned:
                self._order("deadline", fa, english=en)

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
