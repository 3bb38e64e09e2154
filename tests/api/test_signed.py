"""Signed requests on the public routes: whom they speak for, which are refused, and that a write is done once."""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from homa_bridge.identity.chain import GUEST_COOKIE
from homa_bridge.identity.signing import verify

from ..signed import SECRET, encoded, signature, signed
from .wire import API, BODIES, CHAT, COMPRESS, PAGE, READERS, RESTORE, SYNC, TRACK, told

GUEST = "guest_" + "0123456789abcdef" * 2
COOKIE = "guest_" + "c" * 32
CALLS: list[tuple[str, str, Mapping[str, object] | None]] = [
    *[("GET", path, None) for path in READERS],
    *[("POST", path, body) for path, body in BODIES.items()],
]
WRITES = [
    (SYNC, {"field": "alone", "value": 1}),
    *[(path, body) for path, body in BODIES.items() if path != COMPRESS],
]
NONCE = "ab" * 16
VISITORS: list[dict[str, Any]] = [{"user": "7"}, {"user": "8"}, {"guest": GUEST}, {}]


@pytest.fixture
def app(make_app: Callable[..., Flask], database_url: str) -> Flask:
    return make_app(database_url, HOMA_SHARED_SECRET=SECRET)


def refusal(response: TestResponse) -> tuple[int, object]:
    """Return status and code of a refusal; its message says what to do, and nothing of the memory has been told."""
    status, content = told(response)
    assert isinstance(content, dict)
    assert content.keys() == {"code", "message", "data"}
    assert content["data"] == {"status": status}
    assert content["message"].endswith(".")
    assert "Set-Cookie" not in response.headers
    return status, content["code"]


def restored(client: FlaskClient, **visitor: Any) -> Any:
    response = signed(client, "GET", API + RESTORE, **visitor)
    assert response.status_code == 200
    return response.get_json()


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
def test_every_route_takes_a_signature(
    client: FlaskClient, method: str, path: str, body: Mapping[str, object] | None
) -> None:
    for visitor in VISITORS:
        assert signed(client, method, API + path, body, **visitor).status_code == 200


@pytest.mark.parametrize(
    ("visitor", "token"),
    [
        ({"user": "7"}, "user_7"),
        ({"user": "7", "guest": GUEST}, "user_7"),
        ({"guest": GUEST}, GUEST),
        ({"user": "0", "guest": GUEST}, GUEST),
    ],
)
def test_whom_a_signature_speaks_for(client: FlaskClient, visitor: dict[str, Any], token: str) -> None:
    client.set_cookie(GUEST_COOKIE, COOKIE)
    assert restored(client, **visitor)["session_token"] == token


@pytest.mark.parametrize("sent", ["", "user_7", "guest_", GUEST.upper(), GUEST + "0", "x"])
def test_a_guest_without_a_token_is_a_new_one(client: FlaskClient, sent: str) -> None:
    client.set_cookie(GUEST_COOKIE, COOKIE)
    tokens = {restored(client, guest=sent)["session_token"] for _ in range(3)}
    assert len(tokens) == 3
    assert not tokens & {COOKIE, GUEST, "user_7"}


def test_a_signed_guest_is_given_the_cookie_and_a_user_is_not(client: FlaskClient) -> None:
    assert (
        signed(client, "GET", API + RESTORE, guest=GUEST).headers["Set-Cookie"].startswith(f"{GUEST_COOKIE}={GUEST};")
    )
    assert "Set-Cookie" not in signed(client, "GET", API + RESTORE, user="7").headers


@pytest.mark.parametrize("site", ["http://shop.test", "https://shop.test"])
def test_the_cookies_security_follows_the_visitors_scheme(
    make_app: Callable[..., Flask], database_url: str, site: str
) -> None:
    client = make_app(database_url, HOMA_SHARED_SECRET=SECRET, HOMA_SITE_URL=site).test_client()
    for scheme in ("http", "https"):
        cookie = signed(client, "GET", API + RESTORE, guest=GUEST, scheme=scheme).headers["Set-Cookie"]
        assert ("; Secure" in cookie) is (scheme == "https")


def test_a_user_reads_what_is_the_users_and_nobody_else_does(client: FlaskClient) -> None:
    assert signed(client, "POST", API + SYNC, {"field": "a", "value": 1}, user="7").status_code == 200
    for path, name in ((RESTORE, "session_token"), (CHAT, "session_id")):
        own = f"{API}{path}?{name}=user_7"
        assert signed(client, "GET", own, user="7").status_code == 200
        for visitor in ({"user": "70"}, *VISITORS[1:]):
            assert signed(client, "GET", own, **visitor).status_code == 403
        assert client.get(own).status_code == 403
        assert signed(client, "GET", f"{API}{path}?{name}={GUEST}", user="7").status_code == 200
    assert restored(client, user="7")["vault_data"] == {"a": {"value": 1, "insight": None}}


