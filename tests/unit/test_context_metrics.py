"""The counts that the contract names."""

from __future__ import annotations

from homa_bridge.context.message import Message
from homa_bridge.context.metrics import measure


def test_the_contracts_example() -> None:
    lines = ("میخوام کتاب چاپ کنم", "چند صفحه است؟", "200 صفحه", "تیراژ چقدر؟", "500 نسخه", "نوع کاغذ؟", "گلاسه")
    messages = [Message("assistant" if index % 2 else "user", line) for index, line in enumerate(lines)]
    assert measure(messages) == {
        "total_messages": 7,
        "user_messages": 4,
        "ai_messages": 3,
        "avg_message_length": 10,
        "keywords_mentioned": ["چاپ", "کتاب", "تیراژ"],
    }


def test_no_messages() -> None:
    assert measure([]) == {
        "total_messages": 0,
        "user_messages": 0,
        "ai_messages": 0,
        "avg_message_length": 0,
        "keywords_mentioned": [],
    }


def test_every_name_of_the_assistant_counts_and_arabic_letters_are_persian_ones() -> None:
    metrics = measure([Message(role, "كتاب") for role in ("ai", "model", "bot", "assistant", "system")])
    assert metrics["ai_messages"] == 4
    assert metrics["user_messages"] == 0
    assert metrics["keywords_mentioned"] == ["کتاب"]
