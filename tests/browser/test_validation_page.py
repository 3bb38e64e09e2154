"""The validation page: every button is pressed and its verdict green; what fails is red and says what was expected."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from ..servers import MariaDB
from .alone import Alone, running_alone
from .shop import CLIENT
from .validation import FORM, ITS_PAUSE_MS, PHONE, ROUTES, ValidationPage
from .visitor import Visitor

MISSING = "wp_homa_user_interests"
NEEDING_NO_DATABASE = {"POST /context/compress"}
NEEDING_NO_INTERESTS = {"POST /context/compress", "GET /chat/memory"}
GUEST_TOKEN = re.compile("guest_[0-9a-f]{32}")
EXPECTED = "باید: 200، آمد: 503"


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alone]:
    """Return a service on a file."""
    with running_alone(tmp_path_factory.mktemp("alone")) as alone:
        yield alone


@pytest.fixture(params=["sqlite", "mariadb"])
def own(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Alone]:
    """Return a service of the test's own, on each kind of database."""
    server = request.getfixturevalue("mariadb") if request.param == "mariadb" else None
    with running_alone(tmp_path, server) as alone:
        yield alone


@pytest.fixture
def stoppable() -> Iterator[MariaDB]:
    """Return a MariaDB that may be stopped."""
    server = MariaDB()
    yield server
    server.remove()


def test_every_button_works_and_every_verdict_is_green(own: Alone, visitor: Visitor) -> None:
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = ValidationPage(visitor, own.address)
    page.fill_form()
    pressed = []
    for name in page.press_every_button():
        assert page.red() == [], name
        pressed.append(name)
    page.settle()
    assert page.red() == []
    assert len(pressed) > 30, pressed
    assert list(page.verdicts().values()) == [True] * ROUTES


def test_a_missing_table_is_said_and_what_needs_it_is_red(own: Alone, visitor: Visitor) -> None:
    page = ValidationPage(visitor, own.address)
    page.run_all("all")
    assert page.red() == []
    own.drop(MISSING)
    with visitor.expecting("answered 503", "console: Failed to load resource: .* 503"):
        page.press(page.tab.locator("#status-refresh"))
        said = page.tab.locator("#status-view li", has_text=MISSING)
        expect(said.locator(".bad")).to_be_visible()
        expect(said).to_contain_text("homa-bridge init-db")
        expect(page.tab.locator("#status-view .bad")).to_have_count(1)
        page.run_all("keep")
    red = {name for name, is_green in page.verdicts().items() if not is_green}
    assert {"POST /interest/track", "GET /vault/interests", "GET /vault/restore", "GET /memory/summary"} <= red
    assert not red & NEEDING_NO_INTERESTS
    for name in red:
        expect(page.row(name)).to_contain_text(EXPECTED)


def test_with_the_database_stopped_verdicts_are_red_and_say_what_was_expected(
    stoppable: MariaDB, tmp_path: Path, visitor: Visitor
) -> None:
    with running_alone(tmp_path, stoppable) as own:
        page = ValidationPage(visitor, own.address)
        stoppable.stop()
        with visitor.expecting("answered 503", "console: Failed to load resource: .* 503"):
            page.press(page.tab.locator("#status-refresh"))
            expect(page.tab.locator("#status-view .bad")).to_contain_text("homa-bridge check")
            page.run_all("all")
        verdicts = page.verdicts()
        assert {name for name, is_green in verdicts.items() if is_green} == NEEDING_NO_DATABASE
        assert len(verdicts) == ROUTES
        for name in verdicts.keys() - NEEDING_NO_DATABASE:
            expect(page.row(name)).to_contain_text(EXPECTED)
            expect(page.row(name)).to_contain_text("homa-bridge check")
        page.screenshot("database-stopped")
        stoppable.start()
        page.press(page.tab.locator("#status-refresh"))
        page.run_all("all")
        assert page.red() == []
        assert list(page.verdicts().values()) == [True] * ROUTES


def test_what_was_typed_comes_back_after_a_reload_and_in_a_second_tab(alone: Alone, visitor: Visitor) -> None:
    page = ValidationPage(visitor, alone.address)
    expect(page.tab.locator("#restore-prompt")).to_be_hidden()
    page.fill_form()
    typed = page.form()
    page.press(page.tab.locator("#calculator button.main"))
    assert page.tab.inner_text("#price")
    page.reload()
    second = ValidationPage(visitor, alone.address)
    for again in (page, second):
        expect(again.tab.locator("#restore-prompt")).to_be_visible()
        assert set(again.form().values()) == {""}
        again.tab.click("#restore-yes")
        assert again.form() == typed
        expect(again.tab.locator("#restore-prompt")).to_be_hidden()
        again.settle()
    assert page.red() == second.red() == []
    page.reload()
    page.tab.click("#restore-no")
    expect(page.tab.locator("#restore-prompt")).to_be_hidden()
    assert set(page.form().values()) == {""}


