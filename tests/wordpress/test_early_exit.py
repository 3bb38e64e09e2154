"""The early exit: the same answers as on the ordinary way, before any other plugin is loaded."""

import json
import re
import time
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import polib
import pytest

from .bridge import GUEST, Bridge
from .client import Answer, Client
from .early import early_exit, lay_aside, put_back, roll_call, was_early
from .test_direct_route import Made
from .test_direct_route import outcome as let_in
from .test_routes import replay

API = "/wp-json/homaye-tabesh/v1"
SYNC = {"field": "a", "value": 1}
TOKEN = re.compile(r"guest_[0-9a-f]{32}")
REQUEST_ID = re.compile(r'"X-Request-ID":"[^"]*"')  # in the answer that _envelope puts into another
HEADERS = ("Content-Type", "Cache-Control", "X-Content-Type-Options", "X-Robots-Tag", "Retry-After", "Allow")


@pytest.fixture
def early(bridge: Bridge) -> Iterator[Bridge]:
    """Return a shop whose early exit answers."""
    bridge.site.install_plugin("roll-call")
    bridge.site.use("homaye-tabesh", "homa-bridge", "prompt-timer", "roll-call")
    with early_exit(bridge.site):
        bridge.between.paths()
        yield bridge
    bridge.site.use("homaye-tabesh", "homa-bridge", "prompt-timer")


class Sent(NamedTuple):
    """A request as it is on the wire."""

    method: str
    path: str
    raw: bytes | None = None
    headers: Mapping[str, str] = MappingProxyType({})


def both(early: Bridge, client: Client, sent: Sent) -> tuple[Answer, Answer]:
    """Return the answers with the early exit and without."""
    asked = (sent.method, sent.path)
    with_it = client.request(*asked, raw=sent.raw, headers=dict(sent.headers))
    lay_aside(early.site)
    try:
        without = client.request(*asked, raw=sent.raw, headers=dict(sent.headers))
    finally:
        put_back(early.site)
    assert not was_early(without)
    return with_it, without


def seen(answer: Answer) -> dict[str, Any]:
    """Return what a client sees of an answer, a new guest's token replaced by its form."""
    return {
        "status": answer.status,
        "body": REQUEST_ID.sub("", TOKEN.sub("guest_…", answer.text)),
        "cookies": sorted(cookie.split("=")[0] for cookie in answer.set_cookies),
        **{name: answer.headers.get_all(name) for name in HEADERS},
        "X-WP-Nonce": answer.headers.get("X-WP-Nonce"),
    }


def test_every_step_of_the_contract_is_as_expected(early: Bridge) -> None:
    assert replay(early.site.api).endswith("253 of 253 responses as expected\n")
    assert roll_call(early.site) == [f"GET {API}/vault/sync", f"GET {API}/nope"]  # no such route


JSON = {"Content-Type": "application/json"}
SIMPLE = [
    Sent("GET", f"{API}/vault/restore"),
    Sent("GET", f"{API}/vault/restore?session_token=guest_{'a' * 32}"),
    Sent("GET", f"{API}/vault/restore?session_token=user_3"),
    Sent("GET", f"{API}/vault/restore?session_token=%22%27%5C"),
    Sent("GET", f"{API}/vault/restore?session_token[]=x"),
    Sent("GET", f"{API}/chat/memory?limit=2"),
    Sent("GET", f"{API}/chat/memory?limit=x"),
    Sent("GET", f"{API}/persona/analyze", headers={"Referer": "https://torob.com/p/1?q='\"\\"}),
    Sent("POST", f"{API}/vault/sync", json.dumps(SYNC).encode(), JSON),
    Sent("POST", f"{API}/vault/sync", b"{", JSON),
    Sent("POST", f"{API}/vault/sync", b"", JSON),
    Sent("POST", f"{API}/vault/sync", b'{"field": ""}', {**JSON, "X-WP-Nonce": "stale"}),
    Sent("POST", f"{API}/vault/sync", b"field=a&value=1", {"Content-Type": "application/x-www-form-urlencoded"}),
    Sent("POST", f"{API}/vault/sync", b'{"field": "a", "value": 1}', {"Content-Type": "text/plain"}),
    Sent("POST", f"{API}/vault/clear", b'{"scope": "all"}', JSON),
]


@pytest.mark.parametrize("who", ["new guest", "guest", "forger", "customer", "customer without nonce"])
def test_simple_requests_are_answered_before_other_plugins(early: Bridge, who: str) -> None:
    client = early.guest() if who == "guest" else early.site.guest()
    nonce, cookies = {}, {}
    if who.startswith("customer"):
        client = early.site.login("customer")
        nonce = {"X-WP-Nonce": client.nonce} if who == "customer" else {}
    if who == "forger":
        cookies = {"Cookie": f"{GUEST}=user_1"}
    for sent in SIMPLE:
        if who == "new guest":
            client.jar.clear()
        with_it, without = both(early, client, sent._replace(headers={**nonce, **cookies, **sent.headers}))
        assert was_early(with_it), sent
        assert seen(with_it) == seen(without), sent


