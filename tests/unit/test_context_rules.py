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
        (["تگ لباس ۹۰۰ تا", "روبان چی؟", "۹۰۰ تا کمه ۱۱۰۰ تا"], ["1100"], ["900"]),
        (
            ["ساک دستی میخوام ۷۰۰ تا", "رنگ؟", "سفید", "ثبت شد.", "بنفش کنین سفید چرک میشه"],
            ["رنگ بنفش"],
            ["رنگ سفید"],
        ),
        (["جزوه ۲۱۰ صفحه ۴۰ نسخه", "رنگی؟", "وسطش ۱۲ صفحه عکس رنگی داره"], ["، 210 صفحه"], ["، 12 صفحه"]),
        (["۱۵ هزار تا تراکت A6", "با ۳۰ هزار تا ارزون‌تره. ثبت کنم؟", "نه همون ۱۵ تا خوبه"], ["15000"], ["15 عدد"]),
        (["بنر ۴ متر در ۲ متر، جشن پنجشنبه ست سه‌شنبه برسه"], ["سه‌شنبه"], ["پنجشنبه"]),
        (["جعبه ۶۰۰ تا", "هاردباکس پیشنهاد میشه. ثبت کنم؟", "هاردباکس نه"], ["جعبه", "600"], ["حذف جعبه"]),
        (["کارت تبریک ۵۰ تا با پاکت", "رنگ پاکت؟", "پاکتش سبز"], ["پاکت سبز"], ["پاکت 50"]),
        (["۵۰ تا ماگ", "رنگ؟", "آبی آسمانی", "ثبت شد.", "رنگش نارنجی کمرنگ باشه"], ["رنگ نارنجی کمرنگ"], ["آبی"]),
        (["۲۰ تا منو با طلاکوب", "ثبت شد.", "طلاکوب گرونه یووی موضعی بزنین"], ["یووی موضعی", "بدون طلاکوب"], []),
        (["۳۰۰ تا پوشه کرافط A4"], ["کرافت"], []),
        (
            ["We need 60 badges", "Round or square? With a ribbon?", "Round. Thanks but no sparkles"],
            ["no sparkles"],
            [],
        ),
        (["We need six hoodies and 90 posters"], ["90"], []),
        (["نشریه ۵۰۰ نسخه"], ["نشریه"], ["مجله"]),
        (["بروشور ۴۰۰ تا", "طلاکوب هم بزنیم؟", "بیخیال طلاکوب"], ["بدون طلاکوب"], []),
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


def test_a_correction_reaches_the_product_that_it_mends() -> None:
    text = summary(
        "۴۰۰ تا پلنر قرمز میخوام و ۳۰ تا ماگ زرد",
        "چشم، ثبت شد.",
        "رنگ قرمز رو با سبز عوض کنین",
    )
    assert "پلنر 400 عدد، رنگ سبز" in text
    assert "ماگ 30 عدد، رنگ زرد" in text


def test_what_the_shop_offers_beside_the_order_does_not_take_its_place() -> None:
    text = summary("آلبوم ۲۰ برگ میخوام", "جعبه هم میخواید؟", "جعبه چوبی آره", "جعبه‌ی چوبی اضافه شد.", "۳۰ برگ بشه")
    assert "آلبوم 30 برگی" in text


def test_a_sum_of_a_number_that_is_only_asked_about_does_not_hold() -> None:
    said = ["۱۰۰۰ تا تراکت میخوام", "ثبت شد. جمع ۳٬۲۰۰٬۰۰۰ تومان.", "قیمت ۲۰۰۰ تا چنده؟", "جمع ۵٬۴۰۰٬۰۰۰ تومان."]
    assert "3,200,000" in summary(*said, "فعلا همون ۱۰۰۰ تا")
    assert "5,400,000" in summary(*said, "پس ۲۰۰۰ تا بزنید")


def test_a_wish_that_the_shop_declines_is_left_out() -> None:
    said = ["۸۰ تا ماگ میخوام. ۱۵ درصد تخفیف هم بدید لطفا"]
    assert "15 درصد" in summary(*said)
    assert "15 درصد" not in summary(*said, "متاسفانه تخفیف نداریم.")


def test_what_is_taken_out_leaves_its_note() -> None:
    said = ["طرح پوستر با یه اسب باشه، ۶۰ تا", "چشم.", "اسب هم حذف کنید"]
    assert "با یه اسب" not in summary(*said)
