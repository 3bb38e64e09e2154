"""Who is calling: the guest's cookie, the token that the memory is stored under, and the routes' addresses."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from homa_bridge.identity.chain import GUEST_COOKIE
from homa_bridge.identity.model import Visitor
from homa_bridge.omnistore.tables import ChatMessage, Interest, Session, VaultEntry

from ..conftest import services_of
from .wire import (
    API,
    BODIES,
    CHAT,
    CLEAR,
    CLEAR_CHAT,
    COMPRESS,
    NO_ROUTE,
    PAGE,
    READERS,
    RESTORE,
    SNAPSHOT,
    SUMMARY,
    SYNC,
    TRACK,
    assert_invalid,
    get,
    post,
    post_text,
    restored,
    stored,
    told,
)

TOKEN = re.compile(r"guest_[0-9a-f]{32}", re.ASCII)
HELD = "guest_" + "0123456789abcdef" * 2
OTHER = "guest_" + "f" * 32

CALLS = [("GET", path) for path in READERS] + [("POST", path) for path in BODIES]
ASKING = [(method, path) for method, path in CALLS if path != COMPRESS]
"""The routes that ask who is calling: all but the compressor, which remembers nothing."""

FORGED = [
    *["", "guest_", "user_1", "user_0", "admin", "null", "0", HELD[:-1], HELD + "0", HELD.upper(), HELD.title()],
    *["guest_" + "A" * 32, "guest_" + "g" * 32, "guest_" + "٠" * 32, "Guest_" + "a" * 32, "guest-" + "a" * 32],
    *[
        "a" * 38,
        f"x{HELD}",
        f"{HELD}x",
        "guest_" + "a" * 1_000,
        "guest_%61" + "a" * 31,
        "' OR 1=1 --",
        "guest_" + "a" * 31 + "\\n",
    ],
]


def call(client: FlaskClient, method: str, path: str, **options: object) -> TestResponse:
    """Make a valid request of a route."""
    body = {"json": BODIES[path]} if method == "POST" else {}
    return client.open(API + path, method=method, **body, **options)  # type: ignore[arg-type]


def given_cookie(response: TestResponse) -> dict[str, str]:
    """Return the one cookie that an answer sets: its parts by lower-case name, its value as ``value``."""
    (header,) = response.headers.getlist("Set-Cookie")
    first, *attributes = header.split("; ")
    name, _, value = first.partition("=")
    assert name == GUEST_COOKIE
    return {"value": value, **{part.partition("=")[0].lower(): part.partition("=")[2] for part in attributes}}


def stranger(app: Flask, header: str) -> Callable[..., TestResponse]:
    """Return what calls with a cookie header of its own and keeps no cookies."""
    client = app.test_client(use_cookies=False)
    return lambda method, path: call(client, method, path, headers={"Cookie": header})


@pytest.mark.parametrize(("method", "path"), ASKING)
def test_a_guest_is_given_one_cookie(client: FlaskClient, method: str, path: str) -> None:
    response = call(client, method, path)
    cookie = given_cookie(response)
    expires = cookie.pop("expires", None)
    assert response.status_code == 200
    assert TOKEN.fullmatch(cookie.pop("value"))
    assert cookie == {"max-age": "172800", "path": "/", "httponly": "", "samesite": "Lax"}
    assert expires is None or expires.endswith("GMT")


@pytest.mark.parametrize(("method", "path"), ASKING)
def test_the_cookie_is_renewed_and_the_token_stays(client: FlaskClient, method: str, path: str) -> None:
    client.set_cookie(GUEST_COOKIE, HELD)
    for _ in range(2):
        cookie = given_cookie(call(client, method, path))
        assert (cookie["value"], cookie["max-age"]) == (HELD, "172800")


def test_the_compressor_knows_nobody(client: FlaskClient) -> None:
    assert "Set-Cookie" not in call(client, "POST", COMPRESS).headers


def test_the_cookie_is_secure_under_https(client: FlaskClient) -> None:
    secure = given_cookie(call(client, "GET", RESTORE, base_url="https://localhost"))
    assert secure.pop("secure", None) == ""
    assert {"httponly", "samesite", "path", "max-age"} <= set(secure)
    assert "secure" not in given_cookie(call(client, "GET", RESTORE, base_url="http://localhost"))


def test_the_cookie_is_secure_where_the_site_is(make_app: Callable[..., Flask], database_url: str) -> None:
    for site, is_secure in (("https://shop.test", True), ("http://shop.test", False)):
        client = make_app(database_url, HOMA_SITE_URL=site).test_client()
        assert ("secure" in given_cookie(call(client, "GET", RESTORE))) is is_secure


def test_the_cookie_lives_as_long_as_the_snapshots(make_app: Callable[..., Flask], database_url: str) -> None:
    client = make_app(database_url, HOMA_SNAPSHOT_HOURS="1").test_client()
    cookie = given_cookie(call(client, "GET", RESTORE))
    assert cookie["max-age"] == "3600"
    assert "expires" not in cookie  # the header's text outlives the moment at which a date would have been right


def test_every_guest_has_a_token_of_their_own(app: Flask) -> None:
    tokens = {given_cookie(call(app.test_client(), "GET", RESTORE))["value"] for _ in range(50)}
    assert len(tokens) == 50


@pytest.mark.parametrize("path", [SYNC, CHAT])
def test_what_is_stored_is_stored_under_the_token_that_is_told(app: Flask, path: str) -> None:
    for _ in range(3):
        client = app.test_client()
        response = call(client, "POST", path)
        token = response.get_json()["session_token"]
        assert token == given_cookie(response)["value"]
        assert token in tokens_stored(app)
        assert restored(client)["session_token"] == token


def test_every_table_holds_the_visitors_token_alone(app: Flask, client: FlaskClient) -> None:
    token = restored(client)["session_token"]
    for path in (SYNC, SNAPSHOT, TRACK, CHAT):
        post(client, path, BODIES[path])
    assert tokens_stored(app) == {token}
    assert stored(app) == {"homa_vault": 1, "homa_sessions": 1, "homa_user_interests": 1, "homaye_chat_memory": 1}


def tokens_stored(app: Flask) -> set[str]:
    """Return the tokens that have rows in any table."""
    database = services_of(app).database
    columns = [
        *[database.table(VaultEntry).c.session_token, database.table(Session).c.session_token],
        *[database.table(Interest).c.user_id_or_token, database.table(ChatMessage).c.session_id],
        database.table(ChatMessage).c.user_identifier,
    ]
    with database.engine.connect() as connection:
        return {str(token) for column in columns for token in connection.scalars(select(column))}


@pytest.mark.parametrize(("method", "path"), [("GET", path) for path in READERS] + [("POST", COMPRESS)])
def test_a_reader_leaves_no_row(app: Flask, method: str, path: str) -> None:
    client = app.test_client()
    for _ in range(2):
        assert call(client, method, path).status_code == 200
    assert call(client, method, path, headers={"Referer": "https://torob.com/p/1"}).status_code == 200
    assert stored(app) == {}


@pytest.mark.parametrize("path", [CLEAR, CLEAR_CHAT])
def test_to_forget_nothing_leaves_no_row(app: Flask, client: FlaskClient, path: str) -> None:
    assert post(client, path, {}).status_code == 200
    assert stored(app) == {}


@pytest.mark.parametrize("value", FORGED)
def test_a_forged_cookie_is_replaced(app: Flask, value: str) -> None:
    ask = stranger(app, f"{GUEST_COOKIE}={value}")
    for method, path in (("GET", RESTORE), ("POST", SYNC)):
        response = ask(method, path)
        token = response.get_json()["session_token"]
        assert TOKEN.fullmatch(token)
        assert token != HELD
        assert given_cookie(response)["value"] == token
    assert tokens_stored(app) == {token}


def test_a_forged_user_reads_nothing_of_the_user(app: Flask) -> None:
    services_of(app).omnistore.track_interest(Visitor("user_1", 1), "book", 5, "torob")
    for value in ("user_1", "guest_user_1", "user_1; user_id=1"):
        ask = stranger(app, f"{GUEST_COOKIE}={value}")
        assert ask("GET", RESTORE).get_json()["interests"] == []
        assert ask("GET", SUMMARY).get_json()["memory_summary"] == ""


@pytest.mark.parametrize(
    ("header", "token"),
    [
        (f"{GUEST_COOKIE}={HELD}; {GUEST_COOKIE}={OTHER}", HELD),
        (f"{GUEST_COOKIE}={OTHER}; {GUEST_COOKIE}={HELD}", OTHER),
        (f"{GUEST_COOKIE}=user_1; {GUEST_COOKIE}={HELD}", HELD),
        (f"{GUEST_COOKIE}=; a=b; {GUEST_COOKIE}={HELD.upper()}; {GUEST_COOKIE}={HELD}; {GUEST_COOKIE}={OTHER}", HELD),
        (f"other={OTHER}; x{GUEST_COOKIE}={OTHER}; {GUEST_COOKIE}={HELD}", HELD),
        (f'{GUEST_COOKIE}="{HELD}"', HELD),
        (f" {GUEST_COOKIE}={HELD} ;", HELD),
    ],
)
def test_of_several_cookies_the_first_good_one_counts(app: Flask, header: str, token: str) -> None:
    ask = stranger(app, header)
    for method, path in ASKING:
        assert given_cookie(ask(method, path))["value"] == token
    assert tokens_stored(app) <= {token}


@pytest.mark.parametrize("header", [f"{GUEST_COOKIE.upper()}={HELD}", f"x={HELD}", ";;;", "=", "\x7f\xff", HELD, '"'])
def test_other_cookies_name_nobody(app: Flask, header: str) -> None:
    token = given_cookie(stranger(app, header)("GET", RESTORE))["value"]
    assert TOKEN.fullmatch(token)
    assert token != HELD


def fill(client: FlaskClient) -> str:
    """Store something in every table and return the visitor's token."""
    for path in (SYNC, SNAPSHOT, TRACK, CHAT):
        assert post(client, path, BODIES[path]).status_code == 200
    token: str = restored(client)["session_token"]
    return token


