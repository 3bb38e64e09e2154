"""A service that says what a test wants, to see what the plugin makes of it."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from zoneinfo import ZoneInfo

TABLES = ("homa_vault", "homa_sessions", "homa_user_interests", "homaye_chat_memory")


class Stub:
    """What it answers, and what it was asked.

    :param site_url: the site that it serves
    """

    def __init__(self, site_url: str) -> None:
        self.address = ""
        self.asked: list[str] = []
        self.status = 200
        self.seconds = 0.0
        self.body: Any = well(site_url)
        self.type = "application/json"


def well(site_url: str, zone: str = "Asia/Tehran") -> dict[str, Any]:
    """Return the status of a service with which all is well."""
    return {
        "version": "7.8.9",
        "time": datetime.now(UTC).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S"),
        "time_zone": zone,
        "site_url": site_url,
        "database": {
            "kind": "MariaDB",
            "version": "10.11.6-MariaDB",
            "problem": None,
            "offset_minutes": 0,
            "drift_seconds": 0.1,
            "statement_log": False,
            "tables": [table(f"wp_{name}") for name in TABLES],
        },
    }


def table(name: str, *differences: str, exists: bool = True, required: bool = True) -> dict[str, Any]:
    """Return how a table is."""
    return {"name": name, "exists": exists, "required": required, "differences": list(differences)}


def refusal(code: str) -> dict[str, Any]:
    """Return an error in WordPress's shape."""
    return {"code": code, "message": "…", "data": {"status": 401}}


@contextmanager
def stubbing(site_url: str) -> Iterator[Stub]:
    """Run the stub for a while."""
    stub = Stub(site_url)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            stub.asked.append(f"{self.command} {self.path}")
            time.sleep(stub.seconds)
            text = json.dumps(stub.body).encode()
            self.send_response(stub.status)
            self.send_header("Content-Type", stub.type)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_POST = do_GET  # noqa: N815  (the library's name)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

        def handle(self) -> None:
            with suppress(ConnectionError):  # the plugin may not have waited
                super().handle()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    stub.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
