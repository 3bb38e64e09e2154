"""Somebody in front of a browser, and everything that the browser complains of meanwhile."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response

PATIENCE_MS = 10_000
OWN_HOST = "127.0.0.1"


class Visitor:
    """A browser with cookies and storage of its own, and any number of tabs.

    A console's error or warning, an uncaught exception, a request that failed or was answered with 400 or more, and a
    request to another host are complaints. A test that causes some says so by ``expecting``.

    :param browser: the running browser
    :param options: of ``Browser.new_context``, such as ``viewport`` and ``color_scheme``
    """

    def __init__(self, browser: Browser, **options: Any) -> None:
        self.complaints: list[str] = []
        self.under_way: set[Request] = set()
        self.context = browser.new_context(**options)
        self.context.set_default_timeout(PATIENCE_MS)
        self.context.on("console", self._hear)
        self.context.on("weberror", lambda error: self.complaints.append(f"uncaught: {error.error}"))
        self.context.on("request", self._see_request)
        self.context.on("requestfailed", self._see_failure)
        self.context.on("requestfinished", self._see_end)
        self.context.on("response", self._see_response)

    def open(self, address: str, referer: str | None = None) -> Page:
        """Open a page in a new tab.

        :param referer: the page from which the visitor comes
        """
        page = self.context.new_page()
        page.goto(address, referer=referer)
        return page

    def cookie(self, name: str) -> str | None:
        """Return a cookie's value, or None."""
        return next((cookie["value"] for cookie in self.context.cookies() if cookie["name"] == name), None)

    @contextmanager
    def expecting(self, *patterns: str) -> Iterator[None]:
        """Forgive complaints that match one of the patterns, each of which has to match one."""
        before, self.complaints = self.complaints, []
        yield
        caused, self.complaints = self.complaints, before
        for pattern in patterns:
            assert any(re.search(pattern, complaint) for complaint in caused), f"nothing like {pattern} in {caused}"
        self.complaints += [text for text in caused if not any(re.search(pattern, text) for pattern in patterns)]

    def wait_until_quiet(self, page: Page, milliseconds: int) -> None:
        """Wait until there has been no request for a while."""
        quiet = 0
        for _ in range(2 * PATIENCE_MS // 50):
            quiet = 0 if self.under_way else quiet + 50
            if quiet > milliseconds:
                return
            page.wait_for_timeout(50)
        raise AssertionError(f"there was no end of requests: {self.under_way}")

    def leave(self) -> None:
        """Close all tabs; what the browser has complained of is an AssertionError."""
        self.context.close()
        assert not self.complaints, "the browser complained:\n" + "\n".join(self.complaints)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _see_request(self, request: Request) -> None:
        self.under_way.add(request)
        address = urlsplit(request.url)
        if address.scheme not in {"data", "blob", "about"} and address.hostname != OWN_HOST:
            self.complaints.append(f"request to another host: {request.url}")

    def _see_end(self, request: Request) -> None:
        self.under_way.discard(request)

    def _see_failure(self, request: Request) -> None:
        self.under_way.discard(request)
        self.complaints.append(f"failed: {request.method} {request.url}: {request.failure}")

    def _see_response(self, response: Response) -> None:
        if response.status >= 400:
            self.complaints.append(f"answered {response.status}: {response.request.method} {response.url}")


def wait_until(page: Page, look: Callable[[], object], wanted: object) -> None:
    """Look again and again until what is seen is what is wanted, while the page goes on living."""
    found = look()
    for _ in range(PATIENCE_MS // 50):
        if found == wanted:
            return
        page.wait_for_timeout(50)
        found = look()
    assert found == wanted, f"{found} is not {wanted}"
