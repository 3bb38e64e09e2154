"""Recognises WordPress's users where no PHP is in the way."""

from threading import Lock

from cachetools import TTLCache

from ..clock import Clock
from ..database import Database
from ..wordpress.login_keys import LoginKeys
from .login import Account, Login, first_cookie, is_due, is_genuine, nonce, nonce_holds, parse_cookie
from .store import AccountStore

CACHED_ACCOUNTS = 1_000
CACHED_SECONDS = 2


class Logins:
    """Verifies logins with the site's keys.

    A user's rows are kept for 2 seconds in each worker: who logs out, or has the password changed, is recognised by the
    old cookie for that long at most. A cookie that does not hold by the kept rows is held against new ones, so a new
    login is recognised at once. Users that do not exist are not kept.

    :param keys: the site's
    """

    def __init__(self, database: Database, clock: Clock, keys: LoginKeys) -> None:
        self._database = database
        self._clock = clock
        self._keys = keys
        self._accounts = AccountStore(database, keys)
        self._cookie = keys.cookie.encode("utf-8", "surrogateescape")
        self._cache: TTLCache[bytes, Account] = TTLCache(CACHED_ACCOUNTS, CACHED_SECONDS)
        self._lock = Lock()

    @property
    def cookie(self) -> str:
        """The login cookie's name."""
        return self._keys.cookie

    def recognise(self, cookies: bytes, *, is_post: bool) -> Login | None:
        """Return whose login the cookies hold; None if there is none, or it does not hold.

        :param cookies: the value of the header ``Cookie``
        :raises StorageUnavailable: if it cannot be told because the database is out of reach
        """
        cookie = parse_cookie(first_cookie(cookies, self._cookie) or b"")
        now = self._clock.now().timestamp()
        if cookie is None or is_due(cookie, now, is_post=is_post):
            return None
        key = self._keys.logged_in_salt
        with self._lock:
            account = self._cache.get(cookie.login)
        if account is None or not is_genuine(cookie, account, key, now):
            account = self.find(cookie.login)
        if account is None or not is_genuine(cookie, account, key, now):
            return None
        return Login(account.user_id, cookie.token)

    def find(self, login: bytes) -> Account | None:
        """Return a user's account as it is now; None if there is no user of this name.

        :raises StorageUnavailable: if the database is out of reach
        """
        try:
            name = login.decode()
        except UnicodeDecodeError:
            return None
        account = self._database.read(lambda cursor: self._accounts.find(cursor, name))
        if account is not None:
            with self._lock:
                self._cache[login] = account
        return account

    def accepts(self, sent: bytes, login: Login) -> bool:
        """Say whether a nonce belongs to a login, and is not too old."""
        return nonce_holds(sent, login, self._keys.nonce_salt, self._clock.now().timestamp())

    def nonce(self, login: Login) -> bytes:
        """Return a fresh nonce."""
        return nonce(login, self._keys.nonce_salt, self._clock.now().timestamp())