def test_the_referer_counts_as_the_visitors(client: FlaskClient) -> None:
    path = "/persona/analyze"
    assert signed(client, "GET", API + path, user="7", referer="https://torob.com/p/\xd9\x85").get_json()["from_torob"]
    assert not signed(client, "GET", API + path, user="7", referer=PAGE).get_json()["from_torob"]


def test_the_path_in_another_case_and_with_a_slash_holds(client: FlaskClient) -> None:
    assert signed(client, "GET", API.upper() + "/Vault/Restore/", user="7").get_json()["session_token"] == "user_7"


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
def test_what_does_not_hold_is_refused_on_every_route_and_changes_nothing(
    client: FlaskClient, method: str, path: str, body: Mapping[str, object] | None
) -> None:
    client.set_cookie(GUEST_COOKIE, GUEST)

    def code(**options: Any) -> object:
        status, code = refusal(signed(client, method, API + path, body, user="7", **options))
        assert status == 401
        return code

    assert code(secret="another secret of thirty-two chars") == "homa_signature_secret"
    assert code(timestamp=time.time() - 302) == "homa_signature_expired"
    assert code(timestamp=time.time() + 302) == "homa_signature_expired"
    for name, value in {
        "x-homa-user": "8",
        "x-homa-guest": GUEST,
        "x-homa-site": "https://evil.test",
        "x-homa-address": "192.0.2.8",
        "x-homa-scheme": "https",
        "x-homa-nonce": "f" * 32,
        "x-homa-timestamp": str(int(time.time()) + 5),
        "referer": "https://torob.com/",
    }.items():
        assert code(altered={name: value}) == "homa_signature_headers", name
    lost = signature(method, API + path, encoded(body), user="7")
    del lost["x-homa-signature"]
    assert refusal(client.open(API + path, method=method, json=body, headers=lost)) == (401, "homa_signature_missing")
    for moved in (-302, 302):
        moment = int(time.time()) + moved
        assert code(altered={"x-homa-timestamp": str(moment)}) == "homa_signature_expired"
    nonce, moment = "a" * 32, int(time.time())
    sent = signature(method, API + path, encoded(body), user="7", nonce=nonce, timestamp=moment)["x-homa-signature"]
    made_up = {"x-homa-signature": "v1=" + "0" * 64 + sent[67:]}
    assert code(altered=made_up, nonce=nonce, timestamp=moment) == "homa_signature_invalid"
    for name, value in {
        "x-homa-signature": "v1=" + "0" * 64,
        "x-homa-nonce": "",
        "x-homa-timestamp": "soon",
        "x-homa-user": "admin",
        "x-homa-scheme": "",
    }.items():
        assert code(altered={name: value}) == "homa_signature_malformed", name
    assert restored(client, user="7")["vault_data"] == {}
    assert client.get(API + RESTORE).get_json()["vault_data"] == {}


def test_another_body_query_path_or_method_is_refused(client: FlaskClient) -> None:
    body = encoded({"field": "a", "value": 1})
    headers = signature("POST", API + SYNC, body, user="7")
    for path, data, code in (
        (SYNC, body.replace(b"1", b"2"), "homa_signature_body"),
        (SYNC, b"", "homa_signature_body"),
        (SYNC + "?a=1", body, "homa_signature_path"),
        ("/vault/clear", body, "homa_signature_path"),
    ):
        response = client.post(API + path, data=data, content_type="application/json", headers=headers)
        assert refusal(response) == (401, code)
    read = signature("GET", f"{API}{CHAT}?limit=1", user="7")
    assert refusal(client.get(f"{API}{CHAT}?limit=2", headers=read)) == (401, "homa_signature_path")
    assert client.get(f"{API}{CHAT}?limit=1", headers=read).status_code == 200
    write = signature("GET", API + CHAT, user="7")
    answer = client.post(API + CHAT, json=BODIES[CHAT], headers=write)
    assert refusal(answer) == (401, "homa_signature_path")


def test_a_service_without_a_secret_refuses_what_is_signed(make_app: Callable[..., Flask], database_url: str) -> None:
    client = make_app(database_url).test_client()
    assert refusal(signed(client, "GET", API + RESTORE, user="7")) == (401, "homa_signature_unexpected")
    assert client.get(API + RESTORE).status_code == 200


