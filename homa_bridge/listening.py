"""Where the service listens: an address and a port, or the file of a socket."""

import os
import socket
from pathlib import Path
from typing import Final

from .config import Settings
from .errors import SettingsError

UNIX: Final = "unix:"
SOCKET_PATH_BYTES: Final = 107  # what the system takes


def check_address(settings: Settings) -> None:
    """See that the service can listen where it is to.

    :raises SettingsError: if it cannot
    """
    if settings.host.startswith(UNIX):
        _check_socket(Path(settings.host.removeprefix(UNIX)))
        return
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
        family, kind, protocol, _, address = found[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise SettingsError(
            f"{settings.host}:{settings.port} cannot be listened on ({error.strerror or error}): "
            "choose another --port or --host."
        ) from None


def _check_socket(path: Path) -> None:
    """See that the socket can be made. One that nobody listens on any more is replaced.

    :raises SettingsError: if the path is too long, is something else, is in use, or cannot be written
    """
    remedy = "choose another path for --host unix:/path/to/socket."
    if not path.is_absolute() or len(bytes(path)) > SOCKET_PATH_BYTES:
        raise SettingsError(f"{path} is no full path of up to {SOCKET_PATH_BYTES} bytes: {remedy}")
    if path.exists() and not path.is_socket():
        raise SettingsError(f"{path} is there, and is no socket: {remedy}")
    with socket.socket(socket.AF_UNIX) as probe:
        if path.is_socket() and probe.connect_ex(str(path)) == 0:
            raise SettingsError(f"{path} is in use by a service that runs: stop it, or {remedy}")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise SettingsError(f"{path.parent} is no folder that this user may write: {remedy}")
