"""The Host header: a page on a name that is not the service's gets nothing out of it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from .test_visitors import CALLS, call
from .wire import API, RESTORE, SYNC, stored, told

Make = Callable[..., Flask]

UNKNOWN = (
    400,
    {
        "code": "homa_unknown_host",
        "message": "This service does not go by that name: if it should, add the name to HOMA_TRUSTED_HOSTS.",
        "data": {"status": 400},
    },
)
PAGES = ["/", "/validate.html", "/docs/", "/docs/swagger-ui.css", "/openapi.json", "/healthz", "/status", "/nope"]
FOREIGN = [
    *[
        "evil.example",
        "evil.example:8765",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "shop.test.evil.example",
    ],
    *[
        "127.1",
        "2130706433",
        "xlocalhost",
        "a.shop.test",
        "other.example",
        ".example.com",
        "x@127.0.0.1",
        "evil example",
    ],
    *["127.0.0.1:x", "::1", "[::1", "[::1].evil", "shop.test:0", "shop.test/", "é.example", "localhost:99999", ","],
]


@pytest.fixture
def app(make_app: Make, tmp_path: Path) -> Flask:
    return make_app(
        f"sqlite:///{tmp_path}/memory.sqlite3",
        HOMA_SITE_URL="https://Shop.test:444/wp",
        HOMA_HOST="memory.internal",
        HOMA_TRUSTED_HOSTS="bridge, .example.org",
    )


@pytest.mark.parametrize(
    "host",
    [
        *["localhost", "LOCALHOST:8765", "app.localhost", "127.0.0.1", "127.0.0.1:1", "192.0.2.1:80", "[::1]:8765"],
        *[
            "[2001:db8::1]",
            "shop.test",
            "Shop.Test:443",
            "memory.internal:8765",
            "bridge",
            "example.org",
            "a.b.example.org",
        ],
    ],
)
def test_the_service_s_names(app: Flask, host: str) -> None:
    assert app.test_client().get(API + RESTORE, headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", FOREIGN)
def test_another_name_is_refused_and_not_repeated(app: Flask, host: str) -> None:
    client = app.test_client()
    for address in (API + RESTORE, "/validate.html", "/nope"):
        response = client.get(address, headers={"Host": host.encode().decode("latin-1")})
        assert told(response) == UNKNOWN
        assert "Set-Cookie" not in response.headers


def test_every_address_is_closed_to_another_name(app: Flask) -> None:
    client = app.test_client()
    for method, path in CALLS:
        assert told(call(client, method, path, headers={"Host": "evil.example"})) == UNKNOWN
    for address in PAGES:
        assert told(client.get(address, headers={"Host": "evil.example"})) == UNKNOWN
    assert told(client.options(API + SYNC, headers={"Host": "evil.example"})) == UNKNOWN
    assert stored(app) == {}


def test_what_a_proxy_says_of_the_host_is_nothing(app: Flask) -> None:
    headers = {"Host": "evil.example", "X-Forwarded-Host": "shop.test", "Forwarded": "host=shop.test"}
    environ = {"REMOTE_ADDR": "127.0.0.1"}
    assert told(app.test_client().get(API + RESTORE, headers=headers, environ_base=environ)) == UNKNOWN
    allowed = {"Host": "localhost", "X-Forwarded-Host": "evil.example"}
    assert app.test_client().get(API + RESTORE, headers=allowed).status_code == 200