def test_two_secrets_are_accepted_while_one_takes_the_other_s_place(
    make_app: Callable[..., Flask], database_url: str
) -> None:
    previous = "the previous secret of thirty-two and more"
    both = make_app(database_url, HOMA_SHARED_SECRET=SECRET, HOMA_PREVIOUS_SECRET=previous).test_client()
    for secret in (SECRET, previous):
        assert (
            signed(both, "POST", API + SYNC, {"field": "a", "value": secret}, user="7", secret=secret).status_code
            == 200
        )
        assert restored(both, user="7", secret=secret)["vault_data"]["a"]["value"] == secret
    for secret in ("another secret of thirty-two chars", SECRET[:-1], previous + " "):
        assert refusal(signed(both, "GET", API + RESTORE, user="7", secret=secret)) == (401, "homa_signature_secret")
    altered = signed(both, "GET", API + RESTORE, user="7", secret=previous, altered={"x-homa-user": "8"})
    assert refusal(altered) == (401, "homa_signature_headers")
    one = make_app(database_url, HOMA_SHARED_SECRET=SECRET).test_client()
    assert refusal(signed(one, "GET", API + RESTORE, user="7", secret=previous)) == (401, "homa_signature_secret")
    none = make_app(database_url, HOMA_PREVIOUS_SECRET=previous).test_client()
    assert refusal(signed(none, "GET", API + RESTORE, user="7", secret=previous)) == (401, "homa_signature_unexpected")


def test_a_signature_is_verified_once(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[int] = []

    def counting(*given: Any) -> Any:
        verified.append(1)
        return verify(*given)

    monkeypatch.setattr("homa_bridge.identity.signed.verify", counting)
    for method, path, body in CALLS:
        verified.clear()
        assert signed(client, method, API + path, body, user="7").status_code == 200
        assert len(verified) == 1


def test_too_much_is_refused_before_it_is_hashed(client: FlaskClient) -> None:
    answer = signed(client, "POST", API + SYNC, {"field": "a", "value": "x" * 300_000}, user="7")
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("SignatureSecretUnknown", {"secret": "x" * 32}),
        ("SignatureExpired", {"timestamp": 1.0}),
        ("SignatureMalformed", {"altered": {"x-homa-signature": GUEST}}),
        ("SignatureHeadersAltered", {"altered": {"x-homa-guest": GUEST}}),
    ],
)
def test_a_refusal_is_logged_by_its_kind_alone(
    client: FlaskClient, caplog: pytest.LogCaptureFixture, kind: str, options: dict[str, Any]
) -> None:
    with caplog.at_level(logging.WARNING):
        signed(client, "GET", f"{API}{RESTORE}?session_token={GUEST}", user="31337", guest=COOKIE, **options)
    assert [record.getMessage() for record in caplog.records] == [f"refused: {kind} for GET {API}{RESTORE}"]


@pytest.mark.parametrize(("path", "body"), WRITES)
def test_a_signed_write_is_done_once(client: FlaskClient, path: str, body: Mapping[str, object]) -> None:
    assert signed(client, "POST", API + path, body, user="7", nonce=NONCE).status_code == 200
    after = restored(client, user="7")
    for moment in (time.time(), time.time() - 200):
        again = signed(client, "POST", API + path, body, user="7", nonce=NONCE, timestamp=moment)
        assert refusal(again) == (409, "homa_already_done")
    assert restored(client, user="7") == after
    assert signed(client, "POST", API + path, body, user="7").status_code == 200


def test_a_nonce_is_used_once_whatever_the_write(client: FlaskClient) -> None:
    assert signed(client, "POST", API + TRACK, {"category": "a"}, user="7", nonce=NONCE).status_code == 200
    for path, body in WRITES:
        assert signed(client, "POST", API + path, body, user="8", nonce=NONCE).status_code == 409
    assert restored(client, user="8")["vault_data"] == {}


def test_a_refused_write_leaves_no_receipt(client: FlaskClient) -> None:
    assert signed(client, "POST", API + TRACK, {"category": ""}, user="7", nonce=NONCE).status_code == 400
    assert signed(client, "POST", API + TRACK, {"category": "a"}, user="7", nonce=NONCE).status_code == 200


def test_reading_and_compressing_use_no_nonce_up(client: FlaskClient) -> None:
    for method, path, body in [*[call for call in CALLS if call[0] == "GET"], ("POST", COMPRESS, BODIES[COMPRESS])]:
        for _ in range(2):
            assert signed(client, method, API + path, body, user="7", nonce=NONCE).status_code == 200
    assert signed(client, "POST", API + TRACK, {"category": "a"}, user="7", nonce=NONCE).status_code == 200
