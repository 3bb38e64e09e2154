"""Says whether a visitor has asked too often."""

from ..errors import RateLimited, TooManyNewGuests
from .counters import Counters, MemoryCounters
from .settings import MEMORY, RateLimits
from .shared import SharedCounters


class Limiter:
    """Counts what visitors do, and refuses what is too much.

    :raises SettingsError: if the place where to count cannot be one
    """

    def __init__(self, limits: RateLimits) -> None:
        self._limits = limits
        self._counters: Counters = MemoryCounters() if limits.storage == MEMORY else SharedCounters(limits.storage)

    def count_request(self, visitor: str | None, client: str) -> None:
        """Count a request.

        The visitor's limit comes first: one who asks too often does not use up what others at the address have.

        :param visitor: what only the visitor can name; None if there is nothing like that
        :param client: whom the address is counted as
        :raises RateLimited: if it is too much
        """
        left = self._counters.hit(self._limits.visitor, "visitor", visitor) if visitor is not None else 0.0
        left = left or self._counters.hit(self._limits.address, "address", client)
        if left:
            raise RateLimited(left)

    def count_new_guest(self, client: str) -> None:
        """Count a guest of whom nothing is remembered yet, and who writes.

        :raises TooManyNewGuests: if it is too much
        """
        if left := self._counters.hit(self._limits.new_guests, "new guest", client):
            raise TooManyNewGuests(left)
