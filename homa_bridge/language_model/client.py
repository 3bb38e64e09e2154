"""Asks an endpoint that speaks OpenAI's protocol: one POST, a bounded time and a bounded answer.

urllib3's connection is used as it is: the ``openai`` package adds 27 MB to a worker and 0.4 s to its first question.
"""

import json
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from http.client import HTTPException
from socket import SHUT_RDWR
from typing import Final
from urllib.parse import urlsplit

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NameResolutionError, NewConnectionError, SSLError
from urllib3.response import BaseHTTPResponse

from ..errors import ModelFailed
from .answer import refusal, text_of
from .prompt import Told
from .settings import ModelSettings

ANSWER_BYTES: Final = 262_144  # at most; a summary has some thousands
CHUNK_BYTES: Final = 65_536
ANSWER_TOKENS: Final = 1_000  # more than any summary that would be used
CONNECT_SECONDS: Final = 5.0
PAUSE: Final = 1.0  # seconds before the second try
LONGEST_PAUSE: Final = 5.0  # an endpoint that wants more is left alone instead


class Client:
    """Asks one model, from one thread; :meth:`close` may be called from another."""

    def __init__(self, settings: ModelSettings) -> None:
        self._settings = settings
        parts = urlsplit(settings.url)
        self._is_https = parts.scheme == "https"
        self._address = (parts.hostname or "", parts.port)
        self._path = f"{parts.path}/chat/completions"
        self._headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "homa-bridge"}
        if settings.key is not None:
            self._headers["Authorization"] = f"Bearer {settings.key}"
        self._connection: HTTPConnection | None = None
        self._closed = threading.Event()

    def ask(self, messages: Sequence[Told]) -> str:
        """Return what the model answers. An endpoint that is busy is asked once more; one that is slow is not.

        :raises ModelFailed: if there is no answer, or none that can be used; says why in words
        """
        end = time.monotonic() + self._settings.timeout
        clock = threading.Timer(self._settings.timeout, self._abort)  # each read has its own time, all together this
        clock.daemon = True
        clock.start()
        try:
            try:
                return self._ask_once(messages, end)
            except ModelFailed as failure:
                pause = PAUSE if failure.retry_after is None else failure.retry_after
                may_wait = pause <= LONGEST_PAUSE and time.monotonic() + pause < end
                if not failure.is_passing or not may_wait or self._closed.wait(pause):
                    raise
                return self._ask_once(messages, end)
        finally:
            clock.cancel()

    def close(self) -> None:
        """End the question that is under way, and ask no other."""
        self._closed.set()
        self._abort()

    def _abort(self) -> None:
        sock = getattr(self._connection, "sock", None)
        if sock is not None:
            with suppress(OSError):  # it is closed already
                sock.shutdown(SHUT_RDWR)

    def _ask_once(self, messages: Sequence[Told], end: float) -> str:
        question = {
            "model": self._settings.name,
            "messages": list(messages),
            "temperature": 0,
            "max_tokens": ANSWER_TOKENS,
        }
        body = json.dumps(question, ensure_ascii=False).encode("utf-8", "replace")
        left = max(0.1, end - time.monotonic())
        connection = self._connection = self._unconnected(min(CONNECT_SECONDS, left))
        try:
            connection.connect()
            if self._closed.is_set():
                raise ModelFailed("is asked nothing any more, because the service stops")
            connection.timeout = left
            connection.request("POST", self._path, body, self._headers, preload_content=False)
            response = connection.getresponse()
            if response.status != 200:
                raise refusal(response.status, response.headers.get("Retry-After"))
            content = _read(response)
            if time.monotonic() >= end:
                raise TimeoutError  # an answer that was ended for that reason may look whole
            return text_of(content)
        except (HTTPError, HTTPException, OSError, ValueError) as error:
            if time.monotonic() >= end or isinstance(error, TimeoutError):
                raise ModelFailed(f"has not answered within {self._settings.timeout} s") from None
            raise _failure(error) from None  # the text of the error may hold what was sent
        finally:
            self._connection = None
            connection.close()

    def _unconnected(self, timeout: float) -> HTTPConnection:
        host, port = self._address
        kind = HTTPSConnection if self._is_https else HTTPConnection
        return kind(host, port, timeout=timeout)


def _read(response: BaseHTTPResponse) -> bytes:
    content = b""
    while chunk := response.read(CHUNK_BYTES, decode_content=False):  # an empty one tells whether that was all of it
        content += chunk
        if len(content) > ANSWER_BYTES:
            raise ModelFailed(f"answers with more than {ANSWER_BYTES:,} bytes")
    return content


def _failure(error: Exception) -> ModelFailed:
    if isinstance(error, NameResolutionError):
        return ModelFailed("has a host name that nobody knows: correct HOMA_MODEL_URL")
    if isinstance(error, SSLError) or "SSL" in type(error).__name__:
        return ModelFailed("has no certificate that is trusted", is_refusal=True)
    if isinstance(error, ConnectTimeoutError | NewConnectionError | ConnectionRefusedError):
        return ModelFailed("cannot be reached")
    return ModelFailed("broke off its answer", is_passing=True)
