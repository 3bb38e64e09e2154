"""Neither what visitors type, nor who they are, nor a secret ever gets into the service's log."""

import http.client
import json
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
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
def service_on(mariadb: MariaDB, tmp_path: Path, **more: str) -> Iterator[Service]:
    mariadb.create_database("log")
    with mariadb.connect("log") as connection, connection.cursor() as cursor:
        cursor.execute("CREATE USER IF NOT EXISTS 'log'@'localhost' IDENTIFIED BY 'geheim'")
        cursor.execute("GRANT ALL ON log.* TO 'log'@'localhost'")
    environ = {
        "HOMA_DATABASE_URL": f"mysql://log:geheim@localhost/log?unix_socket={mariadb.socket}",
        "HOMA_SHARED_SECRET": SECRET,
        "PYTHONWARNINGS": "default",
        **more,
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


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_access_log_has_a_line_for_each_request_and_no_value(
    own_mariadb: MariaDB, tmp_path: Path, form: str
) -> None:
    told = {"HOMA_ACCESS_LOG": "on", "HOMA_LOG_FORMAT": form, "HOMA_LOG_LEVEL": "debug"}
    with service_on(own_mariadb, tmp_path, **told) as service:
        assert drive(service) >= {200, 400, 401, 403, 404, 409, 413}
        for name, expected in (("by-me.1", "by-me.1"), (f"{MARK} {MARK}", None)):
            headers = {"X-Request-ID": name, "Cookie": f"homa_session_token={GUEST}"}
            assert send(service, "GET", f"{API}/vault/restore?{MARK}={MARK}", b"", headers) == 200
            assert send(service, "GET", f"/{MARK}", b"", headers) == 404
            last = assert_tells_nothing(service).splitlines()[-2:]
            found = [parsed(line, form) for line in last]
            assert [(line["method"], line["route"], line["status"]) for line in found] == [
                ("GET", f"{API}/vault/restore", 200),
                ("GET", "unmatched", 404),
            ]
            assert found[0]["statements"] == 1
            assert found[1]["statements"] == 0
            assert 0 < found[0]["milliseconds"] < 10_000
            ids = {line["request_id"] for line in found}
            assert ids == {expected} if expected else len(ids) == 2
        lines = service.process.log.read_text().splitlines()
        refused = next(line for line in lines if "refused: SignatureInvalid for POST" in line)
        own = json.loads(refused)["request_id"] if form == "json" else refused.partition("[")[2].partition("]")[0]
        answered = [line for line in lines if own in line]
        assert len(answered) == 2, "what is logged in a request has the id of its line in the access log"
        assert parsed(answered[1], form)["status"] == 401


ACCESS = re.compile(
    r"[-0-9]{10} [0-9:,]{12} INFO \[(?P<request_id>[^]]+)\] homa_bridge\.access: (?P<method>[A-Z]+) (?P<route>\S+) "
    r"(?P<status>[0-9]{3}) (?P<milliseconds>[0-9.]+) ms (?P<statements>[0-9]+) statements"
)


def parsed(line: str, form: str) -> dict[str, Any]:
    """Return the members of a line of the access log."""
    if form == "json":
        found: dict[str, Any] = json.loads(line)
        assert (found["level"], found["logger"]) == ("info", "homa_bridge.access")
        assert datetime.fromisoformat(found["time"]).tzinfo is not None
        return found
    match = ACCESS.fullmatch(line)
    assert match, line
    numbers = {name: float(match[name]) for name in ("status", "milliseconds", "statements")}
    return {**match.groupdict(), **numbers}


def test_without_an_access_log_a_request_that_is_done_leaves_no_line(own_mariadb: MariaDB, tmp_path: Path) -> None:
    with service_on(own_mariadb, tmp_path, HOMA_LOG_FORMAT="json") as service:
        before = service.process.log.read_text()
        assert send(service, "GET", f"{API}/vault/restore", b"", {}) == 200
        assert service.process.log.read_text() == before


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
