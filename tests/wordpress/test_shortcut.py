"""Plain requests are answered before WordPress sets its REST server up; every other one goes there."""

import pytest

from .bridge import GUEST, Bridge
from .client import Answer

SYNC = {"field": "a", "value": 1}


def was_short(answer: Answer) -> bool:
    return answer.headers.get("X-Rest-Server") is None


def test_a_guest_s_plain_requests_take_it(bridge: Bridge) -> None:
    guest = bridge.guest()
    own_page = {"Origin": bridge.site.address, "Referer": bridge.site.address + "/calc"}
    for answer in (
        guest.call("GET", "/vault/restore"),
        guest.call("POST", "/vault/sync", SYNC, headers=own_page),
        guest.call("POST", "/vault/sync", SYNC, nonce="stale"),
        guest.call("POST", "/vault/sync", {}),
    ):
        assert was_short(answer)
        assert answer.headers["Content-Type"] == "application/json; charset=UTF-8"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers.get_all("Cache-Control") == ["no-store"]


@pytest.mark.parametrize(
    ("method", "route", "headers"),
    [
        ("GET", "/vault/restore?_envelope=1", {}),
        ("GET", "/vault/restore?_fields=success", {}),
        ("GET", "/vault/restore?_pretty=1", {}),
        ("GET", "/vault/restore?_jsonp=f", {}),
        ("GET", "/vault/clear?_method=POST", {}),
        ("GET", "/vault/clear", {"X-HTTP-Method-Override": "POST"}),
        ("GET", "/vault/restore", {"Origin": "https://elsewhere.test"}),
        ("GET", "/vault/restore", {"Authorization": "Basic YTpi"}),
        ("HEAD", "/vault/restore", {}),
        ("OPTIONS", "/vault/restore", {}),
        ("DELETE", "/vault/restore", {}),
        ("GET", "/vault/nothing", {}),
        ("GET", "/products", {}),
    ],
)
def test_everything_else_goes_to_the_rest_server(
    bridge: Bridge, method: str, route: str, headers: dict[str, str]
) -> None:
    assert not was_short(bridge.guest().call(method, route, headers=headers))


def test_what_another_plugin_forbids_stays_forbidden(bridge: Bridge) -> None:
    guest = bridge.guest()
    bridge.site.php("update_option( 'prompt_timer_blocks', 1 );")
    try:
        answer = guest.call("POST", "/vault/sync", SYNC)
    finally:
        bridge.site.php("delete_option( 'prompt_timer_blocks' );")
    assert (answer.status, answer.json["code"]) == (418, "blocked")
    assert bridge.fields_of(guest) == {}


def test_a_user_is_the_same_on_both_ways(bridge: Bridge) -> None:
    user = bridge.site.login("customer")
    assert user.call("POST", "/vault/sync", SYNC).json["session_token"] == "user_2"
    assert user.call("GET", "/vault/restore?_pretty=1").json["vault_data"]["a"]["value"] == 1
    assert user.call("GET", "/vault/restore").headers["X-WP-Nonce"] == user.nonce
    assert user.call("GET", "/vault/restore", nonce=None).json["session_token"] == user.cookies[GUEST]
    refused = user.call("GET", "/vault/restore", nonce="bad")
    assert refused.json["code"] == "rest_cookie_invalid_nonce"
    assert refused.headers.get_all("Cache-Control") == ["no-store"]
