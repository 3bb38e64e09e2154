"""The measurements of a service of several processes, and of what other processes do."""

import os
import signal
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import make_url

from homa_bridge.telemetry.processes import NAME

from ..servers import MariaDB, Service, serving
from .test_serve import API, command, fetch

RESTORES = ("homa_request_seconds_count", f"{API}/vault/restore")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Return where the service keeps its files."""
    kept = tmp_path / "run"
    kept.mkdir()
    yield kept
    assert list(kept.iterdir()) == [], "it leaves nothing behind"


def measured(service: Service) -> dict[tuple[str, str], float]:
    """Return the measurements by name and route, or layer."""
    with urllib.request.urlopen(f"{service.address}/metrics", timeout=20) as answer:
        text = answer.read().decode()
    return {
        (sample.name, sample.labels.get("route", sample.labels.get("layer", ""))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def workers(service: Service) -> list[int]:
    pid = service.process.pid
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_all_workers_are_measured_and_what_a_killed_one_counted_stays(mariadb_url: str, folder: Path) -> None:
    environ = {"HOMA_DATABASE_URL": mariadb_url, "RUNTIME_DIRECTORY": str(folder), "HOMA_THREADS": "3"}
    assert command("init-db", folder=folder.parent, HOMA_DATABASE_URL=mariadb_url).returncode == 0
    with serving(environ, folder.parent, "--workers", "2") as service:
        (kept,) = folder.iterdir()
        assert kept.stat().st_mode & 0o077 == 0, "the folder is its owner's alone"
        sent = 0
        for round_ in range(3):
            for _ in range(20):
                fetch(f"{service.api}/vault/restore")
                sent += 1
            found = measured(service)
            assert found[RESTORES] == sent, round_
            assert found["homa_pool_connections", ""] == 2 * 2 * 3, "of the living workers alone"
            victim = workers(service)[0]
            os.kill(victim, signal.SIGKILL)
            for _ in range(100):
                if victim not in workers(service) and len(workers(service)) == 2:
                    break
                time.sleep(0.1)
            time.sleep(0.5)  # until the new one serves
        os.kill(service.process.pid, signal.SIGTTOU)  # one worker less
        for _ in range(100):
            if measured(service)["homa_pool_connections", ""] == 2 * 3:
                break
            time.sleep(0.1)
        assert measured(service)["homa_pool_connections", ""] == 2 * 3, "who has ended has no connections"
        assert measured(service)[RESTORES] == sent
        names = sorted(path.name for path in kept.iterdir())
        assert len([name for name in names if name.startswith("counter_")]) <= 3, names
        service.process.stop(signal.SIGKILL)
        for pid in workers_of(kept):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    assert list(folder.iterdir()) == [kept], "it was killed"
    with serving(environ, folder.parent) as service:
        (new,) = folder.iterdir()
        assert new != kept, "what was left is removed at the next start"
        assert RESTORES not in measured(service)


def workers_of(kept: Path) -> list[int]:
    """Return the processes that have a file in a folder open."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if any(str(kept) in str(file.readlink()) for file in (process / "fd").iterdir()):
                found.append(int(process.name))
    return found


def test_two_services_on_one_machine_keep_out_of_each_other_s_way(tmp_path: Path, folder: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    common = {"RUNTIME_DIRECTORY": str(folder)}
    with (
        serving({**common, "HOME": str(tmp_path / "a"), "XDG_DATA_HOME": ""}, tmp_path) as one,
        serving({**common, "HOME": str(tmp_path / "b"), "XDG_DATA_HOME": ""}, tmp_path) as other,
    ):
        assert len(list(folder.iterdir())) == 2
        fetch(f"{one.api}/vault/restore")
        assert measured(one)[RESTORES] == 1
        assert RESTORES not in measured(other)


def test_a_clean_up_from_the_command_line_is_measured(mariadb: MariaDB, mariadb_url: str, tmp_path: Path) -> None:
    environ = {"HOMA_DATABASE_URL": mariadb_url}
    assert command("init-db", folder=tmp_path, **environ).returncode == 0
    with serving(environ, tmp_path) as service:
        assert ("homa_cleanup_last_timestamp_seconds", "") not in measured(service)
        for total in (3, 6):
            with mariadb.connect(make_url(mariadb_url).database) as connection, connection.cursor() as cursor:
                values = ",".join(f"('guest_{number:032x}', NOW() - INTERVAL 1 HOUR)" for number in range(3))
                cursor.execute(f"INSERT INTO wp_homa_sessions (session_token, expires_at) VALUES {values}")
            assert "Deleted 3 expired sessions" in command("cleanup", folder=tmp_path, **environ).stdout
            found = measured(service)
            assert found["homa_cleanup_rows_total", "sessions"] == total
            assert found["homa_cleanup_last_rows", "sessions"] == 3
            assert found["homa_cleanup_rows_total", "messages"] == 0
            assert 0 <= time.time() - found["homa_cleanup_last_timestamp_seconds", ""] < 30
        command("cleanup", folder=tmp_path, **environ)
        assert measured(service)["homa_cleanup_last_rows", "sessions"] == 0


def test_nothing_is_left_in_the_system_s_folder(mariadb_url: str, tmp_path: Path) -> None:
    with serving({"HOMA_DATABASE_URL": mariadb_url, "TMPDIR": str(tmp_path)}, tmp_path):
        assert len(list(tmp_path.glob(f"{NAME}*"))) == 1
    assert list(tmp_path.glob(f"*{NAME}*")) == []
    assert tempfile.gettempdir() != str(tmp_path)
