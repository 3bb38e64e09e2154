"""The rules that score a visitor, as data and one pure function.

The rules and their numbers are the wire contract's ("The persona's scores").
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypedDict

from ..jsontext import JSONText, parse, says_nothing
from ..omnistore.model import InterestRecord

PERSONAS = ("author", "publisher", "designer", "loyal_customer", "casual_browser", "price_sensitive")
"""All personas; the order breaks ties."""

INTERESTS_COUNTED = 20


class SlugRule(NamedTuple):
    """An interest whose slug holds one of the words gives a persona its score, multiplied."""

    words: tuple[str, ...]
    persona: str
    factor: int


class CountRule(NamedTuple):
    """A vault with at least and at most so many fields gives personas points."""

    least: int
    most: float
    points: Mapping[str, int]


SLUG_RULES = (SlugRule(("book", "novel"), "author", 2), SlugRule(("design", "cover"), "designer", 2))
STRONG_INTEREST, STRONG_PERSONA = 10, "publisher"
MANY_INTERESTS, MANY_PERSONA, POINTS_EACH = 5, "loyal_customer", 5
PRICE_FIELDS, PRICE_PERSONA, PRICE_POINTS = ("budget", "discount"), "price_sensitive", 10
RUN_FIELD, LONG_RUN, RUN_PERSONA, RUN_POINTS = "tirage", 1000, "publisher", 15
COUNT_RULES = (
    CountRule(1, 5, {"casual_browser": 5}),
    CountRule(6, float("inf"), {"casual_browser": -10, "loyal_customer": 10}),
)

_LEADING_NUMBER = re.compile(r"\s*([+-]?\d+(?:[,٬،]\d{3})*)")


class Persona(TypedDict):
    """The persona that fits best.

    :param confidence: its score, held to 0–100
    :param all_scores: the raw score of every persona, the highest first
    """

    persona: str
    confidence: int
    all_scores: dict[str, int]


def recognise(interests: Sequence[InterestRecord], snapshot: Mapping[str, JSONText], field_count: int) -> Persona:
    """Score a visitor.

    :param interests: the strongest interests first; those beyond the twentieth do not count
    :param snapshot: the fields of the live form snapshot; empty without one
    :param field_count: how many fields the vault holds
    """
    scores = dict.fromkeys(PERSONAS, 0)
    counted = interests[:INTERESTS_COUNTED]
    for interest in counted:
        slug, score = interest["category"].casefold(), interest["score"]
        for rule in SLUG_RULES:
            if any(word in slug for word in rule.words):
                scores[rule.persona] += rule.factor * score
        if score > STRONG_INTEREST:
            scores[STRONG_PERSONA] += score
    if len(counted) > MANY_INTERESTS:
        scores[MANY_PERSONA] += POINTS_EACH * len(counted)
    if any(not says_nothing(snapshot.get(name)) for name in PRICE_FIELDS):
        scores[PRICE_PERSONA] += PRICE_POINTS
    if leading_number(snapshot.get(RUN_FIELD)) > LONG_RUN:
        scores[RUN_PERSONA] += RUN_POINTS
    for count in COUNT_RULES:
        if count.least <= field_count <= count.most:
            for persona, points in count.points.items():
                scores[persona] += points
    ranking = dict(sorted(scores.items(), key=lambda item: -item[1]))  # stable: PERSONAS' order breaks ties
    best = next(iter(ranking))
    return {"persona": best, "confidence": max(0, min(100, ranking[best])), "all_scores": ranking}


def leading_number(text: JSONText | None) -> float:
    """Return a JSON value as a number: itself, or what a text begins with, in any script's digits; 0 without one."""
    if text is None:
        return 0
    found = parse(text)
    if isinstance(found, bool) or not isinstance(found, int | float | str):
        return 0
    if isinstance(found, str):
        match = _LEADING_NUMBER.match(found)
        return int(re.sub(r"[,٬،]", "", match[1])[:100]) if match else 0
    return found
