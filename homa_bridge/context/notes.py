"""Statements that no slot covers: wishes, refusals, complaints, decisions, in the speaker's own words."""

from __future__ import annotations

from typing import Final

from .ledger import Note
from .polarity import values
from .reading import Clause
from .vocabulary import words

_SHORTEST, _LONGEST = 2, 22  # words
_LONGEST_TEXT: Final = 150  # characters
_LONGEST_PHRASE: Final = 48  # characters
_WEIGHTS: Final = {
    "complaints": 4,
    "must": 3,
    "decision": 3,
    "request": 3,
    "refuse": 3,
    "name_cue": 2,
    "hold": 4,
    "without": 2,
    "wish": 1,
    "topics": 1,
    "want": 1,
}
_LEAST: Final = 1
_SHORT_ANSWER: Final = 8  # words
_FILLERS: Final = words("fillers")
_FUNCTION_WORDS: Final = words("function_words")
_REFUSING: Final = (
    "نباش",
    "نمیخوا",
    "نمیخا",
    "نخواست",
    "لازم",
    "نیاز",
    "دوست",
    "احتیاج",
    "nabash",
    "nemikh",
    "نزن",
    "نذار",
    "نگذار",
    "ننویس",
    "نیاد",
    "لا",
    "ما",
)
_NOTHING_TO_REFUSE: Final = words("nothing_to_refuse")
_LOOSE: Final = words("loose")
_FOR: Final = words("for")
_PRONOUNS: Final = frozenset({"it", "that", "this", "they", "you", "he", "she", "not", "no", "but", "its", "there"})
_NO_PURPOSE: Final = words("no_purpose")
_PREPOSITIONS: Final = words("prepositions")


