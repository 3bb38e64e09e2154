"""A summary that goes on says after each message what it would say of all of them, wherever it was put away between."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homa_bridge.context import running
from homa_bridge.context.compressor import Message, compress
from homa_bridge.context.running import RunningSummary
from homa_bridge.context.trade import read_trade
from homa_bridge.context.vocabulary import Vocabulary, load, vocabulary_of

from . import dialogue_scoring
from .dialogue_scoring import OWN, messages_of
from .test_context_compressor import ODD, TRADE

MOST_BYTES = 65_535
STRIDE = 29  # messages


def put_away(summary: RunningSummary) -> RunningSummary:
    """Return a summary after a while as text."""
    state = summary.to_state()
    assert state.encode().decode() == state
    found = RunningSummary.from_state(state)
    assert found is not None
    assert found.to_state() == state
    return found


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
def test_every_beginning_of_a_dialogue_is_as_if_heard_at_once(path: Path) -> None:
    for dialogue in dialogue_scoring.load(path):
        messages = messages_of(dialogue)
        summary = RunningSummary()
        for count, message in enumerate(messages, 1):
            summary = put_away(summary.hear(message))
            assert summary.text() == compress(messages[:count]), (dialogue["id"], count)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["user", "assistant", "system"]), TRADE | ODD), max_size=12))
def test_whatever_is_said_goes_on_as_if_heard_at_once(talk: list[tuple[str, str]]) -> None:
    messages = [Message(role, content) for role, content in talk]
    summary = RunningSummary()
    for message in messages:
        summary = put_away(summary.hear(message))
    assert summary.text() == compress(messages)
    assert summary == RunningSummary().hear(*messages)


def test_a_message_that_was_heard_last_counts_once_also_later() -> None:
    order = Message("user", "۵ تا پوستر میخوام")
    more = Message("user", "۵ تا اضافه کنید")
    summary = put_away(RunningSummary().hear(order, more))
    assert summary.hear(more).text() == compress([order, more])
    assert " 10 عدد" in summary.text()


@pytest.fixture
def state() -> str:
    return RunningSummary().hear(Message("user", "۵۰۰ نسخه کتاب میخوام")).to_state()


@pytest.mark.parametrize(
    "damage",
    [
        lambda state: "",
        lambda state: "{}",
        lambda state: state[:-1],
        lambda state: state.replace("500", "501"),
        lambda state: "0" * 32 + state[32:],
    ],
)
def test_what_is_damaged_is_none(state: str, damage: Callable[[str], str]) -> None:
    assert damage(state) != state
    assert RunningSummary.from_state(damage(state)) is None


def test_a_state_of_other_rules_or_words_is_none(state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert RunningSummary.from_state(state) is not None
    assert RunningSummary.from_state(state, keep_contacts=True) is None
    assert RunningSummary.from_state(state, _other_words()) is None
    monkeypatch.setattr(running, "edition", lambda: "another version")
    assert RunningSummary.from_state(state) is None


def _other_words() -> Vocabulary:
    trade = read_trade("printing")
    assert vocabulary_of(trade).fingerprint == load().fingerprint
    return vocabulary_of(replace(trade, words={**trade.words, "topics": trade.words["topics"] + "|فضاپیما"}))


def test_a_state_holds_no_more_than_a_column_takes(flood: list[Message]) -> None:
    summary = RunningSummary(keep_contacts=True)
    sizes = [
        len(summary.hear(*flood[place : place + STRIDE]).to_state().encode()) for place in range(0, len(flood), STRIDE)
    ]
    assert 50_000 < max(sizes) <= MOST_BYTES, "the flood fills what may be filled"


@pytest.fixture
def flood() -> list[Message]:
    """Return the messages of somebody who names everything that there is, and much that there is not."""
    trade: dict[str, Any] = json.loads((Path(running.__file__).parent / "trades" / "printing.json").read_text("utf-8"))
    products = [row.split("|")[0] for rows in trade["families"].values() for row in rows]
    values = [row.split("|")[0] for rows in trade["values"].values() for row in rows]
    words = " ".join(f"واژه{chr(0x628 + number % 20)}{'ص' * (number % 19)}" for number in range(400))
    said = []
    for number, product in enumerate(products):
        names = f"متن «{'نوشته ' * 8}{number}» و شرکت «{'نام ' * 10}{number}» و فروشگاه «{'جا ' * 12}{number}»"
        wish = f"حتما رنگ {values[number % len(values)]} با کیفیت شماره {number} و بسته بندی سفارشی باشه که خراب نشه"
        said += [
            Message("user", f"{number + 5} تا {product} هم میخوام"),
            *(Message("user", " ".join(values[place : place + 4]) + " باشه") for place in range(0, len(values), 4)),
            Message("assistant", f"{'؟ '.join(values)} پیشنهاد می‌کنم؟ {words}"),
            Message("user", f"لطفا حتما بدون چیز{'ک' * (number % 30)}{chr(0x628 + number % 20)} باشه"),
            Message("user", names),
            Message("user", wish),
        ]
    long = "Ab" + "c" * 30_000
    return [*said, Message("user", "A" * 60_000 + " کد تخفیف"), Message("user", f"{long} {long}")]
