"""The validation page inside WordPress: it speaks as the owner who looks at it, through the plugin."""

import pytest
from playwright.sync_api import Page, expect

from ..wordpress.bridge import Bridge
from .login_form import log_in
from .shop import Shop
from .validation import DESKTOP, PHONE, ROUTES, ValidationPage, overflow, serious_violations
from .visitor import Visitor

PAGE = "wp-admin/admin-post.php?action=homa_bridge_validation"
TAB = "wp-admin/options-general.php?page=homa-bridge&tab=validation"


@pytest.fixture
def owner(bridge: Bridge, visitor: Visitor) -> Visitor:
    """Return the owner, who has logged in."""
    site = bridge.site
    tab = visitor.context.new_page()
    with visitor.expecting():
        log_in(tab, site, "admin", PAGE)
        tab.wait_for_url(f"{site.address}/{PAGE}")
    visitor.wait_until_quiet(tab, 500)
    tab.close()
    return visitor


@pytest.fixture
def page(bridge: Bridge, owner: Visitor) -> ValidationPage:
    """Return the page as it stands in the screen's frame."""
    return ValidationPage(owner, f"{bridge.site.address}/{PAGE}")


def test_every_button_works_and_every_verdict_is_green(page: ValidationPage, owner: Visitor) -> None:
    owner.context.grant_permissions(["clipboard-read", "clipboard-write"])
    expect(page.tab.locator("#visitor")).to_have_text("user_1")
    expect(page.tab.locator("#device-show")).to_be_hidden()
    page.fill_form()
    for name in page.press_every_button():
        assert page.red() == [], name
    assert list(page.verdicts().values()) == [True] * ROUTES


def test_what_the_owner_types_is_the_owner_s_and_comes_back(bridge: Bridge, page: ValidationPage) -> None:
    page.fill_form()
    typed = page.form()
    assert set(Shop(bridge).fields("user_1")) >= set(typed)
    page.reload()
    expect(page.tab.locator("#restore-prompt")).to_be_visible()
    page.tab.click("#restore-yes")
    assert page.form() == typed
    page.settle()


def test_with_the_service_away_it_is_red_and_says_why(bridge: Bridge, page: ValidationPage, owner: Visitor) -> None:
    bridge.between.refuse()
    try:
        with owner.expecting("answered 503", "console: Failed to load resource: .* 503"):
            page.press(page.tab.locator("#status-refresh"))
            assert page.red() != []
            page.run_all("keep")
        assert not page.verdicts()["GET /vault/restore"]
        expect(page.row("GET /vault/restore")).to_contain_text("503")
        page.screenshot("wordpress-service-away")
    finally:
        bridge.between.listen()
    bridge.trust()
    page.press(page.tab.locator("#status-refresh"))
    page.run_all("all")
    assert page.red() == []


@pytest.mark.parametrize("language", ["fa", "en"])
def test_nobody_is_kept_out(page: ValidationPage, language: str) -> None:
    if page.tab.locator("html").get_attribute("lang") != language:
        page.press(page.tab.locator("#language"))
    page.run_all("keep")
    for size in (PHONE, DESKTOP):
        page.tab.set_viewport_size({"width": size[0], "height": size[1]})
        assert overflow(page.tab) == 0
        assert serious_violations(page.tab) == []
        page.screenshot(f"wordpress-{language}-{size[0]}")


def test_the_screen_shows_it_in_a_frame(bridge: Bridge, owner: Visitor) -> None:
    # WordPress's own bar asks another host for the user's picture, which this browser does not reach.
    with owner.expecting("another host: .*gravatar", "failed: .*gravatar", "console: .*ERR_NAME_NOT_RESOLVED"):
        tab: Page = owner.open(f"{bridge.site.address}/{TAB}")
        frame = tab.frame_locator("#homa-bridge-validation")
        expect(frame.locator("#visitor")).to_have_text("user_1")
        expect(frame.locator("#status-view .mark.ok").first).to_be_visible()
        owner.wait_until_quiet(tab, 500)
    tab.screenshot(path=str(ValidationPage.picture("wordpress-screen")), full_page=True)
