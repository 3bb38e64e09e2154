"""WordPress's users on the direct route: whom a cookie and a nonce make of a visitor, on every route."""

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from cachetools import TTLCache
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from homa_bridge.identity import service
from homa_bridge.identity.chain import GUEST_COOKIE, current_visitor
from homa_bridge.wordpress.login_keys import LoginKeys

from ..conftest import services_of
from ..logins import cookie_header, cookie_value, nonce_of, sessions_text
from ..servers import MariaDB
from ..signed import SECRET, signed
from .wire import API, BODIES, COMPRESS, READERS, RESTORE, SYNC, stored, told

SALTS = {"HOMA_LOGGED_IN_SALT": " key and salt ", "HOMA_NONCE_SALT": "another key and salt"}
COOKIE = "wordpress_logged_in_x"
KEYS = {**SALTS, "HOMA_LOGGED_IN_COOKIE": COOKIE, "HOMA_SHARED_SECRET": SECRET}
PASSWORD_HASH = "$P$BabcdefghijkLMNOPQRSTUVWXYZ0123"
JANE, TOKEN, GUEST = 7, "session-of-jane", "guest_" + "0123456789abcdef" * 2
TABLES = (
    "CREATE TABLE wp_users (ID BIGINT PRIMARY KEY, user_login VARCHAR(60) NOT NULL, user_pass VARCHAR(255) NOT NULL)",
    "CREATE TABLE wp_usermeta (umeta_id INTEGER PRIMARY KEY, user_id BIGINT NOT NULL, meta_key VARCHAR(255), "
    "meta_value LONGTEXT)",
)
CALLS: list[tuple[str, str, Mapping[str, object] | None]] = [
    *[("GET", path, None) for path in READERS],
    *[("POST", path, body) for path, body in BODIES.items()],
]
REFUSAL = 403, {"code": "rest_cookie_invalid_nonce", "message": "Cookie check failed", "data": {"status": 403}}


@pytest.fixture
def app(make_app: Callable[..., Flask], database_url: str) -> Flask:
    app = make_app(database_url, **KEYS)
    with services_of(app).database.engine.begin() as connection:
        for statement in TABLES:
            connection.execute(text(statement))
    run(app, "INSERT INTO wp_users VALUES (:id, 'jane', :hash)", id=JANE, hash=PASSWORD_HASH)
    run(app, "INSERT INTO wp_usermeta VALUES (1, :id, 'nickname', 'jane')", id=JANE)
    have_sessions(app, {TOKEN: now() + 86_400})
    return app


def run(app: Flask, statement: str, **values: object) -> None:
    with services_of(app).database.engine.begin() as connection:
        connection.execute(text(statement), values)


def have_sessions(app: Flask, ends: Mapping[str, int]) -> None:
    run(app, "DELETE FROM wp_usermeta WHERE meta_key = 'session_tokens'")
    statement = "INSERT INTO wp_usermeta VALUES (2, :id, 'session_tokens', :value)"
    run(app, statement, id=JANE, value=sessions_text(ends).decode())


def now() -> int:
    return int(time.time())


def login(
    token: str = TOKEN, expiration: int | None = None, user: str = "jane", fragment: str = PASSWORD_HASH[8:12]
) -> str:
    """Return the header of a login cookie."""
    end = now() + 86_400 if expiration is None else expiration
    return cookie_header(COOKIE, cookie_value(user, end, token, fragment, SALTS["HOMA_LOGGED_IN_SALT"]))


