"""The validation page for everybody: two languages, two colour schemes, phone and desktop, keyboard, screen reader."""

import re
from collections.abc import Callable, Iterator
from itertools import product
from typing import Literal

import pytest
from playwright.sync_api import expect

from .alone import running_alone
from .validation import DESKTOP, PHONE, WIDE, ValidationPage, overflow, serious_violations
from .visitor import Visitor

PERSIAN = re.compile("[\u0600-\u06ff]")
LANGUAGES = ("fa", "en")
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
BYTES = 100_000

CONTROLS = """() => [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')]
    .filter(item => item.checkVisibility() && !item.closest('dialog'))"""
NUMBER_CONTROLS = f"() => ({CONTROLS})().forEach((item, index) => {{ item.dataset.control = index; }})"
FOCUSED = """() => {
    const item = document.activeElement, {outlineStyle: outline} = getComputedStyle(item);
    return {control: item.dataset.control, outline, html: item.outerHTML.slice(0, 200)};
}"""
# All that the page itself says. Quoted answers, categories and personas are the memory's, whatever the language.
OWN_WORDS = ":is(h1, h2, h3, label, nav a, .hint, dt, summary, button, .mark, #steps li):visible"
OWN_WORDS += ":not(#log summary, #language, #categories *, #who-ask)"  # the last quotes a question in Persian
OPENERS = ["run-all", "forget", "copy"]  # of dialogs, where there is no clipboard
NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', {value: undefined})"  # as on a site without https


@pytest.fixture(scope="module", params=["service"])
def screen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of each screen that shows the page."""
    with running_alone(tmp_path_factory.mktemp("screen")) as alone:
        yield alone.address


@pytest.fixture
def reader(make_visitor: Callable[..., Visitor]) -> Visitor:
    """Return somebody whose browser has no clipboard, and who wants no motion."""
    visitor = make_visitor(reduced_motion="reduce")
    visitor.context.add_init_script(NO_CLIPBOARD)
    return visitor


def show(visitor: Visitor, address: str, language: str) -> ValidationPage:
    """Open the page in a language, with everything in it that it can hold."""
    page = ValidationPage(visitor, address)
    if language == "en":
        page.press(page.tab.locator("#language"))
    page.fill_form()
    page.press(page.tab.locator("#calculator button.main"))
    for category in page.tab.locator("#categories button").all()[:3]:
        page.press(category)
    page.reload()  # so that it offers what was typed
    page.run_all("keep")
    page.press(page.tab.locator("#sample"))
    page.press(page.tab.locator("#compress"))
    page.press(page.tab.locator("#who-ask"))
    page.press(page.tab.locator("#device-show"))
    expect(page.tab.locator("#device-code svg")).to_be_visible()
    expect(page.tab.locator("#restore-prompt")).to_be_visible()
    return page


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_fits_and_nobody_is_kept_out(screen: str, reader: Visitor, language: str) -> None:
    page = show(reader, screen, language)
    assert page.red() == []
    for scheme, size in product(SCHEMES, (PHONE, DESKTOP)):
        page.tab.emulate_media(color_scheme=scheme)
        page.tab.set_viewport_size({"width": size[0], "height": size[1]})
        name = f"{language}-{scheme}-{size[0]}"
        assert overflow(page.tab) == 0, name
        page.screenshot(name)
        page.open_all_details(True)
        assert overflow(page.tab) == 0, name
        assert serious_violations(page.tab) == [], name
        page.open_all_details(False)
        for opener in OPENERS:
            page.press(page.tab.locator(f"#{opener}"))
            expect(page.dialog).to_be_visible()
            assert serious_violations(page.tab) == [], name
            assert overflow(page.tab) == 0, name
            page.screenshot(f"{name}-{opener}")
            page.answer("")


def test_a_short_question_needs_no_scrolling(screen: str, visitor: Visitor) -> None:
    page = ValidationPage(visitor, screen)
    page.press(page.tab.locator("#forget"))
    assert page.tab.locator("#ask-text").evaluate("text => text.scrollHeight - text.clientHeight") == 0


def test_a_wide_screen_does_not_stretch_its_lines(screen: str, make_visitor: Callable[..., Visitor]) -> None:
    page = ValidationPage(make_visitor(viewport={"width": WIDE[0], "height": WIDE[1]}), screen)
    page.run_all("keep")
    assert overflow(page.tab) == 0
    main = page.tab.locator("main").bounding_box()
    assert main
    assert main["width"] < 1300
    assert abs(main["x"] + main["width"] / 2 - WIDE[0] / 2) < 20
    page.screenshot(f"fa-light-{WIDE[0]}")


def test_the_switch_turns_every_text_and_the_choice_stays(screen: str, visitor: Visitor) -> None:
    page = ValidationPage(visitor, screen)
    page.run_all("keep")
    root = page.tab.locator("html")
    expect(root).to_have_attribute("lang", "fa")
    expect(root).to_have_attribute("dir", "rtl")
    words = page.tab.locator(OWN_WORDS).all_inner_texts()
    assert [text for text in words if text.strip() and not PERSIAN.search(text)] == []
    page.press(page.tab.locator("#language"))
    expect(root).to_have_attribute("lang", "en")
    expect(root).to_have_attribute("dir", "ltr")
    words = page.tab.locator(OWN_WORDS).all_inner_texts()
    assert [text for text in words if PERSIAN.search(text)] == []
    page.press(page.tab.locator("#run-all"))
    assert not PERSIAN.search(page.dialog.inner_text())
    page.answer("")
    page.reload()
    expect(root).to_have_attribute("lang", "en")


def test_the_keyboard_alone_reaches_every_control(screen: str, visitor: Visitor) -> None:
    page = ValidationPage(visitor, screen)
    page.run_all("keep")
    page.tab.evaluate(NUMBER_CONTROLS)
    count = page.tab.locator("[data-control]").count()
    assert count > 50
    page.tab.evaluate("scrollTo(0, 0)")
    page.tab.mouse.click(1, 1)  # the next Tab starts from there
    reached = []
    for _ in range(count):
        page.tab.keyboard.press("Tab")
        focused = page.tab.evaluate(FOCUSED)
        assert focused["outline"] != "none", focused
        reached.append(focused["control"])
    assert reached == [str(index) for index in range(count)]


@pytest.mark.parametrize("opener", OPENERS)
def test_escape_closes_the_dialog_and_leaves_the_focus_where_it_was(screen: str, reader: Visitor, opener: str) -> None:
    page = ValidationPage(reader, screen)
    page.tab.locator(f"#{opener}").focus()
    page.tab.keyboard.press("Enter")
    expect(page.dialog).to_be_visible()
    assert page.tab.evaluate("document.activeElement.closest('dialog') !== null")
    page.tab.keyboard.press("Escape")
    expect(page.dialog).to_have_count(0)
    assert page.tab.evaluate("document.activeElement.id") == opener
    assert page.verdicts() == {}


def test_it_is_one_small_file_and_loads_nothing_else(screen: str, visitor: Visitor) -> None:
    kinds: list[str] = []
    visitor.context.on("request", lambda request: kinds.append(request.resource_type))
    page = ValidationPage(visitor, screen)
    assert set(kinds) == {"document", "fetch"}
    assert len(page.tab.request.get(screen).body()) < BYTES
