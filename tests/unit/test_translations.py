"""The plugin speaks Persian wherever it speaks English."""

import re

import polib
import pytest

from ..translations import COMPILED, PERSIAN, TEMPLATE, Text, read, template, texts

PLACEHOLDER = re.compile(r"%(?:\d+\$)?[sd]")
CODE = re.compile(r"`[^`]*`")


@pytest.fixture(scope="module")
def found() -> list[Text]:
    """Return the texts of the PHP code."""
    return texts()


def test_the_template_holds_what_the_code_says_and_nothing_else() -> None:
    assert read(TEMPLATE) == template(), "run python -m tests.translations"


def test_every_text_has_a_persian_translation_and_none_is_stale(found: list[Text]) -> None:
    persian = read(PERSIAN)
    assert {entry.msgid for entry in persian} == {text.singular for text in found}
    assert persian.untranslated_entries() == []
    assert persian.fuzzy_entries() == []
    assert persian.obsolete_entries() == []
    for entry in persian:
        assert re.search("[آ-ی]", _translated(entry)), entry.msgid


def test_a_translation_has_the_same_placeholders_and_code() -> None:
    for entry in read(PERSIAN):
        source = entry.msgid_plural or entry.msgid
        for pattern in (PLACEHOLDER, CODE):
            assert sorted(pattern.findall(_translated(entry))) == sorted(pattern.findall(source)), entry.msgid


def test_what_is_ambiguous_is_explained_to_translators(found: list[Text]) -> None:
    for text in found:
        if PLACEHOLDER.search(text.singular) and "`%s`" not in text.singular:
            assert text.comment, text.singular


def test_the_compiled_file_is_made_of_the_translation() -> None:
    compiled = polib.mofile(str(COMPILED))
    assert compiled.metadata == read(PERSIAN).metadata
    assert {_key(entry): _translated(entry) for entry in compiled} == {
        _key(entry): _translated(entry) for entry in read(PERSIAN)
    }


def _key(entry: polib.POEntry | polib.MOEntry) -> tuple[str, str]:
    return entry.msgid, entry.msgid_plural or ""


def _translated(entry: polib.POEntry | polib.MOEntry) -> str:
    return str(entry.msgstr_plural[0] if entry.msgid_plural else entry.msgstr)
