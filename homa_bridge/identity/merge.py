"""Makes one memory of two when a guest turns out to be a user."""

from ..database import Cursor, Database
from ..omnistore.service import OmniStore
from ..persona.service import PersonaEngine
from .model import Visitor


class GuestMerge:
    """Moves a guest's memory to a user's, all of it or nothing."""

    def __init__(self, database: Database, omnistore: OmniStore, personas: PersonaEngine) -> None:
        self._database = database
        self._omnistore = omnistore
        self._personas = personas

    def run(self, guest: str, user: Visitor) -> bool:
        """Move what is stored under a guest's token, and say whether there was anything.

        Doing it twice changes nothing, also at the same time.

        :raises StorageUnavailable: if the database is out of reach; nothing has been moved then
        """

        def holds(cursor: Cursor) -> bool:
            return self._omnistore.has_any(cursor, guest) or self._personas.has_any(cursor, guest)

        if not self._database.read_latest(holds):
            return False

        def unit(cursor: Cursor) -> None:
            self._omnistore.move(cursor, guest, user)
            self._personas.move(cursor, guest, user)

        self._database.write(unit)
        return True
