"""Keeps the service running on one port, as systemd does."""

import os
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from ..servers import Process, free_port
from .watch import workers_of

RESTART_SECONDS = 0.2
WITHOUT_LIMITS = {
    "HOMA_RATE_LIMITS": "off",
    "HOMA_MAX_MESSAGES": "1000000",
    "HOMA_MAX_MEMORY_BYTES": "1000000000",
}
"""For visitors who write without a pause: nothing is refused, and nothing forgotten to make room."""


class Supervisor:
    """Starts ``homa-bridge serve`` and starts it again whenever it ends, unless it is to stay down for a while."""

    def __init__(self, environ: Mapping[str, str], folder: Path, *options: str) -> None:
        self.port = free_port()
        self.log = folder / f"service-{self.port}.log"
        inherited = {name: text for name, text in os.environ.items() if not name.startswith("HOMA_")}
        inherited["HOMA_TEST_PIDS"] = os.environ.get("HOMA_TEST_PIDS", "")
        self._environ = {**inherited, **WITHOUT_LIMITS, **environ}
        self._command = [sys.executable, "-m", "homa_bridge", "serve", "--port", str(self.port), *options]
        self._is_over = False
        self.is_held_down = False
        self.starts = 0
        self._start()
        self.wait_until_ready()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def _start(self) -> None:
        self.process = Process("service", self._command, self._environ, self.log)
        self.starts += 1

    def _watch(self) -> None:
        while not self._is_over:
            if not self.is_held_down and not self.process.is_running:
                self.process.stop()
                time.sleep(RESTART_SECONDS)
                self._start()
            time.sleep(0.02)

    def wait_until_ready(self) -> None:
        """Wait until the service says for the first time that it is ready."""
        for _ in range(600):
            if "homa-bridge is ready." in self.log.read_text():
                return
            time.sleep(0.05)
        raise AssertionError("the service did not start: " + self.log.read_text())

    @property
    def workers(self) -> list[int]:
        """The process ids of the workers that are there now."""
        return workers_of(self.process.pid)

    def wait_until_whole(self, killed: int, workers: int = 2, seconds: float = 30) -> None:
        """Wait until there is a master with all its workers, and none of them is the one that was killed."""
        until = time.monotonic() + seconds
        while killed in {self.process.pid, *(found := self.workers)} or len(found) < workers:
            assert time.monotonic() < until, f"not whole after {seconds} s: {self.log.read_text()[-2000:]}"
            time.sleep(0.01)

    def stop(self) -> None:
        """End the service for good."""
        self._is_over = True
        self._thread.join()
        self.process.stop()
