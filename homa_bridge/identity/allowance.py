"""Whose every request to the memory is counted as, before its route runs."""

import hashlib

from flask import Request, request

from ..http import API, INTERNAL
from .chain import guest_token
from .model import is_guest_token
from .signed import current_caller

LOGIN_COOKIE = "wordpress_logged_in_"


def is_free() -> bool:
    """Say whether the current request is not counted; of those of the site's own code only what is sent is."""
    rule = "" if request.url_rule is None else request.url_rule.rule
    return not (rule.startswith(API) or (rule.startswith(INTERNAL) and request.method == "POST"))


def counted_visitor() -> str:
    """Return what only this visitor can name, so that nobody uses up a stranger's allowance; "" if there is nothing.

    To look is not to ask who is calling: no cookie is set for it.
    """
    caller = current_caller()
    if caller is None:
        return guest_token(request) or _login(request)
    if caller.user:
        return f"user_{caller.user}"
    return caller.guest if is_guest_token(caller.guest) else ""


def _login(incoming: Request) -> str:
    """Return a digest of the login cookie, which need not hold: whoever can name it has it."""
    value = next((value for name, value in incoming.cookies.items() if name.startswith(LOGIN_COOKIE)), None)
    return hashlib.sha256(value.encode("utf-8", "surrogateescape")).hexdigest() if value else ""
