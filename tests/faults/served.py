"""The service in a world in which time and names can be told what to do: ``python -m tests.faults.served serve …``

Files in the folder ``HOMA_TEST_WORLD`` say how that world is: ``clock`` holds seconds that are added to the time, and
``names`` what becomes of the host ``database.test``: an address, or ``gone``, or ``hung``.
"""

import os
import socket
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from homa_bridge import clock
from homa_bridge.cli import main

WORLD = Path(os.environ["HOMA_TEST_WORLD"])
NAME = "database.test"
HUNG_SECONDS = 20

true_time, true_addresses, TrueClock = time.time, socket.getaddrinfo, clock.Clock.__init__


def step() -> float:
    return float((WORLD / "clock").read_text())


def stepped_time() -> float:
    return true_time() + step()


def stepped_now() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=step())


def stepped_clock(self: clock.Clock, zone: Any) -> None:
    TrueClock(self, zone, stepped_now)


def addresses(host: Any, *arguments: Any, **options: Any) -> Any:
    if host != NAME:
        return true_addresses(host, *arguments, **options)
    told = (WORLD / "names").read_text()
    if told == "hung":
        time.sleep(HUNG_SECONDS)
    if told in {"gone", "hung"}:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return true_addresses(told, *arguments, **options)


if __name__ == "__main__":
    clock.Clock.__init__ = stepped_clock  # type: ignore[method-assign,assignment]
    time.time = stepped_time
    socket.getaddrinfo = addresses
    main()
