"""Work that waits until a visitor has been quiet for a while, in one thread that nobody waits for."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

log = logging.getLogger(__name__)

MOST_WAITING: Final = 1_000
STOP_SECONDS: Final = 2.0


class Background:
    """Does a visitor's work once, however often it is asked for while it waits; forgets all of it when it stops.

    The thread starts with the first work, hence after the worker process was forked.

    :param work: what to do; its exceptions end nothing
    :param delay: seconds after the last time that a visitor's work was asked for
    """

    def __init__(self, work: Callable[[str], object], delay: float) -> None:
        self._work = work
        self._delay = delay
        self._due: dict[str, float] = {}  # the first is due first: who is asked for again goes to the end
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopped = False

    def add(self, token: str) -> None:
        """Ask for a visitor's work. Of more visitors than can wait the one who waits longest is left out."""
        with self._changed:
            if self._stopped:
                return
            self._due.pop(token, None)
            self._due[token] = time.monotonic() + self._delay
            if len(self._due) > MOST_WAITING:
                del self._due[next(iter(self._due))]
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="homa-language-model", daemon=True)
                self._thread.start()
            self._changed.notify()

    def stop(self) -> None:
        """Begin nothing any more, and wait a moment for what is under way."""
        with self._changed:
            self._stopped = True
            self._due.clear()
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        while (token := self._next()) is not None:
            try:
                self._work(token)
            except Exception as error:
                # The text of an error may quote what a visitor typed.
                log.warning("a summary by the language model failed: %s", type(error).__name__)

    def _next(self) -> str | None:
        with self._changed:
            while not self._stopped:
                if not self._due:
                    self._changed.wait()
                    continue
                token, due = next(iter(self._due.items()))
                left = due - time.monotonic()
                if left <= 0:
                    del self._due[token]
                    return token
                self._changed.wait(left)
            return None
