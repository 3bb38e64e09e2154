"""Takes the signature off a request, once, whether or not its route asks who is calling."""

import logging

from flask import Flask, Request, g, request

from ..application import services
from ..config import Settings
from ..errors import ForeignSite, SignatureMissing, SignatureRefused, SignatureUnexpected
from ..http import whole_body
from .home import is_same_site
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


def is_foreign() -> bool:
    """Say whether this request is signed for another site than the service's own: a copy of it, or one that has moved.

    While the service does not know its site's address, none is.
    """
    return _foreign_site() is not None


def demand_own_site() -> None:
    """Let no other site change anything.

    :raises ForeignSite: if the request is signed for another one
    """
    foreign = _foreign_site()
    if foreign is not None:
        _note("ForeignSite")
        raise foreign


def init_app(app: Flask) -> None:
    """Have every signature verified before its route runs."""
    app.before_request(_verify_signature)


def _verify_signature() -> None:
    """Verify the signature, if the request has one, or has lost it on the way and kept its nonce.

    :raises SignatureRefused: if it does not hold: it is never taken for an unsigned request
    """
    environ = request.environ
    is_signed = "HTTP_X_HOMA_SIGNATURE" in environ
    if not (is_signed or "HTTP_X_HOMA_NONCE" in environ) or request.url_rule is None:
        return
    try:
        if not is_signed:
            raise SignatureMissing
        g.caller = _caller(request)
    except SignatureRefused as error:
        _note(type(error).__name__)
        raise


def _caller(incoming: Request) -> Caller:
    found = services()
    secrets = _secrets(found.settings)
    if not secrets:
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
    return verify(secrets, signature, signed, now)


def _secrets(settings: Settings) -> list[bytes]:
    """Return the secrets that are accepted, the current one first."""
    known = filter(None, (settings.shared_secret, settings.previous_secret))
    return [secret.encode("utf-8", "surrogateescape") for secret in known]


def _foreign_site() -> ForeignSite | None:
    caller = current_caller()
    if caller is None:
        return None
    own = services().settings.site_url
    if own is None or is_same_site(caller.site, own):
        return None
    return ForeignSite(caller.site, own)


def _header(incoming: Request, name: str) -> bytes:
    """Return a header's bytes, which WSGI shows as Latin-1 text."""
    value: str = incoming.environ.get("HTTP_" + name.upper().replace("-", "_"), "")
    return value.encode("latin-1")


def _note(what: str) -> None:
    # No value of the request: each may be a visitor's, or help to guess.
    log.warning("refused: %s for %s %s", what, request.method, request.url_rule)
