"""Everybody × every route: which status each gets, and that nobody gets at another visitor's memory."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from homa_bridge.identity.chain import GUEST_COOKIE
from homa_bridge.identity.model import visitor_of
from homa_bridge.jsontext import JSONText

from ..conftest import services_of
from ..logins import cookie_header, cookie_value, nonce_of, sessions_text
from ..signed import SECRET, signature
from .test_login import COOKIE, KEYS, PASSWORD_HASH, SALTS, now
from .test_login import TABLES as USER_TABLES
from .wire import API, BODIES, PAGE, TABLES, TOKEN_COLUMNS

SITE, COPY = "https://shop.test", "https://staging.shop.test"
ADMINISTRATOR, USER, OTHER = 1, 7, 8
LOGINS = {ADMINISTRATOR: "admin", USER: "jane", OTHER: "john"}
GUEST, STOLEN = "guest_" + "a1" * 16, "guest_" + "b2" * 16

MARKS = {
    "user_1": "of-the-administrator",
    "user_7": "of-the-user",
    "user_8": "of-another-user",
    GUEST: "of-the-guest",
    STOLEN: "of-another-guest",
}
"""What each visitor's memory holds, by token."""


class Identity(NamedTuple):
    """Somebody who asks.

    :param token: whose memory they may see and change; None for nobody's
    :param headers: what is sent, given method, target and body
    :param address: where they are
    """

    token: str | None
    headers: Callable[[str, str, bytes], Mapping[str, str]]
    address: str = "127.0.0.1"


def unsigned(token: str | None, address: str = "127.0.0.1", **headers: str) -> Identity:
    """Return somebody who sends the same headers with every request."""
    return Identity(token, lambda _method, _target, _body: headers, address)


