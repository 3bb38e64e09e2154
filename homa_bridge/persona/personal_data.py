"""Everything that PHP code's scores tell of one person."""

from ..database import Database
from ..personal_rows import TOKEN, PersonalRows
from .tables import PersonaScore


def personal_rows(database: Database) -> list[PersonalRows]:
    """Return where scores of a person are held."""
    return [
        PersonalRows(
            database, PersonaScore, "user_identifier", lambda row: row.user_identifier == TOKEN, may_be_absent=True
        )
    ]
