"""The worker of the web server: gunicorn's threads, with an end to the queue in front of them.

Gunicorn lets requests wait for a thread without limit. Under more load than the database bears, each would then be
answered when nobody waits for it any more.
"""

import select
import selectors
import socket
import threading
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple, Protocol, cast

import msgspec
from gunicorn.http import Request
from gunicorn.http.wsgi import Response
from gunicorn.workers.gthread import TConn, ThreadWorker

from .http import DISCARDED_BYTES
from .refusals import OVERLOADED

QUEUE_SECONDS = 2.0
"""How long a request waits for a thread at most: the WordPress plugin gives up after as long."""

NEVER_REFUSED = frozenset({"/healthz", "/metrics"})
"""What is answered in any case: it asks nothing of the database, and says that the service is alive, or how busy."""

NEXT_MILLISECONDS = 2
"""How long a thread waits for the next request on the connection that it has just served, if nobody needs the thread.

Handing the connection back to the loop and from there to a thread again costs as much as a small request itself.
"""

REPORT_SECONDS = 10.0

LINGER_SECONDS = 2.0
"""How long the other end has for closing a connection on which nothing more is answered."""


class _Served(Protocol):
    """What the worker asks of the application that the web server runs."""

    @property
    def queue_limit(self) -> int:
        """How many requests may wait in a worker."""

    def count_refused(self) -> None:
        """Count a request that was refused."""


class _Waiting(NamedTuple):
    """A request that has been given to the threads.

    :param since: moment on the monotonic clock, in seconds
    """

    answer: Future[bool]
    connection: TConn
    since: float

    @property
    def has_begun(self) -> bool:
        return self.answer.running() or self.answer.done()


class _Lane(threading.local):
    """Whether the thread that asks is the one that refuses."""

    refuses = False


