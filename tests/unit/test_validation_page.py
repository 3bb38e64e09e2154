"""What can be said of the validation page without a browser."""

import re
from html.parser import HTMLParser

import pytest

from ..servers import ROOT

MOST_BYTES = 100_000
SOURCE = (ROOT / "validate.html").read_text("utf-8")
MARKUP, SCRIPT = re.split(r"<script>", SOURCE, maxsplit=1)

Element = tuple[str, dict[str, str | None]]


class Elements(HTMLParser):
    """Gathers the elements of the page as it is loaded."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.found: list[Element] = []
        self.feed(markup)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attributes)))


@pytest.fixture(scope="module")
def elements() -> list[Element]:
    return Elements(MARKUP).found


def test_it_is_small() -> None:
    assert len(SOURCE.encode()) < MOST_BYTES


def test_it_loads_nothing_from_anywhere_else(elements: list[Element]) -> None:
    named = [attributes[name] for _, attributes in elements for name in ("src", "href", "action") if name in attributes]
    assert named, "it has links at least"
    assert [address for address in named if address and not address.startswith(("#", "data:,"))] == []
    assert not re.search(r"@import|url\(|\bimport\b|importScripts|WebSocket|EventSource", SOURCE)


def test_its_ids_are_unique_and_those_that_the_script_asks_for_exist(elements: list[Element]) -> None:
    ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
    assert sorted(set(ids), key=str) == sorted(ids, key=str)
    asked = set(re.findall(r"\$\('([\w-]+)'\)", SCRIPT))
    assert len(asked) > 40
    assert asked - set(ids) == set()
    linked = {str(attributes["href"])[1:] for tag, attributes in elements if tag == "a" and "href" in attributes}
    assert linked == {str(attributes["id"]) for tag, attributes in elements if tag == "section"}


def test_every_text_has_both_languages() -> None:
    bare = re.findall(r"<(?:h[1-3]|p|a|li|b|strong|button|label|dt)\b(?![^>]*data-en=)[^>]*>[^<]*[آ-ی][^<]*<", MARKUP)
    assert bare == []
    one_sided = [
        text for text in re.findall(r"(?<=say\(\[)[^\[\]`]+(?=\]\))", SCRIPT) if not re.search("[A-Za-z]", text)
    ]
    assert one_sided == []


def test_the_code_of_others_keeps_its_licence() -> None:
    licence = SCRIPT[SCRIPT.index("/*! lean-qr") : SCRIPT.index("const leanQr")]
    assert "MIT License" in licence
    assert "Copyright (c)" in licence
    assert "The above copyright notice and this permission notice shall be included" in licence
