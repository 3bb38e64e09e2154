"""Refuses requests that name another host than this service.

A page on the internet may have its own name lead to this machine, and its scripts then read what the service answers
there: the browser takes both for one site. It cannot do that with an address, nor with a name that is not its own.
"""

import ipaddress
import re
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import urlsplit

from flask import Flask, request
from werkzeug.sansio.utils import host_is_trusted

from ..application import services
from ..config import Settings
from ..errors import UnknownHost

LOOPBACK = ("localhost", ".localhost")
LITERAL = re.compile(r"\[([0-9a-f:.]+)\](?::[0-9]{1,5})?|([0-9.]+)(?::[0-9]{1,5})?", re.ASCII | re.IGNORECASE)


def init_app(app: Flask) -> None:
    """Have the host of every request looked at."""
    names = own_names(services().settings)
    is_own = lru_cache(maxsize=256)(lambda host: is_literal(host) or host_is_trusted(host.lower(), names))

    @app.before_request
    def check_host() -> None:
        """Refuse a foreign host. No browser leaves the header out.

        :raises UnknownHost: if it is not this service's
        """
        host = request.environ.get("HTTP_HOST")
        if host and not is_own(host):
            raise UnknownHost


def own_names(settings: Settings) -> Sequence[str]:
    """Return the names under which the service may be asked; one that begins with a dot stands for all below it."""
    site = urlsplit(settings.site_url or "").hostname
    listening = "" if settings.host.startswith("unix:") else settings.host.lower()
    named = [name for name in (site, listening) if name and ":" not in name]
    return (*LOOPBACK, *named, *settings.defences.hosts)


def is_literal(host: str) -> bool:
    """Say whether a host is an IP address, with a port or without."""
    found = LITERAL.fullmatch(host)
    if found is None:
        return False
    try:
        ipaddress.ip_address(found[1] or found[2])
    except ValueError:
        return False
    return True
