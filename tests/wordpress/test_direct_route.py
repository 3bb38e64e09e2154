"""The routes without PHP in the way: who is recognised there is who WordPress itself recognises."""

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from ..logins import cookie_header, cookie_value, nonce_of
from ..servers import CONTRACT, ROOT, MariaDB, serving
from .bridge import Bridge
from .client import Answer
from .conftest import create_tables
from .direct import DirectRoute, direct_route
from .site import Site

CUSTOMER, SECOND = 2, 3
USER, GUEST, REFUSED = f"user_{CUSTOMER}", "guest", "rest_cookie_invalid_nonce"
EXAMPLES = Path(__file__).parent / "login_examples.php"


@pytest.fixture(scope="module")
def web_server(relay: Bridge) -> Iterator[DirectRoute]:
    with direct_route(relay.site, relay.service) as direct:
        yield direct


@pytest.fixture
def direct(bridge: Bridge, web_server: DirectRoute) -> Iterator[DirectRoute]:
    """Return the direct route of a shop whose customers are as they were installed."""
    users = bridge.site.query("SELECT ID, user_pass FROM `{prefix}users`")
    yield web_server
    for row in users:
        bridge.site.query("UPDATE `{prefix}users` SET user_pass = %s WHERE ID = %s", row["user_pass"], row["ID"])
    bridge.site.query("DELETE FROM `{prefix}usermeta` WHERE meta_key = 'session_tokens'")


class Made:
    """A login that the site's PHP has made."""

    def __init__(self, site: Site, lasts: int = 3_600, session_lasts: int | None = None, user: int = CUSTOMER) -> None:
        answer = site.php(f"""
            $token = WP_Session_Tokens::get_instance( {user} )->create( time() + {session_lasts or lasts} );
            $cookie = wp_generate_auth_cookie( {user}, time() + {lasts}, 'logged_in', $token );
            $_COOKIE[ LOGGED_IN_COOKIE ] = $cookie;
            wp_set_current_user( {user} );
            echo wp_json_encode( array( LOGGED_IN_COOKIE, $cookie, $token, wp_create_nonce( 'wp_rest' ),
                wp_create_nonce( 'other' ), wp_salt( 'logged_in' ), wp_salt( 'nonce' ) ) );
        """)
        self.name, self.value, self.token, self.nonce, self.other_nonce, self.salt, self.nonce_salt = json.loads(answer)

    @property
    def header(self) -> str:
        return cookie_header(self.name, self.value)

    def altered(self, part: int, text: str) -> str:
        """Return the header with a part of the cookie (name, expiration, token, mac) changed."""
        parts = self.value.split("|")
        assert parts[part] != text
        parts[part] = text
        return cookie_header(self.name, "|".join(parts))


def outcome(answer: Answer) -> str:
    """Return as whom somebody was let in, or why not."""
    if answer.status != 200:
        assert answer.set_cookies == []
        return str(answer.json["code"])
    token = str(answer.json["session_token"])
    return GUEST if token.startswith("guest_") else token


def both(direct: DirectRoute, cookies: str, nonce: str | None, method: str = "GET") -> str:
    """Return what comes of a request, which is the same through WordPress and directly."""
    directly = outcome(direct.send(cookies, nonce, method))
    assert directly == outcome(direct.send(cookies, nonce, method, through_php=True))
    return directly


def test_every_step_of_the_contract_is_as_expected(direct: DirectRoute) -> None:
    command = [sys.executable, str(CONTRACT / "run.py"), direct.api, str(CONTRACT / "scenarios.json")]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    assert said.endswith("253 of 253 responses as expected\n"), said


def test_a_visitor_has_one_memory_on_both_ways(direct: DirectRoute) -> None:
    for visitor, token in (
        (direct.site.login("customer"), USER),
        (direct.site.login("admin"), "user_1"),
        (direct.site.guest(), "guest_"),
    ):
        first = direct.call(visitor, "POST", "/vault/sync", {"field": "tirage", "value": 500})
        assert first.json["session_token"].startswith(token)
        assert visitor.call("POST", "/vault/sync", {"field": "paper", "value": "A5"}).status == 200
        through_php = visitor.call("GET", "/vault/restore").json
        directly = direct.call(visitor, "GET", "/vault/restore").json
        assert directly["vault_data"] == through_php["vault_data"]
        assert directly["vault_data"].keys() == {"tirage", "paper"}
        assert directly["session_token"] == through_php["session_token"] == first.json["session_token"]