def test_who_holds_a_guests_token_may_read(app: Flask, client: FlaskClient) -> None:
    token = fill(client)
    second = app.test_client()
    theirs = restored(client)
    own = restored(second)["session_token"]
    response = get(second, RESTORE, session_token=token)
    assert response.get_json() == {**theirs, "session_token": own}
    assert given_cookie(response)["value"] == own
    chat = get(second, CHAT, session_id=token).get_json()
    assert chat == {**get(client, CHAT).get_json(), "session_token": own}
    assert restored(second)["vault_data"] == {}


def test_to_read_another_guests_memory_changes_nothing(app: Flask, client: FlaskClient) -> None:
    token, rows = fill(client), stored(app)
    second = app.test_client()
    get(second, RESTORE, session_token=token)
    get(second, CHAT, session_id=token)
    assert (stored(app), tokens_stored(app)) == (rows, {token})


def test_an_unknown_guests_token_is_an_empty_memory(client: FlaskClient) -> None:
    assert get(client, RESTORE, session_token=OTHER).get_json()["vault_data"] == {}
    assert get(client, CHAT, session_id=OTHER).get_json()["messages"] == []


@pytest.mark.parametrize(("path", "name"), [(RESTORE, "session_token"), (CHAT, "session_id")])
@pytest.mark.parametrize("token", ["user_1", "user_42", "user_18446744073709551616"])
def test_a_users_memory_is_refused(app: Flask, client: FlaskClient, path: str, name: str, token: str) -> None:
    response = get(client, path, **{name: token})
    status, content = told(response)
    assert status == 403
    assert isinstance(content, dict)
    assert content == {"code": "rest_forbidden", "message": content["message"], "data": {"status": 403}}
    assert TOKEN.fullmatch(given_cookie(response)["value"])  # the route has asked who is calling
    assert stored(app) == {}


