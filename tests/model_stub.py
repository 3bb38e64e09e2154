"""An endpoint that speaks OpenAI's protocol as badly as it is told to."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-test-0f1e2d3c4b5a"

Say = Callable[["Call"], None]


class Call(BaseHTTPRequestHandler):
    """One question, and how it is answered."""

    server: "ModelStub"
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        stub = self.server
        stub.note(self.path, self.headers["Authorization"], json.loads(body))
        says = stub.answers.pop(0) if len(stub.answers) > 1 else stub.answers[0]
        with suppress(OSError):  # whoever asked has gone
            says(self)

    def send(self, status: int, content: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class ModelStub(ThreadingHTTPServer):
    """A running endpoint. ``answers`` are given in turn, the last of them for good."""

    daemon_threads = True

    def __init__(self, *answers: Say) -> None:
        super().__init__(("127.0.0.1", 0), Call)
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []
        self.authorizations: list[str | None] = []
        self.paths: list[str] = []
        self.was_asked = threading.Semaphore(0)
        self.released = threading.Event()

    @property
    def url(self) -> str:
        """What HOMA_MODEL_URL has to be."""
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def note(self, path: str, authorization: str | None, body: dict[str, Any]) -> None:
        """Remember what was asked."""
        self.paths.append(path)
        self.authorizations.append(authorization)
        self.asked.append(body)
        self.was_asked.release()

    def handle_error(self, *_: object) -> None:
        """Say nothing: those who ask may go at any time."""


def completion(text: object, **choice: object) -> bytes:
    """Return an answer's body."""
    message = {"role": "assistant", "content": text}
    return json.dumps({"choices": [{"index": 0, "message": message, "finish_reason": "stop", **choice}]}).encode()


def text(said: str, **choice: object) -> Say:
    """Answer with a text."""
    return lambda call: call.send(200, completion(said, **choice))


def status(code: int, **headers: str) -> Say:
    """Answer with an error, whose text must never be shown."""
    return lambda call: call.send(code, b'{"error": {"message": "secret-of-the-endpoint"}}', **headers)


def raw(content: bytes, **headers: str) -> Say:
    """Answer with these bytes."""
    return lambda call: call.send(200, content, **headers)


def hang(call: Call) -> None:
    """Answer nothing until the test is over."""
    call.server.released.wait(60)


def held(said: str) -> Say:
    """Answer with a text once the test lets it."""

    def say(call: Call) -> None:
        call.server.released.wait(60)
        call.send(200, completion(said))

    return say


def drip(call: Call) -> None:
    """Answer byte by byte, never too slow for one read, and never done."""
    call.send_response(200)
    call.send_header("Content-Length", "100000")
    call.end_headers()
    while not call.server.released.wait(0.05):
        call.wfile.write(b" ")


def drip_headers(call: Call) -> None:
    """Answer with headers without end."""
    call.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not call.server.released.wait(0.05):
        call.wfile.write(b"x")


def cut_off(call: Call) -> None:
    """End in the middle of the answer."""
    content = completion("x" * 100)
    call.send_response(200)
    call.send_header("Content-Length", str(len(content)))
    call.end_headers()
    call.wfile.write(content[:40])
    call.close_connection = True


def hang_up(call: Call) -> None:
    """End without an answer."""
    call.close_connection = True


@contextmanager
def model_stub(*answers: Say) -> Iterator[ModelStub]:
    """Run an endpoint for a while."""
    stub = ModelStub(*answers)
    thread = threading.Thread(target=stub.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        stub.released.set()
        stub.shutdown()
        stub.server_close()
        thread.join()


def eventually(holds: Callable[[], object], seconds: float = 20.0) -> bool:
    """Wait until something holds, and say whether it does."""
    end = time.monotonic() + seconds
    while not (found := holds()) and time.monotonic() < end:
        time.sleep(0.02)
    return bool(found)
