"""Where the service listens: what may be, what can be, and how it is written."""

import os
import socket
from pathlib import Path
from typing import Any

from .config import Settings
from .errors import SettingsError
from .identity.address import is_loopback

SOCKET = "unix:"
SOCKET_PATH_BYTES = 107  # what the system takes


def invitation(address: Any) -> str:
    """Say where the service is, given the address of its socket."""
    if isinstance(address, str):
        return f"It listens on the socket {address}."
    host, port = address[:2]
    return f"Open http://{_bracketed(host)}:{port}/ to see that it works."


def bind_address(settings: Settings) -> str:
    """Return the address as gunicorn writes it."""
    return settings.host if _is_socket(settings) else f"{_bracketed(settings.host)}:{settings.port}"


def _is_socket(settings: Settings) -> bool:
    return settings.host.startswith(SOCKET)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def check_exposure(settings: Settings) -> None:
    """Refuse to be reached from other machines without a secret: anybody could then say who they are.

    :raises SettingsError: if that would be so
    """
    is_own = _is_socket(settings) or settings.host == "localhost" or is_loopback(settings.host)
    if settings.shared_secret is None and not is_own:
        raise SettingsError(
            f"{settings.host} can be reached from other machines: set HOMA_SHARED_SECRET (`openssl rand -hex 32`), "
            "or listen on 127.0.0.1."
        )


def check_address(settings: Settings) -> None:
    """See that the service can listen there.

    :raises SettingsError: if it cannot
    """
    if _is_socket(settings):
        _check_socket(Path(settings.host.removeprefix(SOCKET)))
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
