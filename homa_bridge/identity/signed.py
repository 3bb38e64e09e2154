"""Takes the signature off a request, once, whether or not its route asks who is calling."""

import logging

from flask import Flask, Request, g, request

from ..application import services
from ..errors import SignatureMissing, SignatureRefused, SignatureUnexpected
from ..http import whole_body
from .signing import SIGNED_HEADERS, Caller, SignedRequest, check_form, stripped, verify

log = logging.getLogger(__name__)


def current_caller() -> Caller | None:
    """Return whom this request's signature speaks for; None if it has none."""
    caller: Caller | None = g.get("caller")
    return caller


def current_receipt() -> str | None:
    """Return by what a signed write is done once; None for a request that is no signed write."""
    caller = current_caller()
    return caller.nonce if caller is not None and request.method == "POST" else None


def demand_signature() -> None:
    """Let nobody in but who signs.

    :raises SignatureMissing: if the request is not signed
    """
    if current_caller() is None:
        _note("SignatureMissing")
        raise SignatureMissing


def init_app(app: Flask) -> None:
    """Have every signature verified before its route runs."""
    app.before_request(_verify_signature)


def _verify_signature() -> None:
    """Verify the signature, if the request has one.

    :raises SignatureRefused: if it does not hold: it is never taken for an unsigned request
    """
    if "HTTP_X_HOMA_SIGNATURE" not in request.environ or request.url_rule is None:
        return
    try:
        g.caller = _caller(request)
    except SignatureRefused as error:
        _note(type(error).__name__)
        raise


def _caller(incoming: Request) -> Caller:
    found = services()
    if not found.settings.shared_secret:
        raise SignatureUnexpected
    signature, timestamp, nonce = (
        stripped(_header(incoming, name)) for name in ("x-homa-signature", "x-homa-timestamp", "x-homa-nonce")
    )
    headers = [_header(incoming, name) for name in SIGNED_HEADERS]
    now = found.clock.now().timestamp()
    check_form(signature, timestamp, nonce, headers, now)  # nothing is read for who could not be let in anyway
    signed = SignedRequest(
        timestamp,
        nonce,
        incoming.method.encode(),
        str(incoming.environ["PATH_INFO"]).encode("latin-1"),
        incoming.query_string,
        whole_body(),
        headers,
    )
    return verify([found.settings.shared_secret.encode("utf-8", "surrogateescape")], signature, signed, now)


def _header(incoming: Request, name: str) -> bytes:
    """Return a header's bytes, which WSGI shows as Latin-1 text."""
    value: str = incoming.environ.get("HTTP_" + name.upper().replace("-", "_"), "")
    return value.encode("latin-1")


def _note(what: str) -> None:
    # No value of the request: each may be a visitor's, or help to guess.
    log.warning("refused: %s for %s %s", what, request.method, request.url_rule)
