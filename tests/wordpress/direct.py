"""A web server that hands the memory's routes to the service without PHP, by the lines that the product prints."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from homa_bridge.config import load_settings
from homa_bridge.deploy.texts import text_of

from ..servers import Service
from .client import Answer, Client
from .nginx import running_nginx
from .site import Site


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
    above, lines = shown_lines(service)
    with (
        tempfile.TemporaryDirectory(prefix="homa-direct-") as folder,
        running_nginx(Path(folder), f"access_log off; {above}", f"{lines} location / {{ return 421; }}") as port,
    ):
        yield DirectRoute(site, port)