@pytest.mark.parametrize(("path", "name"), [(RESTORE, "session_token"), (CHAT, "session_id")])
def test_another_form_of_token_is_invalid(app: Flask, client: FlaskClient, path: str, name: str) -> None:
    others = ["user_0", "user_01", "user_-1", "user_", "user_1 ", "user_١", "USER_1", "user_1x", "null", "[]", "{}"]
    invalid = [token for token in FORGED if token != "user_1"]
    for token in [*invalid, *others, "\0", HELD + "\n", HELD + "\0", " " + HELD, "x" * 5_000]:
        response = get(client, path, **{name: token})
        assert response.status_code == 400, token
        assert_invalid(response, name)
        assert TOKEN.fullmatch(given_cookie(response)["value"])
    assert stored(app) == {}


def test_a_visitors_own_token_may_be_named(client: FlaskClient) -> None:
    token = fill(client)
    assert get(client, RESTORE, session_token=token).get_json() == restored(client)


def test_guests_do_not_see_each_other(app: Flask) -> None:
    first, second = app.test_client(), app.test_client()
    fill(first)
    for path in READERS:
        assert get(second, path).get_json() == {
            **get(app.test_client(), path).get_json(),
            **({"session_token": restored(second)["session_token"]} if path in {RESTORE, CHAT} else {}),
        }
    before = restored(first)
    post(second, CLEAR, {"scope": "all"})
    post(second, CLEAR_CHAT, {})
    assert restored(first) == before


