"""The validation page as its reader uses it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ElementHandle, Locator, Page, expect

from ..servers import ROOT
from .visitor import Visitor

SCREENSHOTS = ROOT / ".tests" / "screenshots"
SERIOUS = {"serious", "critical"}
PHONE, DESKTOP, WIDE = (360, 740), (1280, 900), (2560, 1200)
ROUTES = 12
ITS_PAUSE_MS = 500  # the page waits a little less before it asks again what a test may have changed
FORM: dict[str, str | int] = {"tirage": "500", "pages": "۲۰۰", "paper_type": 1, "binding": 2, "size": 1, "colors": 3}
RED = ":is(.bad, .no, .fail):visible:not(#log *)"  # what was red once stays in the log
BUTTONS = "button:visible:not(dialog *, #reload)"  # a page that is loaded again knows of no button that was pressed


def serious_violations(tab: Page) -> list[str]:
    """Return what axe-core finds that keeps somebody out."""
    found: list[dict[str, Any]] = Axe().run(tab, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{violation['id']} ({violation['impact']}): {node['html'][:200]} {node['failureSummary']}"
        for violation in found
        if violation["impact"] in SERIOUS
        for node in violation["nodes"]
    ]


def overflow(tab: Page) -> int:
    """Return by how many pixels the page is wider than the window."""
    return int(tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


class ValidationPage:
    """The page in a tab.

    :param visitor: who opens it
    :param address: where it is
    """

    def __init__(self, visitor: Visitor, address: str) -> None:
        self.visitor = visitor
        self.tab: Page = visitor.open(address)
        self.settle()

    def settle(self) -> None:
        """Wait until the page has asked all that it asks by itself."""
        self.visitor.wait_until_quiet(self.tab, ITS_PAUSE_MS)

    def reload(self) -> None:
        """Load the page again."""
        self.tab.reload()
        self.settle()

    def red(self) -> list[str]:
        """Return what is shown as not right."""
        return self.tab.locator(RED).all_inner_texts()

    def press(self, button: Locator | ElementHandle) -> None:
        """Press a button and wait until its work is done, or a dialog asks."""
        button.click()
        if not self.dialog.is_visible():
            expect(self.tab.locator("button[aria-disabled=true]")).to_have_count(0, timeout=30_000)
            self.visitor.wait_until_quiet(self.tab, 50)

    @property
    def dialog(self) -> Locator:
        """The dialog, which is hidden as long as nothing is asked."""
        return self.tab.locator("dialog[open]")

    def answer(self, value: str) -> None:
        """Press the button of this value in the dialog and wait until what was asked for is done; '' declines."""
        self.dialog.locator(f"button[value='{value}']").click()
        expect(self.dialog).to_have_count(0)
        if not value:
            return
        expect(self.tab.locator("button[aria-disabled=true]")).to_have_count(0, timeout=30_000)
        self.settle()

    def press_every_button(self) -> Iterator[str]:
        """Press all visible buttons, one after the other, with every answer that their dialogs take.

        :returns: what has just been pressed
        """
        fresh = self.tab.locator(f"{BUTTONS}:not([data-pressed])")
        while fresh.count():
            button = fresh.first.element_handle()
            button.evaluate("button => { button.dataset.pressed = '' }")
            name = button.inner_text()
            self.press(button)
            answers = [answer.get_attribute("value") or "" for answer in self.dialog.locator("button").all()]
            for index, value in enumerate(answers):
                if index > 0:
                    self.press(button)
                self.answer(value)
                yield f"{name}: {value}"
            if not answers:
                yield name

    def run_all(self, choice: str) -> None:
        """Run the tests of the routes: ``all``, or ``keep`` for those that delete nothing."""
        self.press(self.tab.locator("#run-all"))
        self.answer(choice)

    def verdicts(self) -> dict[str, bool]:
        """Return which of the tested routes are green, all others being red."""
        verdicts = {}
        for row in self.tab.locator("#routes-view > li").all():
            look = row.locator(".mark").get_attribute("class") or ""
            if "idle" not in look:
                verdicts[row.locator("code").first.inner_text()] = "ok" in look.split()
        return verdicts

    def row(self, route: str) -> Locator:
        """Return the part that is about a route, such as ``GET /vault/restore``."""
        return self.tab.locator("#routes-view > li", has=self.tab.locator(".bar > code").get_by_text(route, exact=True))

    def fill_form(self) -> None:
        """Fill the form of the calculator, and wait until the memory has all of it."""
        for name, value in FORM.items():
            place = self.tab.locator(f"#field-{name}")
            if isinstance(value, int):
                place.select_option(index=value)
            else:
                place.fill(value)
        expect(self.tab.locator("#fields .mark.ok")).to_have_count(len(FORM))
        self.settle()

    def form(self) -> dict[str, str]:
        """Return what stands in the form."""
        return {name: self.tab.locator(f"#field-{name}").input_value() for name in FORM}

    def open_all_details(self, is_open: bool) -> None:
        """Open everything that can be opened, or close it."""
        self.tab.evaluate(
            "wish => document.querySelectorAll('details').forEach(item => { item.open = wish; })", is_open
        )

    def screenshot(self, name: str) -> Path:
        """Take a picture of the whole page for whoever wants to look at it."""
        path = self.picture(name)
        self.tab.screenshot(path=path, full_page=not self.dialog.is_visible())
        return path

    @staticmethod
    def picture(name: str) -> Path:
        """Return where a picture of this name goes."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        return SCREENSHOTS / f"{name}.png"
