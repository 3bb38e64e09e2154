"""What servers spend of the processors."""

import os
from collections.abc import Iterator
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")  # a second
SERVERS = {"php-fpm": "PHP", "mariadbd": "database", "python": "service", "nginx": "nginx"}
"""What the servers are called in the table, by what their processes' names begin with."""


def spent() -> dict[str, float]:
    """Return the seconds of processor time that each of the servers has spent that this process has started."""
    seconds = dict.fromkeys(SERVERS.values(), 0.0)
    for process in _descendants(os.getpid()):
        try:
            name, _, rest = (process / "stat").read_text().partition("(")[2].rpartition(")")
        except OSError:  # it has ended
            continue
        server = next((title for beginning, title in SERVERS.items() if name.startswith(beginning)), None)
        if server is not None:
            fields = rest.split()
            seconds[server] += (int(fields[11]) + int(fields[12])) / TICKS  # in the program and in the kernel: proc(5)
    return seconds


def _descendants(pid: int) -> Iterator[Path]:
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found = children.read_text().split()
        except OSError:
            continue
        for child in map(int, found):
            yield Path(f"/proc/{child}")
            yield from _descendants(child)
