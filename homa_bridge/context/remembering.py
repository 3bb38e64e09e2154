"""What was made of a text, kept for when the text comes again: a conversation is sent whole with each new message."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any, Final, TypeVar

# What is made of a text takes about 100 bytes a character, so all of it together some 12 MB.
MOST_TEXTS: Final = 2_000
MOST_CHARACTERS: Final = 100_000
LONGEST: Final = 1_000  # characters; one pasted page would drive out what twenty people say

Made = TypeVar("Made")


class Remembered:
    """Keep what was made of the texts that came last, from their second time on; threads may share it.

    What comes once, as in a conversation that is heard message by message, is not worth its place.

    :param most_texts: how many texts it keeps
    :param most_characters: how many characters they have together
    """

    def __init__(self, most_texts: int = MOST_TEXTS, most_characters: int = MOST_CHARACTERS) -> None:
        self._most_texts = most_texts
        self._most_characters = most_characters
        self._made: OrderedDict[tuple[object, str], Any] = OrderedDict()
        self._characters = 0
        self._lock = Lock()

    def made_of(self, text: str, make: Callable[[str], Made], kind: object) -> tuple[Made, bool]:
        """Return ``make(text)``, made now or before, and whether others get the same object.

        :param kind: what else it depends on; equal kinds with equal texts are made alike
        """
        if len(text) > LONGEST:
            return make(text), False
        key = (kind, text)
        with self._lock:
            kept: Made | None = self._made.get(key)
            again = key in self._made
            if again:
                self._made.move_to_end(key)
            else:
                self._add(key)
        if kept is not None:
            return kept, True
        made = make(text)
        if again:
            with self._lock:
                if key in self._made:
                    self._made[key] = made
        return made, again

    def _add(self, key: tuple[object, str]) -> None:
        self._made[key] = None
        self._characters += len(key[1])
        while len(self._made) > self._most_texts or self._characters > self._most_characters:
            (_, oldest), _ = self._made.popitem(last=False)
            self._characters -= len(oldest)

    @property
    def size(self) -> tuple[int, int]:
        """How many texts are kept, and how many characters they have together."""
        return len(self._made), self._characters
