"""Recognises a WordPress user, once a request, on the routes that a browser calls without PHP in the way."""

from flask import Flask, Request, Response, g, request

from ..application import services
from ..errors import NonceInvalid
from ..http import API
from . import signed
from .login import Login


def current_login() -> Login | None:
    """Return the verified login of this request; None if it has none."""
    login: Login | None = g.get("login")
    return login


def init_app(app: Flask) -> None:
    """Have every login verified before its route runs, and every accepted nonce answered with a fresh one."""
    app.before_request(_verify_login)
    app.after_request(_renew_nonce)


def _verify_login() -> None:
    """Verify the login cookie, if it came with a nonce: without one WordPress takes everybody for a guest.

    :raises NonceInvalid: if the login holds and the nonce does not; a guest may send any
    :raises StorageUnavailable: if the database is out of reach: a user is never taken for a guest because of that
    """
    logins = services().logins
    cookies = request.environ.get("HTTP_COOKIE", "")
    if logins is None or logins.cookie not in cookies or not _is_for_browsers(request):
        return
    nonce = _nonce(request)
    if nonce is None:
        return
    login = logins.recognise(cookies.encode("latin-1"), is_post=request.method == "POST")
    if login is None:
        return
    if not logins.accepts(nonce, login):
        raise NonceInvalid
    g.login = login


def _renew_nonce(response: Response) -> Response:
    """Hand out a fresh nonce with every answer to a user, as WordPress does."""
    login = current_login()
    if login is not None and (logins := services().logins) is not None:
        response.headers["X-WP-Nonce"] = logins.nonce(login).decode()
    return response


def _is_for_browsers(incoming: Request) -> bool:
    """Say whether a browser asks for a route of the memory; for the plugin, the signature alone counts."""
    rule = incoming.url_rule
    return rule is not None and rule.rule.startswith(API) and signed.current_caller() is None


def _nonce(incoming: Request) -> bytes | None:
    """Return the nonce: as in WordPress the query's counts before the header's, and its last before the others."""
    in_query = incoming.args.getlist("_wpnonce")
    if in_query:
        return in_query[-1].encode()
    in_header: str | None = incoming.environ.get("HTTP_X_WP_NONCE")
    return None if in_header is None else in_header.encode("latin-1")
