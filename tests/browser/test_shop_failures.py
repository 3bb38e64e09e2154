"""The site's own script while something is away, and on the way without PHP."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ..servers import Service
from ..wordpress.bridge import Bridge
from ..wordpress.direct import shown_lines
from .shop import Shop, enter, guest_token, ready, say, shown
from .visitor import Visitor, wait_until

CUSTOMER = "user_2"
API = "/wp-json/homaye-tabesh/v1"


def type_offline(tab: Page, visitor: Visitor) -> None:
    """Type a note while there is no network: the script tries to send it once, and never again."""
    with visitor.expecting("failed: .*/vault/sync.*INTERNET_DISCONNECTED", "console: .*INTERNET_DISCONNECTED", "Homa:"):
        visitor.context.set_offline(True)
        with tab.expect_event("requestfailed"):
            tab.fill("[name=note]", "typed while offline")
        tab.wait_for_timeout(100)  # the script's own word about it comes a little later
        visitor.context.set_offline(False)


def test_whoever_was_offline_loses_nothing_of_what_is_typed_afterwards(shop: Shop, visitor: Visitor) -> None:
    tab = shop.open(visitor)
    enter(tab, tirage="500")
    token = guest_token(visitor)
    type_offline(tab, visitor)
    assert shop.fields(token) == {"tirage": "500"}
    with tab.expect_response(lambda response: response.url.endswith("/session/snapshot")):
        tab.click("#calculator button")
    assert shop.snapshot(token) == {"tirage": "500", "note": "typed while offline"}
    enter(tab, note="typed afterwards")
    say(tab, "سلام")
    stored = shop.fields(token)
    assert {name: stored[name] for name in ("tirage", "note")} == {"tirage": "500", "note": "typed afterwards"}
    assert len(stored["chat_messages"]) == 2
    tab.reload()
    ready(tab)
    tab.click("#yes")
    assert shown(tab) == {"tirage": "500", "paper_type": "", "note": "typed afterwards"}


@pytest.fixture
def own_service(shop: Shop, tmp_path: Path) -> Iterator[Callable[[], Service]]:
    """Return what starts a service for the shop, in whose stead the session's own is left alone."""
    between, environ = shop.bridge.between, {"HOMA_WP_CONFIG": str(shop.site.wp_config)}
    started: list[Service] = []

    def start() -> Service:
        started.append(Service(environ, tmp_path))
        between.target = started[-1].port
        return started[-1]

    yield start
    for service in started:
        service.process.stop()
    between.target = shop.bridge.service.port


@pytest.mark.parametrize("user", [None, "customer"])
def test_nothing_is_lost_when_the_service_stops_and_starts_while_somebody_types(
    shop: Shop, visitor: Visitor, own_service: Callable[[], Service], user: str | None
) -> None:
    service = own_service()
    tab = shop.open(visitor)
    if user:
        shop.log_in(tab, user)
    enter(tab, tirage="1")
    token = CUSTOMER if user else guest_token(visitor)
    service.process.stop()
    shop.bridge.between.refuse()
    try:
        enter(tab, note="typed while it was away")
        say(tab, "سلام")
        assert shop.fields(token) == {"tirage": "1"}
        assert len(shop.bridge.kept()) == 2
        own_service()
    finally:
        shop.bridge.between.listen()
    shop.bridge.let_the_trial_come()
    enter(tab, paper_type="گلاسه")
    message = {"role": "user", "content": "سلام"}
    expected = {"tirage": "1", "note": "typed while it was away", "paper_type": "گلاسه", "chat_messages": [message] * 2}
    shop.wait_for_fields(tab, token, expected)
    wait_until(tab, shop.bridge.kept, [])
    tab.reload()
    ready(tab)
    tab.click("#yes")
    assert shown(tab) == {"tirage": "1", "note": "typed while it was away", "paper_type": "گلاسه"}


def test_a_page_that_is_opened_meanwhile_works_without_a_memory(shop: Shop, visitor: Visitor) -> None:
    tab = shop.open(visitor)
    enter(tab, tirage="1")
    shop.bridge.between.refuse()
    try:
        with visitor.expecting(
            "answered 503: GET .*/vault/restore", "console: .*503", "Homa: /vault/restore was refused"
        ):
            tab.reload()
            ready(tab)
        expect(tab.locator("#prompt")).to_be_hidden()
        enter(tab, note="typed on it")
    finally:
        shop.bridge.between.listen()
    shop.bridge.let_the_trial_come()
    tab.reload()
    ready(tab)
    shop.wait_for_fields(tab, guest_token(visitor), {"tirage": "1", "note": "typed on it"})
    tab.click("#yes")
    assert shown(tab)["tirage"] == "1"


@pytest.fixture
def direct_shop(shop: Shop) -> Iterator[Shop]:
    """Return the shop whose web server hands the memory's routes to the service without PHP."""
    with shop.site.handing_on(*shown_lines(shop.bridge.service)):
        yield shop


def calls_through_php(bridge: Bridge) -> list[str]:
    return [path for path in bridge.between.paths() if path.startswith(API)]


def test_without_php_in_the_way_guests_and_users_are_remembered_the_same(
    direct_shop: Shop, visitor: Visitor, make_visitor: Callable[..., Visitor]
) -> None:
    tab = direct_shop.open(visitor, "book-printing/")
    enter(tab, tirage="500")
    guest = guest_token(visitor)
    assert direct_shop.fields(guest) == {"tirage": "500"}
    direct_shop.log_in(tab, "customer")
    tab.click("#yes")
    assert shown(tab)["tirage"] == "500"
    assert direct_shop.fields(CUSTOMER) == {"tirage": "500"}
    assert direct_shop.interests(CUSTOMER) == {"book-printing": (1, "organic")}
    assert (direct_shop.fields(guest), direct_shop.snapshot(guest), direct_shop.interests(guest)) == ({}, None, {})
    enter(tab, note="as a user")
    second = direct_shop.open(make_visitor())
    direct_shop.log_in(second, "customer")
    second.click("#yes")
    assert shown(second) == {"tirage": "500", "paper_type": "", "note": "as a user"}
    assert calls_through_php(direct_shop.bridge) == []
