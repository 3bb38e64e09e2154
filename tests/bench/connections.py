"""What becomes of the service when far more connections ask at once than it has threads."""

import re
import subprocess
from pathlib import Path
from typing import NamedTuple

from ..servers import MariaDB, Service
from .measure import FIELDS, GUESTS, RESTORE, SYNC, Load, milliseconds, script, seed
from .service import create_tables

CONNECTIONS = (4, 50, 200, 1_000)
WRK_SECONDS = 10
"""After how long wrk gives an answer up."""


class Crowd(NamedTuple):
    """What a load of many connections measured.

    :param answered: successes in a second
    :param refused: answers with 503 in a second
    :param failed: connections that were refused or cut off, and answers that took too long
    """

    answered: float
    refused: float
    p50_ms: float
    p99_ms: float
    failed: int


def run(folder: Path, seconds: int, rounds: int, only: str) -> None:
    """Start everything, load it, print the table."""
    server = MariaDB()
    try:
        url = server.create_database("bench")
        create_tables(url)
        seed(server, "bench")
        service = Service({"HOMA_DATABASE_URL": url}, folder)
        try:
            print(
                f"Many connections: {GUESTS:,} guests with {FIELDS} fields, 2 workers of 4 threads each, 250 requests "
                f"may wait in a worker; the median of {rounds} loads of {seconds} s\n"
            )
            print("| route | connections | answered 1/s | 503 1/s | p50 ms | p99 ms | failed |")
            print("|---|---:|---:|---:|---:|---:|---:|")
            for load in (SYNC, RESTORE):
                for connections in CONNECTIONS:
                    if only in load.title:
                        print(
                            _line(load, connections, _median(folder, load, service.api, connections, seconds, rounds))
                        )
            print()
        finally:
            service.process.stop()
    finally:
        server.remove()


def _median(folder: Path, load: Load, api: str, connections: int, seconds: int, rounds: int) -> Crowd:
    path = script(folder / "crowd.lua", load, api)
    found = sorted((_crowd(api, path, connections, seconds) for _ in range(rounds)), key=lambda crowd: crowd.p99_ms)
    return found[len(found) // 2]


def _crowd(api: str, path: Path, connections: int, seconds: int) -> Crowd:
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}", f"--timeout={WRK_SECONDS}s", "--latency"]
    output = subprocess.run([*command, "-s", str(path), api], capture_output=True, text=True, check=True).stdout
    refused = _number(r"Non-2xx or 3xx responses: (\d+)", output) / seconds
    failed = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", output)
    return Crowd(
        answered=_number(r"Requests/sec:\s+([\d.]+)", output) - refused,
        refused=refused,
        p50_ms=milliseconds(output, "50%"),
        p99_ms=milliseconds(output, "99%"),
        failed=sum(map(int, failed.groups())) if failed else 0,
    )


def _number(pattern: str, output: str) -> float:
    found = re.search(pattern, output)
    return float(found[1]) if found else 0.0


def _line(load: Load, connections: int, crowd: Crowd) -> str:
    return (
        f"| {load.title} | {connections:,} | {crowd.answered:,.0f} | {crowd.refused:,.0f} | {crowd.p50_ms:.1f} "
        f"| {crowd.p99_ms:.1f} | {crowd.failed} |"
    )
