"""One spelling for what people type in many: digits, Arabic letters, half-spaces, invisible characters."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_LETTERS: Final = {
    "ي": "ی",
    "ى": "ی",
    "ې": "ی",
    "ك": "ک",
    "ڪ": "ک",
    "ہ": "ه",
    "ھ": "ه",
    "ە": "ه",
    "٬": ",",
    "٫": ".",
    "٪": "%",
}
_TIMES: Final = "×✕✖*xX"
_LINE_BREAKS: Final = "\n\r\v\f\x85\u2028\u2029"
_HALF_SPACE: Final = "\u200c"


class _Characters(dict[int, str | None]):
    """Decide for each code point once what it becomes: itself, another character, a blank or nothing."""

    def __missing__(self, code: int) -> str | None:
        result = _character(chr(code))
        if (
            code < 0x3000
        ):  # the scripts that are expected; the rest is decided anew, so that odd text cannot fill memory
            self[code] = result
        return result


def _character(char: str) -> str | None:
    if char in _LETTERS:
        return _LETTERS[char]
    if char in _LINE_BREAKS:
        return "\n"
    if char == _HALF_SPACE:
        return char
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.digit(char))
    if category in {"Mn", "Me", "Cf"} or char == "ـ":  # vowel signs, bidi marks, the stretching line
        return None
    if category[0] == "Z" or category in {
        "Cc",
        "Cs",
        "Co",
        "Cn",
        "No",
        "So",
        "Sk",
    }:  # blanks, controls, lone surrogates, superscripts, emoji
        return " "
    return char


_CHARACTERS: Final = _Characters()
# Most of a text stays as it is, and to look for what does not is cheaper than to ask about each character.
_CHANGED: Final = re.compile(
    "[^" + re.escape("".join(char for char in map(chr, range(0x700)) if _character(char) == char)) + "]+"
)
_DIGIT: Final = re.compile("[0-9]")
_BLANKS: Final = re.compile(r"[ \n]{2,}")
_GROUPED: Final = re.compile(r"(?<![\d,/.])\d{1,3}(?:[,/]\d{3})+(?![\d/])")
_MULTIPLIED: Final = re.compile(rf"(?<=\d)[ ]?[{re.escape(_TIMES)}][ ]?(?=\d)")
_BETWEEN: Final = re.compile(r"(?<=\d)[ ]در[ ](?=\d)")
_STRETCHED: Final = re.compile(r"([^\W\d_])\1{2,}")
_FOLDED: Final = str.maketrans("آأإٱةۀؤئ\u200c_", "ااااههوی  ")


def _blank(match: re.Match[str]) -> str:
    return "\n" if "\n" in match[0] else " "


def clean(text: str) -> str:
    """Return ``text`` for display: ASCII digits, Persian letters, ungrouped numbers, no control, bidi or emoji marks.

    Half-spaces and line breaks stay; linear in the length of the text.
    """
    text = _CHANGED.sub(lambda match: match[0].translate(_CHARACTERS), text)
    if "  " in text or "\n" in text:
        text = _BLANKS.sub(_blank, text)
    if _DIGIT.search(text):
        if "," in text or "/" in text:
            text = _GROUPED.sub(lambda match: match[0].replace(",", "").replace("/", ""), text)
        text = _MULTIPLIED.sub("×", text)
        if " در " in text:
            text = _BETWEEN.sub("×", text)
    return _STRETCHED.sub(r"\1", text)


def fold(text: str) -> str:
    """Return cleaned ``text`` for comparison, character by character, so that positions in both are the same."""
    folded = text.translate(_FOLDED)
    lowered = folded.lower()
    if len(lowered) == len(folded):
        return lowered
    return "".join(low if len(low := char.lower()) == 1 else char for char in folded)