def note_for(
    clause: Clause,
    turn: int,
    *,
    answers: bool = False,
    listed: bool = False,
    offered: frozenset[str] = frozenset(),
) -> Note | None:
    """Return ``clause`` as a note if it states something worth keeping that its slots do not already say."""
    styled = answers and clause.has("request") and not clause.values  # "water-colours", asked for a style
    short = len(clause.words) <= _SHORT_ANSWER
    blank = not (clause.marks or clause.spans or (short and (answers or listed or offered)))
    shortest = 1 if styled else _SHORTEST
    if blank or not shortest <= len(clause.words) <= _LONGEST or len(clause.text) > _LONGEST_TEXT:
        return None
    if clause.question or (clause.has("ask", "price_ask", "past") and not clause.has("complaints", "must", "hold")):
        return None
    if clause.has("smalltalk") and not clause.has("complaints", "must", "hold", "want", "request"):
        return None
    weights = [_WEIGHTS[mark] for mark in clause.marks if mark in _WEIGHTS]
    weight = max(weights, default=0) + min(1, len(weights) // 2)
    covered: set[int] = set()
    for span in values(clause):
        covered.update(range(span.start, span.end))
    rest = [
        word
        for index, word in enumerate(clause.words)
        if index not in covered and word not in _FUNCTION_WORDS and len(word) > 1
    ]
    content = [word for word in rest if not word.isdigit()]
    picked = [word for word in content if word in offered]
    if picked and not covered and short and not clause.has("no", "refuse", "too_much", "smalltalk"):
        return Note(_trim(clause.text), turn, 3, [])
    partial = any(span.kind == "partial" for span in clause.spans) and any(
        span.kind == "colours" for span in clause.spans
    )
    if partial:
        return Note(_trim(clause.text), turn, 3, [])
    if len(content) < (1 if weight >= 3 else 2) or (len(covered) > 1 and len(content) < 3 and weight < 3):
        return None
    if answers and short and not clause.has("agree", "no"):
        weight = max(weight, 3)
    if listed and not covered and short:
        weight = max(weight, 2)
    if weight < _LEAST:
        return None
    told = clause.has("complaints") and not clause.has("too_much")  # stays true, whatever is ordered since
    if content[-1] in {"اینه", "اینجوریه"} or (not told and _mends(clause)):
        return None  # announces what follows, or is said by the new value
    spans = [] if told else values(clause)
    claims = [(span.kind, span.fa) for span in spans if span.sign or not clause.has("past")]
    if clause.has("again"):  # "bake it again, without cream": the refusal is a part of what stands
        claims = [(span.kind, span.fa) for span in spans if span.sign > 0]
    trade = bool(claims) or told or clause.has("topics", "request", "complaints")
    text = _trim(clause.text)
    return Note(text, turn, weight, claims, trade) if text else None


def _mends(clause: Clause) -> bool:
    """Tell whether a clause only puts one value in the place of another of its kind."""
    spans = values(clause)
    wanted = {span.kind for span in spans if span.sign > 0}
    return any(span.sign <= 0 and span.kind in wanted and span.fa for span in spans) and not clause.has("must")


def purpose_of(clause: Clause, after: int) -> str:
    """Return what a product is for ("جعبه میخوایم واسه زعفران" → "زعفران"): up to two words after a "
    ""for", or an empty text."""
    for index in range(after, min(after + 10, len(clause.words) - 1)):
        if clause.words[index] in _FOR:
            chosen = []
            for position in range(index + 1, min(index + 3, len(clause.words))):
                word = clause.words[position]
                if (
                    word in _FUNCTION_WORDS
                    or word in _LOOSE
                    or word in _NO_PURPOSE
                    or not word[0].isalpha()
                    or _is_marked(clause, position)
                ):
                    break
                chosen.append(clause.shown[position])
            return _short(" ".join(chosen))
    return ""


def _is_marked(clause: Clause, position: int) -> bool:
    return any(position in marks for name, marks in clause.marks.items() if name not in {"topics", "name_cue"}) or any(
        span.start <= position < span.end for span in clause.spans if span.kind != "product"
    )


def refused_phrase(clause: Clause) -> str:
    """Return what a clause refuses when the vocabulary does not know it ("آدرس نمیخواد" → "آدرس"), or an empty text."""
    if any(span.sign < 0 for span in values(clause)):
        return ""
    if clause.has("without"):
        start = clause.marks["without"][0] + 1
        chosen = [clause.shown[i] for i in range(start, min(start + 3, len(clause.words))) if not _confirms(clause, i)]
        known = clause.words[start] if chosen else ""
        if start in clause.marks.get("topics", ()):
            return clause.shown[start]  # "without lamination, so that one can write on it"
        return "" if known in _FUNCTION_WORDS | _NOTHING_TO_REFUSE else _short(" ".join(chosen))
    if not clause.has("refuse"):
        return _after_no(clause)
    mark = clause.marks["refuse"][0]
    if not (clause.words[mark].startswith(_REFUSING) or clause.words[mark] == "به") or mark == 0:
        return ""
    kept: list[int] = [
        index
        for index in range(mark)
        if clause.words[index] not in _LOOSE and clause.words[index] not in {"دوست", "لازم"}
    ]
    if kept and clause.words[kept[-1]] in {"رو", "را", "ro", "ra"}:
        kept.pop()
    phrase: list[str] = []
    skip = False
    for index in kept:
        if skip:
            skip = False
        elif clause.words[index] in _PREPOSITIONS:
            skip = True
        else:
            phrase.append(clause.shown[index])
    return (
        _short(" ".join(phrase))
        if 1 <= len(phrase) <= 3 and not any(char.isdigit() for word in phrase for char in word)
        else ""
    )


def only_refuses(clause: Clause) -> bool:
    """Tell whether a clause says nothing but its refusal, which is kept apart."""
    return (
        clause.has("refuse")
        and not clause.has("complaints")
        and len(clause.words) - clause.marks["refuse"][-1] <= _SHORTEST + 1
        and not clause.words[0].isascii()
        and bool(refused_phrase(clause))
    )


def taken_out(clause: Clause) -> str:
    """Return the word for what a clause takes out that no vocabulary knows ("چتر هم حذف کنید"), or an empty text."""
    if clause.question or not clause.has("drop", "refuse") or any(span.number is None for span in clause.values):
        return ""
    mark = clause.marks["drop" if clause.has("drop") else "refuse"][0]
    named = [
        index
        for index in range(mark)
        if clause.words[index] not in _LOOSE and clause.words[index] not in _FUNCTION_WORDS
    ]
    return clause.shown[named[0]] if len(named) == 1 and len(clause.words[named[0]]) > _SHORTEST else ""


def _after_no(clause: Clause) -> str:
    """Return what an English "no" refuses ("thanks but no lights" → "lights"), or an empty text."""
    start = clause.marks["no"][0] + 1
    if clause.words[start - 1] != "no" or clause.values:
        return ""
    chosen: list[str] = []
    for index in range(start, min(start + 2, len(clause.words))):
        word = clause.words[index]
        if not word.isalpha() or word in _FUNCTION_WORDS | _NOTHING_TO_REFUSE or word in _PRONOUNS:
            break
        chosen.append(clause.shown[index])
    return _short(" ".join(chosen))


def _confirms(clause: Clause, index: int) -> bool:
    return any(index >= mark for mark in clause.marks.get("confirm", [])) or clause.words[index] in {
        "باشه",
        "باشد",
        "و",
        "با",
        "and",
        "with",
    }


def _short(phrase: str) -> str:
    """Return a phrase; of one that is too long for anybody to mean it, nothing."""
    return phrase if len(phrase) <= _LONGEST_PHRASE else ""


def _trim(text: str) -> str:
    words = text.split()
    while words and words[0].strip("،,:!") in _FILLERS:
        words.pop(0)
    return " ".join(words).strip(" -:\"'«»*•")
