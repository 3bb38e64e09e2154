"""Stands between WordPress and the service: counts what passes, and fails on demand as services fail."""

import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, auto

from ..servers import free_port

PATIENCE = 20.0
BUSY = (
    b"HTTP/1.0 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 5\r\n\r\n"
    b'{"code": "homa_storage_unavailable", "message": "Busy.", "data": {"status": 503}}'
)


class Mode(Enum):
    """What happens to a request."""

    PASS = auto()  # it is handed on, and the answer back
    HANG = auto()  # nothing happens
    GARBAGE = auto()  # the answer is not the service's
    CUT = auto()  # the answer breaks off
    DEAF = auto()  # it is handed on and done, but the answer is lost
    BUSY = auto()  # the service is there, and cannot
    LATE = auto()  # it is handed on when nobody waits for the answer any more


@dataclass(frozen=True, slots=True)
class Passed:
    """A request that came by."""

    method: str
    path: str
    head: bytes
    body: bytes
    at: float


class Between:
    """A relay on the loopback interface.

    :param target: port of the service
    """

    def __init__(self, target: int) -> None:
        self.port = free_port()
        self.target = target
        self.mode = Mode.PASS
        self.passed: list[Passed] = []
        self.released = threading.Event()
        self.failing_after: int | None = None  # how many more requests pass before the mode is DEAF
        self.alter: Callable[[bytes], bytes] = lambda request: request  # what becomes of a request on its way
        self.busy_for = 0  # how many more requests are answered as by a service whose database is away
        self._lock = threading.Lock()
        self._server: socketserver.ThreadingTCPServer | None = None
        self.listen()

    @property
    def address(self) -> str:
        """Where WordPress finds it."""
        return f"http://127.0.0.1:{self.port}"

    def listen(self) -> None:
        """Accept connections."""
        relay = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                relay.handle(self.request)

        socketserver.ThreadingTCPServer.allow_reuse_address = True
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def refuse(self) -> None:
        """Stop listening: connections are refused."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def paths(self) -> list[str]:
        """Return what has been asked for, without queries, and forget it."""
        with self._lock:
            found, self.passed = [request.path.split("?")[0] for request in self.passed], []
        return found

    @contextmanager
    def failing(self, mode: Mode) -> Iterator[None]:
        """Fail for a while."""
        self.released.clear()
        self.mode = mode
        try:
            yield
        finally:
            self.mode = Mode.PASS
            self.released.set()

    def handle(self, client: socket.socket) -> None:
        """Serve one connection."""
        client.settimeout(PATIENCE)
        received = _read(client)
        if received is None:
            return
        mode = self._note(received)
        if mode is Mode.BUSY:
            client.sendall(BUSY)
            return
        if mode is Mode.HANG:
            self.released.wait(PATIENCE)
            return
        if mode is Mode.GARBAGE:
            client.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<h1>It works!</h1>")
            return
        if mode is Mode.LATE:
            self.released.wait(PATIENCE)
            self._forward(received)
            return
        answer = self._forward(received)
        if mode is Mode.CUT:
            client.sendall(answer[: len(answer) - 5])
        elif mode is Mode.PASS:
            client.sendall(answer)

    def _note(self, received: bytes) -> Mode:
        head, _, body = received.partition(b"\r\n\r\n")
        method, path, _ = head.split(b"\r\n")[0].decode("latin-1").split(" ")
        with self._lock:
            self.passed.append(Passed(method, path, head, body, time.monotonic()))
            if self.failing_after is not None:
                self.failing_after -= 1
                if self.failing_after < 0:
                    return Mode.DEAF
            if self.busy_for > 0:
                self.busy_for -= 1
                return Mode.BUSY
            return self.mode

    def _forward(self, received: bytes) -> bytes:
        answer = b""
        with socket.create_connection(("127.0.0.1", self.target), PATIENCE) as service:
            service.sendall(self.alter(received))
            while piece := service.recv(65_536):
                answer += piece
        return answer


def _read(client: socket.socket) -> bytes | None:
    received = b""
    while b"\r\n\r\n" not in received:
        piece = client.recv(65_536)
        if not piece:
            return None
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
    )
    while len(body) < length:
        piece = client.recv(65_536)
        if not piece:
            return None
        body += piece
    return head + b"\r\n\r\n" + body