def test_its_own_buttons_reload_it_and_open_a_second_tab(alone: Alone, visitor: Visitor) -> None:
    page = ValidationPage(visitor, alone.address)
    page.fill_form()
    typed = page.form()
    with page.tab.expect_navigation():
        page.tab.click("#reload")
    page.settle()
    expect(page.tab.locator("#restore-prompt")).to_be_visible()
    with visitor.context.expect_page() as opened:
        page.tab.click("#second-tab")
    second = opened.value
    expect(second.locator("#restore-prompt")).to_be_visible()
    second.click("#restore-yes")
    for name, value in typed.items():
        expect(second.locator(f"#field-{name}")).to_have_value(value)
    visitor.wait_until_quiet(second, ITS_PAUSE_MS)


def test_a_second_device_takes_over_by_the_link(alone: Alone, make_visitor: Callable[..., Visitor]) -> None:
    page = ValidationPage(make_visitor(), alone.address)
    page.fill_form()
    typed = page.form()
    expect(page.tab.locator("#device-code svg")).to_be_hidden()
    page.press(page.tab.locator("#device-show"))
    expect(page.tab.locator("#device-code svg")).to_be_visible()
    link = page.tab.input_value("#device-link")
    assert GUEST_TOKEN.search(link.partition("#")[2]), "behind the #, which browsers send to nobody"
    assert not GUEST_TOKEN.search(link.partition("#")[0])
    other = ValidationPage(make_visitor(viewport={"width": PHONE[0], "height": PHONE[1]}), link)
    assert not GUEST_TOKEN.search(other.tab.url), "it leaves the address at once"
    expect(other.tab.locator("#restore-prompt")).to_be_visible()
    assert set(other.form().values()) == {""}
    other.tab.click("#restore-yes")
    assert other.form() == typed
    expect(other.tab.locator("#fields .mark.ok")).to_have_count(len(FORM))
    other.settle()
    other.reload()
    other.tab.click("#restore-yes")
    assert other.form() == typed, "it is the second device's own now"
    assert other.red() == page.red() == []


@pytest.mark.parametrize("token", ["guest_", "guest_" + "f" * 31, "user_1", "%00"])
def test_a_link_that_is_not_whole_is_said(alone: Alone, visitor: Visitor, token: str) -> None:
    page = ValidationPage(visitor, f"{alone.address}validate.html#token={token}")
    expect(page.tab.locator("#restore-prompt")).to_be_hidden()
    expect(page.tab.locator("#notice")).to_contain_text("پیوند کامل نیست")
    assert "#token" not in page.tab.url


def test_it_says_what_the_assistant_is_not_told(alone: Alone, visitor: Visitor) -> None:
    page = ValidationPage(visitor, alone.address)
    missing = page.tab.locator("#section-missing")
    assert missing.inner_text() == ""
    for number in range(60):
        body = {"field": f"field-{number}", "value": "کتاب " * 20}
        assert visitor.context.request.post(f"{alone.address}wp-json/homaye-tabesh/v1/vault/sync", data=body).ok
    page.press(page.tab.locator("#prompt-refresh"))
    told = page.tab.inner_text("#section-text").count("- field-")
    assert 10 < told < 50
    expect(missing).to_have_text(re.compile("^جا نشد: فیلد [۰-۹]{2} · کوتاه شد: فیلد [۰-۹]+$"))
    page.press(page.tab.locator("#language"))
    expect(missing).to_have_text(re.compile(rf"^Left out: fields {60 - told} · Shortened: fields \d+$"))


def test_what_the_dialog_forgets_is_gone(alone: Alone, visitor: Visitor) -> None:
    page = ValidationPage(visitor, alone.address)
    page.fill_form()
    category = page.tab.locator("#categories button").first
    page.press(category)
    page.press(page.tab.locator("#forget"))
    page.answer("")
    assert page.form()["tirage"] == FORM["tirage"]
    page.press(page.tab.locator("#forget"))
    page.answer("session")
    assert set(page.form().values()) == {""}
    assert "(" in category.inner_text()
    page.press(page.tab.locator("#forget"))
    page.answer("all")
    assert "(" not in category.inner_text()
    page.reload()
    expect(page.tab.locator("#restore-prompt")).to_be_hidden()


def test_another_visitor_sees_nothing_of_it(alone: Alone, make_visitor: Callable[..., Visitor]) -> None:
    page = ValidationPage(make_visitor(), alone.address)
    page.fill_form()
    other = ValidationPage(make_visitor(), alone.address)
    expect(other.tab.locator("#restore-prompt")).to_be_hidden()
    assert other.tab.inner_text("#visitor") != page.tab.inner_text("#visitor")


def test_the_site_s_own_script_is_used_where_there_is_one(alone: Alone, visitor: Visitor) -> None:
    visitor.context.add_init_script(path=CLIENT / "homa-vault.js")
    page = ValidationPage(visitor, alone.address)
    page.tab.fill("#field-tirage", "500")
    expect(page.tab.locator("#fields .mark.ok")).to_have_count(1)
    assert page.tab.evaluate("HomaStore.get('tirage')") == "500"
    page.run_all("keep")
    assert set(page.verdicts().values()) == {True}
    assert page.red() == []
