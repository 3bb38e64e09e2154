"""What was made of a text, kept for when the text comes again: a conversation is sent whole with each new message."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any, Final, TypeVar

# A text of 50 characters and what is made of it take about 4 KiB, so all of them together some 8 MB.
MOST_TEXTS: Final = 4_096
MOST_CHARACTERS: Final = 160_000
LONGEST: Final = 1_000  # characters; one pasted page would drive out what twenty people say

Made = TypeVar("Made")


class Remembered:
    """Keep what was made of the texts that were asked for last; threads may share it, and what it keeps.

    :param most_texts: how many texts it keeps
    :param most_characters: how many characters they have together
    """

    def __init__(self, most_texts: int = MOST_TEXTS, most_characters: int = MOST_CHARACTERS) -> None:
        self._most_texts = most_texts
        self._most_characters = most_characters
        self._made: OrderedDict[tuple[object, str], Any] = OrderedDict()
        self._characters = 0
        self._lock = Lock()

    def made_of(self, text: str, make: Callable[[str], Made], kind: object) -> Made:
        """Return ``make(text)``, made now or before.

        :param kind: what else it depends on; equal kinds with equal texts are made alike
        """
        if len(text) > LONGEST:
            return make(text)
        key = (kind, text)
        with self._lock:
            if key in self._made:
                self._made.move_to_end(key)
                kept: Made = self._made[key]
                return kept
        made = make(text)
        with self._lock:
            if key not in self._made:
                self._made[key] = made
                self._characters += len(text)
            while len(self._made) > self._most_texts or self._characters > self._most_characters:
                (_, oldest), _ = self._made.popitem(last=False)
                self._characters -= len(oldest)
        return made

    @property
    def size(self) -> tuple[int, int]:
        """How many texts are kept, and how many characters they have together."""
        return len(self._made), self._characters
