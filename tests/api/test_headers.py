"""The headers of every answer: what browsers may do with it, and which sites' scripts may read it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse
from werkzeug.wrappers import Response

from ..signed import SECRET, signed
from .test_visitors import CALLS, call
from .wire import API, BODIES, RESTORE, SYNC, stored, told

Make = Callable[..., Flask]

PAGES = ["/", "/validate.html", "/docs/"]
TEXTS = ["/openapi.json", "/healthz", "/status", "/preview", "/nope", API + "/nope", "/internal/status"]
ASSETS = ["/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js", "/docs/index.css"]
APP, ELSEWHERE = "https://app.example", "https://evil.example"


@pytest.fixture
def make(make_app: Make, tmp_path: Path) -> Make:
    return lambda **environ: make_app(f"sqlite:///{tmp_path}/memory.sqlite3", **environ)


@pytest.fixture
def client(make: Make) -> FlaskClient:
    return make(HOMA_SHARED_SECRET=SECRET).test_client()


def answers(client: FlaskClient, **options: Any) -> list[TestResponse]:
    """Return an answer of every kind."""
    found = [call(client, method, path, **options) for method, path in CALLS]
    found += [client.get(address, **options) for address in PAGES + TEXTS + ASSETS]
    found += [client.post(API + SYNC, data="{", content_type="application/json", **options)]
    found += [client.post(API + SYNC, data="a=1", **options), client.put(API + SYNC, **options)]
    return found


def test_no_browser_guesses_a_type_and_nothing_is_cached(client: FlaskClient) -> None:
    for response in answers(client):
        assert response.headers.getlist("X-Content-Type-Options") == ["nosniff"], response.request.path
        if response.request.path not in ASSETS:
            assert response.headers.getlist("Cache-Control") == ["no-store"], response.request.path
        response.close()


@pytest.mark.parametrize("address", PAGES)
def test_no_site_frames_a_page(client: FlaskClient, address: str) -> None:
    with client.get(address) as response:
        assert response.mimetype == "text/html"
        assert response.headers["X-Frame-Options"] == "DENY"
        assert response.headers["Content-Security-Policy"] == "frame-ancestors 'none'"
        assert response.headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("address", ASSETS)
def test_the_documentation_s_files_may_be_kept(client: FlaskClient, address: str) -> None:
    with client.get(address) as response:
        assert response.status_code == 200
        assert "no-store" not in response.headers["Cache-Control"]


# ---- other sites' scripts


def granted(response: Response) -> dict[str, str]:
    """Return what an answer grants to other sites' scripts."""
    return {name: text for name, text in response.headers if name.startswith("Access-Control-")}


def preflight(client: FlaskClient, origin: str, path: str = API + SYNC, method: str = "POST") -> TestResponse:
    asked = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": "content-type,x-wp-nonce"}
    return client.options(path, headers={"Origin": origin, **asked})


@pytest.mark.parametrize("origin", [APP, "null", "http://localhost", ""])
def test_without_the_setting_no_script_elsewhere_is_let_in(client: FlaskClient, origin: str) -> None:
    for response in [preflight(client, origin), *answers(client, headers={"Origin": origin})]:
        assert granted(response) == {}
        response.close()


@pytest.fixture
def open_client(make: Make) -> FlaskClient:
    return make(
        HOMA_CORS_ORIGINS=f"{APP}, http://localhost:3000, http://[::1]:3000", HOMA_SHARED_SECRET=SECRET
    ).test_client()


@pytest.mark.parametrize("origin", [APP, "http://localhost:3000", "http://[::1]:3000"])
def test_a_named_site_s_scripts_may_use_the_api_with_the_visitor_s_cookie(
    open_client: FlaskClient, origin: str
) -> None:
    asked = preflight(open_client, origin)
    assert asked.status_code == 200
    given = granted(asked)
    assert given.pop("Access-Control-Allow-Methods").split(", ") == ["GET", "POST"]
    assert set(given.pop("Access-Control-Allow-Headers").lower().split(", ")) == {"content-type", "x-wp-nonce"}
    assert given.pop("Access-Control-Max-Age") == "600"
    credentials = {"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true"}
    read = {**credentials, "Access-Control-Expose-Headers": "Retry-After"}
    assert given in (credentials, read)
    assert "Origin" in asked.headers["Vary"]
    for method, path in CALLS:
        response = call(open_client, method, path, headers={"Origin": origin})
        assert (response.status_code, granted(response)) == (200, read)
        assert "Origin" in response.headers["Vary"]
    refused = open_client.post(API + SYNC, data="{", content_type="application/json", headers={"Origin": origin})
    assert (refused.status_code, granted(refused)) == (400, read)


