"""Debian's Chromium, the shop whose pages it opens, and the service's own page."""

import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from ..wordpress.bridge import Bridge
from ..wordpress.conftest import _unspoilt, bridge, relay, service, site
from ..wordpress.site import Site
from .shop import CLIENT, PAGES, Shop
from .visitor import OWN_HOST, Visitor

__all__ = ["_unspoilt", "bridge", "relay", "service", "site"]  # fixtures: pytest finds them by being here


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Return a headless Chromium that reaches this machine and no other."""
    path = shutil.which("chromium")
    assert path, "chromium is missing: bash tests/run installs it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            # Its sandbox works neither for root nor in most containers. What it opens here is made by this project
            # and comes from this machine: nothing foreign is to be locked up.
            chromium_sandbox=False,
            args=[f"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE {OWN_HOST}"],
        )
        yield browser
        browser.close()


@pytest.fixture
def make_visitor(browser: Browser) -> Iterator[Callable[..., Visitor]]:
    """Return what makes a visitor with a browser of their own; at the end none of them may have had a complaint."""
    made: list[Visitor] = []

    def make(**options: object) -> Visitor:
        visitor = Visitor(browser, **options)
        made.append(visitor)
        return visitor

    yield make
    for visitor in made:
        visitor.leave()


@pytest.fixture
def visitor(make_visitor: Callable[..., Visitor]) -> Visitor:
    """Return a visitor."""
    return make_visitor()


@pytest.fixture(scope="package")
def shop_window(site: Site) -> Site:
    """Return the site with the shop's pages and the site's own script in them."""
    plugins = site.content / "mu-plugins"
    plugins.mkdir(exist_ok=True)
    shutil.copytree(CLIENT, plugins / "homa-client", ignore=shutil.ignore_patterns("homa-client.php"))
    shutil.copy(CLIENT / "homa-client.php", plugins)
    for name, category in PAGES.items():
        site.php(f"""
            wp_insert_post( array( 'post_type' => 'page', 'post_status' => 'publish', 'post_title' => '{name}',
                'post_name' => '{name}', 'meta_input' => array( 'category' => '{category}' ) ) );
        """)
    return site


@pytest.fixture
def shop(bridge: Bridge, shop_window: Site) -> Shop:
    """Return the shop as its visitors see it, with nothing remembered."""
    return Shop(bridge)
