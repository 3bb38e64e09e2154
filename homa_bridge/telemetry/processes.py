"""The files in which each process of the service keeps its measurements, for whichever is asked for all of them.

A process takes the first place that no living process has, and goes on where its last holder stopped: a worker that
is started anew leaves no file behind, and what its predecessor has counted is not lost, however that ended.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import IO, Any, Final

from prometheus_client import multiprocess, values

VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"  # where the library looks
NAME: Final = "homa-bridge-metrics-"
MASTER: Final = "master"


class _Place:
    """The place of this process. Its lock is the process's own, and goes with it, also when that is killed."""

    def __init__(self) -> None:
        self.name = MASTER
        self.locks: list[IO[bytes]] = []


_place = _Place()


def open_folder() -> Path:
    """Have measurements kept in files from now on, in a new folder of this service's own.

    Call it once, in the master, before anything is measured. What services have left that were killed is removed.
    """
    parent = Path(os.environ.get("RUNTIME_DIRECTORY", "").partition(":")[0] or tempfile.gettempdir())
    for old in parent.glob(f"{NAME}*"):
        with _held(old / f"{MASTER}.lock") as lock:
            if lock is not None:
                shutil.rmtree(old, ignore_errors=True)
    made = Path(tempfile.mkdtemp(prefix=f".{NAME}", dir=parent))
    _place.locks.append(_locked(made / f"{MASTER}.lock"))
    folder = made.rename(parent / made.name.removeprefix("."))  # it has its name once nobody takes it for left
    os.environ[VARIABLE] = str(folder)
    values.ValueClass = values.MultiProcessValue(lambda: _place.name)  # type: ignore[no-untyped-call]
    return folder


def close_folder() -> None:
    """Remove the folder; call it in the master, at the end."""
    folder = _folder()
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)


def take_place() -> None:
    """Take a place for this process, which has just been forked."""
    folder = _folder()
    if folder is None:
        return
    for number in count():
        with suppress(BlockingIOError):
            _place.locks.append(_locked(folder / f"{number}.lock"))
            break
    _forget_gauges(folder, str(number))
    _place.name = str(number)


def clear_places() -> None:
    """Forget what processes that have ended last said of themselves; what they have counted stays."""
    folder = _folder()
    for path in () if folder is None else folder.glob("[0-9]*.lock"):
        with _held(path) as lock:
            if lock is not None:
                _forget_gauges(path.parent, path.stem)


def collector() -> Any | None:
    """Return what reads the measurements of all processes; None if there is but this one."""
    folder = _folder()
    return None if folder is None else multiprocess.MultiProcessCollector(None, str(folder))  # type: ignore[no-untyped-call]


def _folder() -> Path | None:
    return Path(os.environ[VARIABLE]) if _place.locks else None


def _locked(path: Path) -> IO[bytes]:
    """Return a file that is locked for as long as it is open, here or in a process forked from this one.

    :raises BlockingIOError: if somebody else has locked it
    """
    file = path.open("wb")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise
    return file


@contextmanager
def _held(path: Path) -> Iterator[IO[bytes] | None]:
    """Lock a file for a moment; None if somebody has it, or it is not ours."""
    try:
        file = _locked(path)
    except OSError:
        yield None
        return
    with file:
        yield file


def _forget_gauges(folder: Path, place: str) -> None:
    multiprocess.mark_process_dead(place, str(folder))  # type: ignore[no-untyped-call]
