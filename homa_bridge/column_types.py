"""Column types of the plugin's schema, in MySQL's words and in SQLite's."""

from sqlalchemy import BigInteger, DateTime, Integer, Text
from sqlalchemy.dialects import mysql
from sqlalchemy.types import UserDefinedType


class _JSONDocument(UserDefinedType[str]):
    """A ``json`` column that is read and written as text: its numbers and empty objects stay as they were sent."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """Return the type's name in DDL."""
        return "JSON"


BIGINT_KEY = (
    BigInteger().with_variant(mysql.BIGINT(display_width=20), "mysql", "mariadb").with_variant(Integer(), "sqlite")
)
BIGINT = BigInteger().with_variant(mysql.BIGINT(display_width=20), "mysql", "mariadb")
INT = Integer().with_variant(mysql.INTEGER(display_width=11), "mysql", "mariadb")
JSON_TEXT = _JSONDocument().with_variant(Text(), "sqlite")
LONGTEXT = Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")
TIMESTAMP = DateTime().with_variant(mysql.TIMESTAMP(), "mysql", "mariadb")
