"""Who is calling."""

import re
import secrets
from dataclasses import dataclass

GUEST_TOKEN = re.compile(r"guest_[0-9a-f]{32}", re.ASCII)
USER_TOKEN = re.compile(r"user_[1-9][0-9]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Visitor:
    """A visitor, under the token that the memory is stored under.

    :param token: ``guest_`` and 32 hexadecimal digits, or ``user_`` and the WordPress user's number
    :param user_id: the WordPress user's number; None for a guest
    :param receipt: of a signed write its nonce: with it in hand, the write is done once
    :param carried: the token of the guest that a user has been until now, if there is one
    :param is_new: whether the token has been made for this request, so that nothing can be stored under it
    """

    token: str
    user_id: int | None = None
    receipt: str | None = None
    carried: str | None = None
    is_new: bool = False


def new_guest(receipt: str | None = None) -> Visitor:
    """Return a guest with a new token of 128 random bits."""
    return Visitor("guest_" + secrets.token_hex(16), receipt=receipt, is_new=True)


def user(number: int, receipt: str | None = None, carried: str | None = None) -> Visitor:
    """Return a logged-in WordPress user."""
    return Visitor(f"user_{number}", number, receipt, carried)


def visitor_of(token: str, receipt: str | None = None) -> Visitor:
    """Return whose a token is.

    :param token: of a guest's or of a user's form
    """
    number = int(token.removeprefix("user_")) if is_user_token(token) else None
    return Visitor(token, number, receipt)


def is_guest_token(token: str) -> bool:
    """Say whether a token has a guest's form: holding one is the permission to read under it."""
    return GUEST_TOKEN.fullmatch(token) is not None


def is_user_token(token: str) -> bool:
    """Say whether a token has a logged-in user's form."""
    return USER_TOKEN.fullmatch(token) is not None
