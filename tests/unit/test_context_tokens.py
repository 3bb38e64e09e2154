"""The estimate is an upper bound of what the real tokenizer counts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homa_bridge.context.compressor import Message, compress
from homa_bridge.context.tokens import estimate_tokens

from ..o200k import tokens

HERE = Path(__file__).parent
COSTS = json.loads((HERE.parents[1] / "homa_bridge" / "context" / "token_costs.json").read_text(encoding="utf-8"))
DIALOGUES = json.loads((HERE / "data" / "context_dialogues.json").read_text(encoding="utf-8"))


def test_the_table_says_what_words_cost() -> None:
    for cost, words in COSTS.items():
        for word in words.split():
            assert max(tokens(word), tokens(f" {word}")) <= int(cost), word


def test_dialogues_and_summaries() -> None:
    for dialogue in DIALOGUES:
        messages = [Message(message["role"], message["content"]) for message in dialogue["messages"]]
        for text in [compress(messages), *(message.content for message in messages)]:
            assert estimate_tokens(text) >= tokens(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "👩‍👩‍👧‍👦🇮🇷",
        "1" * 1000,
        "ᚠᛇᚻ᛫ᛒᛦᚦ",
        "አማርኛ ቋንቋ",
        "\u202e\u200f\x00\x07",
        "a\u0301" * 50,
        "  \n\n \t ",
        "𒀀𒁹𓀀",
        "ﷺ",
        "كتابٌ",
    ],
)
def test_odd_text(text: str) -> None:
    assert estimate_tokens(text) >= tokens(text)


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=80) | st.text(alphabet="ابپتثجچ حخدذرز\u200cژسشصضعغفقکگلمنوهی،.0123456789", max_size=80))
def test_any_text(text: str) -> None:
    assert estimate_tokens(text) >= tokens(text)
