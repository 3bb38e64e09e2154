"""Signed requests to the running service: bytes arrive as they were signed, through the web server as well."""

import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from threading import Barrier
from typing import Any

from flask import Flask
from sqlalchemy import text

from homa_bridge.persona.rules import PERSONAS

from ..api.wire import API, RESTORE, SYNC
from ..conftest import services_of
from ..servers import serving
from ..signed import SECRET, signature, signed

GUEST = "guest_" + "0123456789abcdef" * 2
REFERER = "https://torob.com/کتاب?q=۵".encode().decode("latin-1")


def send(port: int, method: str, target: str, body: bytes, headers: dict[str, str]) -> tuple[int, Any]:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    kind = {"Content-Type": "application/json"} if body else {}
    connection.request(method, target, body or None, {**headers, **kind})
    response = connection.getresponse()
    answer = json.loads(response.read())
    connection.close()
    return response.status, answer


def test_a_live_service_takes_what_is_signed(tmp_path: Path) -> None:
    environ = {"HOMA_DATA_DIR": str(tmp_path), "HOMA_SHARED_SECRET": SECRET}
    with serving(environ, tmp_path) as service:
        visitor: dict[str, Any] = {"guest": GUEST, "referer": REFERER, "scheme": "https", "site": "https://shop.test "}
        body = '{"field": "tirage", "value": "۵۰۰ نسخه‌ی گلاسه"}'.encode()
        headers = signature("POST", API + SYNC, body, **visitor)
        assert send(service.port, "POST", API + SYNC, body, headers)[0] == 200
        status, answer = send(service.port, "POST", API + SYNC, body, headers)
        assert (status, answer["code"]) == (409, "homa_already_done")
        target = f"{API}{RESTORE}?session_token={GUEST}&a=%D8%A8"
        status, answer = send(service.port, "GET", target, b"", signature("GET", target, **visitor))
        assert answer["vault_data"]["tirage"]["value"] == "۵۰۰ نسخه‌ی گلاسه"
        status, answer = send(
            service.port, "GET", "/internal/context", b"", signature("GET", "/internal/context", **visitor)
        )
        assert (status, answer["from_torob"], answer["session_token"]) == (200, True, GUEST)
        for headers in ({}, {"X_Homa_Signature": "v1=" + "0" * 64}):
            status, answer = send(service.port, "GET", "/internal/context", b"", headers)
            assert (status, answer["code"]) == (401, "homa_signature_missing")
        log = service.process.log.read_text()
    assert "refused: SignatureMissing for GET /internal/context" in log
    assert GUEST not in log
    assert SECRET not in log


def test_first_points_for_a_persona_at_once_leave_one_row(make_app: Callable[..., Flask], mariadb_url: str) -> None:
    app = make_app(mariadb_url, HOMA_SHARED_SECRET=SECRET, HOMA_THREADS="24")

    start = Barrier(24)

    def add(persona: str) -> int:
        start.wait()
        body = {"persona": persona, "score": 2}
        return signed(app.test_client(), "POST", "/internal/persona-score", body, user="7").status_code

    with ThreadPoolExecutor(24) as pool:
        for persona in PERSONAS:
            assert Counter(pool.map(add, [persona] * 24)) == {200: 24}
    with services_of(app).database.engine.connect() as connection:
        assert list(connection.execute(text("SELECT score FROM wp_homaye_persona_scores"))) == [(48,)] * len(PERSONAS)
