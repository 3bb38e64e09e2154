"""What proxies say, before a live service: it counts of those that the owner has named, however they reach it."""

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from ..servers import Service, serving

RESTORE = "/wp-json/homaye-tabesh/v1/vault/restore"
VISITOR = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https"}

FORGED = [
    {"X-Forwarded-Proto": "https"},
    {"X-Forwarded-Protocol": "ssl"},
    {"X-Forwarded-Ssl": "on"},
    {"Forwarded": "for=192.0.2.7;proto=https"},
    VISITOR,
]


class UnixConnection(HTTPConnection):
    """HTTP over a socket's file."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=20)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self._path)


def ask(place: str, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str], dict[str, object]]:
    """Ask on a new connection: to a port, or a socket's file."""
    connection = UnixConnection(place) if place.startswith("/") else HTTPConnection("127.0.0.1", int(place), timeout=20)
    try:
        connection.request("GET", RESTORE, headers=dict(headers))
        answer = connection.getresponse()
        return answer.status, dict(answer.headers), json.loads(answer.read())
    finally:
        connection.close()


@contextmanager
def listening(tmp_path: Path, place: str, **environ: str) -> Iterator[str]:
    """Run the service with one worker, so that it counts in one place, and return where to ask."""
    limits = {"HOMA_RATE_LIMITS": "on", "HOMA_RATE_LIMIT_ADDRESS": "5/hour", "HOMA_WORKERS": "1"}
    path = tmp_path / "homa.sock"
    options = ("--host", f"unix:{path}") if place == "unix" else ()
    service: Service
    with serving({"HOME": str(tmp_path), **limits, **environ}, tmp_path, *options) as service:
        yield str(path) if place == "unix" else str(service.port)


@pytest.mark.parametrize("place", ["127.0.0.1", "unix"])
def test_headers_of_nobody_in_particular_are_nothing(tmp_path: Path, place: str) -> None:
    with listening(tmp_path, place, FORWARDED_ALLOW_IPS="*") as where:
        for number, forged in enumerate(FORGED):
            status, headers, _ = ask(where, {**forged, "SCRIPT_NAME": "/x", "X-Real-IP": f"192.0.2.{number}"})
            assert status == 200
            assert "Secure" not in headers["Set-Cookie"]
        assert ask(where, {"X-Forwarded-For": "192.0.2.99"})[0] == 429, "all of them came from one address"


@pytest.mark.parametrize("place", ["127.0.0.1", "unix"])
def test_a_named_proxy_s_headers_count(tmp_path: Path, place: str) -> None:
    with listening(tmp_path, place, HOMA_TRUSTED_PROXIES=place) as where:
        for number in range(8):
            status, headers, _ = ask(where, {**VISITOR, "X-Forwarded-For": f"192.0.2.66, 192.0.2.{number}"})
            assert (status, "Secure" in headers["Set-Cookie"]) == (200, True)
        answers = [ask(where, VISITOR)[0] for _ in range(6)]
        assert answers == [200] * 4 + [429] * 2, "192.0.2.7 has asked once before"
        status, headers, content = ask(where, VISITOR)
        assert (status, content["code"]) == (429, "homa_rate_limited")
        assert 1 <= int(headers["Retry-After"]) <= 3_601
        assert "Set-Cookie" not in headers
        assert "Secure" not in ask(where, {"X-Forwarded-For": "192.0.2.80"})[1]["Set-Cookie"]
