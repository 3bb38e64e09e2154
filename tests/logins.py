"""Makes logins as WordPress does, by its rules and not by the product's code."""

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import quote


def _hash(text: str, salt: str) -> str:
    """Return what ``wp_hash()`` gives."""
    return hmac.new(salt.encode(), text.encode(), "md5").hexdigest()


def cookie_value(login: str, expiration: int, token: str, fragment: str, salt: str) -> str:
    """Return a login cookie before it is encoded, as ``wp_generate_auth_cookie()`` does.

    :param fragment: the part of the password's hash that goes into it
    """
    key = _hash(f"{login}|{fragment}|{expiration}|{token}", salt)
    mac = hmac.new(key.encode(), f"{login}|{expiration}|{token}".encode(), "sha256").hexdigest()
    return f"{login}|{expiration}|{token}|{mac}"


def cookie_header(name: str, value: str) -> str:
    """Return the header ``Cookie`` that a browser sends back."""
    return f"{name}={quote(value, safe='')}"


def nonce_of(user_id: int, token: str, salt: str, tick: int, action: str = "wp_rest") -> str:
    """Return a nonce of a tick, as ``wp_create_nonce()`` does."""
    return _hash(f"{tick}|{action}|{user_id}|{token}", salt)[-12:][:10]


def sessions_text(ends: Mapping[str, int]) -> bytes:
    """Return a user's serialised ``session_tokens``.

    :param ends: the sessions' ends in Unix time, by their tokens
    """
    items = [
        f's:64:"{hashlib.sha256(token.encode()).hexdigest()}";'
        f'a:4:{{s:10:"expiration";i:{end};s:2:"ip";s:9:"127.0.0.1";s:2:"ua";s:4:"curl";s:5:"login";i:{end - 172_800};}}'
        for token, end in ends.items()
    ]
    return f"a:{len(items)}:{{{''.join(items)}}}".encode()
