"""The routes through WordPress: who is recognised, what is passed on, and that nobody else serves them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ..servers import CONTRACT, ROOT, MariaDB, serving
from .between import Passed
from .bridge import GUEST, Bridge
from .conftest import create_tables
from .site import Site


@pytest.mark.parametrize("rest", ["/wp-json", "/?rest_route="], ids=["pretty", "plain"])
def test_every_step_of_the_contract_is_as_expected(bridge: Bridge, rest: str) -> None:
    assert replay(f"{bridge.site.address}{rest}/homaye-tabesh/v1").endswith("253 of 253 responses as expected\n")


def test_the_contract_holds_with_plain_permalinks_another_prefix_and_a_secret_of_the_plugin_s(
    mariadb: MariaDB, tmp_path: Path
) -> None:
    """The secret that activation made is read by the service from the site's options: nothing is copied."""
    site = Site(mariadb, pretty=False, prefix="shop_2_")
    try:
        site.install_plugin(ROOT / "wp-plugin", "homa-bridge")
        site.use("homa-bridge")
        environ = {"HOMA_WP_CONFIG": str(site.wp_config)}
        create_tables(environ, tmp_path)
        with serving(environ, tmp_path) as service:
            site.configure(HOMA_BRIDGE_ADDRESS=service.address)
            site.query("UPDATE `{prefix}options` SET option_value = '' WHERE option_name = 'homa_bridge_breaker'")
            assert replay(site.api).endswith("253 of 253 responses as expected\n")
        assert site.debug_log() == ""
    finally:
        site.remove()


def replay(api: str) -> str:
    command = [sys.executable, str(CONTRACT / "run.py"), api, str(CONTRACT / "scenarios.json")]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def test_json_comes_as_the_service_wrote_it(bridge: Bridge) -> None:
    guest = bridge.guest()
    value = '{"a": {}, "b": [], "c": 1.0, "d": 12345678901234567890, "e": "چاپ/<b>"}'
    guest.request(
        "POST",
        f"{bridge.site.api}/vault/sync",
        raw=f'{{"field": "form", "value": {value}}}'.encode(),
        headers={"Content-Type": "application/json"},
    )
    assert value in guest.call("GET", "/vault/restore").text


def test_no_cache_may_keep_an_answer(bridge: Bridge) -> None:
    for client in (bridge.guest(), bridge.site.login("customer")):
        calls: list[tuple[str, str, object]] = [
            ("GET", "/vault/restore", None),
            ("POST", "/vault/sync", {}),
            ("GET", "/vault/sync", None),
        ]
        for method, route, body in calls:
            answer = client.call(method, route, body)
            assert answer.headers.get_all("Cache-Control") == ["no-store"], (method, route, answer.status)


def test_one_cookie_is_set_and_renewed(bridge: Bridge) -> None:
    guest = bridge.site.guest()
    first = guest.call("POST", "/vault/sync", {"field": "a", "value": 1})
    cookies = first.set_cookies
    assert len(cookies) == 1
    assert cookies[0].startswith(f"{GUEST}={first.json['session_token']};")
    assert {"HttpOnly", "Path=/", "SameSite=Lax", "Max-Age=172800"} <= {part.strip() for part in cookies[0].split(";")}
    again = guest.call("GET", "/vault/restore")
    assert [cookie.split(";")[0] for cookie in again.set_cookies] == [f"{GUEST}={first.json['session_token']}"]
    assert again.json["vault_data"] == {"a": {"value": 1, "insight": None}}


def test_a_refused_write_sets_no_cookie(bridge: Bridge) -> None:
    answer = bridge.site.guest().call("POST", "/vault/sync", {"field": "", "value": 1})
    assert (answer.status, answer.set_cookies) == (400, [])


@pytest.mark.parametrize("cookie", ["user_1", "guest_XYZ", "guest_" + "a" * 33, ""])
def test_a_forged_cookie_is_ignored_and_replaced(bridge: Bridge, cookie: str) -> None:
    answer = bridge.site.guest().call("GET", "/vault/restore", headers={"Cookie": f"{GUEST}={cookie}"})
    token = answer.json["session_token"]
    assert token.startswith("guest_")
    assert token != cookie
    assert f"{GUEST}={token};" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize("nonce", ["", "0123456789", "<script>"])