@pytest.mark.parametrize("path", BODIES)
def test_a_refused_body_asks_nobody_and_sets_no_cookie(client: FlaskClient, path: str) -> None:
    assert "Set-Cookie" not in post_text(client, path, "{").headers
    assert "Set-Cookie" not in post_text(client, path, "a=b", content_type="text/plain").headers
    client.set_cookie(GUEST_COOKIE, HELD)
    response = post_text(client, path, "{")
    assert (response.status_code, response.headers.getlist("Set-Cookie")) == (400, [])


@pytest.mark.parametrize("address", ["/", "/validate.html", "/docs/", "/openapi.json", "/healthz", "/status"])
def test_a_page_that_is_no_memory_sets_no_cookie(client: FlaskClient, address: str) -> None:
    with client.get(address) as response:
        assert response.status_code in {200, 302}
        assert "Set-Cookie" not in response.headers


UNKNOWN = [
    *[
        "/",
        "",
        "/vault",
        "/vault/",
        "/vault/nope",
        "/vault/sync/1",
        "/vault/restore.json",
        "/vault/restore%00",
        "/x%ff",
    ],
    *["/vault/../vault/restore", "/vault/restore;x", "/vault/restore,", "/chat/memory/clear/all"],
    *["/vault//restore", "//vault/restore"],
]


@pytest.mark.parametrize("path", UNKNOWN)
def test_there_is_no_such_route(app: Flask, client: FlaskClient, path: str) -> None:
    client.set_cookie(GUEST_COOKIE, HELD)
    for method in ("GET", "POST"):
        response = client.open(API + path, method=method)
        assert told(response) == NO_ROUTE
        assert "Set-Cookie" not in response.headers
    assert stored(app) == {}


@pytest.mark.parametrize(
    "address", ["/wp-json", "/wp-json/wp/v2/users", "/wp-json/homaye-tabesh/v2/vault/restore", "/nope"]
)
def test_other_addresses_are_no_route_either(client: FlaskClient, address: str) -> None:
    assert told(client.get(address)) == NO_ROUTE


@pytest.mark.parametrize("path", sorted({path for _, path in CALLS}))
def test_there_is_no_such_method(app: Flask, client: FlaskClient, path: str) -> None:
    allowed = {method for method, known in CALLS if known == path}
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"} - allowed:
        response = client.open(API + path, method=method, json=BODIES.get(path, {}))
        assert told(response) == NO_ROUTE, method
        assert "Set-Cookie" not in response.headers
    assert stored(app) == {}


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_paths_are_known_in_any_case_and_with_a_slash(client: FlaskClient, method: str, path: str) -> None:
    body = BODIES[path] if method == "POST" else None
    for address in (API + path, (API + path).upper(), (API + path).title(), API + path.upper(), API + path + "/"):
        response = client.open(address, method=method, json=body)
        assert response.status_code == 200, address
        assert response.get_json()["success"] is True


def test_the_case_of_a_query_is_kept(client: FlaskClient) -> None:
    token = fill(client)
    assert client.get(f"{API}/VAULT/RESTORE?session_token={token}").status_code == 200
    assert client.get(f"{API}/vault/restore?session_token={token.upper()}").status_code == 400


def test_a_head_is_a_get_without_its_body(client: FlaskClient) -> None:
    for path in READERS:
        response = client.head(API + path)
        assert (response.status_code, response.data) == (200, b"")
        assert TOKEN.fullmatch(given_cookie(response)["value"])


@pytest.mark.parametrize(
    "referrer",
    [
        "http://[",
        "javascript:alert(1)",
        "\xff\xfe",
        "http://shop.test/\x7f",
        "http://a\u00e9/",
        "x" * 8_000,
        "http://℀/",
        "",
    ],
)
def test_an_odd_referrer_harms_nothing(client: FlaskClient, referrer: str) -> None:
    headers = {"Referer": referrer.encode().decode("latin-1")}
    for method, path in CALLS:
        assert call(client, method, path, headers=headers).status_code == 200
    assert restored(client)["session"]["form_snapshot"] == {"tirage": 1}


def test_a_referrer_longer_than_its_column_harms_nothing(client: FlaskClient) -> None:
    response = call(client, "POST", SNAPSHOT, headers={"Referer": PAGE + "x" * 65_536})
    assert response.status_code == 200, response.data
    assert restored(client)["session"]["form_snapshot"] == {"tirage": 1}
