"""A web server that hands the memory's routes to the service without PHP, by the lines that the product prints."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep

from homa_bridge.config import load_settings
from homa_bridge.deploy.texts import text_of

from ..servers import Process, Service, free_port
from .client import Answer, Client
from .site import Site, program

CONFIGURATION = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log warn;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  fastcgi_temp_path {folder}/fastcgi;
  proxy_temp_path {folder}/proxy;
  scgi_temp_path {folder}/scgi;
  uwsgi_temp_path {folder}/uwsgi;
  {above}
  server {{
    listen 127.0.0.1:{port};
    {lines}
    location / {{ return 421; }}
  }}
}}
"""


class DirectRoute:
    """The address of a web server that has nothing but those lines; it answers everything else with 421.

    :param site: whose visitors call
    """

    def __init__(self, site: Site, port: int) -> None:
        self.site = site
        self.address = f"http://127.0.0.1:{port}"
        self.api = f"{self.address}/wp-json/homaye-tabesh/v1"

    def call(
        self, visitor: Client, method: str, route: str, body: object = None, *, nonce: str | None = "own"
    ) -> Answer:
        """Call a route as a visitor of the site, with the visitor's cookies.

        :param nonce: the visitor's own by default; None for none
        """
        client = Client(self.address, f"{self.address}/wp-json")
        client.jar = visitor.jar
        return client.call(method, route, body, nonce=(visitor.nonce or None) if nonce == "own" else nonce)

    def send(self, cookies: str, nonce: str | None, method: str = "GET", *, through_php: bool = False) -> Answer:
        """Restore (GET) or sync (POST) with these cookies.

        :param through_php: whether WordPress is asked instead
        """
        client = self.site.guest() if through_php else Client(self.address, f"{self.address}/wp-json")
        route, body = ("/vault/sync", {"field": "a", "value": 1}) if method == "POST" else ("/vault/restore", None)
        return client.call(method, route, body, nonce=nonce, headers={"Cookie": cookies})


def shown_lines(service: Service) -> tuple[str, str]:
    """Return the lines that ``homa-bridge deploy nginx`` prints, and the README shows, for a service.

    :returns: what stands above the ``server``, and what in it
    """
    is_socket = service.address.startswith("unix:")
    place = {"HOMA_HOST": service.address} if is_socket else {"HOMA_PORT": str(service.port)}
    return above_and_inside(text_of("nginx", load_settings({"HOMA_DATA_DIR": str(service.folder), **place})))


def above_and_inside(text: str) -> tuple[str, str]:
    """Part the lines for nginx by where they go."""
    above, comment, inside = text.partition("# In the site's server:\n")
    assert comment
    return above, inside


@contextmanager
def direct_route(site: Site, service: Service) -> Iterator[DirectRoute]:
    """Run the web server for a while."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="homa-direct-") as name:
        folder = Path(name)
        above, lines = shown_lines(service)
        configuration = CONFIGURATION.format(folder=folder, port=port, above=above, lines=lines)
        (folder / "nginx.conf").write_text(configuration)
        command = [program("nginx"), "-p", name, "-e", "nginx.log", "-c", "nginx.conf"]
        process = Process("nginx", command, os.environ, folder / "server.log")
        try:
            while not (folder / "nginx.pid").exists():
                assert process.is_running, (folder / "server.log").read_text()
                sleep(0.02)
            yield DirectRoute(site, port)
        finally:
            process.stop()
