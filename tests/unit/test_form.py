"""A form in Persian words."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homa_bridge.context.form import LONGEST_TEXT, LONGEST_VALUE, field_name, summarise
from homa_bridge.jsontext import JSONText


def told(**form: object) -> str:
    return summarise({name: JSONText(json.dumps(value, ensure_ascii=False)) for name, value in form.items()})


@pytest.mark.parametrize(
    ("names", "persian"),
    [
        ("tirage", "تیراژ"),
        ("quantity qty", "تعداد"),
        ("paper_type paper paperType paper-type PAPER_TYPE", "نوع کاغذ"),
        ("binding", "صحافی"),
        ("color colour", "رنگ"),
        ("pages page_count pageCount", "تعداد صفحات"),
        ("size", "اندازه"),
        ("price", "قیمت"),
        ("delivery deadline", "زمان تحویل"),
    ],
)
def test_known_fields_have_persian_names(names: str, persian: str) -> None:
    for name in names.split():
        assert field_name(name) == persian


@pytest.mark.parametrize("name", ["foil", "نوع جلد", "x", "", "_", "paper type 2"])
def test_unknown_fields_are_called_what_they_are(name: str) -> None:
    assert field_name(name) == name


def test_a_form_in_one_line() -> None:
    assert (
        told(tirage=1000, paper_type="گلاسه", binding="سخت", foil=True, urgent=False, price=1.5)
        == "تیراژ: 1000، نوع کاغذ: گلاسه، صحافی: سخت، foil: بله، urgent: خیر، قیمت: 1.5"
    )


def test_what_is_empty_is_left_out_and_zero_is_not() -> None:
    assert told(a=None, b="", c=[], d={}, e=" \n", f=[""], g=0) == "g: 0"
    assert told() == ""


def test_nested_values_are_compact() -> None:
    assert told(size={"w": 1, "h": [2, 3]}, services=["سلفون", "طلاکوب"], x=[1, "a"]) == (
        'اندازه: {"w":1,"h":[2,3]}، خدمات تکمیلی: سلفون، طلاکوب، x: [1,"a"]'
    )


def test_numbers_stay_as_they_were_sent() -> None:
    assert summarise({"price": JSONText("1.50"), "count": JSONText("9" * 30)}) == "قیمت: 1.50، تعداد: " + "9" * 30


def test_what_is_too_long_is_cut_at_a_word() -> None:
    words = "کلمه " * 200
    text = told(notes=words)
    assert text.startswith("توضیحات: کلمه کلمه")
    assert text.endswith("کلمه…")
    assert len(text) <= LONGEST_VALUE + 20
    assert told(notes="x" * 1_000).endswith("x…")


def test_a_form_of_very_many_fields_is_bounded() -> None:
    text = told(**{f"field{n}": n for n in range(2_000)})
    assert text.startswith("field0: 0، field1: 1")
    assert text.endswith("، …")
    assert len(text) <= LONGEST_TEXT


@given(
    st.dictionaries(
        st.text(max_size=20),
        st.recursive(
            st.none() | st.booleans() | st.text() | st.floats(allow_nan=False, allow_infinity=False), st.lists
        ),
    )
)
def test_any_form_is_one_line(form: dict[str, object]) -> None:
    text = summarise({name: JSONText(json.dumps(value)) for name, value in form.items()})
    assert len(text.splitlines()) <= 1
    assert len(text) <= LONGEST_TEXT