def good_nonce(token: str = TOKEN, user_id: int = JANE, ago: int = 0, **options: Any) -> str:
    """Return the nonce of a login."""
    tick = -(-now() // 43_200) - ago
    return nonce_of(user_id, token, SALTS["HOMA_NONCE_SALT"], tick, **options)


def call(
    app: Flask,
    cookies: str,
    nonce: str | None = None,
    *,
    method: str = "GET",
    path: str = RESTORE,
    body: object = None,
) -> TestResponse:
    headers = {"Cookie": cookies, **({} if nonce is None else {"X-WP-Nonce": nonce})}
    return app.test_client(use_cookies=False).open(API + path, method=method, json=body, headers=headers)


def token_of(response: TestResponse) -> str:
    assert response.status_code == 200, response.data
    token: str = response.get_json()["session_token"]
    return token


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
def test_every_route_takes_a_login(app: Flask, method: str, path: str, body: Mapping[str, object] | None) -> None:
    response = call(app, login(), good_nonce(), method=method, path=path, body=body)
    assert response.status_code == 200, response.data
    assert response.headers["X-WP-Nonce"] == good_nonce()
    assert "Set-Cookie" not in response.headers
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
@pytest.mark.parametrize("nonce", ["", "0123456789", "\xff"])
def test_every_route_refuses_a_wrong_nonce(
    app: Flask, method: str, path: str, body: Mapping[str, object] | None, nonce: str
) -> None:
    response = call(app, f"{GUEST_COOKIE}={GUEST}; {login()}", nonce, method=method, path=path, body=body)
    assert told(response) == REFUSAL
    assert "Set-Cookie" not in response.headers
    assert "X-WP-Nonce" not in response.headers
    assert stored(app) == {}


def test_what_a_user_writes_is_the_user_s(app: Flask) -> None:
    body = {"field": "tirage", "value": 500}
    guest = f"{GUEST_COOKIE}={GUEST}"
    assert token_of(call(app, f"{guest}; {login()}", good_nonce(), method="POST", path=SYNC, body=body)) == "user_7"
    assert call(app, login(), good_nonce()).get_json()["vault_data"] == {"tirage": {"value": 500, "insight": None}}
    assert call(app, guest).get_json()["vault_data"] == {}
    assert call(app, login(), good_nonce(), path=f"{RESTORE}?session_token=user_7").status_code == 200
    for cookies, nonce, path in (
        (login(), good_nonce(), f"{RESTORE}?session_token=user_8"),
        (login(), None, f"{RESTORE}?session_token=user_7"),
        (guest, None, f"{RESTORE}?session_token=user_7"),
    ):
        assert call(app, cookies, nonce, path=path).get_json()["code"] == "rest_forbidden"


def test_the_guest_that_a_user_has_been_is_carried_along(app: Flask) -> None:
    cookies = f"{GUEST_COOKIE}=user_1; {GUEST_COOKIE}={GUEST}; {login()}"
    headers = {"Cookie": cookies, "X-WP-Nonce": good_nonce()}
    with app.test_request_context(API + RESTORE, headers=headers):
        app.preprocess_request()
        visitor = current_visitor()
    assert (visitor.token, visitor.user_id, visitor.carried) == ("user_7", JANE, GUEST)


def test_a_login_without_a_nonce_is_a_guest_and_asks_the_database_nothing(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service.Logins, "recognise", None)
    assert token_of(call(app, login())).startswith("guest_")
    assert token_of(call(app, f"{GUEST_COOKIE}={GUEST}; {login()}")) == GUEST


@pytest.mark.parametrize(
    "cookies",
    [
        lambda: login(token="another"),
        lambda: login(expiration=now() - 2),
        lambda: login(user="joe"),
        lambda: login(fragment="$P$B"),
        lambda: login()[:-1],
        lambda: login() + "0",
        lambda: login().replace("jane", "root"),
        lambda: login().replace("%7C", "|", 1).replace("jane|", "jane|1"),
        lambda: f"{COOKIE}=%ff%fe%7C{now() + 99}%7Ct%7Cm",
        lambda: f"{COOKIE}=; {login()}",
        lambda: f"{COOKIE}=x; {login()}",
        lambda: f"x{login()}",
    ],
)
@pytest.mark.parametrize("nonce", ["", "0123456789", "good"])
def test_who_only_claims_a_login_is_a_guest_with_whatever_nonce(
    app: Flask, cookies: Callable[[], str], nonce: str
) -> None:
    sent = good_nonce() if nonce == "good" else nonce
    response = call(app, f"{GUEST_COOKIE}={GUEST}; {cookies()}", sent)
    assert token_of(response) == GUEST
    assert "X-WP-Nonce" not in response.headers


def test_of_two_login_cookies_the_first_counts(app: Flask) -> None:
    assert token_of(call(app, f"{login()}; {COOKIE}=x", good_nonce())) == "user_7"


@pytest.mark.parametrize(
    ("nonce", "holds"),
    [
        (lambda: good_nonce(ago=1), True),
        (lambda: good_nonce(ago=2), False),
        (lambda: good_nonce(ago=-1), False),
        (lambda: good_nonce(user_id=8), False),
        (lambda: good_nonce(user_id=0, token=""), False),
        (lambda: good_nonce(token="another"), False),
        (lambda: good_nonce(action="heartbeat-nonce"), False),
        (lambda: good_nonce()[:-1], False),
        (lambda: good_nonce().upper() + " ", False),
    ],
)
def test_which_nonces_hold(app: Flask, nonce: Callable[[], str], holds: bool) -> None:
    response = call(app, login(), nonce())
    assert response.status_code == (200 if holds else 403)


def test_the_nonce_in_the_query_counts_before_the_header_and_its_last_before_the_others(app: Flask) -> None:
    good, wrong = good_nonce(), "0123456789"
    for query, header, holds in (
        (f"_wpnonce={good}", None, True),
        (f"_wpnonce={good}", wrong, True),
        (f"_wpnonce={wrong}", good, False),
        ("_wpnonce=", good, False),
        (f"_wpnonce={wrong}&_wpnonce={good}", None, True),
        (f"_wpnonce={good}&_wpnonce={wrong}", None, False),
    ):
        response = call(app, login(), header, path=f"{RESTORE}?{query}")
        assert response.status_code == (200 if holds else 403), (query, header)


def test_a_post_may_be_late_by_an_hour_if_the_session_goes_on(app: Flask) -> None:
    late = login(expiration=now() - 3_000)
    assert token_of(call(app, late, good_nonce(), method="POST", path=SYNC, body=BODIES[SYNC])) == "user_7"
    assert token_of(call(app, late, good_nonce())).startswith("guest_")
    have_sessions(app, {TOKEN: now() - 3_000})
    services_of(app).logins._cache.clear()  # type: ignore[union-attr]  # this app has the keys
    assert token_of(call(app, late, good_nonce(), method="POST", path=SYNC, body=BODIES[SYNC])).startswith("guest_")


def test_a_signed_request_is_whose_the_signature_says(app: Flask) -> None:
    client = app.test_client(use_cookies=False)
    altered = {"Cookie": login(), "X-WP-Nonce": "0123456789"}
    for user, token in (("8", "user_8"), ("0", None)):
        response = signed(client, "GET", API + RESTORE, altered=altered, user=user)
        assert token_of(response).startswith(token or "guest_")
        assert "X-WP-Nonce" not in response.headers


def test_other_routes_ask_nobody_for_a_nonce(app: Flask) -> None:
    headers = {"Cookie": login(), "X-WP-Nonce": "0123456789"}
    client = app.test_client(use_cookies=False)
    for path, status in (("/healthz", 200), ("/status", 200), (f"{API}/nothing", 404), ("/internal/status", 401)):
        assert client.get(path, headers=headers).status_code == status


def test_a_login_is_kept_for_two_seconds_and_a_new_one_known_at_once(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bytes] = []
    find = service.Logins.find

    def noted(logins: service.Logins, name: bytes) -> object:
        asked.append(name)
        return find(logins, name)

    monkeypatch.setattr(service.Logins, "find", noted)
    logins = services_of(app).logins
    assert logins is not None
    seconds = [0.0]
    monkeypatch.setattr(logins, "_cache", TTLCache(1_000, service.CACHED_SECONDS, timer=lambda: seconds[0]))

    assert [token_of(call(app, login(), good_nonce())) for _ in range(3)] == ["user_7"] * 3
    assert asked == [b"jane"]

    have_sessions(app, {"new": now() + 999})
    assert token_of(call(app, login("new"), good_nonce("new"))) == "user_7"
    assert asked == [b"jane"] * 2

    have_sessions(app, {})
    seconds[0] = 1.9
    assert token_of(call(app, login("new"), good_nonce("new"))) == "user_7"
    seconds[0] = 2.1
    assert token_of(call(app, login("new"), good_nonce("new"))).startswith("guest_")
    assert service.CACHED_SECONDS <= 2
    assert asked == [b"jane"] * 3

    call(app, login(user="joe"), good_nonce())
    call(app, login(user="joe"), good_nonce())
    assert asked[3:] == [b"joe"] * 2


def test_a_cookie_that_cannot_hold_costs_no_query(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service.Logins, "find", None)
    for cookies in (login(expiration=now() - 2), f"{COOKIE}=x", f"{COOKIE}=a%7Cb%7Cc%7Cd", "a=b"):
        assert token_of(call(app, cookies, good_nonce())).startswith("guest_")


def test_a_user_is_no_guest_because_the_database_is_away(make_app: Callable[..., Flask], mariadb: MariaDB) -> None:
    app = make_app(mariadb.create_database(f"t{time.time_ns()}"), **KEYS)
    run(app, TABLES[0])  # the other is missing
    for path, body in ((COMPRESS, BODIES[COMPRESS]), (SYNC, BODIES[SYNC])):
        response = call(app, login(), good_nonce(), method="POST", path=path, body=body)
        status, content = told(response)
        assert (status, content["code"]) == (503, "homa_storage_unavailable")  # type: ignore[index]
        assert response.headers["Retry-After"]
    assert stored(app) == {}
    assert call(app, "a=b", good_nonce(), method="POST", path=COMPRESS, body=BODIES[COMPRESS]).status_code == 200


def test_without_the_keys_everybody_is_a_guest(make_app: Callable[..., Flask], database_url: str) -> None:
    app = make_app(database_url)
    for nonce in (None, "0123456789", good_nonce()):
        assert token_of(call(app, login(), nonce)).startswith("guest_")


def test_the_plugin_gets_a_fingerprint(app: Flask, make_app: Callable[..., Flask], tmp_path: Path) -> None:
    lines = "\n".join([*SALTS.values(), COOKIE])
    expected = hmac.new(SECRET.encode(), lines.encode(), hashlib.sha256).hexdigest()
    assert signed(app.test_client(), "GET", "/internal/status").get_json()["login"] == expected
    without = make_app(f"sqlite:///{tmp_path}/other.sqlite3", HOMA_SHARED_SECRET=SECRET)
    assert signed(without.test_client(), "GET", "/internal/status").get_json()["login"] is None
    assert "login" not in app.test_client().get("/status").get_json()


def test_no_salt_is_shown(app: Flask) -> None:
    settings = services_of(app).settings
    assert isinstance(settings.login, LoginKeys)
    assert not any(salt.strip() in repr(settings) for salt in SALTS.values())
    assert settings.login.logged_in_salt.decode() == SALTS["HOMA_LOGGED_IN_SALT"]


def test_the_database_s_own_way_to_compare_names_lets_nobody_in(app: Flask, client: FlaskClient) -> None:
    """MariaDB finds jane by JANE; the cookie was made for one spelling."""
    run(app, "INSERT INTO wp_users VALUES (8, 'joe', :hash)", hash="$P$BabcdefgHIJKLMNOPQRSTUVWXYZ0123")
    assert token_of(call(app, login().replace("jane", "JANE"), good_nonce())).startswith("guest_")
    assert token_of(call(app, login(user="joe"), good_nonce(user_id=8))).startswith("guest_")
