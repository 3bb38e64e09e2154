"""The shop's pages, with the site's own script in them, and what the memory's tables hold of who was there."""

import json
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from ..wordpress.bridge import GUEST, Bridge
from .login_form import log_in
from .visitor import Visitor, wait_until

CLIENT = Path(__file__).parent / "client"
PAGES = {"calculator": "", "book-printing": "book-printing"}  # and what each page's body says it is about


class Shop:
    """A shop.

    :param bridge: its site, its service, and what stands between
    """

    def __init__(self, bridge: Bridge) -> None:
        self.bridge = bridge
        self.site = bridge.site

    def open(self, visitor: Visitor, page: str = "calculator/", referer: str | None = None) -> Page:
        """Open a page in a new tab, and wait until the site's script has restored."""
        tab = visitor.open(f"{self.site.address}/{page}", referer)
        ready(tab)
        return tab

    def log_in(self, tab: Page, user: str, then: str = "calculator/") -> None:
        """Log in by WordPress's form, and go on to a page of the shop."""
        log_in(tab, self.site, user, then)
        ready(tab)

    def fields(self, token: str) -> dict[str, Any]:
        """Return what the vault's table holds under a token; a field in two rows is an AssertionError."""
        rows = self.site.query(
            "SELECT context_key, context_value FROM `{prefix}homa_vault` WHERE session_token = %s", token
        )
        fields = {row["context_key"]: json.loads(row["context_value"]) for row in rows}
        assert len(fields) == len(rows), f"a field stands in two rows: {rows}"
        return fields

    def snapshot(self, token: str) -> Any:
        """Return the form in the row of the sessions' table, or None."""
        rows = self.site.query("SELECT form_snapshot FROM `{prefix}homa_sessions` WHERE session_token = %s", token)
        return json.loads(rows[0]["form_snapshot"]) if rows else None

    def interests(self, token: str) -> dict[str, tuple[int, str]]:
        """Return score and source of each interest in the table."""
        rows = self.site.query(
            "SELECT category_slug, interest_score, source_referral FROM `{prefix}homa_user_interests` "
            "WHERE user_id_or_token = %s",
            token,
        )
        return {row["category_slug"]: (row["interest_score"], row["source_referral"]) for row in rows}

    def wait_for_fields(self, tab: Page, token: str, expected: dict[str, Any]) -> None:
        """Wait until the vault's table holds these fields and no other."""
        wait_until(tab, lambda: self.fields(token), expected)


def ready(tab: Page) -> None:
    """Wait until the site's script has done what it does when a page loads."""
    tab.wait_for_selector("html[data-homa=ready]")


def enter(tab: Page, **fields: str) -> None:
    """Change fields of the form as a visitor does, each until the script has sent it."""
    for name, text in fields.items():
        place = tab.locator(f"#calculator [name={name}]")
        with tab.expect_response(lambda response: response.url.endswith("/vault/sync")):
            if name == "paper_type":
                place.select_option(text)
            else:
                place.fill("")
                place.press_sequentially(text)


def shown(tab: Page) -> dict[str, str]:
    """Return what stands in the form."""
    names = ("tirage", "paper_type", "note")
    return {name: tab.locator(f"#calculator [name={name}]").input_value() for name in names}


def guest_token(visitor: Visitor) -> str:
    """Return the guest's token, which the browser keeps from scripts."""
    token = visitor.cookie(GUEST)
    assert token, "the browser holds no guest's token"
    return token


def say(tab: Page, text: str) -> None:
    """Say something in the chat, and wait until the script has sent it."""
    tab.fill("[name=message]", text)
    with tab.expect_response(lambda response: response.url.endswith("/vault/sync")):
        tab.press("[name=message]", "Enter")
