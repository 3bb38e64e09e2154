"""Recall and violations on dialogues with gold facts, by the rules that the compressor is measured with."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from homa_bridge.context.compressor import Compressor, compress
from homa_bridge.context.trade import read_trade
from homa_bridge.context.vocabulary import vocabulary_of

from .dialogue_scoring import CAKES, CAKES_TRADE, OWN, Score, holds, load, messages_of, score, states

LEAST_RECALL, MOST_VIOLATIONS = 0.95, 0.02
LEAST_RECALL_ELSEWHERE = 0.9  # of a trade whose file is a page long
each_set: Final = pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)


def scores(path: Path) -> dict[str, Score]:
    return {dialogue["id"]: score(dialogue, compress(messages_of(dialogue))) for dialogue in load(path)}


def test_another_trade_is_another_file() -> None:
    compressor = Compressor(vocabulary_of(read_trade(str(CAKES_TRADE))))
    found = [score(dialogue, compressor.compress(messages_of(dialogue))) for dialogue in load(CAKES)]
    missed = [key for each in found for key in each.missed]
    assert len(missed) <= (1 - LEAST_RECALL_ELSEWHERE) * sum(each.facts for each in found), missed
    assert not [key for each in found for key in each.violated]


@each_set
def test_facts_are_recalled(path: Path) -> None:
    found = scores(path)
    missed = {name: each.missed for name, each in found.items() if each.missed}
    facts = sum(each.facts for each in found.values())
    assert sum(map(len, missed.values())) <= (1 - LEAST_RECALL) * facts, missed


@each_set
def test_what_was_overtaken_is_not_stated(path: Path) -> None:
    found = scores(path)
    violated = {name: each.violated for name, each in found.items() if each.violated}
    rules = sum(each.rules for each in found.values())
    assert sum(map(len, violated.values())) <= MOST_VIOLATIONS * rules, violated


@pytest.mark.parametrize(
    ("summary", "option", "held"),
    [
        ("کتاب، 130 نسخه", "30 نسخه", False),
        ("کتاب، ۳۰ نسخه", "30 نسخه", True),
        ("بیست و سه برگ", "سه", False),
        ("سه برگ", "سه", True),
        ("مبلغ 1,500 تومان", "500", False),
        ("گوشه‌تیز", "گوشه تیز", True),
        ("برای بوتیکشان", "بوتیک", True),
    ],
)
def test_numbers_count_only_as_a_whole(summary: str, option: str, held: bool) -> None:
    assert holds(summary, [option]) is held


def test_a_clause_that_negates_states_nothing() -> None:
    assert not states("صحافی گالینگور، نه شومیز. بدون پاکت", ["شومیز", "پاکت"])
    assert states("صحافی شومیز، بدون پاکت", ["شومیز"])
