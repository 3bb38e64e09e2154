"""A web server before several instances of the service, by the lines that the README shows."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import sleep
from typing import NamedTuple

from ..servers import ROOT, Process, free_port
from ..wordpress.site import program

CONFIGURATION = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log warn;
events {{}}
http {{
  log_format asked '$request_method|$status|$upstream_addr|$upstream_bytes_sent';
  access_log {folder}/asked.log asked;
  client_body_temp_path {folder}/body;
  fastcgi_temp_path {folder}/fastcgi;
  proxy_temp_path {folder}/proxy;
  scgi_temp_path {folder}/scgi;
  uwsgi_temp_path {folder}/uwsgi;
  {upstream}
  server {{
    listen 127.0.0.1:{port};
    {location}
  }}
}}
"""


class Asked(NamedTuple):
    """A request, and the ports of the instances that were tried, each with the bytes that were sent to it."""

    method: str
    status: int
    tries: list[tuple[int, int]]


class Balancer:
    """A web server.

    :param ports: of the instances
    """

    def __init__(self, folder: Path, ports: Sequence[int]) -> None:
        self._folder = folder
        self.port = free_port()
        upstream, location = shown_lines()
        shown = iter(ports)
        upstream = re.sub(r"server [\d.:]+", lambda _: f"server 127.0.0.1:{next(shown)}", upstream)
        assert next(shown, None) is None, "the README shows as many instances"
        configuration = CONFIGURATION.format(folder=folder, port=self.port, upstream=upstream, location=location)
        (folder / "nginx.conf").write_text(configuration)
        command = [program("nginx"), "-p", str(folder), "-e", "nginx.log", "-c", "nginx.conf"]
        self.process = Process("nginx", command, os.environ, folder / "server.log")
        while not (folder / "nginx.pid").exists():
            assert self.process.is_running, (folder / "server.log").read_text()
            sleep(0.02)

    def asked(self) -> list[Asked]:
        """Return all requests until now."""
        return [_asked(line) for line in (self._folder / "asked.log").read_text().splitlines()]


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
    """Run the web server for a while."""
    balancer = Balancer(folder, ports)
    try:
        yield balancer
    finally:
        balancer.process.stop()