def fall_through() -> list[Sent]:
    restore = f"{API}/vault/restore"
    body = json.dumps(SYNC).encode()
    part = b'--x\r\nContent-Disposition: form-data; name="field"\r\n\r\na\r\n--x--\r\n'
    return [
        *(Sent("GET", f"{restore}?{name}=1") for name in ("_envelope", "_fields", "_embed", "_pretty", "_jsonp")),
        *(Sent("GET", f"{restore}?{name}=1") for name in ("_for", "consumer_key", "oauth_consumer_key")),
        Sent("GET", f"{API}/vault/clear?_method=POST"),
        Sent("POST", f"{restore}?_method=GET", b"{}", JSON),
        Sent("GET", f"{API}/vault/clear", headers={"X-HTTP-Method-Override": "POST"}),
        *(Sent(method, restore) for method in ("HEAD", "OPTIONS", "DELETE", "PUT", "POST")),
        Sent("GET", "/?rest_route=/homaye-tabesh/v1/vault/restore"),
        Sent("GET", f"{restore}?rest_route=/homaye-tabesh/v1/persona/analyze"),
        Sent("GET", f"{restore}/"),
        Sent("GET", f"{API}/Vault/restore"),
        Sent("GET", f"{API}//vault/restore"),
        Sent("GET", f"{API}/vault%2Frestore"),
        Sent("GET", f"/index.php{restore}"),
        Sent("GET", f"{API}/vault/nothing"),
        Sent("GET", API),
        Sent("GET", restore, headers={"Authorization": "Basic YTpi"}),
        Sent("GET", restore, headers={"Authorization": "Bearer x"}),
        Sent("GET", restore, headers={"Origin": "https://elsewhere.test"}),
        Sent("GET", restore, headers={"Cookie": "wordpress_rec_0123=x"}),
        Sent("POST", f"{API}/vault/sync", part, {"Content-Type": "multipart/form-data; boundary=x"}),
        Sent("POST", f"{API}/vault/sync", body, {**JSON, "X-HTTP-Method-Override": "GET"}),
        Sent(
            "POST",
            f"{API}/vault/sync",
            b"rest_route=/homaye-tabesh/v1/vault/clear",
            {"Content-Type": "application/x-www-form-urlencoded"},
        ),
    ]


@pytest.mark.parametrize("sent", fall_through(), ids=lambda sent: f"{sent.method} {sent.path} {list(sent.headers)}")
def test_everything_else_goes_the_ordinary_way(early: Bridge, sent: Sent) -> None:
    with_it, without = both(early, early.guest(), sent)
    assert not was_early(with_it)
    assert seen(with_it) == seen(without)


def test_the_site_s_own_pages_may_say_where_they_are(early: Bridge) -> None:
    guest = early.guest()
    page = {"Origin": early.site.address, "Referer": f"{early.site.address}/?a='b\"\\"}
    assert was_early(guest.call("POST", "/session/snapshot", {"form_snapshot": {"a": 1}}, headers=page))
    assert guest.call("GET", "/vault/restore").json["session"]["last_url"] == page["Referer"]


def test_a_shop_whose_plugin_knows_of_https_is_left_to_it(early: Bridge) -> None:
    early.site.configure(WP_HOME=early.site.address.replace("http:", "https:"))
    try:
        assert not was_early(early.guest().call("GET", "/vault/restore"))
        secure = early.site.guest().call("GET", "/vault/restore", headers={"X-Forwarded-Proto": "https"})
        assert was_early(secure)
        assert "; secure" in secure.headers["Set-Cookie"].lower()
    finally:
        early.site.constants.pop("WP_HOME")
        early.site.configure()


def test_a_refusal_is_told_in_the_site_s_language(early: Bridge) -> None:
    user = early.site.login("customer")
    refused = Sent("GET", f"{API}/vault/restore", headers={"X-WP-Nonce": "0123456789"})
    english = both(early, user, refused)
    language = early.site.content / "languages" / "fa_IR.mo"
    as_delivered = language.read_bytes()
    texts = polib.mofile(str(language))
    texts.append(polib.MOEntry(msgid="Cookie check failed", msgstr="بررسی کوکی ناموفق بود"))  # Debian's copy lacks it
    texts.save(str(language))
    early.site.php("update_option( 'WPLANG', 'fa_IR' );")
    try:
        persian = both(early, user, refused)
    finally:
        early.site.php("delete_option( 'WPLANG' );")
        language.write_bytes(as_delivered)
    for with_it, without in (english, persian):
        assert was_early(with_it)
        assert seen(with_it) == seen(without)
        assert with_it.json["code"] == "rest_cookie_invalid_nonce"
    assert english[0].json["message"] == "Cookie check failed"
    assert persian[0].json["message"] == "بررسی کوکی ناموفق بود"


