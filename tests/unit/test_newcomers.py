"""Who counts as a new guest."""

import pytest

from homa_bridge.errors import TooManyNewGuests
from homa_bridge.identity import newcomers
from homa_bridge.identity.newcomers import Newcomers


class Memory:
    """What is stored, and who was asked for and counted."""

    def __init__(self, *stored: str) -> None:
        self.stored, self.asked, self.counted, self.is_full = set(stored), list[str](), list[str](), False
        self.newcomers = Newcomers(self.holds, self.count)

    def holds(self, token: str) -> bool:
        self.asked.append(token)
        return token in self.stored

    def count(self, client: str) -> None:
        if self.is_full:
            raise TooManyNewGuests(1)
        self.counted.append(client)

    def admit(self, token: str, *, is_new: bool = False) -> bool:
        return self.newcomers.admit(token, "192.0.2.1", is_new=is_new)


def test_a_guest_who_is_remembered_is_asked_for_once_and_never_counted() -> None:
    memory = Memory("a")
    memory.is_full = True
    assert [memory.admit("a") for _ in range(3)] == [False, False, False]
    assert (memory.asked, memory.counted) == (["a"], [])


def test_a_stranger_counts_until_something_is_stored() -> None:
    memory = Memory()
    assert [memory.admit("a") for _ in range(3)] == [True, True, True], "a write that failed opens no door"
    assert memory.counted == ["192.0.2.1"] * 3
    memory.newcomers.remember("a")
    memory.is_full = True
    assert memory.admit("a") is False
    with pytest.raises(TooManyNewGuests):
        memory.admit("b")


def test_a_token_just_made_costs_no_query() -> None:
    memory = Memory()
    assert memory.admit("a", is_new=True)
    assert (memory.asked, memory.counted) == ([], ["192.0.2.1"])


def test_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newcomers, "REMEMBERED", 3)
    memory = Memory(*"abcdef")
    for token in "abcdeaabcdef":
        memory.admit(token)
    assert len(memory.newcomers._known) == 3
