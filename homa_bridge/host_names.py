"""Finds the database's host by its name, in bounded time, and also while the name is not found."""

import socket
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any

Addresses = list[tuple[str, int]]

RESOLVE_SECONDS = 3.0


class HostNames:
    """Looks names up each time, and goes on with what was found before while that fails.

    The system's resolver knows no time-out of the caller's, and takes ten seconds and more where no DNS server answers:
    it is asked in a thread of its own, and all who wait share what it says.

    :param seconds: how long an answer is waited for
    """

    def __init__(self, seconds: float = RESOLVE_SECONDS) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._asked: dict[tuple[str, int], Future[Addresses]] = {}
        self._known: dict[tuple[str, int], Addresses] = {}

    def addresses(self, host: str, port: int) -> Addresses:
        """Return addresses with ports, in the order in which they are to be tried.

        :raises OSError: if there are none, and none were found before
        """
        key = (host, port)
        with self._lock:
            asked = self._asked.get(key)
            if asked is None:
                asked = self._asked[key] = Future()
                threading.Thread(target=self._look_up, args=(key, asked), daemon=True).start()
        try:
            self._known[key] = asked.result(self._seconds)
        except (OSError, FutureTimeout) as error:
            self._forget(key, asked)  # whoever comes next asks anew: the resolver may have been mended
            if key not in self._known:
                raise socket.gaierror(socket.EAI_AGAIN, "no answer from DNS") from error
        return self._known[key]

    def _look_up(self, key: tuple[str, int], asked: "Future[Addresses]") -> None:
        try:
            found = socket.getaddrinfo(*key, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:  # the latter: a name that cannot be one
            failure: Any = error if isinstance(error, OSError) else OSError(str(error))
            asked.set_exception(failure)
            return
        self._forget(key, asked)
        asked.set_result([(str(address[0]), int(address[1])) for *_, address in found])

    def _forget(self, key: tuple[str, int], asked: "Future[Addresses]") -> None:
        with self._lock:
            if self._asked.get(key) is asked:
                del self._asked[key]


NAMES = HostNames()
"""What this process has found; it is forked with it, so that a new worker knows what the service knew at its start."""
