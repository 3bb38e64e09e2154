"""The use cases of a person's own data: show all of it, forget all of it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ..database import Cursor, Database
from ..identity.model import Visitor, visitor_of
from ..omnistore.service import OmniStore
from ..persona.service import PersonaEngine
from ..personal_rows import Person, Record
from .store import KeptWrites

PAGE = 100  # records


class Page(NamedTuple):
    """Some of a person's records.

    :param done: whether these are the last
    """

    records: list[Record]
    done: bool


class Privacy:
    """What is stored of a person, in every table of the product's."""

    def __init__(self, database: Database, omnistore: OmniStore, personas: PersonaEngine) -> None:
        self._database = database
        self._omnistore = omnistore
        self._kept = KeptWrites(database)
        # Scores last: PHP code writes them without looking at the other tables.
        self._rows = [self._kept, *omnistore.personal_rows, *personas.personal_rows]

    def page(self, token: str, number: int, size: int = PAGE) -> Page:
        """Return some of what is stored under a token, expired or not, table by table in the order of the ids.

        :param number: which page, from 1
        :param size: how many records a page has at most
        """
        person = _person(token)

        def unit(cursor: Cursor) -> Page:
            records: list[Record] = []
            offset = (number - 1) * size
            for rows in self._rows:
                records += rows.some(cursor, person, offset, size + 1 - len(records))
                if len(records) > size:
                    break
                offset = 0 if records else max(0, offset - rows.count(cursor, person))
            return Page(records[:size], done=len(records) <= size)

        return self._database.read(unit)

    def export(self, token: str) -> Iterator[Record]:
        """Yield everything that is stored under a token, expired or not, table by table in the order of the ids."""
        number, done = 1, False
        while not done:
            records, done = self.page(token, number)
            yield from records
            number += 1

    def forget(self, token: str, receipt: str | None = None) -> Mapping[str, int]:
        """Delete everything that is stored under a token, all or nothing.

        A kept write that is being handed over at this moment comes too late: its receipt is there.

        :param receipt: of a signed request
        :returns: how many rows were deleted, by table; tables without any are left out
        :raises AlreadyDone: if this has been done with the receipt
        """
        person = _person(token)
        counts: Counter[str] = Counter()

        def unit(cursor: Cursor) -> None:
            counts.clear()  # it may run again after a conflict
            for nonce in self._kept.nonces(cursor, token):
                self._omnistore.mark_done(cursor, nonce)
            for rows in self._rows:
                counts[rows.table] += rows.delete(cursor, person)

        self._omnistore.write(Visitor(token, receipt=receipt), unit)
        return +counts


def _person(token: str) -> Person:
    return Person(token, visitor_of(token).user_id)
