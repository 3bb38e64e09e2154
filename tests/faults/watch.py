"""Looks at what runs."""

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def workers_of(master: int) -> list[int]:
    """Return the process ids of a service's workers."""
    with suppress(OSError):
        return [int(child) for child in Path(f"/proc/{master}/task/{master}/children").read_text().split()]
    return []


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    """Wait until something is so."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"not so after {seconds} s"
        time.sleep(0.02)


def can_connect(port: int) -> bool:
    """Say whether somebody takes connections on a port of the loopback interface."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
