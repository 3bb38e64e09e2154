"""Where the current request comes from."""

from flask import request

from ..application import services
from .address import UNIX, Origin, client_of, is_loopback, origin, parse_address
from .signed import current_caller

FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")


def current_client() -> str:
    """Return whom the visitor's address is counted as.

    Of a signed request it is the address that the site tells; where it tells none, its own.
    """
    caller = current_caller()
    if caller is not None and parse_address(caller.address) is not None:
        return client_of(caller.address)
    return client_of(_origin().address)


def is_secure() -> bool:
    """Say whether the visitor came by https, which between the plugin and the service is of no account."""
    caller = current_caller()
    if caller is not None:
        return caller.is_secure
    return _origin().scheme == "https" or (services().settings.site_url or "").startswith("https://")


def is_local() -> bool:
    """Say whether the request was made on this machine, and not handed on by a proxy on it."""
    environ = request.environ
    peer = environ.get("REMOTE_ADDR") or UNIX
    return is_loopback(peer) and not any(name in environ for name in FORWARDED)


def _origin() -> Origin:
    environ = request.environ
    return origin(
        environ.get("REMOTE_ADDR") or UNIX,
        environ["wsgi.url_scheme"],
        environ.get("HTTP_X_FORWARDED_FOR", ""),
        environ.get("HTTP_X_FORWARDED_PROTO", ""),
        services().settings.defences.proxies,
    )
