"""What of a memory goes into a prompt, where there is no room for all of it. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple

from .line import CHARACTERS_READ, NOTHING, Draft, Line, Told, cost, most_cost

Kind = Literal["summary", "fields", "persona", "interests", "messages"]

LEAST_ROOM: Final = 8  # tokens; no line of use is shorter
LEAST_SHARE: Final = 20  # tokens
MOST_MISSES: Final = 20  # lines in a row that do not fit: then the rest of many is not tried
INDIVISIBLE: Final = frozenset({"persona"})  # half of it would be another advice

SHARES: Final[Mapping[Kind, tuple[float, float]]] = {
    "summary": (1 / 2, 3 / 5),
    "fields": (1 / 40, 1 / 4),
    "persona": (1, 1),
    "interests": (1 / 16, 1 / 4),
    "messages": (1 / 40, 1 / 8),
}
"""What one line gets of the room at first, and what it gets before less valuable lines had anything."""


class Candidate(NamedTuple):
    """A line that may be told.

    :param place: among those that are told
    """

    kind: Kind
    place: int
    line: Line


class Choice:
    """Tells as many lines as there is room for, the most valuable first.

    Every essential line gets its share, then more of what is left, then the rest of the lines do, and what nobody wants
    goes to the first: so no long line pushes out short ones that are worth nearly as much.

    :param essential: the most valuable first
    :param rest: what comes after all of these; the most valuable first
    :param headings: what comes before the first line of a kind
    """

    def __init__(
        self, essential: Sequence[Candidate], rest: Sequence[Candidate], headings: Mapping[Kind, str], room: int
    ) -> None:
        self._essential = essential
        self._all = [*essential, *rest]
        self._fees = {kind: cost(heading) for kind, heading in headings.items()}
        self._room = room
        self._drafts: dict[int, Draft] = {}
        self._opened: set[Kind] = set()
        self.told: dict[int, Told] = {}

    def tell_all(self) -> bool:
        """Tell every line whole, and say whether there is room for that; else none is told."""
        room = self._room - sum(self._fees.get(kind, 0) for kind in {kind for kind, _, _ in self._all})
        if sum(len(line.value) for _, _, line in self._all) > room * CHARACTERS_READ:
            return False
        drafts = {candidate.place: self._draft(candidate) for candidate in self._all}
        for told in (_told_quickly, Draft.told_whole):  # the first is enough for an ordinary memory
            lines = {place: told(draft) for place, draft in drafts.items()}
            if sum(line.cost for line in lines.values()) <= room:
                self.told = lines
                return True
        return False

    def tell_most(self, reserve: int) -> None:
        """Tell what fits.

        :param reserve: tokens that are wanted for something else
        """
        room = left = self._room - reserve
        for candidates, turn in ((self._essential, 0), (self._essential, 1), (self._all, 0), (self._all, 1)):
            shares = {kind: _share(room, both[turn]) for kind, both in SHARES.items()}
            left = self._tell(candidates, left, shares, is_last=False)
        self._tell(self._all, left, dict.fromkeys(SHARES, room), is_last=True)

    def left_out(self) -> dict[str, int]:
        """Return how many lines of each kind are not told, without the kinds of which all are."""
        return dict(Counter[str](kind for kind, place, _ in self._all if place not in self.told))

    def shortened(self) -> dict[str, int]:
        """Return how many lines of each kind are told in part."""
        is_cut = {place: not line.is_whole for place, line in self.told.items()}
        return dict(Counter[str](kind for kind, place, _ in self._all if is_cut.get(place)))

    def _tell(self, candidates: Sequence[Candidate], left: int, shares: Mapping[Kind, int], *, is_last: bool) -> int:
        """Tell more of some lines, each up to its share, and return how much room is left.

        A line that would be cut for want of room, not by its share, lets shorter ones pass until the last turn.
        """
        misses = 0
        for candidate in candidates:
            if left < LEAST_ROOM or misses == MOST_MISSES:
                break
            kind, place, _ = candidate
            had = self.told.get(place, NOTHING)
            if had.is_whole:
                continue
            fee = 0 if kind in self._opened else self._fees.get(kind, 0)
            limit = min(shares[kind], left + had.cost - fee)
            line = self._draft(candidate).told(limit)
            may_be_cut = kind not in INDIVISIBLE and (is_last or limit == shares[kind])
            if line.cost > had.cost and (line.is_whole or may_be_cut):
                self.told[place] = line
                self._opened.add(kind)
                left -= line.cost + fee - had.cost
                misses = 0
            else:
                misses += 1
        return left

    def _draft(self, candidate: Candidate) -> Draft:
        if candidate.place not in self._drafts:
            self._drafts[candidate.place] = Draft(candidate.line)
        return self._drafts[candidate.place]


def _told_quickly(draft: Draft) -> Told:
    """Tell a line whole without counting its tokens."""
    return Told(draft.text(), most_cost(draft.text()), is_whole=True)


def _share(room: int, share: float) -> int:
    return max(LEAST_SHARE, int(room * share))
