"""Tells systemd when the service is ready: one datagram, as sd_notify(3) has it."""

import os
import socket
from contextlib import suppress
from typing import Final

VARIABLE: Final = "NOTIFY_SOCKET"


def take_address() -> str | None:
    """Return where systemd listens; None if nobody does.

    It is taken out of the environment: the web server would else say that it is ready before its workers are.
    """
    return os.environ.pop(VARIABLE, None)


def send(address: str | None, state: str) -> None:
    """Send a state. One that does not arrive stops nothing."""
    if address is None:
        return
    path = "\0" + address[1:] if address.startswith("@") else address
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.connect(path)
        sender.sendall(state.encode())
