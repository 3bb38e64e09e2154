"""How much of a conversation is remembered at most, so that its state stays below 64 KiB however long it lasts."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any, Final

from .ledger import Ledger

LONGEST_TEXT: Final = 60  # characters of a name, a code or a place; nobody's is longer
MOST_PROPOSALS: Final = 20  # of one message of the assistant's, and as many values that it only names
MOST_NUMBERS: Final = 60  # of one message
MOST_COUNTS: Final = 30  # numbers of pieces whose sum was said
_MOST_ITEMS: Final = 12  # as many as are told
_MOST_VALUES: Final = 6  # of one property
_MOST_OF_ORDER: Final = 32  # values that concern the whole order
_MOST_TOPICS: Final = 12
_MOST_REFUSED: Final = 30
_REJECTED: Final = 4_000  # characters
_SELDOM: Final = 8  # messages after which what grows slowly is looked at
_NOTES: Final = 6_000  # characters: about three times what a summary holds
_BESIDE: Final = 12  # characters that a state has beside each text
_MOST_OFFERED: Final = 120  # words
_LONGEST_OFFERED: Final = 24  # characters


def bound(ledger: Ledger, *, noted: bool) -> None:
    """Forget what is oldest, or counts least, of what there is too much of.

    :param noted: whether there may be more notes than the last time
    """
    if noted:
        _bound_notes(ledger)
    _bound_rejected(ledger)
    if len(ledger.refused) > _MOST_REFUSED:
        keep_last(ledger.refused, _MOST_REFUSED)
    if len(ledger.topics) > _MOST_TOPICS:
        for topic in [*islice(ledger.topics, _MOST_TOPICS, None)]:
            del ledger.topics[topic]
    if ledger.turn % _SELDOM == 0:
        _bound_values(ledger)


def _bound_values(ledger: Ledger) -> None:
    if len(ledger.items) > _MOST_ITEMS:
        ledger.items[:] = [item for item in ledger.items[:-_MOST_ITEMS] if item is ledger.focus] + ledger.items[
            -_MOST_ITEMS:
        ]
    for item in ledger.items:
        for values in item.values.values():
            if len(values) > _MOST_VALUES:
                del values[:-_MOST_VALUES]
    if sum(map(len, ledger.order.values())) > _MOST_OF_ORDER:
        turns = sorted((value.turn for values in ledger.order.values() for value in values), reverse=True)
        for kind, values in ledger.order.items():
            kept = [value for value in values if value.turn >= turns[_MOST_OF_ORDER]]
            ledger.order[kind] = kept[-_MOST_VALUES:]


def keep_last(known: dict[Any, Any], most: int) -> None:
    """Forget the entries that were made first."""
    for key in [*islice(known, max(0, len(known) - most))]:
        del known[key]


def bounded_words(words: Iterable[str]) -> frozenset[str]:
    """Return the first of the words of a message, without what is too long for a word."""
    return frozenset(islice(dict.fromkeys(word for word in words if len(word) <= _LONGEST_OFFERED), _MOST_OFFERED))


def _bound_notes(ledger: Ledger) -> None:
    """Keep the notes that a summary would take first, in their order."""
    sizes = [
        len(note.text) + sum(len(kind) + len(fa) + _BESIDE for kind, fa in note.claims) + _BESIDE
        for note in ledger.notes
    ]
    excess = sum(sizes) - _NOTES
    if excess <= 0:
        return
    last = ledger.notes[-1].turn
    least = sorted(
        range(len(sizes)),
        key=lambda place: (ledger.notes[place].weight + 2 * ledger.notes[place].turn / last, ledger.notes[place].turn),
    )
    gone = set()
    for place in least:
        if excess <= 0:
            break
        gone.add(place)
        excess -= sizes[place]
    ledger.notes[:] = [note for place, note in enumerate(ledger.notes) if place not in gone]


def _bound_rejected(ledger: Ledger) -> None:
    room = _REJECTED
    if len(ledger.rejected) * (2 * LONGEST_TEXT + _BESIDE) <= room:
        return
    sizes = [len(kind) + len(fa) + _BESIDE for kind, fa in ledger.rejected]
    excess = sum(sizes) - room
    gone = 0
    while excess > 0:
        excess -= sizes[gone]
        gone += 1
    keep_last(ledger.rejected, len(sizes) - gone)
