"""A web server of the tests' own, by lines that the product or its README shows."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep

from ..servers import Process, free_port
from .site import program

CONFIGURATION = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log warn;
events {{}}
http {{
  client_body_temp_path {folder}/body;
  fastcgi_temp_path {folder}/fastcgi;
  proxy_temp_path {folder}/proxy;
  scgi_temp_path {folder}/scgi;
  uwsgi_temp_path {folder}/uwsgi;
  {above}
  server {{
    listen 127.0.0.1:{port};
    {inside}
  }}
}}
"""


@contextmanager
def running_nginx(folder: Path, above: str, inside: str) -> Iterator[int]:
    """Run nginx for a while, and return its port.

    :param folder: for its files
    :param above: what stands above the ``server``
    :param inside: what stands in it
    """
    port = free_port()
    (folder / "nginx.conf").write_text(CONFIGURATION.format(folder=folder, port=port, above=above, inside=inside))
    command = [program("nginx"), "-p", str(folder), "-e", "nginx.log", "-c", "nginx.conf"]
    process = Process("nginx", command, os.environ, folder / "server.log")
    try:
        while not (folder / "nginx.pid").exists():
            assert process.is_running, (folder / "server.log").read_text()
            sleep(0.02)
        yield port
    finally:
        process.stop()
