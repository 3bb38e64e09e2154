"""Whether two addresses are of the same site. Pure."""

from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443}


class _Home(NamedTuple):
    host: str
    port: int | None
    path: str


def is_same_site(one: str, other: str) -> bool:
    """Say whether two home addresses are one site's: with the same host, port and path, by http or https."""
    return _home(one) == _home(other)


@lru_cache(maxsize=16)
def _home(address: str) -> _Home:
    try:
        parts = urlsplit(address if "://" in address else f"//{address}")
        port = parts.port if parts.port != DEFAULT_PORTS.get(parts.scheme) else None
        return _Home(_ascii(parts.hostname or ""), port, parts.path.rstrip("/"))
    except ValueError:  # no address: the same as itself alone
        return _Home(address, None, "")


def _ascii(host: str) -> str:
    """Return a host as the name system knows it: WordPress may show it in the shop's own script."""
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return host
