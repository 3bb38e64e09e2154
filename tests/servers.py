"""Starts what the product runs with, each privately: own folder, socket and port, stopped at the end."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pymysql
from pymysql.connections import Connection

ROOT = Path(__file__).parent.parent
CONTRACT = ROOT / "tests" / "contract"

AS_IN_A_CLUSTER = (
    "--innodb-autoinc-lock-mode=2", "--auto-increment-increment=3", "--auto-increment-offset=2",
    "--server-id=1", "--log-bin=changes", "--binlog-format=ROW",
)  # fmt: skip
"""How one of three Galera nodes gives out ids, and the log that a replica reads."""


def free_port() -> int:
    """Return a port of the loopback interface on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Process:
    """A server that ends with the test run, also when that is killed: its process id is on record."""

    def __init__(self, name: str, command: list[str], environ: Mapping[str, str], log: Path) -> None:
        self.log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(command, env=dict(environ), stdout=output, stderr=output)
        records = os.environ.get("HOMA_TEST_PIDS")
        self._record = Path(records) / f"{name}-{self._process.pid}" if records else None
        if self._record is not None:
            self._record.write_text(str(self._process.pid))

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the process has not ended."""
        return self._process.poll() is None

    def wait(self, seconds: float = 60) -> int:
        """Wait until the process ends by itself and return its exit status."""
        status = self._process.wait(seconds)
        self.stop()
        return status

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End the process and return its exit status."""
        if self.is_running:
            self._process.send_signal(how)
        try:
            status = self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        if self._record is not None:
            self._record.unlink(missing_ok=True)
        return status


class MariaDB:
    """A MariaDB server of the tests' own.

    :param zone: the system's time zone, as the server sees it
    :param options: of the server, for every start; they may be changed in between
    """

    def __init__(self, zone: str = "UTC", *options: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="homa-mariadb-"))
        self.socket = str(self.folder / "mariadb.sock")
        self.port = free_port()
        self._environ = {**os.environ, "TZ": zone}
        (self.folder / "tmp").mkdir()  # a server that starts deletes the temporary tables of others in a shared one
        self.options = [f"--tmpdir={self.folder}/tmp", *options]
        self._user = ["--user=root"] if os.getuid() == 0 else []  # it refuses root unless told
        installed = subprocess.run(
            ["mariadb-install-db", "--no-defaults", f"--datadir={self.folder}/data", "--skip-test-db",
             f"--tmpdir={self.folder}/tmp", "--auth-root-authentication-method=normal", *self._user],
            env=self._environ, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert installed.returncode == 0, installed.stdout + installed.stderr
        self.start()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        (self.folder / "log").unlink(missing_ok=True)
        self._process = Process(
            "mariadb",
            ["mariadbd", "--no-defaults", *self._user, f"--datadir={self.folder}/data", f"--socket={self.socket}",
             f"--port={self.port}", "--bind-address=127.0.0.1", f"--pid-file={self.folder}/pid",
             "--max-connections=400", "--innodb-buffer-pool-size=256M", "--log-warnings=1", *self.options],
            self._environ,
            self.folder / "log",
        )  # fmt: skip
        for _ in range(300):
            if Path(self.socket).is_socket() and "ready for connections" in (self.folder / "log").read_text():
                self.connect().close()
                return
            assert self._process.is_running, (self.folder / "log").read_text()
            time.sleep(0.1)
        raise AssertionError("MariaDB did not start: " + (self.folder / "log").read_text())

    @property
    def pid(self) -> int:
        """The server's process id."""
        return self._process.pid

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop the server; its data stay."""
        self._process.stop(how)

    def remove(self) -> None:
        """Stop the server and delete its data."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def connect(self, database: str | None = None) -> Connection:
        """Connect as root, committing by itself."""
        return pymysql.connect(
            unix_socket=self.socket, user="root", database=database, charset="utf8mb4", autocommit=True
        )

    def create_database(self, name: str) -> str:
        """Create a database and return its URL."""
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci")
        return f"mysql://root@localhost/{name}?unix_socket={self.socket}"


class Redis:
    """A Redis server of the tests' own, on a socket's file and a port."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="homa-redis-"))
        self.socket = str(self.folder / "redis.sock")
        self.port = free_port()
        self.start()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        command = ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--unixsocket", self.socket]
        command += ["--dir", str(self.folder), "--save", "", "--appendonly", "no"]
        self.process = Process("redis", command, os.environ, self.folder / "log")
        for _ in range(100):
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port)) as probe:
                probe.sendall(b"PING\r\n")
                if probe.recv(16).startswith(b"+PONG"):
                    return
            assert self.process.is_running, (self.folder / "log").read_text()
            time.sleep(0.1)
        raise AssertionError("Redis did not start: " + (self.folder / "log").read_text())

    def remove(self) -> None:
        """Stop the server and delete its folder."""
        self.process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Service:
    """A running ``homa-bridge serve``; it limits nothing unless told.

    ``address`` is what the plugin is told: the port's, or the socket's where ``HOMA_HOST`` names one.

    :param program: what runs in the place of the product's own command line
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        folder: Path,
        *options: str,
        program: Sequence[str] = (sys.executable, "-m", "homa_bridge"),
    ) -> None:
        self.folder = folder
        self.port = free_port()
        host = environ.get("HOMA_HOST", "127.0.0.1")
        self.address = host if host.startswith("unix:") else f"http://{host}:{self.port}"
        self.api = f"{self.address}/wp-json/homaye-tabesh/v1"
        inherited = {name: text for name, text in os.environ.items() if not name.startswith("HOMA_")}
        environ = {**inherited, "HOMA_RATE_LIMITS": "off", **environ}
        command = [*program, "serve", "--port", str(self.port), *options]
        self.process = Process("service", command, environ, folder / f"service-{self.port}.log")
        for _ in range(300):
            if "homa-bridge is ready." in self.process.log.read_text():
                return
            assert self.process.is_running, self.process.log.read_text()
            time.sleep(0.1)
        raise AssertionError("the service did not start: " + self.process.log.read_text())


@contextmanager
def serving(environ: Mapping[str, str], folder: Path, *options: str) -> Iterator[Service]:
    """Run the service for a while."""
    service = Service(environ, folder, *options)
    try:
        yield service
    finally:
        service.process.stop()
