"""The statement on WordPress's users: it runs inside the caller's unit of work."""

from sqlalchemy import LargeBinary, TableClause, bindparam, cast, column, select, table

from ..database import Cursor, Database
from ..wordpress.login_keys import LoginKeys
from .login import Account, account_of


class AccountStore:
    """Users and their sessions. The tables are WordPress's own, and are never written."""

    def __init__(self, database: Database, keys: LoginKeys) -> None:
        users = _table(keys.users, "ID", "user_login", "user_pass")
        usermeta = _table(keys.usermeta, "umeta_id", "user_id", "meta_key", "meta_value")
        user, meta = users.c, usermeta.c
        is_session = (meta.user_id == user.ID) & (meta.meta_key == "session_tokens")
        # As bytes, because the lengths in it are of bytes.
        columns = user.ID, cast(user.user_pass, LargeBinary), cast(meta.meta_value, LargeBinary)
        found = select(*columns).select_from(users.outerjoin(usermeta, is_session))
        named = found.where(user.user_login == bindparam("login"))
        self._named = database.prepare(named.order_by(user.ID, meta.umeta_id).limit(1))

    def find(self, cursor: Cursor, login: str) -> Account | None:
        """Return a user's account; None if there is no user of this name."""
        row = cursor.row(self._named, login=login)
        return account_of(*row) if row else None


def _table(name: str, *columns: str) -> TableClause:
    """Return a table, whose name may have its database's before it."""
    schema, _, bare = name.rpartition(".")
    return table(bare, *map(column, columns), schema=schema or None)
