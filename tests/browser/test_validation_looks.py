"""The validation page for everybody: two languages, two colour schemes, phone and desktop, keyboard, screen reader."""

import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from .alone import running_alone
from .validation import DESKTOP, PHONE, ValidationPage
from .visitor import Visitor

PERSIAN = re.compile("[\u0600-\u06ff]")
LANGUAGES = ("fa", "en")
LOOKS = list(product(LANGUAGES, ("light", "dark"), (PHONE, DESKTOP)))
BYTES = 100_000

# What can have the focus. One of a group of radio buttons would do; the page has none.
CONTROLS = """() => [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')]
    .filter(item => item.checkVisibility() && !item.closest('dialog'))"""
NUMBER_CONTROLS = f"() => ({CONTROLS})().forEach((item, index) => {{ item.dataset.control = index; }})"
COUNT_CONTROLS = f"() => ({CONTROLS})().length"


@pytest.fixture(scope="module", params=["service"])
def screen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of each screen that shows the page."""
    with running_alone(tmp_path_factory.mktemp("screen")) as alone:
        yield alone.address


def show(visitor: Visitor, address: str, language: str) -> ValidationPage:
    """Open the page in a language, with everything in it that it can hold."""
    page = ValidationPage(visitor, address)
    if language == "en":
        page.press(page.tab.locator("#language"))
    page.fill_form()
    page.press(page.tab.locator("#calculator button.main"))
    for category in page.tab.locator("#categories button").all()[:3]:
        page.press(category)
    page.press(page.tab.locator("#sample"))
    page.press(page.tab.locator("#compress"))
    page.run_all("keep")
    page.reload()  # so that it offers what was typed
    page.run_all("keep")
    expect(page.tab.locator("#restore-prompt")).to_be_visible()
    return page


def serious_violations(tab: Page) -> list[str]:
    """Return what axe-core finds that keeps somebody out."""
    found: list[dict[str, Any]] = Axe().run(tab, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{violation['id']} ({violation['impact']}): {node['html'][:200]} {node['failureSummary']}"
        for violation in found
        if violation["impact"] in {"serious", "critical"}
        for node in violation["nodes"]
    ]


def overflow(tab: Page) -> int:
    """Return by how many pixels the page is wider than the window."""
    return int(tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.mark.parametrize(
    ("language", "scheme", "size"), LOOKS, ids=["-".join(map(str, look[:2])) + f"-{look[2][0]}" for look in LOOKS]
)
def test_it_fits_and_nobody_is_kept_out(
    screen: str, make_visitor: Any, language: str, scheme: str, size: tuple[int, int]
) -> None:
    visitor = make_visitor(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, reduced_motion="reduce")
    page = show(visitor, screen, language)
    name = f"{language}-{scheme}-{size[0]}"
    page.screenshot(name)
    assert page.red() == []
    assert overflow(page.tab) == 0
    page.open_all_details()
    assert overflow(page.tab) == 0
    assert serious_violations(page.tab) == []
    for opener in ("#forget", "#run-all"):
        page.press(page.tab.locator(opener))
        expect(page.dialog).to_be_visible()
        assert serious_violations(page.tab) == []
        assert overflow(page.tab) == 0
        page.screenshot(f"{name}-dialog")
        page.answer("")
