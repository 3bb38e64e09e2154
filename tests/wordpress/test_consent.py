"""Who does not agree to be remembered is not: nothing stored, no cookie, and every answer in its usual shape."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from .bridge import GUEST, Bridge
from .client import Answer, Client
from .test_stand_ins import EVERYTHING, run
from .test_write_rules import CASES

SetConsent = Callable[[str], None]
TOKEN = re.compile(r"guest_[0-9a-f]{32}")
WRITES: list[tuple[str, dict[str, Any]]] = [
    ("/vault/sync", {"field": "tirage", "value": {"n": 1.0}, "page_url": "https://shop.test/a"}),
    ("/session/snapshot", {"form_snapshot": {"x": 1}, "chat_summary": "گفتگو"}),
    ("/interest/track", {"category": "book-printing", "score": 30, "source": "torob"}),
    ("/chat/memory", {"message_type": "user", "message_content": "سلام", "ai_metadata": {}}),
]
READS = ["/vault/restore", "/persona/analyze", "/vault/interests", "/memory/summary", "/chat/memory"]
TABLES = [
    "homa_vault",
    "homa_sessions",
    "homa_user_interests",
    "homaye_chat_memory",
    "homa_bridge_summaries",
    "homaye_persona_scores",
]


@pytest.fixture
def consent(bridge: Bridge) -> Iterator[SetConsent]:
    """Return what sets the answer that the site's consent plugin gives; until then it is yes."""
    site = bridge.site
    site.install_plugin("consent")
    site.use("homaye-tabesh", "homa-bridge", "prompt-timer", "consent")

    def answer(text: str) -> None:
        site.php(f"update_option( 'consent_answer', '{text}' );")

    answer("yes")
    yield answer
    site.php("delete_option( 'consent_answer' );")
    site.use("homaye-tabesh", "homa-bridge", "prompt-timer")


def remembered(bridge: Bridge, who: str) -> Client:
    """Return a visitor of whom everything is remembered."""
    client = bridge.site.login(who) if who != "guest" else bridge.guest()
    for route, body in WRITES:
        assert client.call("POST", route, body).status == 200
    return client


def visitor(bridge: Bridge, who: str) -> Client:
    return bridge.site.guest() if who == "new guest" else remembered(bridge, who)


def rows(bridge: Bridge) -> dict[str, Any]:
    """Return all rows of the memory's, which must be the same afterwards."""
    tables = [*TABLES, "homa_bridge_outbox"]
    return {table: bridge.site.query(f"SELECT * FROM `{{prefix}}{table}` ORDER BY id") for table in tables}


@contextmanager
def service_is(bridge: Bridge, state: str) -> Iterator[None]:
    if state == "away":
        bridge.between.refuse()
    try:
        yield
    finally:
        if state == "away":
            bridge.between.listen()
            bridge.trust()


def assert_sets_no_cookie(answer: Answer) -> None:
    assert [cookie for cookie in answer.set_cookies if GUEST in cookie] == []


def without_token(answer: Answer) -> dict[str, Any]:
    """Return an answer's members, the token replaced by its form."""
    members: dict[str, Any] = answer.json
    token = members.get("session_token")
    return {**members, "session_token": TOKEN.sub("guest_…", token)} if token else members


@pytest.mark.parametrize("state", ["there", "away"])
@pytest.mark.parametrize("who", ["new guest", "guest", "customer"])
def test_no_write_is_stored_and_each_says_what_it_always_says(
    bridge: Bridge, consent: SetConsent, who: str, state: str
) -> None:
    usual = [without_token(bridge.site.guest().call("POST", route, body)) for route, body in WRITES]
    client = visitor(bridge, who)
    own = client.cookies.get(GUEST)
    before = rows(bridge)
    consent("no")
    bridge.between.paths()
    with service_is(bridge, state):
        answers = [client.call("POST", route, body) for route, body in WRITES]
    assert [answer.status for answer in answers] == [200] * len(WRITES)
    assert [without_token(answer) for answer in answers] == usual
    for answer in answers:
        assert_sets_no_cookie(answer)
        assert answer.json.get("session_token", "") not in {own, "user_2"}
    assert client.cookies.get(GUEST) == own
    assert rows(bridge) == before
    assert bridge.between.paths() == [], "the service hears nothing of it"


@pytest.mark.parametrize("state", ["there", "away"])
def test_what_is_invalid_is_refused_as_ever(bridge: Bridge, consent: SetConsent, state: str) -> None:
    client = bridge.guest()
    usual = [verdict(client.call("POST", route, body)) for route, body in CASES]
    assert {status for status, *_ in usual} >= {200, 400, 413}
    before = rows(bridge)
    consent("no")
    with service_is(bridge, state):
        assert [verdict(client.call("POST", route, body)) for route, body in CASES] == usual
        broken = client.request("POST", f"{client.rest}/homaye-tabesh/v1/vault/sync", raw=b"{", headers=JSON)
        assert (broken.status, broken.json["code"]) == (400, "rest_invalid_json")
    assert rows(bridge) == before


