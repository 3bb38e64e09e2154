"""Loads an address with wrk, and reads what it measured."""

import re
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from ..servers import MariaDB

GUESTS, FIELDS, CONNECTIONS = 1_000, 20, 4
GUEST = 'string.format("guest_%032x", n % ' + str(GUESTS) + ")"


class Load(NamedTuple):
    """What is asked for again and again.

    :param path: below the routes' common path
    :param body: a Lua expression of the number ``n`` of the request, or nil
    """

    title: str
    method: str
    path: str
    body: str


SYNC = Load(
    "sync (existing field)",
    "POST",
    "/vault/sync",
    'string.format(\'{"field":"f%d","value":%d}\', math.floor(n / 1000) % 20, n)',
)
SYNC_WITH_PAGE = Load(
    "sync with page_url",
    "POST",
    "/vault/sync",
    'string.format(\'{"field":"f%d","value":%d,"page_url":"http://shop.test/calculator"}\','
    " math.floor(n / 1000) % 20, n)",
)
RESTORE = Load("restore (20 fields)", "GET", "/vault/restore", "nil")
INTEREST = Load("interest", "POST", "/interest/track", '\'{"category":"book-printing","score":1}\'')
SUMMARY = Load("summary", "GET", "/memory/summary", "nil")


class Figures(NamedTuple):
    """What one load measured."""

    per_second: float
    p50_ms: float
    p99_ms: float


class Way(NamedTuple):
    """A way to the routes.

    :param api: address of the routes' common path
    :param prepare: is called before each load
    """

    title: str
    api: str
    prepare: Callable[[], object] = lambda: None


def compare(
    folder: Path, load: Load, ours: str, theirs: str, seconds: int, rounds: int, guest: str = GUEST
) -> tuple[Figures, Figures]:
    """Load two addresses in turn, and return the best figures of each.

    :param ours: address of the routes' common path; so is ``theirs``
    :param guest: a Lua expression of the token of who asks
    """
    first, second = compare_all(folder, load, [Way("", ours), Way("", theirs)], seconds, rounds, guest=guest)
    return first, second


def compare_all(
    folder: Path, load: Load, ways: Sequence[Way], seconds: int, rounds: int, guest: str = GUEST
) -> list[Figures]:
    """Load several ways in turn, and return the best figures of each.

    :param guest: a Lua expression of the token of who asks
    """
    scripts = [script(folder / f"load-{number}.lua", load, way.api, guest) for number, way in enumerate(ways)]
    found: list[list[Figures]] = [[] for _ in ways]
    for _ in range(rounds):
        for way, path, figures in zip(ways, scripts, found, strict=True):
            way.prepare()
            figures.append(measured(way.api, path, seconds))
    # The best, because wrk's few connections sometimes all meet one of the two workers, on either side.
    return [max(figures, key=lambda each: each.per_second) for figures in found]


def seed(server: MariaDB, database: str) -> None:
    """Give every guest fields, a session and interests; the tables are there."""
    guests = [f"guest_{number:032x}" for number in range(GUESTS)]
    form = "{" + ",".join(f'"f{field}":1' for field in range(FIELDS)) + "}"
    with server.connect(database) as connection, connection.cursor() as cursor:
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


def row(figures: Figures) -> str:
    """Write figures as cells."""
    return f"{figures.per_second:,.0f} | {figures.p50_ms:.2f} | {figures.p99_ms:.1f}"


def heading(ours: str, theirs: str) -> str:
    """Write a table's head."""
    return (
        f"| route | {ours} 1/s | p50 ms | p99 ms | {theirs} 1/s | p50 ms | p99 ms | ratio |\n"
        "|---|---:|---:|---:|---:|---:|---:|---:|"
    )


def line(load: Load, ours: Figures, theirs: Figures) -> str:
    """Write a table's line."""
    return f"| {load.title} | {row(ours)} | {row(theirs)} | {ours.per_second / theirs.per_second:.2f} |"


def script(path: Path, load: Load, api: str, guest: str = GUEST) -> Path:
    """Write wrk's script: the guests in turn, each with the cookie."""
    target = "/" + api.split("/", 3)[3] + load.path
    path.write_text(f"""
local n = 0
request = function()
  n = n + 1
  wrk.headers["Cookie"] = "homa_session_token=" .. {guest}
  wrk.headers["Content-Type"] = "application/json"
  return wrk.format("{load.method}", "{target}", nil, {load.body})
end
""")
    return path


def measured(api: str, path: Path, seconds: int) -> Figures:
    """Run one load; an answer other than 200 is an error."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}", "--latency", "-s", str(path), api]
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
