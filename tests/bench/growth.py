"""A database that has outgrown its memory against one with a thousand guests, and the clean-up of what is old."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import NamedTuple

from ..servers import MariaDB, Process, Service
from . import grown
from .measure import GUESTS, RESTORE, SYNC, SYNC_WITH_PAGE, Figures, compare, measured, row, script
from .service import API, create_tables

POOL = 512  # megabytes of InnoDB's buffer
SETTLED = 20_000  # deleted rows that InnoDB has yet to remove


class Round(NamedTuple):
    """One load while the clean-up runs.

    :param rows: deleted in a second
    """

    sync: Figures
    rows: float


def run(folder: Path, seconds: int, rounds: int, only: str, scale: float = 1.0) -> None:
    """Fill two databases, load a service on each, clean the large one up, print the tables.

    :param scale: 1 for a million guests
    """
    server = MariaDB("UTC", f"--innodb-buffer-pool-size={POOL}M", "--innodb-sort-buffer-size=64M")
    started: list[Process] = []
    try:
        shops = {name: grown.shop_of(scale, is_large=name == "large") for name in ("small", "large")}
        urls = {name: _filled(server, name, shop) for name, shop in shops.items()}
        server.stop()  # nothing is in memory when the loads begin
        server.start()
        services = {name: Service({"HOMA_DATABASE_URL": url}, folder) for name, url in urls.items()}
        started += [service.process for service in services.values()]
        _print_growth(folder, server, shops["large"], services, seconds, rounds, only)
        if only not in "clean-up":
            return
        services["small"].process.stop()
        load = script(folder / "sync.lua", SYNC_WITH_PAGE, services["large"].api, shops["large"].lua_token)
        _print_cleanup(folder, server, services["large"].api, load, urls["large"], seconds, rounds)
    finally:
        for process in started:
            process.stop()
        server.remove()


def _filled(server: MariaDB, name: str, shop: grown.Shop) -> str:
    start = time.monotonic()
    url = server.create_database(name)
    create_tables(url)
    rows = grown.fill(server, name, shop)
    size = sum(path.stat().st_size for path in (server.folder / "data" / name).iterdir()) / 1e9
    counts = ", ".join(f"{count:,} in {table}" for table, count in rows.items())
    print(f"{name}: {counts}; {size:.2f} GB on disk, filled in {time.monotonic() - start:.0f} s", flush=True)
    return url


def _print_growth(
    folder: Path, server: MariaDB, shop: grown.Shop, services: dict[str, Service], seconds: int, rounds: int, only: str
) -> None:
    print(
        f"\nGrowth: {GUESTS:,} guests who lie evenly among {shop.guests:,}, InnoDB's buffer {POOL} MB; "
        f"best of {rounds} loads of {seconds} s on each in turn\n"
    )
    print("| route | large 1/s | p50 ms | p99 ms | small 1/s | p50 ms | p99 ms | p50 ratio | p99 ratio | pages read |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    pages = _status(server, "Innodb_buffer_pool_reads")
    first = {name: _first_restores(service, shop) for name, service in services.items()}
    pages = _status(server, "Innodb_buffer_pool_reads") - pages
    large, small = first["large"], first["small"]
    print(
        f"| restore, each guest's first | | {large.p50_ms:.2f} | {large.p99_ms:.1f} | | {small.p50_ms:.2f} | "
        f"{small.p99_ms:.1f} | {_ratios(large, small)} | {pages / GUESTS:.1f} |",
        flush=True,
    )
    for load in (RESTORE, SYNC, SYNC_WITH_PAGE):
        if only not in load.title:
            continue
        pages = _status(server, "Innodb_buffer_pool_reads")
        large, small = compare(
            folder, load, services["large"].api, services["small"].api, seconds, rounds, shop.lua_token
        )
        pages = _status(server, "Innodb_buffer_pool_reads") - pages
        each = pages / ((large.per_second + small.per_second) * seconds * rounds)
        print(f"| {load.title} | {row(large)} | {row(small)} | {_ratios(large, small)} | {each:.2f} |", flush=True)


def _ratios(large: Figures, small: Figures) -> str:
    return f"{large.p50_ms / small.p50_ms:.2f} | {large.p99_ms / small.p99_ms:.2f}"


def _first_restores(service: Service, shop: grown.Shop) -> Figures:
    """Ask for each guest once, one after the other, of whom nothing is in the database's memory."""
    connection = HTTPConnection("127.0.0.1", service.port)
    spent = []
    for number in range(GUESTS):
        guest = number * shop.step
        token = f"guest_{guest * grown.SPREAD % 2**32:08x}{guest:024x}"
        start = time.perf_counter()
        connection.request("GET", f"{API}{RESTORE.path}", headers={"Cookie": f"homa_session_token={token}"})
        answer = connection.getresponse().read()
        spent.append((time.perf_counter() - start) * 1e3)
        assert b'"f19"' in answer, answer
    connection.close()
    return Figures(0, median(spent), sorted(spent)[GUESTS * 99 // 100])


def _print_cleanup(folder: Path, server: MariaDB, api: str, load: Path, url: str, seconds: int, rounds: int) -> None:
    print(f"\nClean-up beside a sync with page_url, {rounds} loads of {seconds} s with and without in turn\n")
    measured(api, load, seconds)
    without, beside = [], []
    for _ in range(rounds):
        _settle(server)
        without.append(measured(api, load, seconds))
        with _cleaning(folder, server, url):
            start, before = time.monotonic(), _deleted(server)
            sync = measured(api, load, seconds)
            beside.append(Round(sync, (_deleted(server) - before) / (time.monotonic() - start)))
    calm = _middle(without)
    busy = _middle([each.sync for each in beside])
    rows = median(each.rows for each in beside)
    print("| | sync 1/s | p50 ms | p99 ms | p99 ratio | rows deleted 1/s |")
    print("|---|---:|---:|---:|---:|---:|")
    print(f"| sync alone | {row(calm)} | 1.00 | |")
    print(f"| sync beside the clean-up | {row(busy)} | {busy.p99_ms / calm.p99_ms:.2f} | {rows:,.0f} |")
    _settle(server)
    start, before = time.monotonic(), _deleted(server)
    with _cleaning(folder, server, url) as process:
        while process.is_running:
            time.sleep(0.1)
        said = process.log.read_text()
    rows, spent = _deleted(server) - before, time.monotonic() - start
    print(f"| the clean-up alone, to its end | | | | | {rows / spent:,.0f} |\n\nThe last one: {said}", flush=True)


def _middle(figures: list[Figures]) -> Figures:
    return Figures(*(median(each) for each in zip(*figures, strict=True)))


@contextmanager
def _cleaning(folder: Path, server: MariaDB, url: str) -> Iterator[Process]:
    """Run the clean-up meanwhile; it is interrupted if it is not done by then."""
    log = folder / "cleanup.log"
    log.unlink(missing_ok=True)
    before = _deleted(server)
    environ = {**os.environ, "HOMA_DATABASE_URL": url}
    process = Process("cleanup", [sys.executable, "-m", "homa_bridge", "cleanup"], environ, log)
    try:
        while process.is_running and _deleted(server) == before:
            time.sleep(0.01)
        yield process
    finally:
        process.stop()


def _deleted(server: MariaDB) -> int:
    return _status(server, "Handler_delete")


def _settle(server: MariaDB) -> None:
    """Wait until InnoDB has removed most of what was deleted: that is another load's burden."""
    for _ in range(600):
        if _status(server, "Innodb_history_list_length") < SETTLED:
            return
        time.sleep(0.1)


def _status(server: MariaDB, name: str) -> int:
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute(f"SHOW GLOBAL STATUS LIKE '{name}'")
        ((_, value),) = cursor.fetchall()
        return int(value)