JSON = {"Content-Type": "application/json"}


def verdict(answer: Answer) -> tuple[int, Any, list[str]]:
    members = answer.json
    return answer.status, members.get("code"), sorted(members.get("data", {}).get("params", []))


@pytest.mark.parametrize("route", READS)
@pytest.mark.parametrize("who", ["new guest", "guest", "customer"])
def test_a_read_answers_as_for_a_new_visitor(bridge: Bridge, consent: SetConsent, who: str, route: str) -> None:
    usual = without_token(bridge.site.guest().call("GET", route))
    client = visitor(bridge, who)
    own = client.cookies.get(GUEST)
    if who != "new guest":
        assert without_token(client.call("GET", route)) != usual
    before = rows(bridge)
    consent("no")
    answer = client.call("GET", route)
    assert (answer.status, without_token(answer)) == (200, usual)
    assert answer.json.get("session_token", "") not in {own, "user_2"}
    assert_sets_no_cookie(answer)
    for parameter in ("session_token", "session_id"):  # the client's own script names its token
        named = client.call("GET", f"{route}?{parameter}={own if who == 'guest' else 'user_2'}")
        if who != "new guest":
            assert (named.status, without_token(named)) == (200, usual)
            assert_sets_no_cookie(named)
    assert rows(bridge) == before


def test_others_memories_stay_closed(bridge: Bridge, consent: SetConsent) -> None:
    client = remembered(bridge, "customer")
    consent("no")
    assert client.call("GET", "/vault/restore?session_token=user_3").json["code"] == "rest_forbidden"
    assert client.call("GET", "/vault/restore?session_token=x").json["code"] == "rest_invalid_param"


def test_with_the_service_away_a_read_says_so(bridge: Bridge, consent: SetConsent) -> None:
    client = remembered(bridge, "guest")
    consent("no")
    with service_is(bridge, "away"):
        answer = client.call("GET", "/vault/restore")
    assert (answer.status, answer.json["code"]) == (503, "homa_service_unavailable")
    assert_sets_no_cookie(answer)


def test_what_stores_nothing_works_as_ever(bridge: Bridge, consent: SetConsent) -> None:
    body = {"messages": [{"role": "user", "content": "تیراژ ۵۰۰ تا"}]}
    client = bridge.site.guest()
    usual = client.call("POST", "/context/compress", body)
    consent("no")
    answer = bridge.site.guest().call("POST", "/context/compress", body)
    assert answer.json == usual.json
    assert answer.json["compressed_summary"]
    assert_sets_no_cookie(answer)


@pytest.mark.parametrize("who", ["guest", "customer"])
def test_to_forget_needs_no_consent(bridge: Bridge, consent: SetConsent, who: str) -> None:
    client = remembered(bridge, who)
    consent("no")
    answer = client.call("POST", "/chat/memory/clear", {})
    assert (answer.status, answer.json["success"]) == (200, True)
    assert_sets_no_cookie(answer)
    assert [table for table in TABLES if rows(bridge)[table]] == ["homa_vault", "homa_sessions", "homa_user_interests"]
    answer = client.call("POST", "/vault/clear", {"scope": "all"})
    assert (answer.status, answer.json["success"]) == (200, True)
    assert_sets_no_cookie(answer)
    assert [table for table in TABLES if rows(bridge)[table]] == []


