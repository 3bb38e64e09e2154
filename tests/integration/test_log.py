"""Neither what visitors type, nor who they are, nor a secret ever gets into the service's log."""

import http.client
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pymysql
import pytest

from ..servers import MariaDB, Service, serving
from ..signed import SECRET, signature

API = "/wp-json/homaye-tabesh/v1"
MARK = "mark-5b1e"
GUEST = "guest_" + "5b1e" * 8
USER = "424242"
ADDRESS = "203.0.113.77"
NONCE = "ab12" * 8
TELLING = [MARK, GUEST, f"user_{USER}", USER, ADDRESS, SECRET, "geheim", NONCE]

BODIES: Mapping[str, dict[str, Any]] = {
    f"{API}/vault/sync": {"field": MARK, "value": {MARK: MARK}, "page_url": f"https://shop.test/{MARK}"},
    f"{API}/vault/clear": {"scope": "session"},
    f"{API}/session/snapshot": {"form_snapshot": {MARK: MARK}, "chat_summary": MARK},
    f"{API}/interest/track": {"category": MARK, "score": 3, "source": MARK},
    f"{API}/context/compress": {"messages": [{"role": "user", "content": MARK}]},
    f"{API}/chat/memory": {"message_type": "user", "message_content": MARK, "ai_metadata": {MARK: MARK}},
    f"{API}/chat/memory/clear": {},
    "/internal/vault": {"field": MARK, "value": MARK, "insight": MARK},
    "/internal/clear": {"what": "session", "token": GUEST},
    "/internal/persona-score": {"persona": "author", "score": 3},
    "/internal/form-summary": {"form": {MARK: MARK}},
    "/internal/enrich": {"message": MARK, "context": {"summary": MARK}},
    "/internal/forget": {"token": f"user_{USER}"},
}
"""A valid body of every route that reads one, but those that only look after the database."""

READS = [
    f"{API}/vault/restore?session_token={GUEST}",
    f"{API}/vault/restore?session_token=user_{USER}",
    f"{API}/persona/analyze?{MARK}={MARK}",
    f"{API}/vault/interests",
    f"{API}/memory/summary",
    f"{API}/chat/memory?session_id={GUEST}",
    "/internal/context",
    f"/internal/memory?token={GUEST}",
    f"/internal/personal-data?token={GUEST}",
    f"/no/such/route/{MARK}?{MARK}",
]


def spoilt(body: dict[str, Any]) -> Iterator[bytes]:
    """Return bodies that are refused, each in its own way."""
    yield b'{"' + MARK.encode() + b'": '
    yield json.dumps([MARK]).encode()
    yield b"\xff" + MARK.encode()
    yield json.dumps({**body, MARK: MARK, "padding": MARK * 40_000}).encode()
    yield json.dumps({MARK: MARK}).encode()
    for name in body:
        yield json.dumps({**body, name: {MARK: [MARK] * 3}}).encode()
        yield json.dumps({**body, name: MARK * 2_000}).encode()
        yield json.dumps({**body, name: 10**30}).encode()
    deep = b"[" * 60 + json.dumps(MARK).encode() + b"]" * 60
    yield b'{"field":"' + MARK.encode() + b'","value":' + deep + b"}"