def test_a_user_gets_a_fresh_nonce_and_no_cookie(direct: DirectRoute) -> None:
    user = direct.site.login("customer")
    answer = direct.call(user, "GET", "/vault/restore")
    assert answer.headers["X-WP-Nonce"] == user.nonce
    assert answer.set_cookies == []
    assert answer.headers["Cache-Control"] == "no-store"
    through_php = user.call("GET", "/vault/restore")
    assert through_php.headers["X-WP-Nonce"] == user.nonce
    assert direct.call(user, "GET", "/vault/restore?session_token=user_3").json["code"] == "rest_forbidden"


def test_the_examples_are_as_wordpress_makes_them(direct: DirectRoute) -> None:
    made = json.loads(direct.site.php(EXAMPLES.read_text("utf-8").removeprefix("<?php")))
    kept = json.loads((ROOT / "tests" / "vectors" / "login.json").read_text("utf-8"))
    assert made.keys() == kept.keys()
    assert [login.keys() for login in made["logins"]] == [login.keys() for login in kept["logins"]]
    assert all(login["is_valid"] for login in made["logins"])


def test_who_is_let_in(direct: DirectRoute) -> None:
    made = Made(direct.site)
    second = Made(direct.site, user=SECOND)
    guests_nonce = direct.site.guest_nonce()
    tick = -(-int(time.time()) // 43_200)

    def nonce_at(when: int) -> str:
        return nonce_of(CUSTOMER, made.token, made.nonce_salt, when)

    assert nonce_at(tick) == made.nonce
    for nonce, expected in (
        (made.nonce, USER),
        (nonce_at(tick - 1), USER),
        (nonce_at(tick - 2), REFUSED),
        (None, GUEST),
        ("", REFUSED),
        ("0", REFUSED),
        (second.nonce, REFUSED),
        (guests_nonce, REFUSED),
        (made.other_nonce, REFUSED),
        (made.nonce[:-1], REFUSED),
        (made.nonce + "0", REFUSED),
        (made.nonce[::-1], REFUSED),
    ):
        for method in ("GET", "POST"):
            assert both(direct, made.header, nonce, method) == expected, (nonce, method)
    assert both(direct, second.header, second.nonce) == f"user_{SECOND}"


def test_a_cookie_that_was_altered_makes_a_guest(direct: DirectRoute) -> None:
    made = Made(direct.site)
    user, expiration, token, mac = made.value.split("|")
    assert both(direct, made.header, made.nonce) == USER
    for cookies in (
        made.altered(0, "second"),
        made.altered(0, user + " "),
        made.altered(0, "nobody"),
        made.altered(1, str(int(expiration) + 1)),
        made.altered(1, f"{expiration}0"),
        made.altered(1, ""),
        made.altered(2, token[::-1]),
        made.altered(2, ""),
        made.altered(3, mac[::-1]),
        made.altered(3, mac[:-1]),
        made.altered(3, mac.upper()),
        made.altered(3, ""),
        made.header + quote("|"),
        f"{made.name}={user}",
        f"{made.name}=",
    ):
        for nonce in (made.nonce, "", None):
            assert both(direct, cookies, nonce) == GUEST, (cookies, nonce)


def test_of_two_cookies_the_first_counts(direct: DirectRoute) -> None:
    made, second = Made(direct.site), Made(direct.site, user=SECOND)
    assert both(direct, f"{made.header}; {second.header}", made.nonce) == USER
    assert both(direct, f"{second.header}; {made.header}", made.nonce) == REFUSED
    assert both(direct, f"{made.name}=x; {made.header}", made.nonce) == GUEST
    assert both(direct, f"{made.name}; {made.header}", made.nonce) == GUEST


def test_how_a_cookie_may_be_encoded(direct: DirectRoute) -> None:
    made = Made(direct.site)
    assert both(direct, f"{made.name}={made.value}", made.nonce) == USER
    assert both(direct, f"{made.name}={made.value.replace('|', '%7c')}", made.nonce) == USER
    assert both(direct, f'{made.name}="{made.value}"', made.nonce) == GUEST


def test_what_has_expired(direct: DirectRoute) -> None:
    expired = Made(direct.site, lasts=-10)
    late = Made(direct.site, lasts=-10, session_lasts=600)
    over = Made(direct.site, lasts=600, session_lasts=-10)
    too_late = Made(direct.site, lasts=-3_700, session_lasts=600)
    expectations = {(expired, "GET"): GUEST, (expired, "POST"): GUEST, (late, "GET"): GUEST, (late, "POST"): USER}
    expectations |= {(made, method): GUEST for made in (over, too_late) for method in ("GET", "POST")}
    for (made, method), expected in expectations.items():
        assert both(direct, made.header, made.nonce, method) == expected


@pytest.mark.parametrize(
    "after",
    [
        f"WP_Session_Tokens::get_instance( {CUSTOMER} )->destroy_all();",
        f"wp_set_password( 'another', {CUSTOMER} );",
        "$wpdb->delete( $wpdb->users, array( 'ID' => 2 ) );",
    ],
    ids=["logged-out", "password", "deleted"],
)
def test_a_login_ends_within_two_seconds(direct: DirectRoute, after: str) -> None:
    site = direct.site
    (row,) = site.query("SELECT * FROM `{prefix}users` WHERE ID = %s", CUSTOMER)
    made = Made(site)
    for _ in range(4):  # so that each worker knows the user
        assert outcome(direct.send(made.header, made.nonce)) == USER
    site.php(after)
    ended = time.monotonic()
    while outcome(direct.send(made.header, made.nonce)) != GUEST:
        assert time.monotonic() - ended < 2.5
        time.sleep(0.05)
    columns = ", ".join(f"`{name}`" for name in row)
    places = ", ".join(["%s"] * len(row))
    site.query(f"REPLACE INTO `{{prefix}}users` ({columns}) VALUES ({places})", *row.values())


def test_a_new_login_is_known_at_once(direct: DirectRoute) -> None:
    first = Made(direct.site)
    for _ in range(4):
        assert outcome(direct.send(first.header, first.nonce)) == USER
    second = Made(direct.site)
    assert {outcome(direct.send(made.header, made.nonce)) for made in (second, first) for _ in range(4)} == {USER}


@pytest.mark.parametrize(
    "password_hash",
    [
        "$P$BZlPX7NIx8MYpXokBW2AGsN7i.aUOt0",
        "$2y$10$abcdefghijklmnopqrstuv",
        "$wp$2y$10$abcdefghijklmnopqrstuvwxyz",
        "0" * 32,
    ],
)
def test_whatever_hashed_the_password(direct: DirectRoute, password_hash: str) -> None:
    direct.site.query("UPDATE `{prefix}users` SET user_pass = %s WHERE ID = %s", password_hash, CUSTOMER)
    made = Made(direct.site)
    assert both(direct, made.header, made.nonce) == USER


def test_the_hashes_of_newer_versions(direct: DirectRoute) -> None:
    """From 6.8 on WordPress takes the last four characters of a hash that has neither of the old forms."""
    password_hash = "$wp$2y$10$abcdefghijklmnopqrstuvwxyz"
    direct.site.query("UPDATE `{prefix}users` SET user_pass = %s WHERE ID = %s", password_hash, CUSTOMER)
    made = Made(direct.site)
    login, expiration, token, _ = made.value.split("|")
    value = cookie_value(login, int(expiration), token, password_hash[-4:], made.salt)
    assert outcome(direct.send(cookie_header(made.name, value), made.nonce)) == USER


def test_only_the_memory_s_routes_are_handed_on(direct: DirectRoute) -> None:
    host = direct.address.removeprefix("http://")
    api = "/wp-json/homaye-tabesh/v1"
    for path, status in (
        ("/", 421),
        ("/internal/status", 421),
        ("/status", 421),
        ("/healthz", 421),
        (f"{api}/../../../internal/status", 421),
        (f"{api}/%2e%2e/%2E%2E/../internal/status", 421),
        (f"{api}/..%2f..%2f..%2finternal/status", 421),
        (f"{api}/..;/internal/status", 404),
        (f"{api}//internal/status", 404),
        (f"{api}/", 404),
        (f"{api}/vault/restore", 200),
        (f"{api}/vault/restore/", 200),
    ):
        connection = http.client.HTTPConnection(host, timeout=10)
        connection.request("GET", path)
        assert connection.getresponse().status == status, path
        connection.close()


def test_the_keys_may_come_from_the_site_s_options(mariadb: MariaDB, tmp_path: Path) -> None:
    site = Site(mariadb, prefix="shop_")
    try:
        site.install_plugin(ROOT / "wp-plugin", "homa-bridge")
        site.use("homa-bridge")
        site.keys = dict.fromkeys(site.keys, "put your unique phrase here")
        site.configure()
        site.php("wp_salt( 'logged_in' ); wp_salt( 'nonce' );")
        user = site.login("customer")
        assert user.nonce
        environ = {"HOMA_WP_CONFIG": str(site.wp_config)}
        create_tables(environ, tmp_path)
        with serving(environ, tmp_path) as service, direct_route(site, service) as direct:
            assert outcome(direct.call(user, "GET", "/vault/restore")) == USER
            assert outcome(direct.call(user, "GET", "/vault/restore", nonce="0123456789")) == REFUSED
        assert site.debug_log() == ""
    finally:
        site.remove()