def test_php_code_of_the_site_stores_and_learns_nothing(bridge: Bridge, consent: SetConsent) -> None:
    token = "guest_" + "1" * 32
    fill = """$result = Vault::store( 'a', 1, 'why' ) && Vault::track_interest( 'book', 30 )
        && Vault::save_session_snapshot( 'https://shop.test', array( 'x' => 1 ), 'گفتگو' )
        && Vault::store_chat_message( 'user', 'سلام' ) && Persona::update_persona_score( 'author', 3 );"""
    unknown = run(bridge, READ_ALL, "")
    for user in (2, 0):  # the guest last: what a user brings along of a guest's becomes the user's
        assert run(bridge, f"wp_set_current_user( {user} ); {fill}") is True
    assert run(bridge, READ_ALL) != unknown
    before = rows(bridge)
    consent("no")
    for user in (0, 2):
        for state in ("there", "away"):
            with service_is(bridge, state):
                assert run(bridge, f"wp_set_current_user( {user} ); {fill}") is True
        assert run(bridge, f"wp_set_current_user( {user} ); {READ_ALL}") == unknown
        tokens = run(
            bridge,
            f"wp_set_current_user( {user} ); "
            "$result = array( Vault::get_session_token(), Vault::ensure_session_token() );",
        )
        assert tokens[0] == tokens[1], "one in a request"
        assert TOKEN.fullmatch(tokens[0])
        assert tokens[0] != token
    assert run(bridge, f"$result = Vault::get_all( '{token}' );") == []
    assert run(bridge, "$result = Vault::store( str_repeat( 'x', 51 ), 1 );") is False
    assert rows(bridge) == before

    assert run(bridge, "$result = Vault::clear_session() && Vault::clear_chat_history();") is True
    assert bridge.site.query("SELECT DISTINCT session_token FROM `{prefix}homa_vault`") == [{"session_token": "user_2"}]
    assert bridge.site.query("SELECT DISTINCT session_id FROM `{prefix}homaye_chat_memory`") == [
        {"session_id": "user_2"}
    ]


READ_ALL = """
$result = array(
    Vault::get( 'a' ), Vault::get_all(), Vault::get_session_snapshot(), Vault::get_user_interests(),
    Vault::get_memory_summary(), Vault::get_chat_messages(), Vault::has_chat_history(),
    Persona::analyze_user_persona(), Persona::get_persona_prompt_prefix(), Persona::is_from_torob(),
    Persona::generate_who_am_i_response(), Compressor::enrich_prompt( 'x' ), homa_bridge_memory_context(),
    apply_filters( 'homa_bridge_prompt', 'You are Homa.' ), Persona::get_persona_label( 'author' ),
);
"""


def test_php_code_survives_a_service_that_is_away(bridge: Bridge, consent: SetConsent) -> None:
    consent("no")
    with service_is(bridge, "away"):
        found = run(bridge, EVERYTHING)
    assert len(found) > 20
    assert not any(rows(bridge).values())


def test_a_page_gives_out_no_cookie(bridge: Bridge, consent: SetConsent) -> None:
    consent("no")
    page = bridge.site.guest().get("/?token=1")
    assert TOKEN.fullmatch(page.headers["X-Token"])
    assert_sets_no_cookie(page)


def test_the_site_is_asked_once_and_only_when_it_matters(bridge: Bridge, consent: SetConsent) -> None:
    guest, user = remembered(bridge, "guest"), remembered(bridge, "customer")
    for text in ("yes", "no"):
        consent(text)
        assert "X-Consent-Asked" not in bridge.site.guest().get("/").headers
        assert guest.call("POST", *WRITES[0]).headers.get_all("X-Consent-Asked") == ["1 for 0"]
        assert user.call("GET", "/vault/restore").headers.get_all("X-Consent-Asked") == ["1 for 2"]
        assert bridge.site.guest().get("/?token=1").headers.get_all("X-Consent-Asked") == ["1 for 0"]


@pytest.mark.parametrize("answer", ["no", "nothing", "failure", "circular"])
def test_what_is_no_yes_is_a_no(bridge: Bridge, consent: SetConsent, answer: str) -> None:
    consent(answer)
    got = bridge.site.guest().call("POST", *WRITES[0])
    assert (got.status, got.json["success"]) == (200, True)
    assert_sets_no_cookie(got)
    assert not any(rows(bridge).values())


@pytest.mark.parametrize("answer", ["yes", "yes, a text", "guests alone"])
def test_what_is_a_yes_is_one(bridge: Bridge, consent: SetConsent, answer: str) -> None:
    consent(answer)
    guest = bridge.site.guest()
    assert guest.call("POST", *WRITES[0]).json["session_token"] == guest.cookies[GUEST]
    assert len(rows(bridge)["homa_vault"]) == 1
    user = bridge.site.login("customer")
    assert (user.call("POST", *WRITES[0]).json["session_token"] == "user_2") is (answer != "guests alone")


def test_the_rest_server_s_way_is_the_same(bridge: Bridge, consent: SetConsent) -> None:
    """A request that WordPress's REST server answers, and not the shortcut before it."""
    client = remembered(bridge, "guest")
    before = rows(bridge)
    consent("no")
    write = client.call("POST", "/vault/sync?_envelope=1", {"field": "a", "value": 1})
    assert write.headers["X-Rest-Server"] == "yes"
    assert write.json["body"]["success"] is True
    assert_sets_no_cookie(write)
    read = client.call("GET", "/vault/restore?_envelope=1")
    assert json.loads(read.text)["body"]["vault_data"] in ({}, [])
    assert_sets_no_cookie(read)
    assert rows(bridge) == before
