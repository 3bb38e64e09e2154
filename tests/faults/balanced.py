"""A web server before several instances of the service, by the lines that the README shows."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from ..servers import ROOT
from ..wordpress.nginx import running_nginx

ASKED = "log_format asked '$request_method|$status|$upstream_addr|$upstream_bytes_sent'; access_log {log} asked;"


class Asked(NamedTuple):
    """A request, and the ports of the instances that were tried, each with the bytes that were sent to it."""

    method: str
    status: int
    tries: list[tuple[int, int]]


class Balancer:
    """A web server that runs.

    :param log: what it writes of each request
    """

    def __init__(self, port: int, log: Path) -> None:
        self.port = port
        self._log = log

    def asked(self) -> list[Asked]:
        """Return all requests until now."""
        return [_asked(line) for line in self._log.read_text().splitlines()]


def _asked(line: str) -> Asked:
    method, status, addresses, sent = line.split("|")
    ports = [int(address.rpartition(":")[2]) for address in addresses.split(", ") if ":" in address]
    return Asked(method, int(status), list(zip(ports, map(int, sent.split(", ")), strict=False)))


def shown_lines() -> list[str]:
    """Return the README's two blocks for nginx: the instances, and the place that hands requests to them."""
    text = (ROOT / "README.md").read_text("utf-8").partition("## Beyond one machine")[2]
    return re.findall(r"```nginx\n(.*?)```", text, re.DOTALL)[:2]


@contextmanager
def balancing(folder: Path, ports: Sequence[int]) -> Iterator[Balancer]:
    """Run the web server for a while.

    :param ports: of the instances
    """
    upstream, location = shown_lines()
    shown = iter(ports)
    upstream = re.sub(r"server [\d.:]+", lambda _: f"server 127.0.0.1:{next(shown)}", upstream)
    assert next(shown, None) is None, "the README shows as many instances"
    log = folder / "asked.log"
    with running_nginx(folder, ASKED.format(log=log) + upstream, location) as port:
        yield Balancer(port, log)
