"""``homa-bridge serve`` as its owner meets it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from ..servers import MariaDB, Service, free_port, serving

API = "/wp-json/homaye-tabesh/v1"


def command(*arguments: str, folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a folder and a home of its own."""
    inherited = {name: text for name, text in os.environ.items() if not name.startswith(("HOMA_", "XDG_"))}
    return subprocess.run(
        [sys.executable, "-m", "homa_bridge", *arguments],
        env={**inherited, "HOME": str(folder), **environ},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def fetch(address: str, body: object = None, cookie: str = "") -> tuple[int, Any, str]:
    request = urllib.request.Request(address, None if body is None else json.dumps(body).encode())
    request.add_header("Content-Type", "application/json")
    if cookie:
        request.add_header("Cookie", f"homa_session_token={cookie}")
    with urllib.request.urlopen(request, timeout=20) as answer:
        text = answer.read().decode("utf-8", "replace")
        is_json = answer.headers["Content-Type"] == "application/json"
        return answer.status, json.loads(text) if is_json else text, answer.url


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """Return the environment of somebody who has set nothing."""
    return {"HOME": str(tmp_path), "XDG_DATA_HOME": ""}


def test_without_settings_it_keeps_its_data_over_a_restart(home: dict[str, str], tmp_path: Path) -> None:
    with serving(home, tmp_path) as service:
        _, answer, _ = fetch(service.api + "/vault/sync", {"field": "tirage", "value": 500})
        token = answer["session_token"]
        assert service.process.stop(signal.SIGINT) == 0
    kept = list(tmp_path.glob(".local/share/homa-bridge/memory.sqlite3"))
    assert len(kept) == 1
    assert kept[0].parent.stat().st_mode & 0o077 == 0, "the folder is its owner's alone"
    with serving(home, tmp_path) as service:
        _, answer, _ = fetch(service.api + "/vault/restore", cookie=token)
        assert answer["vault_data"] == {"tirage": {"value": 500, "insight": None}}


def test_it_says_where_it_is_and_stops_cleanly(home: dict[str, str], tmp_path: Path) -> None:
    with serving(home, tmp_path) as service:
        assert service.process.stop(signal.SIGINT) == 0
    assert service.process.log.read_text().splitlines() == [
        f"homa-bridge is ready. Open {service.address}/ to see that it works. Ctrl-C stops it.",
        "homa-bridge has stopped. What it remembers is kept.",
    ]


def test_a_request_that_is_under_way_is_finished_before_it_stops(
    mariadb: MariaDB, mariadb_url: str, tmp_path: Path
) -> None:
    assert command("init-db", folder=tmp_path, HOMA_DATABASE_URL=mariadb_url).returncode == 0
    page = {"page_url": "http://shop.test/"}
    with serving({"HOMA_DATABASE_URL": mariadb_url}, tmp_path) as service, ThreadPoolExecutor(1) as pool:
        token = fetch(service.api + "/vault/sync", {"field": "a", "value": 1, **page})[1]["session_token"]
        with mariadb.connect(make_url(mariadb_url).database) as connection, connection.cursor() as cursor:
            connection.begin()
            cursor.execute("SELECT id FROM wp_homa_sessions FOR UPDATE")
            under_way = pool.submit(fetch, service.api + "/vault/sync", {"field": "a", "value": 2, **page}, token)
            time.sleep(0.5)
            os.kill(service.process.pid, signal.SIGINT)
            time.sleep(0.5)
            connection.rollback()
        assert under_way.result(20)[0] == 200
        assert service.process.stop(signal.SIGINT) == 0


def test_the_root_leads_to_the_validation_page_and_the_routes_are_documented(
    home: dict[str, str], tmp_path: Path
) -> None:
    with serving(home, tmp_path) as service:
        _, page, address = fetch(service.address + "/")
        assert address == service.address + "/validate.html"
        assert "<html" in page
        _, document, _ = fetch(service.address + "/openapi.json")
        assert document["openapi"].startswith("3.")
        assert len([path for path in document["paths"] if path.startswith(API)]) == 11  # two share /chat/memory
        _, documentation, _ = fetch(service.address + "/docs/")
        used = re.findall(r'(?:src|href)="([^"]+)"', documentation)
        assert used
        assert all(link.startswith("/docs/") for link in used), "nothing comes from another host"
        for link in used:
            assert fetch(service.address + link)[0] == 200
        _, status, _ = fetch(service.address + "/status")
        assert {table["name"]: table["differences"] for table in status["database"]["tables"]} == {
            f"wp_{name}": []
            for name in (
                "homa_vault",
                "homa_sessions",
                "homa_user_interests",
                "homaye_chat_memory",
                "homaye_persona_scores",
                "homa_bridge_locks",
                "homa_bridge_receipts",
                "homa_bridge_summaries",
                "homa_bridge_cleanups",
            )
        }


def test_the_workers_stay_small(mariadb_url: str, tmp_path: Path) -> None:
    prepared = command("init-db", folder=tmp_path, HOMA_DATABASE_URL=mariadb_url)
    assert prepared.returncode == 0, prepared.stderr
    with serving({"HOMA_DATABASE_URL": mariadb_url}, tmp_path, "--workers", "2") as service:
        for _ in range(100):
            _, answer, _ = fetch(
                service.api + "/vault/sync", {"field": "a", "value": 1, "page_url": "http://shop.test/"}
            )
            fetch(service.api + "/vault/restore", cookie=answer["session_token"])
            fetch(service.api + "/memory/summary", cookie=answer["session_token"])
            fetch(service.api + "/context/compress", {"messages": [{"role": "user", "content": "۵۰۰ نسخه کتاب"}]})
        pid = service.process.pid
        workers = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        assert len(workers) == 2
        for worker in workers:
            pages = int(Path(f"/proc/{worker}/statm").read_text().split()[1])
            assert pages * os.sysconf("SC_PAGE_SIZE") < 90_000_000


@pytest.mark.parametrize(
    ("arguments", "environ", "line"),
    [
        *[
            (["--host", host], {}, f"{host} can be reached from other machines: set HOMA_SHARED_SECRET")
            for host in ("0.0.0.0", "::", "192.168.1.5", "fe80::1", "shop.test", "localhost.test", "128.0.0.1")
        ],
        (["--host", "192.0.2.1"], {"HOMA_SHARED_SECRET": "x" * 32}, "cannot be listened on"),
        ([], {"HOMA_SITE_TIMEZONE": "Asia/Atlantis"}, "HOMA_SITE_TIMEZONE has the time zone 'Asia/Atlantis'"),
        ([], {"HOMA_SHARED_SECRET": "short"}, "HOMA_SHARED_SECRET is too short: use at least 32 characters"),
        ([], {"HOMA_DATABASE_URL": "postgres://u:geheim@h/d"}, "HOMA_DATABASE_URL is not understood: write mysql://"),
        ([], {"HOMA_TABLE_PREFIX": "wp-"}, "HOMA_TABLE_PREFIX is 'wp-': use up to 32 letters"),
        ([], {"HOMA_WORKERS": "many"}, "HOMA_WORKERS is 'many': use a whole number from 1 to 256."),
        ([], {"HOMA_WP_CONFIG": "/nowhere/wp-config.php"}, "HOMA_WP_CONFIG: "),
        ([], {"HOMA_DATA_DIR": "/proc/none"}, "/proc/none cannot be created"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_line(
    tmp_path: Path, arguments: list[str], environ: dict[str, str], line: str
) -> None:
    result = command("serve", "--port", str(free_port()), *arguments, folder=tmp_path, **environ)
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith("homa-bridge: ")
    assert line in result.stderr
    assert result.stderr.count("\n") == 1
    assert "geheim" not in result.stderr


@pytest.mark.parametrize("host", ["localhost", "127.0.0.2"])
def test_this_machine_alone_needs_no_secret(home: dict[str, str], tmp_path: Path, host: str) -> None:
    with serving(home, tmp_path, "--host", host) as service:
        assert f":{service.port}/ to see that it works." in service.process.log.read_text()


def test_a_busy_port_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        result = command("serve", "--port", str(port), folder=tmp_path)
    assert result.returncode == 2
    assert result.stderr == (
        f"homa-bridge: 127.0.0.1:{port} cannot be listened on (Address already in use): "
        "choose another --port or --host.\n"
    )


def test_it_listens_on_a_socket_s_file(tmp_path: Path) -> None:
    path = tmp_path / "homa.sock"
    with serving({"HOME": str(tmp_path)}, tmp_path, "--host", f"unix:{path}") as service:
        assert f"It listens on the socket {path}." in service.process.log.read_text()
        again = command("serve", "--host", f"unix:{path}", folder=tmp_path)
        assert (again.returncode, "in use by a service that runs" in again.stderr) == (2, True)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            client.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
            assert b'{"alive":true}' in client.makefile("rb").read()
        service.process.stop(signal.SIGKILL)  # the file stays, and the workers a moment longer
    for _ in range(100):
        with socket.socket(socket.AF_UNIX) as client:
            if client.connect_ex(str(path)) != 0:
                break
        time.sleep(0.1)
    assert path.exists()
    with serving({"HOME": str(tmp_path)}, tmp_path, "--host", f"unix:{path}"):
        pass
    assert not path.exists()


@pytest.mark.parametrize(
    ("name", "reason"), [("file", "is no socket"), ("x" * 200, "is no full path"), ("no/such", "is no folder")]
)
def test_a_socket_that_cannot_be_is_said_in_one_line(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "file").touch()
    result = command("serve", "--host", f"unix:{tmp_path / name}", folder=tmp_path)
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert reason in result.stderr
    assert (tmp_path / "file").exists()


def test_missing_tables_are_said_at_the_start_and_are_a_503_until_they_are_there(
    mariadb_url: str, tmp_path: Path
) -> None:
    with serving({"HOMA_DATABASE_URL": mariadb_url}, tmp_path) as service:
        said = service.process.log.read_text()
        assert "the database has no wp_homa_vault" in said
        assert "homa-bridge init-db" in said
        with pytest.raises(urllib.error.HTTPError, match="503"):
            fetch(f"{service.address}{API}/vault/restore")
        assert command("init-db", folder=tmp_path, HOMA_DATABASE_URL=mariadb_url).returncode == 0
        assert fetch(f"{service.address}{API}/vault/restore")[0] == 200


def test_its_own_table_is_made_at_the_start_beside_the_plugins(
    mariadb: MariaDB, mariadb_url: str, tmp_path: Path
) -> None:
    assert command("init-db", folder=tmp_path, HOMA_DATABASE_URL=mariadb_url).returncode == 0
    with mariadb.connect() as connection, connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE `{make_url(mariadb_url).database}`.wp_homa_bridge_locks")
    with serving({"HOMA_DATABASE_URL": mariadb_url}, tmp_path) as service:
        assert fetch(service.api + "/vault/sync", {"field": "a", "value": 1})[0] == 200


def test_a_database_that_is_away_is_a_503_until_it_is_back(tmp_path: Path) -> None:
    server = MariaDB()
    try:
        url = server.create_database("away")
        assert command("init-db", folder=tmp_path, HOMA_DATABASE_URL=url).returncode == 0
        with serving({"HOMA_DATABASE_URL": url}, tmp_path) as service:
            token = fetch(service.api + "/vault/sync", {"field": "a", "value": 1})[1]["session_token"]
            server.stop()
            for path, body in (("/vault/restore", None), ("/vault/sync", {"field": "a", "value": 2})):
                assert refusal(service, path, body) == (503, "homa_storage_unavailable", "5")
            server.start()
            assert fetch(service.api + "/vault/sync", {"field": "b", "value": 3}, token)[0] == 200
            restored = fetch(service.api + "/vault/restore", cookie=token)[1]["vault_data"]
            assert {key: field["value"] for key, field in restored.items()} == {"a": 1, "b": 3}
            log = service.process.log.read_text()
            assert "Traceback" not in log
    finally:
        server.remove()


def refusal(service: Service, path: str, body: object) -> tuple[int, str, str]:
    try:
        fetch(service.api + path, body)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())["code"], error.headers["Retry-After"]
    raise AssertionError("it was not refused")
