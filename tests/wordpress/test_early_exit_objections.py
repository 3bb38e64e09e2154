"""Whom the early exit would have to ask: as long as somebody is there, it stands aside."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from .bridge import GUEST, Bridge
from .early import early_exit, examine, was_early
from .test_early_exit import SYNC

FILTERS = [
    "homa_bridge_consent",
    "homa_bridge_visitor_address",
    "rest_authentication_errors",
    "rest_pre_dispatch",
    "rest_url_prefix",
    "determine_current_user",
    "session_token_manager",
    "salt",
    "nonce_life",
    "pre_option_home",
    "option_home",
]
PLUGINS = ("homaye-tabesh", "homa-bridge", "prompt-timer", "roll-call")


@pytest.fixture
def early(bridge: Bridge) -> Iterator[Bridge]:
    """Return a shop whose early exit is on."""
    bridge.site.install_plugin("roll-call")
    bridge.site.install_plugin("consent")
    bridge.site.use(*PLUGINS)
    with early_exit(bridge.site):
        yield bridge
    bridge.site.use(*PLUGINS[:3])


def answers(early: Bridge) -> bool:
    """Return whether the early exit answers."""
    answer = early.site.guest().call("GET", "/vault/restore")
    assert answer.status == 200
    return was_early(answer)


def objections(early: Bridge) -> list[str] | None:
    found: list[str] | None = json.loads(
        early.site.php("echo wp_json_encode( HomaBridge\\Early\\Permit::objections() );")
    )
    return found


@contextmanager
def hooked(early: Bridge, name: str, owner: str = "") -> Iterator[None]:
    """Have the plugin roll-call hook to a filter for a while, which WordPress's own pages see first."""
    early.site.php(f"update_option( 'roll_call_filter', '{name}' ); update_option( 'roll_call_class', '{owner}' );")
    early.site.guest().get("/")
    try:
        yield
    finally:
        early.site.php("delete_option( 'roll_call_filter' ); delete_option( 'roll_call_class' );")


def test_it_stands_aside_for_whom_it_cannot_ask(early: Bridge) -> None:
    for name in (*FILTERS, "REMOTE_ADDR", "wp_salt"):
        assert answers(early), name
        with hooked(early, name):
            assert not answers(early), name
            assert not answers(early), name
            assert objections(early) == [name]
        examine(early.site)


def test_it_stands_aside_for_who_says_that_the_site_is_under_https(early: Bridge) -> None:
    with hooked(early, "HTTPS"):
        assert not answers(early)
        assert objections(early) == ["HTTPS"]


def test_what_minds_its_own_requests_is_no_objection(early: Bridge) -> None:
    for name in ("rest_authentication_errors", "rest_pre_dispatch", "determine_current_user"):
        with hooked(early, name, "WC"):
            assert answers(early), name
        assert objections(early) == []


def test_an_objection_is_seen_again_after_it_was_gone(early: Bridge) -> None:
    for _ in range(3):
        with hooked(early, "salt"):
            assert not answers(early)
        examine(early.site)
        assert answers(early)


def test_what_only_pages_see_is_looked_at_once(early: Bridge) -> None:
    """A filter that is used on pages alone is not used on the ordinary way of these routes either."""
    code = "<?php if ( '/' === $_SERVER['REQUEST_URI'] ) { add_filter( 'salt', static fn( $salt ) => $salt ); }"
    with early.site.must_use("pages", code):
        early.site.guest().get("/")
        assert not answers(early)
        for _ in range(2):
            assert answers(early)
            early.site.guest().get("/")
        state = early.site.option("homa_bridge_early_exit")
        early.site.guest().get("/")
        assert early.site.option("homa_bridge_early_exit") == state


def test_other_plugins_have_the_next_request_look(early: Bridge) -> None:
    early.site.use(*PLUGINS[1:])
    assert not answers(early)
    assert answers(early)
    early.site.use(*PLUGINS)
    assert not answers(early)
    assert answers(early)


def test_another_theme_has_the_next_request_look(early: Bridge) -> None:
    early.site.query("UPDATE `{prefix}options` SET option_value = 'other' WHERE option_name = 'stylesheet'")
    try:
        assert objections(early) is None
    finally:
        early.site.query("UPDATE `{prefix}options` SET option_value = 'shop' WHERE option_name = 'stylesheet'")
    assert objections(early) == []


def test_what_a_must_use_plugin_forbids_is_forbidden(early: Bridge) -> None:
    error = "new WP_Error( 'no', 'No.', array( 'status' => 401 ) )"
    code = f"<?php add_filter( 'rest_authentication_errors', static fn() => {error} );"
    with early.site.must_use("zz-firewall", code):  # loaded after the early exit's file
        answer = early.site.guest().call("GET", "/vault/restore")
        assert (answer.status, answer.json["code"], was_early(answer)) == (401, "no", True)
    dispatch = code.replace("rest_authentication_errors", "rest_pre_dispatch")
    with early.site.must_use("zz-firewall", dispatch):
        answer = early.site.guest().call("GET", "/vault/restore")
        assert (answer.status, answer.json["code"], was_early(answer)) == (401, "no", False)


def test_nobody_is_remembered_without_consent(early: Bridge) -> None:
    guest = early.guest()
    early.site.php("update_option( 'consent_answer', 'no' );")
    early.site.use(*PLUGINS, "consent")
    try:
        for _ in range(3):
            answer = guest.call("POST", "/vault/sync", SYNC)
            assert (answer.status, was_early(answer)) == (200, False)
            assert [cookie for cookie in answer.set_cookies if GUEST in cookie] == []
        assert early.fields_of(guest) == {}
        assert objections(early) == ["homa_bridge_consent"]
    finally:
        early.site.use(*PLUGINS)
        early.site.php("delete_option( 'consent_answer' );")


def test_a_filter_of_the_memory_s_own_is_seen_on_a_request_to_it_alone(early: Bridge) -> None:
    """A consent plugin may hook to it only where the memory is asked: the first request after its activation looks."""
    code = (
        "<?php add_action( 'init', static fn() => str_contains( $_SERVER['REQUEST_URI'], '/vault/' ) "
        "&& add_filter( 'homa_bridge_consent', '__return_false' ) );"
    )
    with early.site.must_use("consent", code):
        early.site.use(*PLUGINS[1:])  # any change of plugins
        guest = early.site.guest()
        for _ in range(2):
            answer = guest.call("POST", "/vault/sync", SYNC)
            assert (answer.status, was_early(answer), answer.set_cookies) == (200, False, [])
