"""One id is in the logs of web server, WordPress and service, and in the answer."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..servers import Service, serving
from .between import Mode
from .bridge import Bridge
from .site import Site

RESTORE = "/wp-json/homaye-tabesh/v1/vault/restore"
MADE = re.compile("[0-9a-f]{16}")


@pytest.fixture
def telling(site: Site, service: Service, tmp_path: Path) -> Iterator[Service]:
    """Return a service that logs every request, and that the site asks."""
    environ = {"HOMA_WP_CONFIG": str(site.wp_config), "HOMA_ACCESS_LOG": "on", "HOMA_LOG_FORMAT": "json"}
    with serving(environ, tmp_path) as telling:
        site.configure(HOMA_BRIDGE_ADDRESS=telling.address)
        site.use("homaye-tabesh", "homa-bridge")
        logged(telling)  # the plugin has the tables made when it is activated
        yield telling
        site.configure(HOMA_BRIDGE_ADDRESS=service.address)


def logged(service: Service) -> list[tuple[str, str]]:
    """Return the id and the route of each request that the service has noted, and forget them."""
    lines = [line for line in service.process.log.read_text().splitlines() if line.startswith("{")]
    service.process.log.write_text("")
    found = [json.loads(line) for line in lines]
    return [(line["request_id"], line["route"]) for line in found if line["logger"] == "homa_bridge.access"]


@pytest.mark.parametrize("is_shortcut", [True, False])
def test_the_web_server_s_id_goes_all_the_way(site: Site, telling: Service, is_shortcut: bool) -> None:
    guest = site.guest()
    extras = {} if is_shortcut else {"X-HTTP-Method-Override": "GET"}
    answer = guest.call("GET", "/vault/restore", headers={"X-Request-ID": "from.the-web_server1", **extras})
    assert answer.headers["X-Request-ID"] == "from.the-web_server1"
    assert logged(telling) == [("from.the-web_server1", RESTORE)]


def test_without_one_it_is_made_and_one_of_another_form_is_replaced(site: Site, telling: Service) -> None:
    guest = site.guest()
    for given in (None, "a b", "x" * 65, "<i>", 'a"b'):
        answer = guest.call("GET", "/vault/restore", headers={} if given is None else {"X-Request-ID": given})
        made = answer.headers["X-Request-ID"]
        assert MADE.fullmatch(made)
        assert logged(telling) == [(made, RESTORE)]


def test_all_calls_of_one_page_have_one_id(site: Site, telling: Service) -> None:
    guest = site.guest()
    guest.call("POST", "/vault/sync", {"field": "a", "value": 1})
    logged(telling)
    site.php("""
        $_COOKIE['homa_session_token'] = 'guest_0123456789abcdef0123456789abcdef';
        HomayeTabesh\\HT_Vault_Manager::get_all();
        homa_bridge_memory_context();
    """)
    ids = [number for number, _ in logged(telling)]
    assert len(ids) >= 2
    assert len(set(ids)) == 1
    assert MADE.fullmatch(ids[0])


def test_what_the_plugin_logs_bears_the_id(bridge: Bridge) -> None:
    guest = bridge.guest()
    with bridge.between.failing(Mode.GARBAGE):
        answer = guest.call("GET", "/vault/restore", headers={"X-Request-ID": "lost-1"})
        assert (answer.status, answer.headers["X-Request-ID"]) == (503, "lost-1")
        guest.call("GET", "/vault/restore", headers={"X-Request-ID": "lost-2"})
    bridge.let_the_trial_come()
    assert guest.call("GET", "/vault/restore", headers={"X-Request-ID": "back-1"}).status == 200
    first, back = bridge.site.own_log()
    assert first.startswith("homa-bridge: [lost-1] garbage ")
    assert back == "homa-bridge: [back-1] the service is back"
