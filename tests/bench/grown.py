"""Fills a database with what a large shop has: users, guests who left long ago, and those who are asked for."""

from typing import NamedTuple

from pymysql.cursors import Cursor

from ..servers import MariaDB
from .measure import FIELDS, GUESTS

EVERYBODY, USERS = 1_000_000, 50_000
AT_ONCE = 50  # guests who type at the same time: nobody's rows lie side by side
SPREAD = 2_654_435_761  # tokens, in the order of the guests, are in no order of their own

TABLES = ("homa_vault", "homa_sessions", "homa_user_interests")
INDEXES = {
    "homa_vault": ("user_id", "session_token", "context_key", "updated_at"),
    "homa_sessions": ("updated_at", "expires_at"),
    "homa_user_interests": ("user_id_or_token", "category_slug", "interest_score"),
}

TOKEN = f"LOWER(CONCAT('guest_', LPAD(HEX(guest * {SPREAD} % 4294967296), 8, '0'), LPAD(HEX(guest), 24, '0')))"
FIELD_COUNT = f"IF(guest % 10 = 0, {FIELDS}, 1 + CRC32(guest) % 15)"
FORM = 'CONCAT(\'{"f0":"\', SHA1(guest), \'","f1":1,"f2":"\', MD5(guest), \'"}\')'
CATEGORY = "ELT(1 + seq % 3, 'book-printing', 'cover-design', 'packaging')"


class Shop(NamedTuple):
    """How much there is in a database.

    :param guests: how many, each with 9 fields on average; every one in ``step`` is asked for, and has 20
    :param is_large: whether the others are there as well
    """

    guests: int
    is_large: bool

    @property
    def step(self) -> int:
        """One in how many is asked for."""
        return self.guests // GUESTS

    @property
    def lua_token(self) -> str:
        """The Lua expression of the token of who is asked for in wrk's request ``n``."""
        guest = f"(n % {GUESTS} * {self.step})"
        return f'string.format("guest_%08x%024x", {guest} * {SPREAD} % 4294967296, {guest})'

    def arrived(self) -> str:
        """Return SQL: guests came over ten days, the last of them 60 hours ago; who is asked for is there now."""
        left = f"NOW() - INTERVAL 300 HOUR + INTERVAL (864000 * guest DIV {self.guests}) SECOND"
        return f"IF(guest % {self.step} = 0, NOW(), {left})"

    def numbered(self, each: int) -> str:
        """Return SQL: the guests' numbers, each so many times, with a number ``nth`` from 0."""
        if self.is_large:
            block = AT_ONCE * each
            guest, last = f"seq DIV {block} * {AT_ONCE} + seq % {AT_ONCE}", self.guests * each
            return f"(SELECT seq, {guest} AS guest, seq DIV {AT_ONCE} % {each} AS nth FROM seq_0_to_{last - 1}) AS them"
        guest = f"seq DIV {each} * {self.step}"
        return f"(SELECT seq, {guest} AS guest, seq % {each} AS nth FROM seq_0_to_{GUESTS * each - 1}) AS them"


def shop_of(scale: float, *, is_large: bool) -> Shop:
    """Return a shop.

    :param scale: 1 for a million guests
    """
    return Shop(max(1, round(scale * EVERYBODY / 10 / GUESTS)) * 10 * GUESTS, is_large)


def fill(server: MariaDB, database: str, shop: Shop) -> dict[str, int]:
    """Fill a database whose tables are there and empty, and return how many rows each has."""
    users = USERS * shop.guests // EVERYBODY if shop.is_large else 0
    with server.connect(database) as connection, connection.cursor() as cursor:
        cursor.execute("SET unique_checks = 0, foreign_key_checks = 0")
        for table, names in INDEXES.items():  # made at the end, by sorting
            cursor.execute(f"ALTER TABLE wp_{table} " + ", ".join(f"DROP INDEX {name}" for name in names))
        _fill_vault(cursor, shop, users)
        cursor.execute(
            "INSERT INTO wp_homa_sessions (session_token, last_url, form_snapshot, updated_at, expires_at) "
            f"SELECT {TOKEN}, 'http://shop.test/calculator', {FORM}, {shop.arrived()}, "
            f"{shop.arrived()} + INTERVAL 48 HOUR FROM {shop.numbered(1)}"
        )
        cursor.execute(
            "INSERT INTO wp_homa_user_interests (user_id_or_token, category_slug, interest_score) "
            f"SELECT {TOKEN}, {CATEGORY.replace('seq', 'nth')}, CRC32(seq) % 30 FROM {shop.numbered(3)}"
        )
        for table, names in INDEXES.items():
            cursor.execute(f"ALTER TABLE wp_{table} " + ", ".join(f"ADD INDEX {name} ({name})" for name in names))
            cursor.execute(f"ANALYZE TABLE wp_{table}")
        return {table: _count(cursor, table) for table in TABLES}


def _fill_vault(cursor: Cursor, shop: Shop, users: int) -> None:
    columns = "(user_id, session_token, context_key, context_value, updated_at)"
    value = "JSON_QUOTE(SHA1(seq))"
    if users:
        cursor.execute(
            f"INSERT INTO wp_homa_vault {columns} SELECT 1 + seq DIV {FIELDS}, CONCAT('user_', 1 + seq DIV {FIELDS}), "
            f"CONCAT('f', seq % {FIELDS}), {value}, NOW() - INTERVAL 90 DAY FROM seq_0_to_{users * FIELDS - 1}"
        )
    cursor.execute(
        f"INSERT INTO wp_homa_vault {columns} SELECT NULL, {TOKEN}, CONCAT('f', nth), {value}, {shop.arrived()} "
        f"FROM {shop.numbered(FIELDS)} WHERE nth < {FIELD_COUNT}"
    )


def _count(cursor: Cursor, table: str) -> int:
    cursor.execute(f"SELECT COUNT(*) FROM wp_{table}")
    ((count,),) = cursor.fetchall()
    return int(count)