# Who is calling


def outcomes(early: Bridge, cookies: str, nonce: str | None, method: str = "GET") -> str:
    """Return as whom somebody was let in, which is the same on both ways."""
    route, body = ("/vault/sync", SYNC) if method == "POST" else ("/vault/restore", None)
    answers = []
    for switch in (put_back, lay_aside):
        switch(early.site)
        answers.append(early.site.guest().call(method, route, body, nonce=nonce, headers={"Cookie": cookies}))
    put_back(early.site)
    assert [was_early(answer) for answer in answers] == [True, False]
    first, second = map(let_in, answers)
    assert first == second
    assert answers[0].headers.get("X-WP-Nonce") == answers[1].headers.get("X-WP-Nonce")
    return first


def test_who_is_let_in(early: Bridge) -> None:
    made, second = Made(early.site), Made(early.site, user=3)
    refused = "rest_cookie_invalid_nonce"
    for nonce, expected in (
        (made.nonce, "user_2"),
        (None, "guest"),
        ("", refused),
        (second.nonce, refused),
        (early.site.guest_nonce(), refused),
        (made.other_nonce, refused),
    ):
        for method in ("GET", "POST"):
            assert outcomes(early, made.header, nonce, method) == expected, (nonce, method)
    assert outcomes(early, second.header, second.nonce) == "user_3"
    for cookies in (made.altered(0, "second"), made.altered(1, "9999999999"), made.altered(3, "x"), f"{made.name}="):
        assert outcomes(early, cookies, made.nonce) == "guest"


def test_what_has_expired(early: Bridge) -> None:
    late = Made(early.site, lasts=-10, session_lasts=600)
    for made, method, expected in (
        (Made(early.site, lasts=-10), "GET", "guest"),
        (late, "GET", "guest"),
        (late, "POST", "user_2"),  # an hour's grace for what is being sent
        (Made(early.site, lasts=600, session_lasts=-10), "GET", "guest"),
    ):
        assert outcomes(early, made.header, made.nonce, method) == expected
    early.site.query("DELETE FROM `{prefix}usermeta` WHERE meta_key = 'session_tokens'")


def test_a_nonce_may_be_in_the_address(early: Bridge) -> None:
    made = Made(early.site)
    for nonce, expected in ((made.nonce, "user_2"), ("0123456789", "rest_cookie_invalid_nonce")):
        answer = early.site.guest().call(
            "GET", f"/vault/restore?_wpnonce={nonce}", nonce=None, headers={"Cookie": made.header}
        )
        assert was_early(answer)
        assert let_in(answer) == expected


def test_a_guest_s_memory_moves_to_the_user(early: Bridge) -> None:
    user = early.guest()
    user.call("POST", "/vault/sync", SYNC)
    lay_aside(early.site)
    login = early.site.login("customer")
    put_back(early.site)
    for cookie in list(login.jar):
        user.jar.set_cookie(cookie)
    answer = user.call("GET", "/vault/restore", nonce=login.nonce)
    assert was_early(answer)
    assert answer.json["session_token"] == "user_2"
    assert answer.json["vault_data"] == {"a": {"value": 1, "insight": None}}


# The service away


def test_writes_are_kept_and_handed_over_in_order(early: Bridge) -> None:
    guest = early.guest()
    early.between.refuse()
    answers = [guest.call("POST", "/vault/sync", {"field": "a", "value": value}) for value in (1, 2)]
    answers.append(guest.call("POST", "/interest/track", {"category": "book", "score": 3}))
    read = guest.call("GET", "/vault/restore")
    new = early.site.guest()
    answers.append(new.call("POST", "/vault/sync", SYNC))
    assert all(was_early(answer) for answer in [*answers, read])
    assert [answer.status for answer in answers] == [200] * 4
    assert (read.status, read.json["code"]) == (503, "homa_service_unavailable")
    assert read.headers["Retry-After"]
    assert answers[3].json["session_token"] == new.cookies[GUEST]
    assert early.is_distrusted()
    assert len(early.kept()) == 4
    invalid = guest.call("POST", "/vault/sync", {"field": "", "value": 1})
    assert (invalid.status, was_early(invalid)) == (400, True)

    early.between.listen()
    early.between.paths()
    early.let_the_trial_come()
    answer = guest.call("POST", "/vault/sync", {"field": "b", "value": 3})
    assert (answer.status, was_early(answer)) == (200, True)
    assert early.between.paths()[:4] == [f"{API}/vault/sync"] * 2 + [f"{API}/interest/track", f"{API}/vault/sync"]
    assert early.fields_of(guest) == {"a": "2", "b": "3"}
    assert early.score_of(guest, "book") == 3
    for _ in range(100):  # the other guest's is handed over once this answer is sent
        if not early.kept():
            break
        time.sleep(0.05)
    assert early.fields_of(new) == {"a": "1"}
    assert not early.is_distrusted()
    assert roll_call(early.site) == []
