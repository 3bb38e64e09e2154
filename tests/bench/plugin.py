"""The three ways in against a WordPress route that does the same in PHP: same site, same PHP workers, same plugins."""

import http.client
import shutil
import statistics
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from ..servers import ROOT, MariaDB, serving
from ..wordpress.direct import DirectRoute, direct_route
from ..wordpress.early import early_exit, lay_aside, put_back
from ..wordpress.site import Site
from .cpu import SERVERS, spent
from .measure import (
    CONNECTIONS,
    FIELDS,
    GUESTS,
    RESTORE,
    SYNC,
    SYNC_WITH_PAGE,
    Load,
    Way,
    compare_all,
    measured,
    row,
    script,
    seed,
)

HERE = Path(__file__).parent
PHP_WORKERS = 5  # as many as in the pool of Debian's package: more than connections, so that none waits for one
PAGES = 300  # on either side


def run(folder: Path, seconds: int, rounds: int, only: str) -> None:
    """Start everything, load it, print the table."""
    server = MariaDB()
    site = Site(
        server, timezone="UTC", children=PHP_WORKERS, revalidate=2, constants={"HOMA_BRIDGE_SECRET": "0123456789" * 4}
    )
    try:
        site.install_plugin("homaye-tabesh")
        site.install_plugin(HERE / "wordpress" / "php-memory")
        site.install_plugin(HERE / "wordpress" / "memory-in-page")
        site.install_plugin(ROOT / "wp-plugin", "homa-bridge")
        (site.content / "mu-plugins").mkdir(exist_ok=True)
        shutil.copy(HERE / "wordpress" / "mu-plugins" / "core-alone.php", site.content / "mu-plugins")
        site.use("homaye-tabesh", "php-memory", "memory-in-page", "homa-bridge")
        environ = {"HOMA_WP_CONFIG": str(site.wp_config), "HOMA_HOST": f"unix:{folder}/service.sock"}
        environ["HOMA_TRUSTED_PROXIES"] = "unix"
        subprocess.run([sys.executable, "-m", "homa_bridge", "init-db"], env=environ, check=True, capture_output=True)
        seed(server, site.database)
        with serving(environ, folder) as service, direct_route(site, service) as direct:
            site.configure(HOMA_BRIDGE_ADDRESS=service.address)
            _three_ways(folder, site, direct, seconds, rounds, only)
            if only in "the shop's page":
                _page(site)
        print()
    finally:
        site.remove()
        server.remove()


def _three_ways(folder: Path, site: Site, direct: DirectRoute, seconds: int, rounds: int, only: str) -> None:
    """Print a table of all ways, each load's ways in turn."""
    loads = [load for load in (SYNC, SYNC_WITH_PAGE, RESTORE) if only in load.title]
    if not loads:
        return
    print(
        f"The three ways in: {GUESTS:,} guests with {FIELDS} fields, {CONNECTIONS} connections, {PHP_WORKERS} PHP "
        f"workers with opcache, best of {rounds} loads of {seconds} s, the same plugins active on every way, the "
        "service on a socket\n\n| route | way | 1/s | p50 ms | p99 ms | ratio |\n|---|---|---:|---:|---:|---:|"
    )
    ways = [
        Way("PHP with `$wpdb`", f"{site.rest}/php-memory/v1", partial(lay_aside, site)),
        Way("ordinary", site.api, partial(lay_aside, site)),
        Way("early exit", site.api, partial(put_back, site)),
        Way("WordPress's core, answering nothing", f"{site.rest}/core-alone/v1", partial(put_back, site)),
        Way("direct", direct.api, partial(lay_aside, site)),
    ]
    with early_exit(site):
        for load in loads:
            found = compare_all(folder, load, ways, seconds, rounds)
            for way, figures in zip(ways, found, strict=True):
                ratio = figures.per_second / found[0].per_second
                print(f"| {load.title} | {way.title} | {row(figures)} | {ratio:.2f} |", flush=True)
        for load in loads[:1]:
            _processors(folder, load, ways, seconds)


def _processors(folder: Path, load: Load, ways: list[Way], seconds: int) -> None:
    """Print what a request takes of the processors on each way."""
    titles = list(SERVERS.values())
    print(f"\nProcessor time of a {load.title}, in ms\n\n| way | {' | '.join(titles)} | together |")
    print("|---|" + "---:|" * (len(titles) + 1))
    for number, way in enumerate(ways):
        way.prepare()
        path = script(folder / f"load-{number}.lua", load, way.api)
        before = spent()
        requests = measured(way.api, path, seconds).per_second * seconds
        after = spent()
        each = [(after[title] - before[title]) / requests * 1_000 for title in titles]
        print(f"| {way.title} | {' | '.join(f'{one:.2f}' for one in each)} | {sum(each):.2f} |", flush=True)


def _page(site: Site) -> None:
    """Print what a page costs with the memory's section of the prompt and without, asked for in turn."""
    connection = http.client.HTTPConnection(site.address.removeprefix("http://"))
    taken: tuple[list[float], list[float]] = ([], [])
    for number in range(PAGES):
        for asks, times in enumerate(taken):
            started = time.perf_counter()
            cookie = f"homa_session_token=guest_{number % GUESTS:032x}"
            connection.request("GET", f"/?memory={asks}", headers={"Cookie": cookie})
            page = connection.getresponse().read()
            times.append((time.perf_counter() - started) * 1_000)
            assert (b"bytes of memory" in page) == bool(asks), page
            assert b"<!-- 0 bytes" not in page, page
    connection.close()
    print("\n| the shop's page | p50 ms | p99 ms |\n|---|---:|---:|")
    for title, times in zip(("without the memory", "with the memory"), taken, strict=True):
        print(f"| {title} | {statistics.median(times):.2f} | {statistics.quantiles(times, n=100)[98]:.1f} |")
    print(f"\nThe memory costs the page {statistics.median(taken[1]) - statistics.median(taken[0]):.2f} ms at p50.")
