"""What the service needs beside its database: a place to listen at, and where requests are counted."""

import http.client
import socket
from collections.abc import Iterator
from typing import Final

from limits.errors import StorageError
from limits.storage import storage_from_string

from ..config import Settings
from ..defences.limiter import redis_options
from ..defences.settings import MEMORY
from ..errors import SettingsError
from ..listen_address import SOCKET, check_address, check_exposure
from .finding import Finding

SECONDS: Final = 2.0


class _Connection(http.client.HTTPConnection):
    """A connection to where the service listens, be it a socket's file."""

    def __init__(self, settings: Settings) -> None:
        super().__init__("localhost", timeout=SECONDS)
        self._settings = settings

    def connect(self) -> None:
        """Connect.

        :raises OSError: if nobody listens
        """
        host = self._settings.host
        if host.startswith(SOCKET):
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.settimeout(SECONDS)
            self.sock.connect(host.removeprefix(SOCKET))
        else:
            self.sock = socket.create_connection((host, self._settings.port), SECONDS)


def examine_place(settings: Settings) -> Iterator[Finding]:
    """See that the service listens, or can."""
    place = settings.host if settings.host.startswith(SOCKET) else f"{settings.host}:{settings.port}"
    try:
        check_exposure(settings)
    except SettingsError as error:
        yield Finding("wrong", f"Service: {error}", "Until then it does not start.")
        return
    if _is_running(settings):
        yield Finding("right", f"Service: it runs at {place}")
        return
    try:
        check_address(settings)
    except SettingsError as error:
        yield Finding("wrong", f"Service: {error}", "Correct HOMA_HOST or HOMA_PORT, or stop what is there.")
        return
    yield Finding("note", f"Service: it does not run at {place}", "Run `homa-bridge serve`.")


def examine_limits(settings: Settings) -> Iterator[Finding]:
    """See that requests can be counted where they are to be."""
    limits = settings.defences.limits
    if limits is None or limits.storage == MEMORY:
        return
    try:
        is_there = storage_from_string(limits.storage, **redis_options()).check()
    except (OSError, StorageError):
        is_there = False
    if is_there:
        yield Finding("right", "Rate limits: Redis counts")
    else:
        yield Finding(
            "wrong",
            "Rate limits: Redis does not answer, and each worker counts for itself",
            "Start it, or correct HOMA_RATE_LIMIT_STORAGE.",
        )


def _is_running(settings: Settings) -> bool:
    connection = _Connection(settings)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().read(100) == b'{"alive":true}'
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
