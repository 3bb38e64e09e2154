"""Time steps, and the database's host is not found by its name any more."""

import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import make_url

from ..bench.service import create_tables
from ..servers import ROOT, MariaDB, Service
from .recorder import API, Recorder, ask_once, check_reply
from .watch import wait_until

GUEST = "guest_" + "8e" * 16
DAY = 86_400


class World:
    """What the service's clock and resolver tell.

    :param folder: where they look it up
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.set_clock(0)
        self.set_name("127.0.0.1")

    def set_clock(self, seconds: int) -> None:
        """Step the service's time, from the true one."""
        self._replace("clock", str(seconds))

    def set_name(self, told: str) -> None:
        """Say what becomes of the name: an address, ``gone`` or ``hung``."""
        self._replace("names", told)

    def _replace(self, name: str, text: str) -> None:
        (self._folder / "new").write_text(text)
        (self._folder / "new").replace(self._folder / name)

    def serve(self, server: MariaDB, database: str, **environ: str) -> Service:
        """Start the service in this world."""
        url = f"mysql://root@database.test:{server.port}/{database}"
        settings = {"HOMA_DATABASE_URL": url, "HOMA_TEST_WORLD": str(self._folder), "PYTHONPATH": str(ROOT)}
        return Service({**settings, **environ}, self._folder, program=[sys.executable, "-m", "tests.faults.served"])


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
def database(mariadb: MariaDB, mariadb_url: str) -> str:
    """Return the name of a database with tables, which an administrator may reach by TCP."""
    create_tables(mariadb_url)
    return str(make_url(mariadb_url).database)


def restored(service: Service) -> int:
    return check_reply(ask_once(service.port, GUEST, API + "/vault/restore"))


def test_steps_of_the_clock_lose_nothing_and_lock_nobody_out(mariadb: MariaDB, database: str, world: World) -> None:
    service = world.serve(mariadb, database, HOMA_RATE_LIMITS="on", HOMA_RATE_LIMIT_VISITOR="100000/minute",
                          HOMA_RATE_LIMIT_ADDRESS="1000000/minute")  # fmt: skip
    recorder = Recorder(service.port, writers=3)
    try:
        for step in (0, 3_600, -3_600, 3 * DAY, -3 * DAY, 0):
            world.set_clock(step)
            recorder.wait_for_acknowledged(5)
            time.sleep(0.3)
    finally:
        recorder.stop()
        service.process.stop()
    assert set(recorder.replies) == {200}
    assert not recorder.lost
    with mariadb.connect(database) as connection:
        recorder.compare(connection)
    assert "Traceback" not in service.process.log.read_text()


def test_a_step_back_does_not_lengthen_a_refusal(mariadb: MariaDB, database: str, world: World) -> None:
    service = world.serve(mariadb, database, HOMA_RATE_LIMITS="on", HOMA_RATE_LIMIT_VISITOR="8/minute")
    try:
        replies = [ask_once(service.port, GUEST, API + "/vault/restore") for _ in range(40)]
        assert {status for status, _, _ in replies} == {200, 429}
        world.set_clock(-DAY)
        wait_until(lambda: ask_once(service.port, GUEST, API + "/vault/restore")[0] == 200, 10)
    finally:
        service.process.stop()


def test_a_name_that_is_not_found_any_more(mariadb: MariaDB, database: str, world: World) -> None:
    service = world.serve(mariadb, database)
    try:
        assert restored(service) == 200
        for told in ("gone", "hung"):
            world.set_name(told)
            cut(mariadb, database)
            start = time.monotonic()
            assert [restored(service) for _ in range(6)] == [200] * 6, "what was found last serves on"
            assert time.monotonic() - start < 20
        world.set_name("127.0.0.1")
        assert restored(service) == 200
    finally:
        service.process.stop()


@pytest.mark.parametrize("told", ["gone", "hung"])
def test_a_name_that_is_not_found_at_the_start(mariadb: MariaDB, database: str, world: World, told: str) -> None:
    world.set_name(told)
    service = world.serve(mariadb, database)
    try:
        assert "Until then every request is answered with 503." in service.process.log.read_text()
        for _ in range(3):
            start = time.monotonic()
            assert restored(service) == 503
            assert time.monotonic() - start < 5
        log = service.process.log.read_text()
        assert "the name of its host is not found: correct it, or see to the machine's DNS." in log
        assert "Traceback" not in log
        world.set_name("127.0.0.1")
        wait_until(lambda: restored(service) == 200, 30)
    finally:
        service.process.stop()


def cut(server: MariaDB, database: str) -> None:
    """End all connections to a database."""
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT id FROM information_schema.processlist WHERE db = %s", (database,))
        for (number,) in cursor.fetchall():
            cursor.execute(f"KILL {number}")
