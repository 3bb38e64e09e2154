"""The site's own script on the real site, in a real browser: what is typed is remembered, and comes back."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from ..wordpress.client import Client
from .shop import Shop, enter, guest_token, ready, say, shown
from .visitor import Visitor, wait_until

CUSTOMER = "user_2"
TYPED = {"tirage": "۵۰۰", "paper_type": "گلاسه", "note": "جلد «سخت» <b>& طلایی</b>"}
ONE = {"tirage": "500"}
CATEGORY = "book-printing"


def reload(tab: Page) -> None:
    tab.reload()
    ready(tab)


def accept_prompt(tab: Page) -> None:
    expect(tab.locator("#prompt")).to_be_visible()
    tab.click("#yes")
    expect(tab.locator("#prompt")).to_be_hidden()


def test_a_guest_s_form_is_stored_and_offered_after_a_reload(shop: Shop, visitor: Visitor) -> None:
    tab = shop.open(visitor)
    expect(tab.locator("#prompt")).to_be_hidden()
    enter(tab, **TYPED)
    token = guest_token(visitor)
    assert shop.fields(token) == shop.snapshot(token) == TYPED
    reload(tab)
    accept_prompt(tab)
    assert shown(tab) == TYPED
    assert guest_token(visitor) == token


def test_a_second_tab_and_a_browser_that_was_closed_get_the_form_too(shop: Shop, visitor: Visitor) -> None:
    tab = shop.open(visitor)
    enter(tab, tirage="500")
    second = shop.open(visitor, f"{CATEGORY}/")
    accept_prompt(second)
    assert shown(second)["tirage"] == "500"
    enter(second, tirage="2000")
    tab.close()
    second.close()
    third = shop.open(visitor)
    accept_prompt(third)
    assert shown(third) == {"tirage": "2000", "paper_type": "", "note": ""}


@pytest.mark.parametrize("page", ["calculator/", "calculator/?homa=bare"])
def test_a_guest_needs_neither_nonce_nor_configuration(shop: Shop, visitor: Visitor, page: str) -> None:
    tab = shop.open(visitor, page)
    assert tab.evaluate("'homaConfig' in window") == ("bare" not in page)
    enter(tab, tirage="1000")
    assert shop.fields(guest_token(visitor)) == {"tirage": "1000"}


def test_the_price_saves_the_whole_form_without_a_summary(shop: Shop, visitor: Visitor) -> None:
    tab = shop.open(visitor)
    enter(tab, tirage="500")
    token = guest_token(visitor)
    tab.locator("[name=paper_type]").select_option("تحریر")
    with tab.expect_response(lambda response: response.url.endswith("/session/snapshot")) as answered:
        tab.click("#calculator button")  # at once: the field itself is sent a second after
    assert answered.value.json() == {"success": True, "message": "Snapshot saved"}
    assert shop.snapshot(token) == {"tirage": "500", "paper_type": "تحریر"}
    shop.wait_for_fields(tab, token, {"tirage": "500", "paper_type": "تحریر"})


@pytest.mark.parametrize(
    ("referer", "source"),
    [(None, "organic"), ("http://torob.com/p/1", "torob"), ("http://www.google.com/search", "google")],
)
def test_a_category_is_tracked_with_where_the_visitor_comes_from(
    shop: Shop, visitor: Visitor, referer: str | None, source: str
) -> None:
    tab = shop.open(visitor, f"{CATEGORY}/", referer)
    assert shop.interests(guest_token(visitor)) == {CATEGORY: (1, source)}
    persona = tab.evaluate("HomaStore.getPersona()")
    assert persona["persona"] == "author"
    assert persona["all_scores"]["author"] == 2
    assert CATEGORY in tab.evaluate("HomaStore.getMemorySummary()")


def test_a_chat_in_which_every_message_stands_twice_is_told_once(shop: Shop, visitor: Visitor) -> None:
    tab = shop.open(visitor)
    say(tab, "میخوام کتاب چاپ کنم")
    say(tab, "۵۰۰ نسخه")
    token = guest_token(visitor)
    stored = shop.fields(token)["chat_messages"]
    assert [message["content"] for message in stored] == ["میخوام کتاب چاپ کنم"] * 2 + ["۵۰۰ نسخه"] * 2
    summary = tab.evaluate("HomaStore.getMemorySummary()")
    assert "chat_messages" not in summary
    assert summary.count("500") == 1, summary
    reload(tab)
    say(tab, "گلاسه")
    assert [message["content"] for message in shop.fields(token)["chat_messages"]][-3:] == ["۵۰۰ نسخه"] + ["گلاسه"] * 2


def test_logging_in_keeps_what_the_guest_has_typed(shop: Shop, visitor: Visitor) -> None:
    tab = shop.open(visitor, f"{CATEGORY}/")
    enter(tab, tirage="500")
    say(tab, "سلام")
    guest = guest_token(visitor)
    before = shop.fields(guest)
    shop.log_in(tab, "customer")
    accept_prompt(tab)
    assert shown(tab)["tirage"] == "500"
    assert shop.fields(CUSTOMER) == before
    assert shop.interests(CUSTOMER) == {CATEGORY: (1, "organic")}
    assert (shop.fields(guest), shop.snapshot(guest), shop.interests(guest)) == ({}, None, {})
    enter(tab, tirage="700")
    assert shop.fields(CUSTOMER)["tirage"] == "700"
    assert shop.fields(guest) == {}


def test_a_user_is_known_in_a_second_browser_and_nobody_else_is(
    shop: Shop, make_visitor: Callable[..., Visitor]
) -> None:
    tab = shop.open(make_visitor())
    shop.log_in(tab, "customer")
    enter(tab, tirage="500")
    assert shop.fields(CUSTOMER) == ONE
    elsewhere = make_visitor()
    second = shop.open(elsewhere)
    expect(second.locator("#prompt")).to_be_hidden()
    shop.log_in(second, "customer")
    accept_prompt(second)
    assert shown(second)["tirage"] == "500"
    other = shop.open(make_visitor())
    shop.log_in(other, "second")
    expect(other.locator("#prompt")).to_be_hidden()
    assert other.evaluate("HomaStore.getAll()") == {}


def test_a_guest_s_second_device_takes_over_by_the_token(shop: Shop, make_visitor: Callable[..., Visitor]) -> None:
    first, second = make_visitor(), make_visitor()
    tab = shop.open(first)
    enter(tab, tirage="500")
    token = tab.evaluate("HomaStore.sessionToken")
    assert token == guest_token(first)
    device = shop.open(second)
    restored = device.evaluate("token => HomaStore.restore(token)", token)
    assert restored["session"]["form_snapshot"] == ONE
    assert device.evaluate("HomaStore.getAll()") == ONE
    assert shop.fields(token) == ONE


@pytest.fixture
def cached_shop(shop: Shop) -> Iterator[Shop]:
    """Return the shop with pages in a cache whose nonce nobody's WordPress accepts any more."""
    kept = dict(shop.site.keys)
    with shop.site.page_cache():
        for _ in range(2):
            answer = shop.site.guest().get("/calculator/")
        assert answer.headers["X-Page-Cache"] == "HIT"
        shop.site.keys["NONCE_KEY"] = kept["NONCE_KEY"][::-1]
        shop.site.configure()
        yield shop
    shop.site.keys = kept
    shop.site.configure()


def test_a_page_out_of_a_cache_remembers_a_guest_although_its_nonce_is_stale(
    cached_shop: Shop, visitor: Visitor
) -> None:
    tab = cached_shop.open(visitor)
    nonce = tab.evaluate("homaConfig.nonce")
    refused = Client(cached_shop.site.address, cached_shop.site.rest).call(
        "GET", "/posts", namespace="wp/v2", nonce=nonce
    )
    assert refused.json["code"] == "rest_cookie_invalid_nonce"
    enter(tab, tirage="500")
    token = guest_token(visitor)
    assert cached_shop.fields(token) == ONE
    reload(tab)
    assert tab.evaluate("homaConfig.nonce") == nonce
    accept_prompt(tab)
    assert shown(tab)["tirage"] == "500"
    cached_shop.log_in(tab, "customer")
    assert tab.evaluate("homaConfig.nonce") != nonce
    accept_prompt(tab)
    wait_until(tab, lambda: cached_shop.fields(CUSTOMER), ONE)
    assert cached_shop.fields(token) == {}
