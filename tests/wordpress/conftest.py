"""A WordPress for the tests of a session, and the service for it."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..servers import ROOT, MariaDB, Service, serving
from .bridge import Bridge
from .site import Site


@pytest.fixture(scope="session")
def site(mariadb: MariaDB) -> Iterator[Site]:
    """Return the site; before each test it has forgotten what others left, after each nothing has complained.

    Both plugins are there; a test says with ``site.use(…)`` which of them it wants active. One that expects complaints
    ends with ``site.clear_debug_log()``.
    """
    site = Site(mariadb, constants={"HOMA_BRIDGE_SECRET": secrets.token_hex(32)})
    try:
        site.install_plugin("homaye-tabesh")
        site.install_plugin(ROOT / "wp-plugin", "homa-bridge")
        yield site
    finally:
        site.remove()


@pytest.fixture(scope="session")
def service(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Return the service, which has its settings from the site; the site's plugin knows its address."""
    folder = tmp_path_factory.mktemp("service")
    environ = {"HOMA_WP_CONFIG": str(site.wp_config)}
    create_tables(environ, folder)
    with serving(environ, folder) as service:
        site.configure(HOMA_BRIDGE_ADDRESS=service.address)
        yield service


@pytest.fixture(scope="session")
def relay(site: Site, service: Service) -> Iterator[Bridge]:
    """Return the site and the service with something in between that can fail."""
    bridge = Bridge(site, service)
    yield bridge
    bridge.between.refuse()


@pytest.fixture
def bridge(relay: Bridge) -> Iterator[Bridge]:
    """Return the whole as a shop has it; the other plugin's memory must not have served anything."""
    relay.connect()
    yield relay
    assert not relay.site.host_served_log.exists(), relay.site.host_served_log.read_text()


@pytest.fixture(autouse=True)
def _unspoilt(request: pytest.FixtureRequest) -> Iterator[None]:
    if not {"site", "service", "bridge"} & set(request.fixturenames):
        yield
        return
    site: Site = request.getfixturevalue("site")
    site.reset()
    yield
    assert site.debug_log() == ""


def create_tables(environ: dict[str, str], folder: Path) -> None:
    """Run ``homa-bridge init-db``."""
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("HOMA_")}
    result = subprocess.run(
        [sys.executable, "-m", "homa_bridge", "init-db"],
        env={**inherited, **environ},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
