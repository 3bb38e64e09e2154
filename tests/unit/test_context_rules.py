"""What the compressor understands, one rule at a time, on sentences of no dialogue's."""

from __future__ import annotations

import pytest

from homa_bridge.context.compressor import Message, compress


def summary(*said: str) -> str:
    """Return the summary of messages by turns, the visitor's first."""
    roles = ("user", "assistant")
    return compress([Message(roles[index % 2], text) for index, text in enumerate(said)])


@pytest.mark.parametrize(
    ("said", "stated", "absent"),
    [
        (["۴۰۰ تا فولدر دولت میخوام"], ["دو لت"], []),
        (["کتاب ۱۲۰ صفحه، ۲۰۰ نسخه", "جلد چی باشه؟", "نرم"], ["شومیز"], []),
        (["900 leaflets, A4 folded to A5"], ["A4 folded to A5", "900"], []),
        (["۱۰۰ تا جاکلیدی طلایی، نه، قرمز"], ["قرمز"], ["طلایی"]),
        (["۸۰۰ تا پوستر میخوام", "چشم", "صد تا اضافه کنید. ولش کن همون ۸۰۰ تا"], ["800"], ["900"]),
        (["۳۰ تا تیشرت", "سایزها؟", "۱۰ تا لارج، ۲۰ تا مدیوم"], ["30 عدد"], ["20 عدد"]),
        (["بودجه من یک و نیم میلیون تومنه برا ۲۰۰ تا تراکت"], ["1.5 میلیون"], []),
        (["مجله متن گلاسه ۱۳۵ جلد گلاسه ۲۵۰، ۶۰۰ نسخه"], ["600", "135", "250"], ["135 جلد"]),
        (["رقیبتون گفته بود ۳۰۰۰ تا ولی من ۷۰۰ تا تراکت میخوام"], ["700"], ["3000"]),
        (["۲۰۰۰ تا کاتالوگ، تو دو سری تحویل بدید"], ["2000"], ["2 سری عدد"]),
        (["یه تغییر تو کارتون بدید: ۱۰۰ تا پوستر"], ["پوستر"], ["کارتن"]),
        (["کارت ویزیت با سلفون مات", "ثبت شد", "سلفون نمی‌خوام"], ["بدون سلفون"], ["مات", "سلفون سلفون"]),
        (["کارت ویزیت با سلفون براق", "چشم", "سلفون رو حذف کنید"], ["بدون سلفون"], ["براق"]),
        (["business cards with matte lamination", "Sure.", "I don't want lamination"], ["no lamination"], ["matte"]),
        (["لیبل با یووی موضعی و طلاکوب", "چشم", "یووی نمی‌خوام"], ["طلاکوب", "بدون یووی"], ["موضعی"]),
        (["کارت ویزیت با سلفون می‌خوام"], ["سلفون"], ["بدون", "سلفون سلفون"]),
        (["کارت ویزیت با سلفون می‌خوام، سلفونش مات باشه"], ["سلفون مات"], ["بدون"]),
        (["کارت ویزیت و سربرگ", "جنس؟", "کارت گلاسه ۳۰۰ گرم باشه، سربرگ تحریر ۸۰ گرم"], ["تحریر 80"], []),
        (["۱۰۰ پوستر، شماره تماس من ۰۹۱۲۱۲۳۴۵۶۷ هست"], ["100"], ["شماره", "نکته"]),
        (
            ["۲۰۰۰ تا تراکت چند میدید؟", "۳ میلیون و ۲۰۰ هزار تومان", "تا ۳ میلیون بدید میخرم"],
            ["2000", "بودجه"],
            ["3000000"],
        ),
        (["1,000 flyers, 135gsm gloss"], ["glossy paper 135"], ["lamination"]),
        (["۱۰۰ فولدر و ۲۰۰ خودکار", "فولدر با چه جنسی؟", "گلاسه ۳۰۰ گرم"], ["فولدر 100 عدد، کاغذ گلاسه 300"], []),
        (
            ["کتاب ۲۴۰ صفحه، ۳۰۰ نسخه", "متن سیاه و سفید؟", "آره، فقط ۸ صفحه رنگیه"],
            ["240", "8 صفحه رنگی"],
            ["چاپ رنگی"],
        ),
        (["500 ta kart vizit mikham", "key lazem darid?", "ta 5 rooze dige"], ["5 rooz"], []),
        (
            ["قبلا ۵۰۰ تا کارت ویزیت از شما گرفتم. الان ۱۰۰۰ تا با همون مشخصات می‌خوام ولی کاغذ کتان"],
            ["کارت ویزیت است", "1000 عدد", "کتان"],
            ["500"],
        ),
        (["۲۰۰ برچسب می‌خوام", "ضد آب باشه؟", "بله حتما"], ["برچسب"], ["نکته"]),
        (["Please swap the glossy paper for kraft on the 300 flyers"], ["kraft"], ["glossy"]),
    ],
)
def test_a_message_is_understood(said: list[str], stated: list[str], absent: list[str]) -> None:
    text = summary(*said)
    assert [word for word in stated if word not in text] == [], text
    assert [word for word in absent if word in text] == [], text


def test_an_order_that_is_repeated_is_taken_from_the_assistant() -> None:
    asked = ["سلام همون سفارش قبلی رو تکرار کنید", "سفارش قبلی شما ۵۰۰ پاکت A5 کرافت بود. همون رو ثبت کنم؟"]
    text = summary(*asked, "بله")
    assert "پاکت" in text
    assert "500" in text
    assert "کرافت" in text
    assert "500" not in summary(*asked, "نه ممنون")


def test_a_sum_in_a_currency_of_small_numbers_counts() -> None:
    assert "320 euro" in summary("400 flyers A5 please", "400 flyers come to 320 euro in total.", "fine")


def test_books_of_one_kind_stay_apart_once_they_are_named_beside_each_other() -> None:
    text = summary("یکی کتاب شعر و یکی کتاب داستان میخوام", "تعداد؟", "کتاب شعر ۱۰۰ نسخه، کتاب داستان ۳۰۰ نسخه")
    assert "کتاب شعر 100" in text
    assert "کتاب داستان 300" in text
