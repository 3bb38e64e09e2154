"""The chain that says who is calling: each link answers with a visitor or None, and the first answer counts."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final

from flask import Flask, Request, Response, after_this_request, g, request
from werkzeug.http import dump_cookie

from ..application import services
from ..errors import Forbidden, InvalidParameters, TooManyNewGuests
from . import logged_in, signed
from .connection import current_client, is_secure
from .model import Visitor, is_guest_token, is_user_token, new_guest, user

GUEST_COOKIE = "homa_session_token"
COOKIE_ATTRIBUTES: Final[dict[str, Any]] = {"path": "/", "httponly": True, "samesite": "Lax"}

Link = Callable[[Request], Visitor | None]


def from_signature(_incoming: Request) -> Visitor | None:
    """Recognise whom the WordPress plugin speaks for. It alone may name a user. A guest without a token is new."""
    caller = signed.current_caller()
    if caller is None:
        return None
    receipt = signed.current_receipt()
    guest = caller.guest if is_guest_token(caller.guest) else None
    if caller.user:
        return user(caller.user, receipt, guest)
    return Visitor(guest, receipt=receipt) if guest else new_guest(receipt)


def from_login_cookie(incoming: Request) -> Visitor | None:
    """Recognise a WordPress user by the login cookie and a nonce, which are verified before the route runs."""
    login = logged_in.current_login()
    return user(login.user_id, carried=guest_token(incoming)) if login else None


def from_guest_cookie(incoming: Request) -> Visitor | None:
    """Recognise a guest by the cookie; one that is not of a guest token's form counts as none."""
    token = guest_token(incoming)
    return Visitor(token) if token else None


def guest_token(incoming: Request) -> str | None:
    """Return the first guest's token among the cookies."""
    return next(filter(is_guest_token, incoming.cookies.getlist(GUEST_COOKIE)), None)


def from_nothing(_incoming: Request) -> Visitor:
    """Welcome a new guest."""
    return new_guest()


CHAIN: Sequence[Link] = (from_signature, from_login_cookie, from_guest_cookie, from_nothing)


def current_visitor() -> Visitor:
    """Return who is calling; asked twice in a request, the answer is the same.

    What a user has stored as the guest of before is the user's from here on.

    :raises StorageUnavailable: if that is not possible now
    """
    known: Visitor | None = g.get("visitor")
    if known is not None:
        return known
    found = next(filter(None, (link(request) for link in CHAIN)))
    if found.carried is not None and not signed.is_foreign():
        g.guest_is_empty = not services().merge.run(found.carried, found)
    g.visitor = found
    return found


def current_writer(*, adds: bool = True) -> Visitor:
    """Return who is calling, for a route that changes the memory.

    :param adds: whether the route stores anything; one that forgets is open to every guest
    :raises ForeignSite: if the request is signed for another site than the service's own
    :raises TooManyNewGuests: if too many guests of whom nothing is remembered have come from the address
    """
    signed.demand_own_site()
    visitor = current_visitor()
    if adds and visitor.user_id is None:
        _admit(visitor)
    return visitor


def readable_token(name: str, token: str | None) -> str:
    """Return the token whose memory the caller may read.

    :param name: the parameter that carries it
    :param token: what the parameter says; None for the caller's own
    :raises Forbidden: if it is a WordPress user's and the caller is somebody else
    :raises InvalidParameters: if it is no token
    """
    visitor = current_visitor()
    if token is None or token == visitor.token or is_guest_token(token):
        return token or visitor.token
    if is_user_token(token):
        raise Forbidden("This memory belongs to another user.")
    raise InvalidParameters({name: "Not a session token."})


def renew_cookie(response: Response) -> Response:
    """Give a guest the cookie, once a response, if the request asked who is calling at all; take a former guest's.

    That goes only when nothing was left to move: what the guest's last requests still write is moved by the next one.
    """
    visitor: Visitor | None = g.get("visitor")
    if visitor is not None and visitor.user_id is None:
        parts = _cookie_around_token(services().settings.retention.snapshot_hours, is_secure=is_secure())
        response.headers.add("Set-Cookie", visitor.token.join(parts))
    elif g.get("guest_is_empty"):
        response.delete_cookie(GUEST_COOKIE, secure=is_secure(), **COOKIE_ATTRIBUTES)
    return response


@lru_cache(maxsize=2)
def _cookie_around_token(hours: int, *, is_secure: bool) -> tuple[str, str]:
    """Return what stands before and after the token in the header that gives the cookie.

    Nearly every answer has one, and writing it anew is a tenth of the work on a small one. It names the seconds that it
    lives, and no date, which would be that of the first answer for as long as the service runs.
    """
    written = dump_cookie(
        GUEST_COOKIE,
        GUEST_COOKIE,
        max_age=hours * 3600,
        sync_expires=False,
        secure=is_secure,
        **COOKIE_ATTRIBUTES,
    )
    name, _, rest = written.partition("=" + GUEST_COOKIE)
    return name + "=", rest


def init_app(app: Flask) -> None:
    """Have every signature and every login verified, and every response renew the guest's cookie."""
    signed.init_app(app)
    logged_in.init_app(app)
    app.after_request(renew_cookie)


def _admit(visitor: Visitor) -> None:
    newcomers = services().newcomers
    if newcomers is None:
        return
    try:
        is_unknown = newcomers.admit(visitor.token, current_client(), is_new=visitor.is_new)
    except TooManyNewGuests:
        g.pop("visitor")  # who is refused is given no token
        raise
    if is_unknown:

        @after_this_request
        def remember(response: Response) -> Response:
            """Take note of a guest's first write once it is done: one that failed opens no door."""
            if response.status_code == 200:
                newcomers.remember(visitor.token)
            return response
