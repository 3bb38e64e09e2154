"""Loads the service and the bare handler in turn, on the same private MariaDB, and prints both and their ratio."""

import argparse
import os
import re
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from time import sleep
from typing import NamedTuple

from homa_bridge import create_app
from homa_bridge.application import KEY, Services
from homa_bridge.config import load_settings

from ..servers import MariaDB, Process, Service, free_port

GUESTS, FIELDS, CONNECTIONS = 1_000, 20, 4
GUEST = 'string.format("guest_%032x", n % ' + str(GUESTS) + ")"
API = "/wp-json/homaye-tabesh/v1"
LOADS = {
    "sync (existing field)": (
        "POST",
        "/vault/sync",
        'string.format(\'{"field":"f%d","value":%d}\', math.floor(n / 1000) % 20, n)',
    ),
    "sync with page_url": (
        "POST",
        "/vault/sync",
        'string.format(\'{"field":"f%d","value":%d,"page_url":"http://shop.test/calculator"}\','
        " math.floor(n / 1000) % 20, n)",
    ),
    "restore (20 fields)": ("GET", "/vault/restore", "nil"),
    "interest": ("POST", "/interest/track", '\'{"category":"book-printing","score":1}\''),
    "summary": ("GET", "/memory/summary", "nil"),
}


class Figures(NamedTuple):
    """What one load measured."""

    per_second: float
    p50_ms: float
    p99_ms: float


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="tests/run --bench", description=__doc__)
    parser.add_argument("--seconds", type=int, default=3, help="length of one load (default 3)")
    parser.add_argument(
        "--rounds",
        type=int,
        default=5,
        help="loads of each kind; the best counts (default 5)",
    )
    parser.add_argument("--only", default="", metavar="WORD", help="loads whose name holds this word")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        run(Path(name), options.seconds, options.rounds, options.only)


def run(folder: Path, seconds: int, rounds: int, only: str) -> None:
    """Start everything, load it, print the table."""
    server = MariaDB()
    started: list[Process] = []
    try:
        url = server.create_database("bench")
        seed(server, url)
        service = Service({"HOMA_DATABASE_URL": url}, folder)
        started.append(service.process)
        bare, address = start_bare(server, folder)
        started.append(bare)
        print(
            f"{GUESTS:,} guests with {FIELDS} fields, {CONNECTIONS} connections, 2 workers of 4 threads each, "
            f"best of {rounds} loads of {seconds} s, MariaDB over its socket\n"
        )
        print("| route | service 1/s | p50 ms | p99 ms | bare 1/s | p50 ms | p99 ms | ratio |")
        print("|---|---:|---:|---:|---:|---:|---:|---:|")
        for title, (method, path, body) in LOADS.items():
            if only not in title:
                continue
            script = folder / "load.lua"
            script.write_text(lua(method, path, body))
            pairs = [(load(service.address, script, seconds), load(address, script, seconds)) for _ in range(rounds)]
            ours, theirs = (best(list(figures)) for figures in zip(*pairs, strict=True))
            print(f"| {title} | {row(ours)} | {row(theirs)} | {ours.per_second / theirs.per_second:.2f} |", flush=True)
        print(f"\nresident memory of a worker: {max(worker_megabytes(service.process.pid)):.0f} MB")
    finally:
        for process in started:
            process.stop()
        server.remove()


def seed(server: MariaDB, url: str) -> None:
    """Give every guest fields, a session and interests."""
    services: Services = create_app(load_settings({"HOMA_DATABASE_URL": url})).extensions[KEY]
    services.omnistore.create_tables()
    services.database.close()
    guests = [f"guest_{number:032x}" for number in range(GUESTS)]
    form = "{" + ",".join(f'"f{field}":1' for field in range(FIELDS)) + "}"
    with server.connect("bench") as connection, connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO wp_homa_vault (session_token, context_key, context_value) VALUES (%s, %s, '1')",
            [(guest, f"f{field}") for guest in guests for field in range(FIELDS)],
        )
        cursor.executemany(
            "INSERT INTO wp_homa_sessions (session_token, last_url, form_snapshot, chat_summary, expires_at) "
            "VALUES (%s, 'http://shop.test/', %s, 'کاربر به چاپ کتاب علاقه دارد', NOW() + INTERVAL 48 HOUR)",
            [(guest, form) for guest in guests],
        )
        cursor.executemany(
            "INSERT INTO wp_homa_user_interests (user_id_or_token, category_slug, interest_score) VALUES (%s, %s, 5)",
            [(guest, slug) for guest in guests for slug in ("book-printing", "cover-design", "packaging")],
        )
        cursor.execute("ANALYZE TABLE wp_homa_vault, wp_homa_sessions, wp_homa_user_interests")


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


def lua(method: str, path: str, body: str) -> str:
    """Write wrk's script: the guests in turn, each with the cookie."""
    return f"""
local n = 0
request = function()
  n = n + 1
  wrk.headers["Cookie"] = "homa_session_token=" .. {GUEST}
  wrk.headers["Content-Type"] = "application/json"
  return wrk.format("{method}", "{API}{path}", nil, {body})
end
"""


def load(address: str, script: Path, seconds: int) -> Figures:
    """Run one load; an answer other than 200 is an error."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}", "--latency", "-s", str(script), address]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in output, output
    assert "Socket errors" not in output, output
    per_second = re.search(r"Requests/sec:\s+([\d.]+)", output)
    assert per_second, output
    return Figures(float(per_second[1]), milliseconds(output, "50%"), milliseconds(output, "99%"))


def milliseconds(output: str, percentile: str) -> float:
    """Read a percentile from wrk's table."""
    found = re.search(rf"{percentile}\s+([\d.]+)(us|ms|s)", output)
    assert found, output
    return float(found[1]) * {"us": 0.001, "ms": 1, "s": 1_000}[found[2]]


def best(figures: list[Figures]) -> Figures:
    """Return the best load: wrk's few connections sometimes all meet one of the two workers, on either side."""
    return max(figures, key=lambda load: load.per_second)


def row(figures: Figures) -> str:
    """Write figures as cells."""
    return f"{figures.per_second:,.0f} | {figures.p50_ms:.2f} | {figures.p99_ms:.1f}"


def worker_megabytes(pid: int) -> list[float]:
    """Return the resident memory of a server's workers."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [
        int(Path(f"/proc/{child}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
        for child in children
    ]


main()
