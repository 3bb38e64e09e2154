"""Bounds how many guests may begin to be remembered: made-up tokens must not fill the tables."""

from collections.abc import Callable
from threading import Lock

from cachetools import LRUCache

REMEMBERED = 50_000  # tokens, some 15 MB


class Newcomers:
    """Lets in guests of whom something is remembered, and of others so many.

    :param holds: says whether anything is stored under a token
    :param count: counts a new guest of a client's; raises if there are too many
    """

    def __init__(self, holds: Callable[[str], bool], count: Callable[[str], None]) -> None:
        self._holds = holds
        self._count = count
        self._lock = Lock()
        self._known: LRUCache[str, None] = LRUCache(REMEMBERED)

    def admit(self, token: str, client: str, *, is_new: bool) -> bool:
        """Let a guest write, and say whether nothing is remembered of the guest yet.

        :param client: whom the guest's address is counted as
        :param is_new: whether the token has just been made, so that nothing can be stored under it
        :raises TooManyNewGuests: if it is one too many
        """
        with self._lock:
            if self._known.get(token, self) is None:
                return False
        if not is_new and self._holds(token):
            self.remember(token)
            return False
        self._count(client)
        return True

    def remember(self, token: str) -> None:
        """Take note that something is stored under a token."""
        with self._lock:
            self._known[token] = None