def test_a_guest_is_let_in_with_any_nonce(bridge: Bridge, nonce: str) -> None:
    guest = bridge.guest()
    assert guest.call("POST", "/vault/sync", {"field": "a", "value": nonce}, nonce=nonce).status == 200
    assert guest.call("GET", "/vault/restore", nonce=nonce).json["vault_data"]["a"]["value"] == nonce


def test_the_lenience_is_for_the_memory_alone(bridge: Bridge) -> None:
    answer = bridge.site.guest().call("GET", "/products", nonce="0123456789")
    assert (answer.status, answer.json["code"]) == (403, "rest_cookie_invalid_nonce")


def test_a_user_is_recognised_with_the_nonce(bridge: Bridge) -> None:
    user = bridge.site.login("customer")
    stored = user.call("POST", "/vault/sync", {"field": "a", "value": 7})
    assert stored.json["session_token"] == "user_2"
    assert stored.headers.get("Set-Cookie") is None
    assert bridge.site.query("SELECT user_id, session_token FROM `{prefix}homa_vault`") == [
        {"user_id": 2, "session_token": "user_2"}
    ]
    assert bridge.site.login("customer").call("GET", "/vault/restore").json["vault_data"]["a"]["value"] == 7
    assert user.call("GET", "/vault/restore?session_token=user_2").status == 200
    assert user.call("GET", "/vault/restore?session_token=user_3").json["code"] == "rest_forbidden"
    assert bridge.site.login("second").call("GET", "/vault/restore").json["vault_data"] == {}


def test_a_user_without_a_nonce_is_a_guest(bridge: Bridge) -> None:
    answer = bridge.site.login("customer").call("GET", "/vault/restore", nonce=None)
    assert answer.json["session_token"].startswith("guest_")


def test_a_user_with_a_wrong_nonce_gets_wordpress_s_own_answer(bridge: Bridge) -> None:
    user = bridge.site.login("customer")
    bridge.between.paths()
    answer = user.call("GET", "/vault/restore", nonce="0123456789")
    assert (answer.status, answer.json["code"]) == (403, "rest_cookie_invalid_nonce")
    assert bridge.between.paths() == []


def test_the_browser_cannot_say_who_it_is(bridge: Bridge) -> None:
    forged = {"X-Homa-User": "1", "X-Homa-Guest": "guest_" + "0" * 32, "X-Homa-Signature": "v1=" + "0" * 64}
    answer = bridge.site.guest().call("GET", "/vault/restore", headers=forged)
    assert answer.status == 200
    assert answer.json["session_token"] not in {"user_1", "guest_" + "0" * 32}


def test_the_visitor_s_page_and_address_go_along(bridge: Bridge) -> None:
    guest = bridge.guest()
    page = "https://torob.com/p/1?q=%DA%86"
    assert guest.call("GET", "/persona/analyze", headers={"Referer": page}).json["from_torob"] is True
    guest.call("POST", "/session/snapshot", {"form_snapshot": {"a": 1}}, headers={"Referer": page})
    assert guest.call("GET", "/vault/restore").json["session"]["last_url"] == page
    headers = sent_headers(bridge.between.passed[-1])
    assert headers["x-homa-address"] == "127.0.0.1"
    assert headers["x-homa-scheme"] == "http"
    assert headers["x-homa-site"] == bridge.site.address


@pytest.mark.parametrize(
    ("method", "route", "status"),
    [
        ("DELETE", "/vault/sync", 404),
        ("GET", "/vault/sync", 404),
        ("POST", "/vault/restore", 404),
        ("GET", "/vault/nothing", 404),
        ("GET", "/VAULT/Restore", 200),
        ("GET", "/vault/restore/", 200),
        ("GET", "/vault/sync?_method=POST", 404),
        ("GET", "/vault/clear?_method=POST", 404),
    ],
)
def test_methods_and_paths_are_as_in_wordpress(bridge: Bridge, method: str, route: str, status: int) -> None:
    answer = bridge.guest().call(method, route)
    assert answer.status == status, answer.text
    assert status == 200 or answer.json["code"] == "rest_no_route"


def test_a_link_cannot_pose_as_a_write(bridge: Bridge) -> None:
    guest = bridge.guest()
    guest.call("POST", "/vault/sync", {"field": "a", "value": 1})
    guest.call("GET", "/vault/clear?_method=POST")
    guest.call("GET", "/vault/clear", headers={"X-HTTP-Method-Override": "POST"})
    assert bridge.fields_of(guest) == {"a": "1"}


