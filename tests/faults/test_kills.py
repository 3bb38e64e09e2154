"""Worker, master and MariaDB are killed under load, a hundred times between them, at random moments."""

import os
import random
import signal
import time
from pathlib import Path

from sqlalchemy import make_url

from ..bench.service import create_tables
from ..servers import MariaDB
from .recorder import Recorder
from .supervisor import Supervisor

WORKER, MASTER, DATABASE = 82, 10, 8
SEED = os.environ.get("HOMA_TEST_SEED") or str(time.time_ns())


def test_no_kill_loses_what_was_acknowledged(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    print("seed:", SEED, "(set HOMA_TEST_SEED to it for the same order and pauses)")
    victims = ["worker"] * WORKER + ["master"] * MASTER + ["database"] * DATABASE
    chance.shuffle(victims)
    server = MariaDB()
    try:
        url = server.create_database("killed")
        create_tables(url)
        service = Supervisor({"HOMA_DATABASE_URL": url}, tmp_path)
        recorder = Recorder(service.port)
        slowest: dict[str, float] = {}
        try:
            for victim in victims:
                time.sleep(chance.uniform(0.0, 0.3))
                kill(victim, service, server, chance)
                took = recorder.wait_for_acknowledged()
                slowest[victim] = max(slowest.get(victim, 0), took)
            print("slowest return in seconds:", slowest, recorder.replies, recorder.lost)
            with server.connect(make_url(url).database) as connection:
                recorder.compare(connection)
            assert service.starts >= MASTER + 1
            log = service.log.read_text()
            assert "Traceback" not in log
        finally:
            recorder.stop()
            service.stop()
    finally:
        server.remove()


def kill(victim: str, service: Supervisor, server: MariaDB, chance: random.Random) -> None:
    """Kill one of them; the database is started again, and all else comes back by itself."""
    if victim == "database":
        server.stop(signal.SIGKILL)
        server.start()
        return
    process = service.process.pid if victim == "master" else chance.choice(service.workers)
    os.kill(process, signal.SIGKILL)
    service.wait_until_whole(process)