def send(service: Service, method: str, target: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Send a request and return the answer's status; 0 if there is none."""
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
    try:
        connection.request(method, target, body, {"Content-Type": "application/json", **headers})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def headers_of(kind: str, method: str, target: str, body: bytes) -> dict[str, str]:
    """Return the headers of a visitor who is unsigned, signed, or signed wrongly."""
    page = f"https://shop.test/{MARK}"
    if kind == "unsigned":
        return {"Cookie": f"homa_session_token={GUEST}; other={MARK}", "Referer": page, "X-Forwarded-For": ADDRESS}
    visitor: dict[str, Any] = {"user": USER} if kind == "user" else {"guest": GUEST}
    made = signature(method, target, body, address=ADDRESS, referer=page, **visitor)
    if kind == "forged":
        return {**made, "x-homa-signature": f"v1={'0' * 64}{made['x-homa-signature'][67:]}"}
    if kind == "malformed":
        return {**made, "x-homa-signature": f"{MARK}{SECRET}", "x-homa-nonce": MARK}
    return made


def drive(service: Service, *, is_brief: bool = False) -> set[int]:
    """Send everything to every route as everybody, and return the statuses."""
    statuses = set()
    for target, valid in BODIES.items():
        bodies = [json.dumps(valid).encode(), *([] if is_brief else spoilt(valid))]
        for number, body in enumerate(bodies):
            for kind in ("unsigned", "user", "guest", "forged", "malformed")[: 3 if number else None]:
                statuses.add(send(service, "POST", target, body, headers_of(kind, "POST", target, body)))
    for target in READS:
        for kind in ("unsigned", "user", "guest", "forged", "malformed"):
            statuses.add(send(service, "GET", target, b"", headers_of(kind, "GET", target, b"")))
    body = json.dumps(BODIES[f"{API}/interest/track"]).encode()
    for _ in range(2):  # the second has been done already
        made = signature("POST", f"{API}/interest/track", body, user=USER, nonce=NONCE)
        statuses.add(send(service, "POST", f"{API}/interest/track", body, made))
    return statuses


def assert_tells_nothing(service: Service) -> str:
    """Look for every mark in the log, and return the log."""
    log = service.process.log.read_text("utf-8", "replace")
    assert [word for word in TELLING if word.lower() in log.lower()] == [], log
    return log


@contextmanager
def service_on(mariadb: MariaDB, tmp_path: Path) -> Iterator[Service]:
    mariadb.create_database("log")
    with mariadb.connect("log") as connection, connection.cursor() as cursor:
        cursor.execute("CREATE USER IF NOT EXISTS 'log'@'localhost' IDENTIFIED BY 'geheim'")
        cursor.execute("GRANT ALL ON log.* TO 'log'@'localhost'")
    environ = {
        "HOMA_DATABASE_URL": f"mysql://log:geheim@localhost/log?unix_socket={mariadb.socket}",
        "HOMA_SHARED_SECRET": SECRET,
        "PYTHONWARNINGS": "default",
    }
    with serving(environ, tmp_path, "--workers", "1") as service:
        made = signature("POST", "/internal/tables", b"{}", user="1")
        assert send(service, "POST", "/internal/tables", b"{}", made) == 200
        yield service


@pytest.fixture
def own_mariadb() -> Iterator[MariaDB]:
    """Return a server that may be stopped."""
    server = MariaDB()
    yield server
    server.remove()


def test_no_value_gets_into_the_log(own_mariadb: MariaDB, tmp_path: Path) -> None:
    with service_on(own_mariadb, tmp_path) as service:
        assert drive(service) >= {200, 400, 401, 403, 404, 409, 413}
        log = assert_tells_nothing(service)
        assert "refused: SignatureInvalid for POST" in log, "it does log"

        with own_mariadb.connect("log") as connection, connection.cursor() as cursor:
            cursor.execute("DELETE FROM wp_homa_user_interests")
            cursor.execute("ALTER TABLE wp_homa_user_interests ADD CONSTRAINT low CHECK (interest_score < 0)")
            cursor.execute("DELETE FROM wp_homaye_chat_memory")
            cursor.execute("ALTER TABLE wp_homaye_chat_memory ADD UNIQUE once (message_content(40))")
        assert drive(service, is_brief=True) >= {200, 400, 503}
        log = assert_tells_nothing(service)
        assert "database failed: IntegrityError 1062" in log, "whose text quotes the message"

        with own_mariadb.connect("log") as connection, connection.cursor() as cursor:
            cursor.execute("DROP TABLE wp_homa_vault")
        assert drive(service, is_brief=True) >= {200, 400, 503}
        assert "database failed: ProgrammingError 1146" in assert_tells_nothing(service)


def test_a_database_that_goes_away_in_the_middle_gets_no_value_into_the_log(
    own_mariadb: MariaDB, tmp_path: Path
) -> None:
    with service_on(own_mariadb, tmp_path) as service:
        statuses: set[int] = set()
        stop = threading.Event()

        def visit() -> None:
            while not stop.is_set():
                statuses.update(drive(service, is_brief=True))

        threads = [threading.Thread(target=visit) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            kill_connections(own_mariadb)
            own_mariadb.stop()
            time.sleep(1)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        assert statuses >= {200, 503}
        assert "database failed: OperationalError" in assert_tells_nothing(service)


def kill_connections(mariadb: MariaDB) -> None:
    with mariadb.connect() as connection, connection.cursor() as cursor:
        for _ in range(20):
            cursor.execute("SELECT id FROM information_schema.processlist WHERE db = 'log' AND command <> 'Sleep'")
            for (number,) in cursor.fetchall():
                with suppress(pymysql.MySQLError):  # it may be gone already
                    cursor.execute(f"KILL {number}")
            time.sleep(0.05)
