"""The site to look at and to try things on: ``bash tests/run --site`` and ``--site-down``."""

import json
import os
import secrets
import shutil
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..servers import ROOT, MariaDB, Service
from .conftest import create_tables
from .site import Site

HOME = Path(os.environ.get("HOMA_TEST_SITE", ROOT / ".tests" / "site"))
STATE = HOME / "state.json"
PLUGIN = ROOT / "wp-plugin"


def main() -> int:
    """Bring the site up, or end it."""
    match sys.argv[1:]:
        case ["--site"]:
            return up()
        case ["--site-down"]:
            return down()
    print("usage: python -m tests.wordpress --site | --site-down", file=sys.stderr)
    return 2


def up() -> int:
    """Start everything, unless it runs."""
    state = load()
    if state is not None and all(is_running(process) for process in state["processes"]):
        print("The site runs already.")
    else:
        end(state)
        state = start()
        print("The site runs.")
    for name, text in state["shown"].items():
        print(f"  {name:17}{text}")
    print("It stays until: bash tests/run --site-down")
    return 0


def down() -> int:
    """Stop everything and delete it."""
    state = load()
    end(state)
    print("The site was not running." if state is None else "The site is gone.")
    return 0


def start() -> dict[str, Any]:
    """Start database, site and service, and write down what is to be ended later."""
    pids = HOME / "pids"
    pids.mkdir(parents=True)
    os.environ["HOMA_TEST_PIDS"] = str(pids)
    folders: list[str] = []
    shown: dict[str, str] = {}
    try:
        mariadb = MariaDB()
        folders.append(str(mariadb.folder))
        # The plugin is linked, so that changes are seen at once; WordPress's screen would delete it through the link.
        site = Site(mariadb, constants={"HOMA_BRIDGE_SECRET": secrets.token_hex(32), "DISALLOW_FILE_MODS": True})
        folders.append(str(site.folder))
        environ = {"HOMA_WP_CONFIG": str(site.wp_config), "HOMA_RATE_LIMITS": "on"}
        create_tables(environ, HOME)
        service = Service(environ, HOME)
        site.configure(HOMA_BRIDGE_ADDRESS=service.address)
        site.install_plugin("homaye-tabesh")
        plugins = ["homaye-tabesh"]
        if (PLUGIN / "homa-bridge.php").exists():
            site.install_plugin(PLUGIN, "homa-bridge", link=True)
            plugins.append("homa-bridge")
        site.use(*plugins)
        shown = {
            "site": f"{site.address}/",
            "admin": f"{site.address}/wp-admin/",
            "validation page": f"{service.address}/validate.html",
            **{f"login {name}": password for name, password in site.passwords.items()},
            "REST API": site.api,
            "plugins": ", ".join(plugins),
            "wp-config.php": str(site.wp_config),
            "debug log": str(site.folder / "debug.log"),
            "service's log": str(service.process.log),
            "database": f"mariadb -uroot -S {mariadb.socket} {site.database}",
        }
    finally:
        processes = [[int(file.read_text()), started_at(int(file.read_text()))] for file in pids.iterdir()]
        state = {"processes": processes, "folders": folders, "shown": shown}
        STATE.touch(mode=0o600)
        STATE.write_text(json.dumps(state))
        if not shown:
            end(state)
    return state


def load() -> dict[str, Any] | None:
    """Return what was written down, or None."""
    try:
        state: dict[str, Any] = json.loads(STATE.read_text())
    except FileNotFoundError:
        return None
    return state


def end(state: dict[str, Any] | None) -> None:
    """Stop what was started, the database last, and delete its folders."""
    processes = sorted(state["processes"], reverse=True) if state else []
    for process in processes:
        for how in (signal.SIGTERM, signal.SIGKILL):
            if is_running(process):
                with suppress(ProcessLookupError):
                    os.kill(process[0], how)
                wait_for(process)
    for folder in state["folders"] if state else []:
        shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(HOME, ignore_errors=True)


def wait_for(process: list[int]) -> None:
    """Wait up to 20 seconds for a process's end."""
    for _ in range(400):
        if not is_running(process):
            return
        time.sleep(0.05)


def is_running(process: list[int]) -> bool:
    """Say whether a process runs and is the one that was started: its id may be another's by now."""
    pid, started = process
    return started != 0 and started_at(pid) == started


def started_at(pid: int) -> int:
    """Return when a process was started, in ticks since the machine was, or 0 if it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return 0 if fields[0] == "Z" else int(fields[19])


if __name__ == "__main__":
    sys.exit(main())