class BoundedWorker(ThreadWorker):
    """Answers requests in threads; what would wait too long for one is refused by a thread that does nothing else.

    The loop of the process alone changes what is kept here. As the threads take requests in the order in which they
    came, those that have begun are always at the head of the queue.
    """

    def init_process(self) -> None:
        """Prepare the queue, then run."""
        self._served = cast(_Served, self.app)
        self._waiting: deque[_Waiting] = deque()
        self._lingering: deque[TConn] = deque()
        self._lane = _Lane()
        self._to_spare = threading.BoundedSemaphore(max(1, self.cfg.threads // 2))  # the other threads take what is new
        self._refusing = ThreadPoolExecutor(1)
        self._refused = 0
        self._report_from = 0.0
        self._has_left = False
        super().init_process()

    def enqueue_req(self, conn: TConn) -> None:
        """Give a connection that has something to read to the threads, if few enough wait for one."""
        if not conn.initialized and not conn.data_ready:
            conn.data_ready = _is_readable(conn, 0)
            if not conn.data_ready:
                self._wait_for_data(conn)
                return
        while self._waiting and self._waiting[0].has_begun:
            self._waiting.popleft()
        if len(self._waiting) >= self._served.queue_limit:
            self._refuse(conn)
            return
        answer = self.tpool.submit(self.handle, conn)
        self._waiting.append(_Waiting(answer, conn, time.monotonic()))
        answer.add_done_callback(partial(self._leave, conn))

    def murder_pending(self) -> None:
        """Close connections that send nothing, and refuse what has waited too long. Runs in every turn of the loop."""
        super().murder_pending()
        now = time.monotonic()
        while self._lingering and cast(float, self._lingering[0].timeout) <= now:
            conn = self._lingering.popleft()
            self.poller.unregister(conn.sock)
            self._close(conn)
        latest = now - QUEUE_SECONDS
        while self._waiting and (self._waiting[0].has_begun or self._waiting[0].since < latest):
            first = self._waiting.popleft()
            if first.answer.cancel():
                self._refuse(first.connection)
        if self._refused and now >= self._report_from:
            self.log.warning("overloaded: %d requests were answered with 503", self._refused)
            self._refused, self._report_from = 0, now + REPORT_SECONDS

    def finish_request(self, conn: TConn, fs: Future[bool]) -> None:
        """Keep a connection or close it. Whether the other end closes it, too, is awaited without holding up others."""
        if fs.exception() is not None or fs.result() is not False:
            super().finish_request(conn, fs)
            return
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
            if _is_readable(conn, 0) and not conn.sock.recv(1, socket.MSG_PEEK):
                self._close(conn)
                return
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._read_rest, conn))
        except (OSError, ValueError):  # it is closed already
            self._close(conn)
            return
        conn.timeout = time.monotonic() + LINGER_SECONDS
        self._lingering.append(conn)

    def set_accept_enabled(self, enabled: bool | None) -> None:
        """Accept new connections or not. A worker that ends takes those that the system has accepted for it with it.

        Its sockets are closed at once, so that whoever comes next is refused and a new service may listen.
        """
        super().set_accept_enabled(enabled)
        if enabled or self._has_left or (self.alive and self.is_parent_alive()):
            return
        self._has_left = True
        for listener in self.sockets:
            while self._accept_one(listener):
                pass
            listener.close()

    def handle(self, conn: TConn) -> Any:
        """Answer a request, and those that follow at once on the same connection; say whether the connection stays."""
        outcome = super().handle(conn)
        while outcome is True and self._has_next(conn):
            outcome = super().handle(conn)
        return outcome

    def handle_request(self, req: Request, conn: TConn) -> bool:
        """Answer a request; on the thread that refuses, with a refusal."""
        if not self._lane.refuses or req.path in NEVER_REFUSED:
            return super().handle_request(req, conn)
        left = DISCARDED_BYTES
        while (
            left > 0 and req.body and (piece := req.body.read(65_536))
        ):  # bytes that nobody reads would end the connection
            left -= len(piece)
        response = Response(req, conn.sock, self.cfg)
        if left <= 0 or not self.alive:
            response.force_close()
        response.start_response("503 Service Unavailable", list(_HEADERS))
        response.write(_BODY)
        response.close()
        return not response.should_close()

    def _has_next(self, conn: TConn) -> bool:
        """Wait a moment for another request on a connection, unless the thread is needed elsewhere."""
        if not self.alive or self._lane.refuses or self._is_wanted() or not self._to_spare.acquire(blocking=False):
            return False
        try:
            return _is_readable(conn, NEXT_MILLISECONDS) and not self._is_wanted()
        finally:
            self._to_spare.release()

    def _is_wanted(self) -> bool:
        """Say whether a request waits for a thread."""
        try:
            return not self._waiting[-1].has_begun  # threads take the oldest first
        except IndexError:
            return False

    def _wait_for_data(self, conn: TConn) -> None:
        """Watch a new connection: a thread that waited for its first byte would be missing elsewhere."""
        conn.sock.setblocking(False)
        conn.set_timeout()
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def _read_rest(self, conn: TConn, _socket: object) -> None:
        """Take in what comes after the answer until the other end closes: a reset could overtake the answer."""
        try:
            rest = conn.sock.recv(65_536)
        except BlockingIOError:
            return
        except OSError:
            rest = b""
        if not rest:
            self._lingering.remove(conn)
            self.poller.unregister(conn.sock)
            self._close(conn)

    def _close(self, conn: TConn) -> None:
        self.nr_conns -= 1
        conn.close()

    def _refuse(self, conn: TConn) -> None:
        self._refused += 1
        self._served.count_refused()
        self._refusing.submit(self._handle_refusing, conn).add_done_callback(partial(self._leave, conn))

    def _handle_refusing(self, conn: TConn) -> Any:
        self._lane.refuses = True
        return self.handle(conn)

    def _leave(self, conn: TConn, answer: Future[bool]) -> None:
        if not answer.cancelled():  # else it is being refused
            self.method_queue.defer(self.finish_request, conn, answer)

    def _accept_one(self, listener: Any) -> bool:
        """Accept a connection, and say whether there was one."""
        before = self.nr_conns
        self.accept(listener)
        return self.nr_conns > before


def _is_readable(conn: TConn, milliseconds: int) -> bool:
    """Say whether something comes on a connection within a time; so does its end."""
    poll = select.poll()
    poll.register(conn.sock, select.POLLIN)
    return len(poll.poll(milliseconds)) > 0


_BODY = msgspec.json.encode(OVERLOADED.content)
_HEADERS = (
    ("Content-Type", "application/json"),
    ("Content-Length", str(len(_BODY))),
    ("Retry-After", str(OVERLOADED.retry_after)),
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
)
