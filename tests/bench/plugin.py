"""The three ways in against a WordPress route that does the same in PHP: same site, same PHP workers, same plugins."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from ..servers import ROOT, MariaDB, serving
from ..wordpress.direct import direct_route
from ..wordpress.early import early_exit, examine, must_use_file
from ..wordpress.site import Site
from .measure import CONNECTIONS, FIELDS, GUESTS, RESTORE, SYNC, SYNC_WITH_PAGE, Way, compare_all, row, seed

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
        site.install_plugin(ROOT / "wp-plugin", "homa-bridge")
        site.use("homaye-tabesh", "php-memory", "homa-bridge")
        environ = {"HOMA_WP_CONFIG": str(site.wp_config), "HOMA_HOST": f"unix:{folder}/service.sock"}
        environ["HOMA_TRUSTED_PROXIES"] = "unix"
        subprocess.run([sys.executable, "-m", "homa_bridge", "init-db"], env=environ, check=True, capture_output=True)
        seed(server, site.database)
        with serving(environ, folder) as service, direct_route(site, service) as direct:
            site.configure(HOMA_BRIDGE_ADDRESS=service.address)
            with early_exit(site):
                print(
                    f"The three ways in: {GUESTS:,} guests with {FIELDS} fields, {CONNECTIONS} connections, {PHP_WORKERS} "
                    f"PHP workers with opcache, best of {rounds} loads of {seconds} s, the same plugins active on every "
                    "way, the service on a socket\n"
                )
                switch = must_use_file(site)
                ways = [
                    Way("PHP route", f"{site.rest}/php-memory/v1", _without(switch)),
                    Way("ordinary", site.api, _without(switch)),
                    Way("early exit", site.api, _with(switch, site)),
                    Way("direct", direct.api, _without(switch)),
                ]
                print("| route | way | 1/s | p50 ms | p99 ms | ratio |\n|---|---|---:|---:|---:|---:|")
                for load in (SYNC, SYNC_WITH_PAGE, RESTORE):
                    if only in load.title:
                        found = compare_all(folder, load, ways, seconds, rounds)
                        for way, figures in zip(ways, found, strict=True):
                            ratio = figures.per_second / found[0].per_second
                            print(f"| {load.title} | {way.title} | {row(figures)} | {ratio:.2f} |", flush=True)
        print()
    finally:
        site.remove()
        server.remove()


def _with(switch: Path, site: Site) -> Callable[[], object]:
    """Return what has the early exit answer."""

    def put() -> None:
        switch.with_suffix(".off").rename(switch)
        examine(site)

    return put


def _without(switch: Path) -> Callable[[], object]:
    """Return what has the ordinary way answer: the file is there under a name that WordPress does not load."""

    def take() -> None:
        if switch.exists():
            switch.rename(switch.with_suffix(".off"))

    return take
