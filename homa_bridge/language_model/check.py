"""Whether a model's summary may serve in the place of the rules': it may add nothing, lose nothing, change nothing.

The text is read by the rules that read the conversation. Where they are in doubt it is not used: the rules' own summary
is at hand, and a wrong one costs more than a plain one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, Literal

from ..context import privacy
from ..context.ledger import Item, Ledger, Value
from ..context.normalize import clean, fold
from ..context.rendering import render
from ..context.tokens import estimate_tokens
from ..context.vocabulary import Vocabulary
from .reading import Number, Piece, pieces

Fault = Literal[
    "blank", "longer", "contact", "instruction", "language", "number", "value", "refused", "dropped", "misplaced"
]

MOST_TOKENS: Final = 500
_EVERYTHING: Final = 4_000  # tokens: all that holds, also what a summary has no room for
_ARABIC: Final = re.compile(r"[\u0620-\u06d3]")
_LATIN: Final = re.compile(r"[A-Za-z]")
_WORD: Final = re.compile(r"[^\W_]+")
_LINK: Final = re.compile(r"://|www\.", re.IGNORECASE)
_LABELS: Final = {  # a number of these is nothing without its name
    "budget": frozenset({"بودجه", "budget"}),
    "order_number": frozenset({"سفارش", "order"}),
}


def fault(text: str, rules: str, ledger: Ledger, *, keep_contacts: bool = False) -> Fault | None:
    """Return why a model's text must not serve; None if it may.

    :param text: the model's summary
    :param rules: the rules' summary of the same conversation
    :param ledger: what holds at the end of that conversation
    :param keep_contacts: whether contact data that the rules kept may stand in it
    """
    plain = clean(text)
    if not plain.strip():
        return "blank"
    if estimate_tokens(text) > min(MOST_TOKENS, estimate_tokens(rules)):
        return "longer"
    if privacy.is_instruction(plain):
        return "instruction"
    if _LINK.search(plain) or (privacy.is_private(plain) and not (keep_contacts and _has_known_contacts(plain, rules))):
        return "contact"
    if is_persian(text) != is_persian(rules):
        return "language"
    items = [item for item in ledger.items if item.family and not item.dropped]
    told = pieces(text, ledger.vocabulary, items)
    served = pieces(rules, ledger.vocabulary, items)
    known = served + pieces(render(ledger, persian=is_persian(rules), max_tokens=_EVERYTHING), ledger.vocabulary, items)
    if _refused_phrases(told, ledger) - _refused_phrases(served, ledger):
        return "refused"
    return _added(told, known, ledger) or _lost(told, served, ledger, items)


def is_persian(text: str) -> bool:
    """Tell whether a summary is written in Persian: trade names and codes in it may be Latin."""
    return len(_ARABIC.findall(text)) >= len(_LATIN.findall(text))


def _has_known_contacts(text: str, rules: str) -> bool:
    return set(privacy.contacts(text)) <= set(privacy.contacts(clean(rules)))


def _added(told: Sequence[Piece], known: Sequence[Piece], ledger: Ledger) -> Fault | None:
    """Tell whether a text says what the conversation does not."""
    numbers = [number for piece in known for number in piece.numbers]
    words = {word for piece in known for word in piece.words}
    wanted = {(span.kind, span.fa) for piece in known for span, _ in piece.spans if span.sign >= 0}
    denied = {(span.kind, span.fa) for piece in known for span, _ in piece.spans if span.sign < 0}
    named = {span.family for piece in known for span, _ in piece.spans if span.kind == "product"}
    for piece in told:
        if not all(_is_known(number, numbers) for number in piece.numbers):
            return "number"
        if any(_is_code(word) and word not in words for word in piece.words):
            return "number"
        for span, _ in piece.spans:
            value = (span.kind, span.fa)
            if not span.fa or span.number is not None or (span.kind == "product" and span.family in named):
                continue
            if span.sign < 0:
                if _holds(ledger, *value) and value not in denied:
                    return "refused"
            elif value not in wanted:
                return "refused" if value in ledger.rejected or span.fa in ledger.refused else "value"
    return None


def _is_known(number: Number, known: Sequence[Number]) -> bool:
    if number.value == 1 and not number.is_digits:
        return True  # "یک کتاب": the article
    if not number.units:
        return any(number.value == other.value for other in known)
    return any(number.agrees(other) for other in known)


def _is_code(word: str) -> bool:
    """Tell whether letters and digits are mixed in a word: a size, or a code that a model may make up."""
    return any(char.isdigit() for char in word) and not word.replace(".", "", 1).isdigit()


def _holds(ledger: Ledger, slot: str, fa: str) -> bool:
    if slot == "product":
        return any(item.fa == fa and not item.dropped for item in ledger.items)
    return ledger.holds(slot, Value(fa, fa, 0))


def _refused_phrases(told: Sequence[Piece], ledger: Ledger) -> set[str]:
    """Return what was refused, unknown to the vocabulary, and is told as if it were wanted.

    A word of it may have a meaning of its own: the rules' text tells which ("بدون چاپ" in a text on printing).
    """
    return {
        fa
        for fa in ledger.refused
        if (phrase := _words(fa)) and any(not piece.denies and _stand_together(phrase, piece.words) for piece in told)
    }


def _lost(told: Sequence[Piece], served: Sequence[Piece], ledger: Ledger, items: Sequence[Item]) -> Fault | None:
    """Tell whether a text lacks what the rules are sure of and say."""
    for item in items:
        if _mentions(served, item) and not _mentions(told, item):
            return "dropped"
    owners = items if len(items) > 1 else ()
    for holder, slot, part, value in _facts(ledger):
        owner = holder if holder in owners else None
        if not _stands(served, ledger.vocabulary, None, slot, "", value):
            continue  # left out by the rules as well
        if not _stands(told, ledger.vocabulary, None, slot, "", value):
            return "dropped"
        if not _stands(told, ledger.vocabulary, owner, slot, part, value) and _stands(
            served, ledger.vocabulary, owner, slot, part, value
        ):
            return "misplaced"
    refusals = {fa for fa in ledger.refused if any(_refuses(piece, fa) for piece in served)}
    return "dropped" if any(not any(_refuses(piece, fa) for piece in told) for fa in refusals) else None


def _facts(ledger: Ledger) -> Iterator[tuple[Item | None, str, str, Value]]:
    for item in ledger.items:
        if not item.dropped:
            for key, values in item.values.items():
                slot, _, part = key.partition(":")
                yield from ((item, slot, part, value) for value in values)
    for kind, values in ledger.order.items():
        yield from ((None, kind, "", value) for value in values)


def _mentions(told: Sequence[Piece], item: Item) -> bool:
    return any(
        span.kind == "product" and span.sign >= 0 and (span.fa == item.fa or span.family == item.family)
        for piece in told
        for span, _ in piece.spans
    )


def _refuses(piece: Piece, fa: str) -> bool:
    is_read = any(span.fa == fa and span.sign < 0 for span, _ in piece.spans)
    return is_read or (piece.denies and _stand_together(_words(fa), piece.words))


def _stands(
    told: Sequence[Piece], vocabulary: Vocabulary, owner: Item | None, slot: str, part: str, value: Value
) -> bool:
    """Tell whether a value is told, of its product and its part, in whichever digits and words."""
    own = [piece for piece in told if owner is None or piece.item is owner]
    if slot in _LABELS:
        own = [piece for piece in own if _LABELS[slot] & set(piece.words)]
    for piece in own:
        for span, where in piece.spans:
            if (span.kind, span.fa) == (slot, value.fa) and span.sign >= 0 and (not part or where in {"", part}):
                return True
    for shown in (value.fa, value.en):
        needed = [number for piece in pieces(shown, vocabulary, ()) for number in piece.numbers]
        words = _words(shown)
        if needed and all(any(_tells(number, piece) for piece in own) for number in needed):
            return True
        if not needed and words and any(_stand_together(words, piece.words) for piece in own):
            return True
        everywhere = {word for piece in own for word in piece.words}
        if not needed and ":" in slot and words and set(words) <= everywhere:
            return True  # a name may run over several clauses
    return False


def _tells(number: Number, piece: Piece) -> bool:
    if not number.units:
        return any(number.value == other.value for other in piece.numbers)
    return any(number.agrees(other) for other in piece.numbers)


def _words(text: str) -> list[str]:
    return _WORD.findall(fold(clean(text)))


def _stand_together(words: Sequence[str], among: Sequence[str]) -> bool:
    length = len(words)
    return any(list(among[start : start + length]) == list(words) for start in range(len(among) - length + 1))
