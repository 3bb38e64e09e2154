"""Runs the service under gunicorn."""

import gc
import multiprocessing
import resource
import signal
import sys
from collections.abc import Callable
from typing import Any, cast

import click
from flask import Flask
from gunicorn.app.base import BaseApplication

from . import create_app
from .application import KEY, Services
from .config import Settings
from .errors import SettingsError, StorageError
from .listen_address import bind_address, check_address, check_exposure, invitation
from .silence import silence
from .status.service import inspect_database
from .telemetry import logs, notification, processes
from .worker import BoundedWorker

GRACE_SECONDS = 10
MOST_CONNECTIONS = 1_000  # open in one worker
OTHER_FILES = 100  # that a worker has open beside connections, at most


def run(read_settings: Callable[[], Settings]) -> None:
    """Serve until told to stop.

    :param read_settings: reads the settings, at the start and again on SIGHUP
    :raises SettingsError: if the service must not or cannot start like this
    """
    settings = read_settings()
    logs.set_up(settings.telemetry)
    check_exposure(settings)
    _prepare_database(settings)
    check_address(settings)
    processes.open_folder()
    _Server(settings, read_settings, notification.take_address()).run()


class _Server(BaseApplication):
    def __init__(self, settings: Settings, read_settings: Callable[[], Settings], supervisor: str | None) -> None:
        self._settings = settings
        self._read_settings = read_settings
        self._supervisor = supervisor
        self._workers_at_start = settings.workers
        self._app: Flask | None = None  # of this worker
        self._booted = multiprocessing.Value("i", 0)  # shared with the workers, which are forked
        super().__init__()

    def load_config(self) -> None:
        settings = self._settings
        for name, value in {
            "bind": bind_address(settings),
            "workers": settings.workers,
            "threads": settings.threads,
            "worker_class": BoundedWorker,
            "worker_connections": _most_connections(settings),
            "graceful_timeout": GRACE_SECONDS,
            "timeout": 60,
            "keepalive": 5,
            "proc_name": "homa-bridge",
            "secure_scheme_headers": {},  # HOMA_TRUSTED_PROXIES says whose headers count, and there is no second way
            "forwarder_headers": "",
            "control_socket_disable": True,  # it would lie in the home directory, one for all services
            "logger_class": logs.ServerLog,
            "loglevel": "warning",
            "when_ready": _end_gently,
            "post_fork": _take_place,
            "child_exit": _clear_places,
            "post_worker_init": self._count_worker,
            "worker_exit": self._stop_wordings,
            "on_exit": _say_goodbye,
        }.items():
            self.cfg.set(name, value)

    @property
    def queue_limit(self) -> int:
        """How many requests may wait in a worker."""
        return self._settings.queue_limit

    def count_refused(self) -> None:
        """Count a request that was refused without the application."""
        if self._app is not None:
            cast(Services, self._app.extensions[KEY]).meters.overloaded.inc()

    def reload(self) -> None:
        """Read the settings again, before new workers take the place of the old; wrong ones change nothing."""
        try:
            settings = self._read_settings().changed(host=self._settings.host, port=self._settings.port)
            check_exposure(settings)
            _prepare_database(settings)
        except SettingsError as error:
            click.echo(f"homa-bridge: {error} The settings of before stay in force.", err=True)
        else:
            self._settings = settings
            logs.set_up(settings.telemetry)
            click.echo("homa-bridge has read its settings again.")
            sys.stdout.flush()
        super().reload()

    def load(self) -> Any:
        self._app = create_app(self._settings)
        return self._app.wsgi_app

    def _stop_wordings(self, _server: object, _worker: object) -> None:
        """Let no question to a language model keep a worker from ending."""
        services = cast(Services, self._app.extensions[KEY]) if self._app else None
        if services is not None and services.wordings is not None:
            services.wordings.stop()

    def _count_worker(self, worker: Any) -> None:
        """Say that the service is ready once every worker is: before that a worker may miss the order to stop."""
        if self._app is not None:
            cast(Services, self._app.extensions[KEY]).meters.keep_looking()
        gc.freeze()  # what is there by now stays: looking through it again and again finds nothing
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all; the master tells the workers
        if self._booted.get_obj().value >= self._workers_at_start:
            return  # without the lock, which a worker that was killed just then holds for good
        with self._booted.get_lock():
            self._booted.value += 1
            is_last = self._booted.value == self._workers_at_start
        if is_last:
            click.echo(f"homa-bridge is ready. {invitation(worker.sockets[0].sock.getsockname())} Ctrl-C stops it.")
            sys.stdout.flush()
            notification.send(self._supervisor, "READY=1")


def _prepare_database(settings: Settings) -> None:
    """Create the embedded database's tables; see that a site's are there.

    A database that is out of reach or has no tables stops nothing: the service answers 503 until then, and the
    WordPress plugin can have it create the tables.
    """
    services = cast(Services, create_app(settings).extensions[KEY])
    try:
        _prepare_tables(services)
    finally:
        services.database.close()  # before the workers are forked: a connection, SQLite's above all, is one process's


def _prepare_tables(services: Services) -> None:
    if services.database.is_sqlite:
        services.omnistore.create_tables()
        return
    report = inspect_database(services.database, services.clock)
    if report.problem:
        click.echo(
            f"homa-bridge: the database: {report.problem} Until then every request is answered with 503.", err=True
        )
        return
    missing = [table.name for table in report.tables if table.required and not table.exists]
    if missing:
        click.echo(
            f"homa-bridge: the database has no {', '.join(missing)}: run `homa-bridge init-db`, have the WordPress "
            "plugin create them, or correct HOMA_TABLE_PREFIX. Until then every request is answered with 503.",
            err=True,
        )
    try:
        services.omnistore.create_tables(only_own=True)
    except StorageError:  # it may be read-only: what is there can be read all the same
        click.echo("homa-bridge: the database takes no tables: run `homa-bridge check` to see why.", err=True)


def _most_connections(settings: Settings) -> int:
    """Return how many connections a worker may have open: without a file left it could accept none, and would end."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return MOST_CONNECTIONS
    left = files - OTHER_FILES - 2 * settings.threads
    return max(2 * settings.threads, min(MOST_CONNECTIONS, left))


def _end_gently(server: Any) -> None:
    """Have the service finish what it has taken, and take nothing more, when it is to end."""
    server.handle_int = server.handle_term  # Ctrl-C does as SIGTERM
    stop = server.stop

    def silence_and_stop(graceful: bool = True) -> None:
        is_shared = server.systemd or server.reexec_pid or server.master_pid  # somebody else goes on listening
        for listener in [] if is_shared else server.LISTENERS:
            silence(listener.sock)
        stop(graceful)

    server.stop = silence_and_stop


def _take_place(_server: Any, _worker: Any) -> None:
    processes.take_place()


def _clear_places(_server: Any, _worker: Any) -> None:
    processes.clear_places()


def _say_goodbye(_server: Any) -> None:
    processes.close_folder()
    click.echo("homa-bridge has stopped. What it remembers is kept.")
