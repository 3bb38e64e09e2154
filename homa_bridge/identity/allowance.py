"""Has every request to the memory counted before its route runs."""

import hashlib

from flask import Flask, Request, request

from ..application import services
from ..http import API, INTERNAL
from .chain import guest_token
from .connection import current_client
from .model import is_guest_token
from .signed import current_caller

LOGIN_COOKIE = "wordpress_logged_in_"


def init_app(app: Flask) -> None:
    """Have requests counted once their signature is verified; without limits nothing is done at all."""
    limiter = services().limiter
    if limiter is None:
        return

    @app.before_request
    def count() -> None:
        """Count a request; of those of the site's own code only the ones that send something.

        :raises RateLimited: if it is too much
        """
        rule = "" if request.url_rule is None else request.url_rule.rule
        if rule.startswith(API) or (rule.startswith(INTERNAL) and request.method == "POST"):
            limiter.count_request(_visitor(request), current_client())


def _visitor(incoming: Request) -> str | None:
    """Return what only this visitor can name, so that nobody uses up a stranger's allowance; None if there is nothing.

    To look is not to ask who is calling: no cookie is set for it.
    """
    caller = current_caller()
    if caller is None:
        return guest_token(incoming) or _login(incoming)
    if caller.user:
        return f"user_{caller.user}"
    return caller.guest if is_guest_token(caller.guest) else None


def _login(incoming: Request) -> str | None:
    """Return a digest of the login cookie, which need not hold: whoever can name it has it."""
    value = next((value for name, value in incoming.cookies.items() if name.startswith(LOGIN_COOKIE)), None)
    return value and hashlib.sha256(value.encode("utf-8", "surrogateescape")).hexdigest()