def test_head_has_no_body(bridge: Bridge) -> None:
    answer = bridge.guest().call("HEAD", "/vault/restore")
    assert (answer.status, answer.text) == (200, "")


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("application/x-www-form-urlencoded", b"field=a&value=1"),
        ("text/plain", b'{"field": "a", "value": 1}'),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="field"\r\n\r\na\r\n--x--\r\n',
        ),
    ],
)
def test_only_json_is_taken(bridge: Bridge, media_type: str, body: bytes) -> None:
    headers = {"Content-Type": media_type}
    answer = bridge.guest().request("POST", f"{bridge.site.api}/vault/sync", raw=body, headers=headers)
    assert (answer.status, answer.json["code"]) == (415, "rest_unsupported_media_type")


@pytest.mark.parametrize("body", [b"{", b"\xef\xbb\xbf{}", b'{"field": "\xff"}', b"[1]", b"5", b'"text"'])
def test_what_is_no_json_is_refused_as_by_the_service(bridge: Bridge, body: bytes) -> None:
    guest = bridge.guest()
    headers = {"Content-Type": "application/json"}
    through = guest.request("POST", f"{bridge.site.api}/vault/sync", raw=body, headers=headers)
    direct = guest.request("POST", f"{bridge.service.api}/vault/sync", raw=body, headers=headers)
    assert (through.status, through.json) == (direct.status, direct.json)


def test_other_origins_and_scripts_get_nothing(bridge: Bridge) -> None:
    guest = bridge.guest()
    answer = guest.call("GET", "/vault/restore", headers={"Origin": "https://elsewhere.test"})
    assert answer.headers.get("Access-Control-Allow-Origin") is None
    assert answer.headers.get("Access-Control-Allow-Credentials") is None
    listed = "http://127.0.0.1"  # the site's own, as WordPress lists it: without a port
    assert (
        guest.call("GET", "/vault/restore", headers={"Origin": listed}).headers["Access-Control-Allow-Origin"] == listed
    )
    assert guest.call("GET", "/vault/restore?_jsonp=f").json["code"] == "rest_callback_disabled"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_php_code_of_the_site_can_call_the_routes(bridge: Bridge) -> None:
    printed = bridge.site.php("""
        $request = new WP_REST_Request( 'POST', '/homaye-tabesh/v1/context/compress' );
        $request->set_header( 'content-type', 'application/json' );
        $request->set_body( '{"messages": [{"role": "user", "content": "۵۰۰ نسخه کتاب"}]}' );
        echo wp_json_encode( rest_do_request( $request )->get_data() );
    """)
    assert json.loads(printed)["metrics"]["total_messages"] == 1


def test_an_envelope_and_a_choice_of_fields_are_wordpress_s(bridge: Bridge) -> None:
    guest = bridge.guest()
    assert guest.call("GET", "/vault/restore?_envelope=1").json["body"]["success"] is True
    assert guest.call("GET", "/vault/restore?_fields=success").json == {"success": True}


def test_the_index_shows_the_routes_once(bridge: Bridge) -> None:
    routes = bridge.site.guest().get("/wp-json/homaye-tabesh/v1").json["routes"]
    assert sorted(routes["/homaye-tabesh/v1/chat/memory"]["methods"]) == ["GET", "POST"]
    assert len(routes["/homaye-tabesh/v1/chat/memory"]["endpoints"]) == 2
    assert "/homaye-tabesh/v1/products" in routes


def test_the_other_plugin_s_own_routes_still_work(bridge: Bridge) -> None:
    assert bridge.site.guest().call("GET", "/products").status == 200


def test_a_page_out_of_a_cache_is_good_for_guests(bridge: Bridge) -> None:
    with bridge.site.page_cache():
        bridge.site.guest().get("/")
        guest = bridge.site.guest()
        page = guest.get("/")
        assert page.headers["X-Page-Cache"] == "HIT"
        assert page.headers.get("Set-Cookie") is None
        answer = guest.call("POST", "/vault/sync", {"field": "a", "value": 1}, nonce="5ta1e00000")
    assert answer.status == 200


def sent_headers(request: Passed) -> dict[str, str]:
    lines = request.head.decode("latin-1").split("\r\n")[1:]
    return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
