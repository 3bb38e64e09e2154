"""Numbers in digits and words, and what the words around them make of them."""

from __future__ import annotations

from .vocabulary import Vocabulary

_AND = frozenset({"و", "o", "and"})
_NINE = "نه"  # also "no"
_LONGEST_NUMBER = 15


def read_number(words: list[str], start: int, vocabulary: Vocabulary) -> tuple[float | None, int]:
    """Return the number that begins at ``start`` and where it ends, or ``(None, start)``.

    Understands "2 هزار", "هزار و پونصد", "دو هزار و 500", "1.5 میلیون", "hezar o punsad", "two thousand".
    """
    total = 0.0
    part: float | None = None
    position = start
    scaled = False
    while position < len(words):
        word = words[position]
        if word[0].isdigit():
            if part is not None or len(word) > _LONGEST_NUMBER:
                break
            part = float(word)
        elif word in vocabulary.multipliers:
            total += (1 if part is None else part) * vocabulary.multipliers[word]
            part, scaled = None, True
        elif word in vocabulary.numbers:
            if word == _NINE and not _is_nine(words, position, vocabulary):
                break
            value = vocabulary.numbers[word]
            if part is not None and not _joins(part, value):
                break
            part = value if part is None else part + value
        else:
            break
        position += 1
        if (
            position + 1 < len(words)
            and words[position] in _AND
            and _continues(words[position + 1], part, vocabulary, scaled=scaled)
        ):
            position += 1
    if position == start:
        return None, start
    return total + (part or 0), position


def _is_nine(words: list[str], position: int, vocabulary: Vocabulary) -> bool:
    if position and words[position - 1] in _AND and position > 1 and vocabulary.is_number(words[position - 2]):
        return True
    following = words[position + 1] if position + 1 < len(words) else ""
    return position > 0 and words[position - 1][0].isalpha() and following in vocabulary.multipliers


def _joins(part: float, value: float) -> bool:
    if 0 < value < 1:  # "دو و نیم میلیون"
        return part == int(part)
    return (part % 1000 == 0 and value < 1000) or (part % 100 == 0 and value < 100) or (part % 10 == 0 and value < 10)


def _continues(word: str, part: float | None, vocabulary: Vocabulary, *, scaled: bool) -> bool:
    if word in vocabulary.multipliers:
        return part is None and scaled
    if word[0].isdigit():
        return part is None and scaled and len(word) <= 3
    value = vocabulary.numbers.get(word)
    return value is not None and (part is None or _joins(part, value))


def show_number(value: float) -> str:
    """Return ``value`` in ASCII digits without grouping and without a needless fraction."""
    return str(int(value)) if value == int(value) else f"{value:g}"
