"""What holds so far: the products with their properties, and what concerns the whole order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from .reading import Span
from .vocabulary import Vocabulary

_WISH: Final = 4  # what weighs more is a complaint


@dataclass(slots=True)
class Value:
    """Hold one value as it is shown in Persian and English, and the turn that last stated it."""

    fa: str
    en: str
    turn: int
    firm: bool = True


@dataclass(slots=True)
class Item:
    """Hold one product of the order and its properties: slot, or ``slot:part``, to values."""

    family: str = ""
    fa: str = ""
    en: str = ""
    turn: int = 0
    held: bool = False
    dropped: bool = False
    side: bool = False  # the shop offered it beside what the visitor came for
    purpose: str = ""
    values: dict[str, list[Value]] = field(default_factory=dict)


@dataclass(slots=True)
class Note:
    """Hold a statement that no slot covers, in the speaker's words, with the values that it rests on."""

    text: str
    turn: int
    weight: int
    claims: list[tuple[str, str]]
    trade: bool = True


@dataclass(slots=True)
class Ledger:
    """Keep the order as it stands; the last truth wins, and what is refused leaves."""

    vocabulary: Vocabulary
    items: list[Item] = field(default_factory=list)
    focus: Item | None = None
    order: dict[str, list[Value]] = field(default_factory=dict)
    refused: dict[str, Value] = field(default_factory=dict)
    rejected: dict[tuple[str, str], None] = field(default_factory=dict)  # ordered: equal histories, equal texts
    notes: list[Note] = field(default_factory=list)
    topics: dict[str, Value] = field(default_factory=dict)
    question: Note | None = None
    turn: int = 0

    def find(self, span: Span) -> Item | None:
        """Return the item that a product's mention refers to: by name, by family, or by a word of its name."""
        live = [item for item in self.items if item.family]
        for item in reversed(live):
            if item.fa == span.fa:
                return item
        for item in reversed(live):
            if item.family == span.family or span.fa in item.fa.split():
                return item
        return None

    def open(self, span: Span, turn: int, *, apart: bool = False) -> Item:
        """Return the item for a product's mention; name the nameless one, refine a name, or begin a new item.

        With ``apart`` another product of its family is another item ("poems and short stories").
        """
        item = self.find(span)
        if apart and item is not None and item.fa not in {span.fa, span.family}:
            item = None
        if item is None and self.items and not self.items[0].family:
            item = self.items[0]
        if item is None:
            item = Item(turn=turn)
            self.items.append(item)
        if item.fa == "" or (item.fa == item.family != span.fa and span.family == item.family):
            item.family, item.fa, item.en = span.family, span.fa, span.en
        item.turn = turn
        item.dropped = False
        self.refused.pop(span.fa, None)
        self.focus = item
        return item

    def current(self) -> Item:
        """Return the item that is being talked about, a nameless one before any product was named."""
        if self.focus is None:
            self.focus = Item()
            self.items.append(self.focus)
        return self.focus

    def state(self, item: Item, slot: str, part: str, value: Value, *, adds: bool = False) -> None:
        """Set a property: it replaces what stood there, unless the slot holds many or ``adds`` says so."""
        rule = self.vocabulary.slots[slot]
        key = self._key(item, slot, part)
        generic = value.fa in self.vocabulary.generic_values or value.fa == rule.fa
        if generic and any(item.values.get(other) for other in (slot, *rule.replaces)):
            return  # "با همون مقوا" changes nothing
        for other in rule.replaces:
            item.values.pop(self._key(item, other, part), None)
        self.refused.pop(value.fa, None)
        self.rejected.pop((slot, value.fa), None)
        present = item.values.setdefault(key, [])
        if any(known.fa == value.fa for known in present):
            next(known for known in present if known.fa == value.fa).turn = value.turn
        elif adds or rule.many:
            present.append(value)
        else:
            self.rejected.update({(slot, known.fa): None for known in present if known.fa != rule.fa})
            item.values[key] = [value]

    def _key(self, item: Item, slot: str, part: str) -> str:
        if not self.vocabulary.slots[slot].parts:
            return slot
        main = f"{slot}:{self.vocabulary.main_part}"
        if not part:
            return main if main in item.values and slot not in item.values else slot
        if part == self.vocabulary.main_part and slot in item.values:
            item.values[main] = item.values.pop(slot)
        return f"{slot}:{part}"

    def refuse(self, slot: str, value: Value, item: Item | None) -> None:
        """Take a value out wherever it holds (in ``item`` alone if it holds there) and remember the refusal.

        Whoever wants no lamination wants no matte lamination either.
        """
        kinds = {value.fa, *self._kinds_of(slot, value.fa)}
        holders = [each for each in self.items if any(self._holds(each, slot, kind) for kind in kinds)]
        for holder in [item] if item in holders and item is not None else holders:
            for key in [key for key in holder.values if key.split(":")[0] == slot]:
                holder.values[key] = [known for known in holder.values[key] if known.fa not in kinds]
                if not holder.values[key]:
                    del holder.values[key]
        self.rejected.update(dict.fromkeys((slot, kind) for kind in sorted(kinds)))
        if slot not in {"quantity", "pages", "weight", "number", "date", "dimensions", "sheets", "cities"}:
            self.refused[value.fa] = value

    def holders(self, slot: str, fa: str) -> list[Item]:
        """Return the items that have the value ``fa`` in ``slot``."""
        return [item for item in self.items if self._holds(item, slot, fa)]

    def forget(self, word: str) -> None:
        """Leave out the notes that speak of ``word``, but for complaints."""
        self.notes = [note for note in self.notes if note.weight > _WISH or word not in note.text.split()]

    def decline(self, turn: int) -> None:
        """Leave out the last wish of a turn, which cannot be met."""
        for index in range(len(self.notes) - 1, -1, -1):
            if self.notes[index].turn == turn and self.notes[index].weight <= _WISH:
                del self.notes[index]
                return

    def _kinds_of(self, slot: str, fa: str) -> set[str]:
        """Return the values in a slot whose name begins with another's: "سلفون مات" is a kind of "سلفون"."""
        return {
            known.fa
            for item in self.items
            for key, present in item.values.items()
            if key.split(":")[0] == slot
            for known in present
            if known.fa.startswith(f"{fa} ") or fa == self.vocabulary.slots[slot].fa
        }

    def holds(self, slot: str, value: Value) -> bool:
        """Tell whether any item has ``value`` in ``slot``."""
        return any(self._holds(item, slot, value.fa) for item in self.items)

    @staticmethod
    def _holds(item: Item, slot: str, fa: str) -> bool:
        if slot == "quantity":  # whatever the unit: "500 تا" are the 500 copies
            return any(known.fa.split()[0] == fa.split(" ", maxsplit=1)[0] for known in item.values.get(slot, []))
        return any(
            known.fa == fa for key, values in item.values.items() if key.split(":")[0] == slot for known in values
        )

    def stands(self, claim: tuple[str, str]) -> bool:
        """Tell whether a note's claim was not overtaken: no rejected value, no other value in its slot."""
        slot, fa = claim
        if claim in self.rejected:
            return False
        if slot == "product":
            return not any(item.dropped and item.fa == fa for item in self.items)
        if slot in self.vocabulary.slots:
            return any(self._holds(item, slot, fa) for item in self.items)
        return True
