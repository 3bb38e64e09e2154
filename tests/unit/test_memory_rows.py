"""What is made of a memory's rows does not depend on the order in which a database returns them."""

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from homa_bridge.jsontext import JSONText
from homa_bridge.omnistore.model import ChatRecord, VaultField
from homa_bridge.omnistore.store import ChatStore, InterestStore, SessionStore, VaultStore

FIELDS = [(1, "a", "1", None, "100"), (2, "b", "2", "why", None), (3, "a", "3", None, "99"), (10, "b", "4", None, "0")]
INTERESTS = [
    (7, "book", "5", None, None),
    (9, "paper", None, "torob", "2026-11-21 10:00:00"),
    (11, "card", "5", "", "x"),
]
MESSAGES = [
    (20, "user", "later by its id", None, "2026-11-21 10:00:00"),
    (5, "user", "later by its time", None, "2026-11-21 10:00:01"),
    (3, "user", "earlier by its id", "{}", "2026-11-21 10:00:00"),
    (9, "user", "without a time", None, None),
]


@given(st.randoms(use_true_random=False))
def test_any_order_is_the_same_memory(chance: random.Random) -> None:
    def shuffled(rows: list[Any]) -> list[Any]:
        return chance.sample(rows, len(rows))

    fields = VaultStore.newest(shuffled(FIELDS))
    assert list(fields.items()) == [
        ("a", VaultField(JSONText("1"), None, 100)),
        ("b", VaultField(JSONText("4"), None, 0)),
    ]
    assert [(found["category"], found["score"]) for found in InterestStore.records(shuffled(INTERESTS))] == [
        ("book", 5),
        ("card", 5),
        ("paper", 0),
    ]
    assert ChatStore.records(shuffled(MESSAGES)) == [
        ChatRecord("user", "without a time", None, None),
        ChatRecord("user", "earlier by its id", JSONText("{}"), "2026-11-21 10:00:00"),
        ChatRecord("user", "later by its id", None, "2026-11-21 10:00:00"),
        ChatRecord("user", "later by its time", None, "2026-11-21 10:00:01"),
    ]


def test_no_row_is_no_session() -> None:
    assert SessionStore.record([]) is None
