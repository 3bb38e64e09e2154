"""The routes through WordPress against a WordPress route that does the same in PHP: same site, same PHP workers."""

import subprocess
import sys
from pathlib import Path

from ..servers import ROOT, MariaDB, serving
from ..wordpress.site import Site
from .measure import CONNECTIONS, FIELDS, GUESTS, RESTORE, SYNC, SYNC_WITH_PAGE, compare, heading, line, seed

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
        environ = {"HOMA_WP_CONFIG": str(site.wp_config)}
        subprocess.run([sys.executable, "-m", "homa_bridge", "init-db"], env=environ, check=True, capture_output=True)
        seed(server, site.database)
        with serving(environ, folder) as service:
            site.configure(HOMA_BRIDGE_ADDRESS=service.address)
            print(
                f"Through WordPress: {GUESTS:,} guests with {FIELDS} fields, {CONNECTIONS} connections, {PHP_WORKERS} "
                f"PHP workers with opcache, best of {rounds} loads of {seconds} s, the same plugins "
                "active on either side\n"
            )
            print(heading("plugin", "PHP"))
            for load in (SYNC, SYNC_WITH_PAGE, RESTORE):
                if only in load.title:
                    theirs = f"{site.rest}/php-memory/v1"
                    print(line(load, *compare(folder, load, site.api, theirs, seconds, rounds)), flush=True)
        print()
    finally:
        site.remove()
        server.remove()
