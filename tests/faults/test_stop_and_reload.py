"""Under load the service is stopped, or reads its settings again, and nobody loses a request."""

import http.client
import os
import signal
import socket
import time
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import make_url

from ..bench.service import create_tables
from ..servers import MariaDB, serving
from .recorder import API, Client, Recorder, ask_once
from .watch import can_connect, wait_until, workers_of

GUEST = "guest_" + "5a" * 16


def are_gone(workers: set[int], master: int) -> bool:
    return workers.isdisjoint(workers_of(master))


@pytest.fixture
def url(mariadb_url: str) -> str:
    create_tables(mariadb_url)
    return mariadb_url


def test_a_stop_answers_whatever_was_accepted(mariadb: MariaDB, url: str, tmp_path: Path) -> None:
    with serving({"HOMA_DATABASE_URL": url}, tmp_path) as service:
        recorder = Recorder(service.port)
        try:
            recorder.wait_for_acknowledged()
            time.sleep(0.5)
            start = time.monotonic()
            assert service.process.stop() == 0
            assert time.monotonic() - start < 10, "it does not wait for the grace to end"
            time.sleep(0.2)
        finally:
            recorder.stop()
        assert set(recorder.replies) == {200}
        assert set(recorder.lost) == {"ConnectionRefusedError"}, "refused, never cut off"
        with mariadb.connect(make_url(url).database) as connection:
            recorder.compare(connection)
        assert "Traceback" not in service.process.log.read_text()


def test_a_service_that_stops_takes_no_connection_that_it_would_only_reset(url: str, tmp_path: Path) -> None:
    with serving({"HOMA_DATABASE_URL": url}, tmp_path) as service, closing(Client(service.port, GUEST)) as visitor:
        workers = workers_of(service.process.pid)
        for worker in workers:
            os.kill(worker, signal.SIGSTOP)  # none accepts anything now: what comes lies in the system's queue
        early = socket.create_connection(("127.0.0.1", service.port))
        early.sendall(f"GET {API}/vault/restore HTTP/1.0\r\n\r\n".encode())
        os.kill(service.process.pid, signal.SIGTERM)
        wait_until(lambda: not can_connect(service.port), 5)
        for worker in workers:
            os.kill(worker, signal.SIGCONT)
        assert early.makefile("rb").readline().split()[1] == b"200"
        early.close()
        with pytest.raises(ConnectionRefusedError):
            visitor.ask(API + "/vault/restore")


def test_a_connection_that_is_kept_is_told_before_it_is_closed(url: str, tmp_path: Path) -> None:
    with serving({"HOMA_DATABASE_URL": url}, tmp_path) as service, closing(Client(service.port, GUEST)) as visitor:
        assert visitor.ask(API + "/vault/restore")[1]["connection"] == "keep-alive"
        os.kill(service.process.pid, signal.SIGTERM)
        time.sleep(0.5)
        status, headers, _ = visitor.ask(API + "/vault/restore")
        assert (status, headers["connection"]) == (200, "close")
        with pytest.raises(ConnectionRefusedError):
            visitor.ask(API + "/vault/restore")


def test_what_the_system_has_accepted_for_a_stopping_service_is_answered(url: str, tmp_path: Path) -> None:
    """The workers are held still, so that connections wait with the system; then they are told to stop."""
    with serving({"HOMA_DATABASE_URL": url}, tmp_path) as service:
        workers = workers_of(service.process.pid)
        for worker in workers:
            os.kill(worker, signal.SIGSTOP)
        waiting = []
        for _ in range(20):
            connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=20)
            connection.request("GET", API + "/vault/restore", headers={"Cookie": f"homa_session_token={GUEST}"})
            waiting.append(connection)
        os.kill(service.process.pid, signal.SIGTERM)
        time.sleep(0.3)
        for worker in workers:
            os.kill(worker, signal.SIGCONT)
        statuses = [connection.getresponse().status for connection in waiting]
        for connection in waiting:
            connection.close()
        assert statuses == [200] * len(waiting)


def test_the_workers_of_a_dead_master_free_the_port(url: str, tmp_path: Path) -> None:
    with serving({"HOMA_DATABASE_URL": url}, tmp_path) as service:
        workers = workers_of(service.process.pid)
        idle = socket.create_connection(("127.0.0.1", service.port))  # holds up nobody
        service.process.stop(signal.SIGKILL)
        wait_until(lambda: not can_connect(service.port), 3)
        idle.close()
        wait_until(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers), 12)


def test_a_reload_takes_new_settings_over_and_loses_nothing(
    mariadb: MariaDB, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    dotenv = tmp_path / ".env"
    large = {"field": "large", "value": "x" * 3_000}
    with serving({"HOMA_DATABASE_URL": url}, tmp_path) as service:
        recorder = Recorder(service.port)
        try:
            for limit, status in (("2048", 413), ("400000", 200), ("2048", 413)):
                dotenv.write_text(f"HOMA_MAX_BODY_BYTES={limit}\n")
                before = set(workers_of(service.process.pid))
                os.kill(service.process.pid, signal.SIGHUP)
                wait_until(partial(are_gone, before, service.process.pid), 15)
                assert ask_once(service.port, GUEST, API + "/vault/sync", large)[0] == status
                recorder.wait_for_acknowledged()
            dotenv.write_text("HOMA_MAX_BODY_BYTES=many\n")
            os.kill(service.process.pid, signal.SIGHUP)
            wait_until(lambda: "The settings of before stay in force." in service.process.log.read_text(), 10)
            recorder.wait_for_acknowledged()
            assert ask_once(service.port, GUEST, API + "/vault/sync", large)[0] == 413
        finally:
            recorder.stop()
        assert set(recorder.replies) == {200}
        assert not recorder.lost
        with mariadb.connect(make_url(url).database) as connection:
            recorder.compare(connection)
        log = service.process.log.read_text()
        assert log.count("homa-bridge has read its settings again.") == 3
        assert "HOMA_MAX_BODY_BYTES is 'many': use a whole number" in log
        assert "Traceback" not in log