@pytest.mark.parametrize(
    "origin",
    [
        *[
            ELSEWHERE,
            "null",
            "*",
            "",
            "http://app.example",
            APP + ":8443",
            APP + ".evil.example",
            "https://evilapp.example",
        ],
        *[
            "https://appxexample",
            APP + "/",
            "http://localhost",
            "http://localhost:30000",
            APP + " ",
            "https://x@app.example",
        ],
    ],
)
def test_no_other_site_is_let_in(open_client: FlaskClient, origin: str) -> None:
    for response in (preflight(open_client, origin), open_client.get(API + RESTORE, headers={"Origin": origin})):
        assert granted(response) == {}
    plain = open_client.get(API + RESTORE)
    assert granted(plain) == {}


def test_only_the_api_is_opened(open_client: FlaskClient) -> None:
    for address in [*PAGES, "/openapi.json", "/healthz", "/status", "/nope", "/internal/status", *ASSETS]:
        with open_client.get(address, headers={"Origin": APP}) as response:
            assert granted(response) == {}, address
        assert granted(preflight(open_client, APP, address, "GET")) == {}
    signed_answer = signed(open_client, "GET", "/internal/status", altered={"Origin": APP})
    assert (signed_answer.status_code, granted(signed_answer)) == (200, {})


def test_a_refusal_tells_a_named_site_when_to_come_again(make: Make) -> None:
    app = make(HOMA_CORS_ORIGINS=APP, HOMA_RATE_LIMITS="on", HOMA_RATE_LIMIT_ADDRESS="1/hour")
    client = app.test_client()
    for _ in range(2):
        response = client.get(API + RESTORE, headers={"Origin": APP})
    assert response.status_code == 429
    assert granted(response)["Access-Control-Expose-Headers"] == "Retry-After"
    assert granted(response)["Access-Control-Allow-Origin"] == APP


# ---- what a page elsewhere can send without being asked: forms, and scripts' plain text


@pytest.mark.parametrize(
    "kind",
    [
        *[
            "application/x-www-form-urlencoded",
            "text/plain",
            "text/plain; charset=utf-8",
            "multipart/form-data; boundary=x",
        ],
        *["text/plain; application/json", "text/json", "application/jsonp", "", None],
    ],
)
@pytest.mark.parametrize("path", BODIES)
def test_a_form_is_refused_whatever_it_holds(client: FlaskClient, path: str, kind: str | None) -> None:
    form = f'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n{json.dumps(BODIES[path])}\r\n--x--\r\n'
    for body in ("field=a&value=1", json.dumps(BODIES[path] or {"a": 1}), form):
        status, content = told(client.post(API + path, data=body.encode(), content_type=kind))
        assert isinstance(content, dict)
        assert (status, content["code"]) == (415, "rest_unsupported_media_type")
    assert stored(client.application) == {}


# ---- what strangers learn


STRANGERS: list[tuple[str, dict[str, str]]] = [
    ("192.0.2.1", {}),
    ("2001:db8::1", {}),
    ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}),
    ("127.0.0.1", {"X-Real-IP": "192.0.2.1"}),
    ("::1", {"Forwarded": "for=192.0.2.1"}),
    ("", {"X-Forwarded-For": "192.0.2.1"}),
]


@pytest.mark.parametrize(("address", "headers"), STRANGERS)
def test_strangers_learn_nothing_of_versions_and_tables(
    client: FlaskClient, address: str, headers: dict[str, str]
) -> None:
    place = {"REMOTE_ADDR": address}
    status, content = told(client.get("/status", headers=headers, environ_base=place))
    assert isinstance(content, dict)
    assert (status, content["code"]) == (401, "homa_signature_missing")
    assert client.get("/healthz", headers=headers, environ_base=place).status_code == 200


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", ""])
def test_this_machine_is_told_how_the_service_is(client: FlaskClient, address: str) -> None:
    answer = client.get("/status", environ_base={"REMOTE_ADDR": address})
    assert answer.status_code == 200
    assert signed(client, "GET", "/status").status_code == 200


def test_who_signs_is_told_too(client: FlaskClient) -> None:
    forwarded = {"X-Forwarded-For": "192.0.2.1"}
    assert signed(client, "GET", "/status", altered=forwarded).status_code == 200
