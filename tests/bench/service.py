"""The service against a bare handler, on the same private MariaDB."""

import os
import socket
import sys
from contextlib import suppress
from pathlib import Path
from time import sleep

from homa_bridge import create_app
from homa_bridge.application import KEY, Services
from homa_bridge.config import load_settings

from ..servers import MariaDB, Process, Service, free_port
from .measure import (
    CONNECTIONS,
    FIELDS,
    GUESTS,
    INTEREST,
    RESTORE,
    SUMMARY,
    SYNC,
    SYNC_WITH_PAGE,
    compare,
    heading,
    line,
    seed,
)

API = "/wp-json/homaye-tabesh/v1"


def run(folder: Path, seconds: int, rounds: int, only: str) -> None:
    """Start everything, load it, print the table."""
    server = MariaDB()
    started: list[Process] = []
    try:
        url = server.create_database("bench")
        create_tables(url)
        seed(server, "bench")
        service = Service({"HOMA_DATABASE_URL": url}, folder)
        started.append(service.process)
        bare, address = start_bare(server, folder)
        started.append(bare)
        print(
            f"The service: {GUESTS:,} guests with {FIELDS} fields, {CONNECTIONS} connections, 2 workers of 4 threads "
            f"each, best of {rounds} loads of {seconds} s, MariaDB over its socket\n"
        )
        print(heading("service", "bare"))
        for load in (SYNC, SYNC_WITH_PAGE, RESTORE, INTEREST, SUMMARY):
            if only in load.title:
                print(line(load, *compare(folder, load, service.api, address + API, seconds, rounds)), flush=True)
        print(f"\nresident memory of a worker: {max(worker_megabytes(service.process.pid)):.0f} MB\n")
    finally:
        for process in started:
            process.stop()
        server.remove()


def create_tables(url: str) -> None:
    """Create the memory's tables."""
    services: Services = create_app(load_settings({"HOMA_DATABASE_URL": url})).extensions[KEY]
    services.omnistore.create_tables()
    services.database.close()


def start_bare(server: MariaDB, folder: Path) -> tuple[Process, str]:
    """Start the bare handler under the same web server with the same settings."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads", "4"]
    command += ["--worker-class", "gthread", "--log-level", "warning", "--keep-alive", "5", "tests.bench.bare:app"]
    environ = {**os.environ, "BARE_SOCKET": server.socket, "BARE_DATABASE": "bench"}
    process = Process("bare", command, environ, folder / "bare.log")
    for _ in range(100):
        with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
            break
        sleep(0.1)
    return process, f"http://127.0.0.1:{port}"


def worker_megabytes(pid: int) -> list[float]:
    """Return the resident memory of a server's workers."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [
        int(Path(f"/proc/{child}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
        for child in children
    ]
