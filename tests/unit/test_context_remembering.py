"""What a text says is read once and kept within bounds, and no conversation changes it for another."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from homa_bridge.context.compressor import Compressor
from homa_bridge.context.message import Message
from homa_bridge.context.reading import read
from homa_bridge.context.remembering import LONGEST, Remembered
from homa_bridge.context.trade import read_trade
from homa_bridge.context.vocabulary import Vocabulary, vocabulary_of

from .dialogue_scoring import OWN, load, messages_of

DIALOGUES = [messages_of(dialogue) for path in OWN for dialogue in load(path)]


def test_a_text_is_kept_from_its_second_time_on() -> None:
    remembered = Remembered()
    made: list[str] = []

    def make(text: str) -> int:
        made.append(text)
        return len(made)

    assert [remembered.made_of("کتاب", make, "user") for _ in range(4)] == [(1, False), (2, True), (2, True), (2, True)]
    assert remembered.made_of("کتاب", make, "assistant") == (3, False)


def test_what_is_kept_has_bounds() -> None:
    remembered = Remembered(most_texts=20, most_characters=150)
    for number in range(100):
        for _ in range(3):
            remembered.made_of(f"{number:05d}", len, "user")
    assert remembered.size == (20, 100)
    for number in range(100):
        for _ in range(3):
            remembered.made_of(f"{number:010d}", len, "user")
    assert remembered.size == (15, 150)


def test_the_text_that_was_asked_for_longest_ago_leaves_first() -> None:
    remembered = Remembered(most_texts=2)
    for text in ("a", "b", "a", "a", "c", "a"):
        remembered.made_of(text, str.upper, "user")
    assert remembered.made_of("a", str.upper, "user") == ("A", True)
    assert remembered.made_of("b", str.upper, "user") == ("B", False)


def test_a_pasted_page_stays_out() -> None:
    remembered = Remembered()
    for _ in range(3):
        assert remembered.made_of("ا" * (LONGEST + 1), len, "user") == (LONGEST + 1, False)
    assert remembered.size == (0, 0)


@pytest.fixture
def forgetful() -> Vocabulary:
    vocabulary = vocabulary_of(read_trade("printing"))
    vocabulary.remembered = Remembered(0, 0)
    return vocabulary


@pytest.mark.parametrize("keep_contacts", [False, True])
def test_what_was_read_before_gives_the_same_summary(forgetful: Vocabulary, *, keep_contacts: bool) -> None:
    vocabulary = vocabulary_of(read_trade("printing"))
    for other in (not keep_contacts, keep_contacts):  # both read with the same words
        for messages in DIALOGUES:
            Compressor(vocabulary, other).compress(messages)
    for messages in DIALOGUES:
        fresh = Compressor(forgetful, keep_contacts).compress(messages)
        assert Compressor(vocabulary, keep_contacts).compress(messages) == fresh
        assert Compressor(vocabulary, keep_contacts).compress(messages) == fresh


def test_a_copy_of_a_clause_may_be_changed(forgetful: Vocabulary) -> None:
    (clause,) = read("کتاب میخوام", forgetful)
    copied = clause.copy()
    assert copied == clause
    assert clause.spans
    copied.spans[0].sign = -1
    copied.marks["agree"] = [0]
    copied.spans.append(copied.spans[0])
    assert clause == read("کتاب میخوام", forgetful)[0]


def test_threads_share_what_was_read(forgetful: Vocabulary) -> None:
    vocabulary = vocabulary_of(read_trade("printing"))
    vocabulary.remembered = Remembered(most_texts=60)  # so that texts come and go meanwhile
    some = DIALOGUES[:12]
    expected = [Compressor(forgetful).compress(messages) for messages in some]

    def compress_all(_: int) -> list[str]:
        return [Compressor(vocabulary).compress(messages) for messages in some]

    with ThreadPoolExecutor(8) as pool:
        assert all(found == expected for found in pool.map(compress_all, range(16)))
    assert vocabulary.remembered.size[0] <= 60


def test_a_conversation_that_was_read_before_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    vocabulary = vocabulary_of(read_trade("printing"))
    looked_up: list[str] = []
    match = Vocabulary.match

    def counted(self: Vocabulary, words: list[str], start: int) -> object:
        looked_up.append(words[start])
        return match(self, words, start)

    monkeypatch.setattr(Vocabulary, "match", counted)
    conversation = [*DIALOGUES[0]]
    costs = []
    for _ in range(3):
        looked_up.clear()
        Compressor(vocabulary).compress(conversation)
        costs.append(len(looked_up))
    looked_up.clear()
    Compressor(vocabulary).compress([*conversation, Message("user", "جلد سخت باشه")])
    assert costs[0] > 20
    assert costs[2] <= costs[0] / 5  # what completes an answer depends on the question
    assert len(looked_up) <= costs[2] + 5
