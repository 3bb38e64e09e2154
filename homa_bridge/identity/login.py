"""WordPress's login cookie and its nonce, verified with the site's own keys. Pure; pluggable.php does the same.

What differs between versions of WordPress is which part of the password's hash goes into the cookie: either is tried.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from ..wordpress.php_serialized import PhpSerializedError, loads

GRACE_SECONDS = 3_600  # by which a POST may be late; the session's own end is not put off
TICK_SECONDS = 43_200  # a nonce holds in the tick in which it was made, and in the next
ACTION = b"wp_rest"

_EXPIRATION = re.compile(rb"[0-9]{1,15}")


class LoginCookie(NamedTuple):
    """What a cookie claims.

    :param login: the user's login name, as it was sent
    :param expiration: Unix time in seconds
    :param token: of the session
    """

    login: bytes
    expiration: int
    token: bytes
    mac: bytes


class Account(NamedTuple):
    """What is known of a user.

    :param fragments: the parts of the password's hash that a cookie may be made with
    :param sessions: ends of the sessions in Unix time, by the hexadecimal SHA-256 of their tokens
    """

    user_id: int
    fragments: tuple[bytes, bytes]
    sessions: Mapping[bytes, float]


class Login(NamedTuple):
    """Who is logged in, and by which session."""

    user_id: int
    token: bytes


def first_cookie(header: bytes, name: bytes) -> bytes | None:
    """Return a cookie's value as PHP 8 has it in ``$_COOKIE``: the first of a name counts, and a plus is no blank.

    :param header: the value of the header ``Cookie``
    """
    for pair in header.split(b";"):
        key, _, value = pair.lstrip(b" \t\r\n\v\f").partition(b"=")
        if key == name:
            return unquote_to_bytes(value)
    return None


def parse_cookie(value: bytes) -> LoginCookie | None:
    """Return the parts of a login cookie; None if it has not its form."""
    parts = value.split(b"|")
    if len(parts) != 4 or not parts[0] or _EXPIRATION.fullmatch(parts[1]) is None:
        return None
    return LoginCookie(parts[0], int(parts[1]), parts[2], parts[3])


def is_due(cookie: LoginCookie, now: float, *, is_post: bool) -> bool:
    """Say whether a cookie has expired by its own word.

    :param now: Unix time in seconds
    """
    return cookie.expiration + (GRACE_SECONDS if is_post else 0) < int(now)


def account_of(user_id: int, password_hash: bytes, sessions: bytes | None) -> Account:
    """Return what is needed of a user's rows.

    :param sessions: the serialised value of the user's ``session_tokens``; one that is not understood counts as none
    """
    return Account(user_id, (password_hash[8:12], password_hash[-4:]), _sessions(sessions or b""))


def is_genuine(cookie: LoginCookie, account: Account, key: bytes, now: float) -> bool:
    """Say whether WordPress gave this user this cookie, and its session has not ended.

    :param key: what ``wp_salt('logged_in')`` gives
    :param now: Unix time in seconds
    """
    either, other = (hmac.compare_digest(_mac(cookie, part, key), cookie.mac) for part in account.fragments)
    if not (either or other):
        return False
    verifier = hashlib.sha256(cookie.token).hexdigest().encode()
    return account.sessions.get(verifier, float("-inf")) >= int(now)


def nonce(login: Login, key: bytes, now: float, *, ticks_ago: int = 0) -> bytes:
    """Return the nonce for the REST API.

    :param key: what ``wp_salt('nonce')`` gives
    :param now: Unix time in seconds
    """
    tick = -(-int(now) // TICK_SECONDS) - ticks_ago
    text = b"%d|%s|%d|%s" % (tick, ACTION, login.user_id, login.token)
    return hmac.new(key, text, hashlib.md5).hexdigest()[-12:-2].encode()


def nonce_holds(sent: bytes, login: Login, key: bytes, now: float) -> bool:
    """Say whether a nonce was made for this login in this tick or the last."""
    this, last = (hmac.compare_digest(nonce(login, key, now, ticks_ago=ago), sent) for ago in (0, 1))
    return this or last


def _mac(cookie: LoginCookie, fragment: bytes, key: bytes) -> bytes:
    expiration = b"%d" % cookie.expiration
    text = b"|".join((cookie.login, fragment, expiration, cookie.token))
    inner = hmac.new(key, text, hashlib.md5).hexdigest().encode()
    text = b"|".join((cookie.login, expiration, cookie.token))
    return hmac.new(inner, text, hashlib.sha256).hexdigest().encode()


def _sessions(serialized: bytes) -> dict[bytes, float]:
    try:
        found = loads(serialized)
    except PhpSerializedError:
        return {}
    items = found.items() if isinstance(found, dict) else ()
    ends = {key: item.get(b"expiration") if isinstance(item, dict) else item for key, item in items}
    return {
        key: end
        for key, end in ends.items()
        if isinstance(key, bytes) and isinstance(end, int | float) and not isinstance(end, bool)
    }