def logged_in(number: int, nonce: str | None) -> Identity:
    """Return a user in a browser; without a nonce WordPress takes the user for a guest."""
    session = f"session-of-{number}"
    value = cookie_value(LOGINS[number], now() + 86_400, session, PASSWORD_HASH[8:12], SALTS["HOMA_LOGGED_IN_SALT"])
    headers = {"Cookie": cookie_header(COOKIE, value)}
    if nonce == "own":
        nonce = nonce_of(number, session, SALTS["HOMA_NONCE_SALT"], -(-now() // 43_200))
    if nonce is not None:
        headers["X-WP-Nonce"] = nonce
    return unsigned(f"user_{number}" if nonce else None, **headers)


def signing(token: str | None, *, secret: str = SECRET, **visitor: str) -> Identity:
    """Return the site's own code, which speaks for a visitor."""
    made: dict[str, Any] = {"site": SITE, **visitor}
    return Identity(token, lambda method, target, body: signature(method, target, body, secret=secret, **made))


IDENTITIES: Mapping[str, Callable[[], Identity]] = {
    "nobody": lambda: unsigned(None),
    "guest": lambda: unsigned(GUEST, Cookie=f"{GUEST_COOKIE}={GUEST}"),
    "guest with a forged cookie": lambda: unsigned(None, Cookie=f"{GUEST_COOKIE}=user_7; {GUEST_COOKIE}={GUEST}0"),
    "guest with another's cookie": lambda: unsigned(STOLEN, Cookie=f"{GUEST_COOKIE}={STOLEN}"),
    "user": lambda: logged_in(USER, "own"),
    "other user": lambda: logged_in(OTHER, "own"),
    "administrator": lambda: logged_in(ADMINISTRATOR, "own"),
    "user without a nonce": lambda: logged_in(USER, None),
    "user with a wrong nonce": lambda: logged_in(USER, "0123456789"),
    "signed for the user": lambda: signing("user_7", user="7"),
    "signed for the guest": lambda: signing(GUEST, guest=GUEST),
    "signed for the user by a copy of the site": lambda: signing("user_7", user="7", site=COPY),
    "signed with another secret": lambda: signing(None, secret="x" * 64, user="7"),
    "outsider": lambda: unsigned(None, address="203.0.113.9"),
    "outsider who claims to be the user": lambda: unsigned(
        None, address="203.0.113.9", **{"X-Homa-User": "7", "X-Homa-Guest": GUEST, "X-Homa-Site": SITE}
    ),
    "outsider behind a forged proxy": lambda: unsigned(
        None, address="203.0.113.9", **{"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1"}
    ),
}

Row = Mapping[str, int]
"""The statuses, by identity."""


def row(everybody: int, **others: int) -> Row:
    """Return a row: what everybody gets, but for some identities, whose names have underscores for blanks."""
    named = {name.replace("_", " "): status for name, status in others.items()}
    assert named.keys() <= IDENTITIES.keys(), named
    return {**dict.fromkeys(IDENTITIES, everybody), "signed with another secret": 401, **named}


READ = row(200, user_with_a_wrong_nonce=403)
WRITE = row(200, user_with_a_wrong_nonce=403, signed_for_the_user_by_a_copy_of_the_site=403)
USERS_OWN = row(403, user=200, signed_for_the_user=200, signed_for_the_user_by_a_copy_of_the_site=200)
INTERNAL_READ = row(
    401, signed_for_the_user=200, signed_for_the_guest=200, signed_for_the_user_by_a_copy_of_the_site=200
)
INTERNAL_WRITE = row(
    401, signed_for_the_user=200, signed_for_the_guest=200, signed_for_the_user_by_a_copy_of_the_site=403
)
PUBLIC = row(200)
FOR_THE_OWNER = row(200, outsider=401, outsider_who_claims_to_be_the_user=401, outsider_behind_a_forged_proxy=401)

TABLE: Mapping[tuple[str, str], Row] = {
    ("POST", f"{API}/vault/sync"): WRITE,
    ("GET", f"{API}/vault/restore"): READ,
    ("GET", f"{API}/vault/restore?session_token=user_7"): USERS_OWN,
    ("POST", f"{API}/vault/clear"): WRITE,
    ("POST", f"{API}/session/snapshot"): WRITE,
    ("GET", f"{API}/persona/analyze"): READ,
    ("POST", f"{API}/interest/track"): WRITE,
    ("GET", f"{API}/vault/interests"): READ,
    ("GET", f"{API}/memory/summary"): READ,
    ("POST", f"{API}/context/compress"): READ,
    ("GET", f"{API}/chat/memory"): READ,
    ("GET", f"{API}/chat/memory?session_id=user_7"): USERS_OWN,
    ("POST", f"{API}/chat/memory"): WRITE,
    ("POST", f"{API}/chat/memory/clear"): WRITE,
    ("GET", "/internal/status"): INTERNAL_READ,
    ("POST", "/internal/tables"): INTERNAL_WRITE,
    ("POST", "/internal/cleanup"): INTERNAL_WRITE,
    ("GET", "/internal/context"): INTERNAL_READ,
    ("GET", "/internal/memory"): INTERNAL_READ,
    ("POST", "/internal/merge"): INTERNAL_WRITE,
    ("POST", "/internal/vault"): INTERNAL_WRITE,
    ("POST", "/internal/clear"): INTERNAL_WRITE,
    ("POST", "/internal/persona-score"): INTERNAL_WRITE,
    ("POST", "/internal/form-summary"): INTERNAL_READ,
    ("POST", "/internal/enrich"): INTERNAL_READ,
    ("GET", "/internal/personal-data?token=user_7"): INTERNAL_READ,
    ("POST", "/internal/forget"): INTERNAL_WRITE,
    ("GET", "/"): row(302),
    ("GET", "/validate.html"): PUBLIC,
    ("GET", "/openapi.json"): PUBLIC,
    ("GET", "/healthz"): PUBLIC,
    ("GET", "/readyz"): PUBLIC,
    ("GET", "/metrics"): FOR_THE_OWNER,
    ("GET", "/status"): FOR_THE_OWNER,
    ("GET", "/preview"): FOR_THE_OWNER,
    ("GET", "/docs/"): PUBLIC,
    ("GET", "/docs/<path:path>"): PUBLIC,
}

FORGOTTEN = "guest_" + "c3" * 16
SENT: Mapping[str, object] = {
    **{API + path: body for path, body in BODIES.items()},
    "/internal/tables": {},
    "/internal/cleanup": {},
    "/internal/merge": {},
    "/internal/vault": {"field": "noted", "value": 1},
    "/internal/clear": {"what": "session"},
    "/internal/persona-score": {"persona": "author", "score": 1},
    "/internal/form-summary": {"form": {"a": 1}},
    "/internal/enrich": {"message": "سلام"},
    "/internal/forget": {"token": FORGOTTEN},
}

TRUSTED = ("/internal/personal-data", "/internal/forget")  # they name whom they are about


@pytest.fixture
def app(make_app: Callable[..., Flask], database_url: str) -> Flask:
    app = make_app(database_url, **KEYS, HOMA_SITE_URL=SITE)
    with services_of(app).database.engine.begin() as connection:
        for statement in USER_TABLES:
            connection.execute(text(statement))
        for number, name in LOGINS.items():
            values = {"id": number, "name": name, "hash": PASSWORD_HASH}
            connection.execute(text("INSERT INTO wp_users VALUES (:id, :name, :hash)"), values)
            session = sessions_text({f"session-of-{number}": now() + 86_400}).decode()
            statement = "INSERT INTO wp_usermeta VALUES (:id, :id, 'session_tokens', :session)"
            connection.execute(text(statement), {"id": number, "session": session})
    return app


def fill(app: Flask, token: str) -> None:
    """Have something remembered of a visitor in every table."""
    mark, visitor, services = MARKS[token], visitor_of(token), services_of(app)
    for name in (f"field-{mark}", "same"):
        services.omnistore.sync(visitor, name, JSONText(f'"{mark}"'), f"{PAGE}/{mark}", f"insight-{mark}")
    services.omnistore.save_snapshot(visitor, f"{PAGE}/{mark}", JSONText(f'{{"{mark}": 1}}'), f"summary-{mark}")
    services.omnistore.track_interest(visitor, f"book-{mark}", 20, mark)
    services.omnistore.add_message(visitor, "user", f"message-{mark}", JSONText(f'{{"{mark}": 1}}'))
    services.personas.add_score(visitor, "author", 3)


def rows_of_others(app: Flask, token: str | None) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows that are another known visitor's, by table."""
    database, found = services_of(app).database, {}
    others = [other for other in MARKS if other != token]
    with database.engine.connect() as connection:
        for model in TABLES:
            table = database.table(model)
            (column, *_) = [column for column in table.columns if column.name in TOKEN_COLUMNS]
            query = select(table).where(column.in_(others)).order_by(table.c.id)
            found[str(table.name)] = [tuple(row) for row in connection.execute(query)]
    return found


def ask(client: FlaskClient, who: Identity, method: str, route: str) -> TestResponse:
    target = route.replace("<path:path>", "swagger-ui.css")
    body = b"" if method == "GET" else client.application.json.dumps(SENT[route]).encode()
    return client.open(
        target,
        method=method,
        data=body or None,
        content_type="application/json" if body else None,
        headers=dict(who.headers(method, target, body)),
        environ_overrides={"REMOTE_ADDR": who.address},
    )


def test_the_table_lists_every_route(app: Flask) -> None:
    declared = {
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert {(method, route.partition("?")[0]) for method, route in TABLE} == declared


@pytest.mark.parametrize("name", IDENTITIES)
def test_everybody_gets_their_own_and_nothing_else(app: Flask, name: str) -> None:
    who = IDENTITIES[name]()
    client = app.test_client(use_cookies=False)
    for token in MARKS:
        fill(app, token)
    foreign = [mark for token, mark in MARKS.items() if token != who.token]
    before = rows_of_others(app, who.token)
    assert all(before.values()), "there is something to get at"
    told: dict[tuple[str, str], int] = {}
    for method, route in TABLE:
        with ask(client, who, method, route) as answer:
            told[method, route] = answer.status_code
            content, cookies = answer.get_data(as_text=True), answer.headers.getlist("Set-Cookie")
        if not (route.startswith(TRUSTED) and answer.status_code == 200):
            assert [mark for mark in foreign if mark in content] == [], route
        assert rows_of_others(app, who.token) == before, route
        if answer.status_code in {401, 403} and "?" not in route:
            assert cookies == [], route
        assert not any(token in cookie for token in MARKS for cookie in cookies if token != who.token), route
        if "clear" in route and who.token is not None:
            fill(app, who.token)
    assert told == {key: row[name] for key, row in TABLE.items()}


def test_everybody_sees_what_is_their_own(app: Flask) -> None:
    """Else the test above would pass for a service that remembers nothing."""
    for token in MARKS:
        fill(app, token)
    client = app.test_client(use_cookies=False)
    for name, identity in IDENTITIES.items():
        who = identity()
        with ask(client, who, "GET", f"{API}/vault/restore") as answer:
            content = answer.get_data(as_text=True)
        sees = [token for token, mark in MARKS.items() if mark in content]
        assert sees == ([who.token] if answer.status_code == 200 and who.token else []), name
