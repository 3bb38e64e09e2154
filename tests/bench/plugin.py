"""The three ways in against a WordPress route that does the same in PHP: same site, same PHP workers, same plugins."""

import subprocess
import sys
from functools import partial
from pathlib import Path

from ..servers import ROOT, MariaDB, serving
from ..wordpress.direct import DirectRoute, direct_route
from ..wordpress.early import early_exit, lay_aside, put_back
from ..wordpress.site import Site
from .measure import CONNECTIONS, FIELDS, GUESTS, RESTORE, SYNC, SYNC_WITH_PAGE, Load, Way, compare_all, row, seed

PHP_WORKERS = 2


def run(folder: Path, seconds: int, rounds: int, only: str) -> None:
    """Start everything, load it, print the table."""
    server = MariaDB()
    site = Site(
        server, timezone="UTC", children=PHP_WORKERS, revalidate=2, constants={"HOMA_BRIDGE_SECRET": "0123456789" * 4}
    )
    try:
        site.install_plugin("homaye-tabesh")
        site.install_plugin(ROOT / "tests" / "bench" / "wordpress" / "php-memory")
        site.install_plugin(ROOT / "tests" / "bench" / "wordpress" / "memory-in-page")
        site.install_plugin(ROOT / "wp-plugin", "homa-bridge")
        site.use("homaye-tabesh", "php-memory", "memory-in-page", "homa-bridge")
        environ = {"HOMA_WP_CONFIG": str(site.wp_config), "HOMA_HOST": f"unix:{folder}/service.sock"}
        environ["HOMA_TRUSTED_PROXIES"] = "unix"
        subprocess.run([sys.executable, "-m", "homa_bridge", "init-db"], env=environ, check=True, capture_output=True)
        seed(server, site.database)
        with serving(environ, folder) as service, direct_route(site, service) as direct:
            site.configure(HOMA_BRIDGE_ADDRESS=service.address)
            _three_ways(folder, site, direct, seconds, rounds, only)
            _page(folder, site, seconds, rounds)
        print()
    finally:
        site.remove()
        server.remove()


def _three_ways(folder: Path, site: Site, direct: DirectRoute, seconds: int, rounds: int, only: str) -> None:
    """Print a table of all ways, each load's ways in turn."""
    print(
        f"The three ways in: {GUESTS:,} guests with {FIELDS} fields, {CONNECTIONS} connections, {PHP_WORKERS} PHP "
        f"workers with opcache, best of {rounds} loads of {seconds} s, the same plugins active on every way, the "
        "service on a socket\n\n| route | way | 1/s | p50 ms | p99 ms | ratio |\n|---|---|---:|---:|---:|---:|"
    )
    ways = [
        Way("PHP with `$wpdb`", f"{site.rest}/php-memory/v1", partial(lay_aside, site)),
        Way("ordinary", site.api, partial(lay_aside, site)),
        Way("early exit", site.api, partial(put_back, site)),
        Way("direct", direct.api, partial(lay_aside, site)),
    ]
    with early_exit(site):
        for load in (SYNC, SYNC_WITH_PAGE, RESTORE):
            if only in load.title:
                found = compare_all(folder, load, ways, seconds, rounds)
                for way, figures in zip(ways, found, strict=True):
                    ratio = figures.per_second / found[0].per_second
                    print(f"| {load.title} | {way.title} | {row(figures)} | {ratio:.2f} |", flush=True)


def _page(folder: Path, site: Site, seconds: int, rounds: int) -> None:
    """Print what a page costs with the memory's section of the prompt and without, one visitor at a time."""
    ways = [Way(title, f"{site.address}/?memory={asks}") for title, asks in (("without", 0), ("with", 1))]
    found = compare_all(folder, Load("page", "GET", "", "nil"), ways, seconds, rounds, connections=1)
    print("\n| the shop's page | 1/s | p50 ms | p99 ms |\n|---|---:|---:|---:|")
    for way, figures in zip(ways, found, strict=True):
        print(f"| {way.title} the memory | {row(figures)} |")
    print(f"\nThe memory costs the page {found[1].p50_ms - found[0].p50_ms:.2f} ms at p50.")
