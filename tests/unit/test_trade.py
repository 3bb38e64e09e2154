"""The file of a trade: what it adds, and how its mistakes are told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from homa_bridge.config import load_settings
from homa_bridge.context.compressor import Compressor, Message
from homa_bridge.context.trade import read_trade
from homa_bridge.context.vocabulary import vocabulary_of
from homa_bridge.errors import SettingsError

from .dialogue_scoring import CAKES_TRADE


def written(folder: Path, members: Any) -> str:
    path = folder / "trade.json"
    path.write_text(members if isinstance(members, str) else json.dumps(members), encoding="utf-8")
    return str(path)


def summary(source: str, *said: str) -> str:
    return Compressor(vocabulary_of(read_trade(source))).compress([Message("user", text) for text in said])


def test_a_file_adds_words_to_the_trade_that_it_extends(tmp_path: Path) -> None:
    own = written(
        tmp_path,
        {
            "extends": "printing",
            "families": {"نشانگر": ["نشانگر کتاب|bookmark card|بوک مارک مقوایی"]},
            "values": {"paper": ["کاغذ بذر|seed paper|کاغذ کاشتنی"]},
            "cities": ["مهریز|Mehriz"],
            "topics": "کاشت|seed",
        },
    )
    said = "۵۰۰ تا بوک مارک مقوایی میخوام با کاغذ کاشتنی، گوشه گرد. ارسال به مهریز"
    text = summary(own, said)
    assert "نشانگر کتاب" in text
    assert "500" in text
    assert "کاغذ بذر" in text
    assert "گوشه گرد" in text
    assert "مهریز" in text
    assert "کاغذ بذر" not in summary("printing", said)


def test_a_known_row_gets_further_spellings(tmp_path: Path) -> None:
    own = written(tmp_path, {"extends": "printing", "values": {"paper": ["گلاسه|shiny paper|برقی"]}})
    said = "۲۰۰ تا پوستر با کاغذ برقی"
    assert "گلاسه" in summary(own, said)
    assert "گلاسه" in summary(own, "۲۰۰ تا پوستر گلاسه")
    assert "shiny paper" in summary(own, "I want 200 posters on glossy paper")
    assert "گلاسه" not in summary("printing", said)


def test_a_trade_of_its_own_knows_nothing_of_printing() -> None:
    text = summary(str(CAKES_TRADE), "یک کیک ۲ کیلویی وانیلی میخوام و ۵۰۰ تا تراکت")
    assert "وانیل" in text
    assert "2 کیلو" in text
    assert "چاپ" not in text


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ("{", "line 1, column 2: no JSON"),
        ([], "Write an object"),
        ({"extends": "baking"}, "extends: is 'baking'; write 'printing'"),
        ({"extends": "printing", "famlies": {}}, "famlies: Is not known here"),
        ({"extends": "printing", "families": []}, "families: Write an object"),
        ({"extends": "printing", "families": {"کیک": "کیک|cake"}}, "families → کیک: Write a list"),
        ({"extends": "printing", "values": {"paper": ["a|b", "کاهی"]}}, "values → paper → row 2: 'کاهی' lacks a part"),
        ({"extends": "printing", "values": {"paper": [3]}}, "values → paper → row 1: Write a text"),
        ({"extends": "printing", "values": {"taste": ["a|b"]}}, "values → taste: Is no slot"),
        ({"extends": "printing", "topics": "a||b"}, "topics: 'a||b' has an empty word"),
        ({"extends": "printing", "slots": {"taste": {"fa": "", "en": ""}}}, "slots → taste → rank: Is missing"),
        ({"families": {}}, "interest: Is missing"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_is_expected(tmp_path: Path, members: Any, expected: str) -> None:
    path = written(tmp_path, members)
    with pytest.raises(SettingsError) as refused:
        load_settings({"HOMA_TRADE": path, "HOMA_DATA_DIR": str(tmp_path)}, tmp_path)
    assert path in str(refused.value)
    assert expected in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("HOMA_TRADE", "bakery", "use printing, or the path of a JSON file"),
        ("HOMA_TRADE", "/nowhere/trade.json", "cannot be read"),
        ("HOMA_SUMMARY_CONTACTS", "yes", "use on or off"),
    ],
)
def test_a_wrong_setting_is_refused(tmp_path: Path, name: str, value: str, expected: str) -> None:
    with pytest.raises(SettingsError, match=expected):
        load_settings({name: value, "HOMA_DATA_DIR": str(tmp_path)}, tmp_path)
