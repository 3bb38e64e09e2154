"""A copy of the site that signs with the live one's secret: it may read, and changes nothing."""

import logging
from collections.abc import Callable, Mapping

import pytest
from flask import Flask
from flask.testing import FlaskClient

from homa_bridge.identity.chain import GUEST_COOKIE
from homa_bridge.identity.signed import is_foreign

from ..signed import SECRET, signature, signed
from .wire import API, BODIES, COMPRESS, READERS, RESTORE, SYNC, rows_under, stored

LIVE, COPY = "https://shop.test", "https://staging.shop.test"
GUEST = "guest_" + "0123456789abcdef" * 2
WRITES: list[tuple[str, Mapping[str, object]]] = [
    *[(API + path, body) for path, body in BODIES.items() if path != COMPRESS],
    ("/internal/merge", {}),
    ("/internal/vault", {"field": "a", "value": 1}),
    ("/internal/clear", {"what": "session"}),
    ("/internal/clear", {"what": "chat", "token": GUEST}),
    ("/internal/persona-score", {"persona": "author", "score": 1}),
    ("/internal/forget", {"token": GUEST}),
    ("/internal/tables", {}),
    ("/internal/cleanup", {}),
]
READS: list[tuple[str, str, Mapping[str, object] | None]] = [
    *[("GET", API + path, None) for path in READERS],
    ("POST", API + COMPRESS, BODIES[COMPRESS]),
    ("GET", "/internal/status", None),
    ("GET", "/internal/context", None),
    ("GET", f"/internal/memory?token={GUEST}", None),
    ("GET", f"/internal/personal-data?token={GUEST}", None),
    ("POST", "/internal/form-summary", {"form": {}}),
    ("POST", "/internal/enrich", {"message": "سلام", "context": {}}),
]


@pytest.fixture
def app(make_app: Callable[..., Flask], database_url: str) -> Flask:
    return make_app(database_url, HOMA_SHARED_SECRET=SECRET, HOMA_SITE_URL=LIVE)


def test_every_route_that_changes_something_is_looked_at(app: Flask) -> None:
    posts = {rule.rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())}
    assert posts == {path for path, _ in WRITES} | {path for method, path, _ in READS if method == "POST"}


@pytest.mark.parametrize(("path", "body"), WRITES)
def test_a_write_of_another_site_is_refused(
    app: Flask, client: FlaskClient, path: str, body: Mapping[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    assert signed(client, "POST", API + SYNC, {"field": "live", "value": 1}, guest=GUEST, site=LIVE).status_code == 200
    before = stored(app)
    with caplog.at_level(logging.WARNING):
        answer = signed(client, "POST", path, body, guest=GUEST, site=COPY)
    assert (answer.status_code, answer.get_json()["code"]) == (403, "homa_foreign_site")
    for part in (LIVE, COPY, "HOMA_SITE_URL"):
        assert part in answer.get_json()["message"]
    assert "Set-Cookie" not in answer.headers
    assert stored(app) == before
    assert [record.getMessage() for record in caplog.records] == [f"refused: ForeignSite for POST {path}"]
    assert signed(client, "POST", path, body, guest=GUEST, site=LIVE).status_code == 200


def test_a_refused_write_leaves_no_receipt(client: FlaskClient) -> None:
    body = {"field": "a", "value": 1}
    for site, status in ((COPY, 403), (LIVE, 200), (LIVE, 409), (COPY, 403)):
        assert signed(client, "POST", API + SYNC, body, guest=GUEST, site=site, nonce="ab" * 16).status_code == status


@pytest.mark.parametrize(("method", "path", "body"), READS)
def test_another_site_may_read(client: FlaskClient, method: str, path: str, body: Mapping[str, object] | None) -> None:
    assert signed(client, "POST", API + SYNC, {"field": "a", "value": 1}, guest=GUEST, site=LIVE).status_code == 200
    assert signed(client, method, path, body, guest=GUEST, site=COPY).status_code == 200


@pytest.mark.parametrize("site", ["", "https://shop.test:8443", "https://shop.test/copy", "no address"])
def test_whatever_is_not_the_site_itself_is_another(client: FlaskClient, site: str) -> None:
    assert signed(client, "POST", API + SYNC, BODIES[SYNC], guest=GUEST, site=site).status_code == 403


@pytest.mark.parametrize("site", [LIVE, "http://shop.test", "https://SHOP.test/", "https://shop.test:443"])
def test_the_site_itself_may_be_written_in_several_ways(client: FlaskClient, site: str) -> None:
    assert signed(client, "POST", API + SYNC, BODIES[SYNC], guest=GUEST, site=site).status_code == 200


def test_a_service_that_does_not_know_its_site_refuses_none(make_app: Callable[..., Flask], database_url: str) -> None:
    client = make_app(database_url, HOMA_SHARED_SECRET=SECRET).test_client()
    assert signed(client, "POST", API + SYNC, BODIES[SYNC], guest=GUEST, site=COPY).status_code == 200


def test_a_browser_names_no_site(client: FlaskClient) -> None:
    client.set_cookie(GUEST_COOKIE, GUEST)
    for headers in ({}, {"X-Homa-Site": COPY}):
        assert client.post(API + SYNC, json=BODIES[SYNC], headers=headers).status_code == 200


@pytest.mark.parametrize(("site", "foreign"), [(LIVE, False), (COPY, True)])
def test_it_says_whether_a_request_is_foreign(app: Flask, client: FlaskClient, site: str, foreign: bool) -> None:
    assert signed(client, "GET", "/internal/status", site=site).get_json()["is_foreign"] is foreign
    with app.test_request_context(API + RESTORE, headers=signature("GET", API + RESTORE, site=site)):
        app.preprocess_request()
        assert is_foreign() is foreign


@pytest.mark.parametrize("path", [API + path for path in READERS] + ["/internal/context", "/internal/memory"])
def test_another_sites_reads_move_no_guests_memory(app: Flask, client: FlaskClient, path: str) -> None:
    assert signed(client, "POST", API + SYNC, {"field": "a", "value": 1}, guest=GUEST, site=LIVE).status_code == 200
    answer = signed(client, "GET", path, user="7", guest=GUEST, site=COPY)
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert rows_under(app, GUEST) == {"homa_vault": 1}
