"""Names, titles, codes and people: what no vocabulary can list."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final

from .normalize import fold
from .vocabulary import words

_QUOTED: Final = re.compile(r"[«\"“„]([^«»\"“”„\n]{2,60})[»\"”]")
_TITLE: Final = re.compile(r"اسم\S{0,4} (?:کتاب|رمان|مجله|مجموعه)|(?:اسمش|عنوان|نام کتاب|نام رمان)|\btitle|\bcalled\b")
_TEXT: Final = re.compile(
    r"(?:بنویس|نوشته|روش |رویش|شعار|متن|عبارت)\S{0,4}|slogan|\bsays?\b|\btext\b|\bprint\b|\bwrite\b"
)
_REJECTED: Final = re.compile(r"\s*(?:نه|نباشه|رو حذف|حذف|غلطه|not)(?!\w)")
_LABELS: Final = words("labels")
_PERSON: Final = re.compile(
    r"(?<!\w)(خانم|آقای|جناب آقای|سرکار خانم|مهندس|دکتر|Mr\.?|Mrs\.?|Ms\.?|Dr\.?|khanoom|khanome|khanom|aghaye|aqaye) "
    r"(\w[\w\u200c]{1,20})(?: (\w[\w\u200c]{2,20}))?"
)
_IN_ADDRESS: Final = ("خانم", "آقای", "جناب", "مهندس", "دکتر", "Mr", "Ms", "Dr", "kh", "agh", "aq")  # cheap to look for
_LATIN_LETTER: Final = re.compile(r"[A-Za-z]")
_ROLES: Final = words("roles")
_NOT_A_SURNAME: Final = words("not_a_surname")
_LATIN_NAME: Final = re.compile(r"(?<![\w.@])[A-Z][a-z]{2,} [A-Z][a-z]{2,}(?![\w@])")
_CODE: Final = re.compile(
    r"(?<![\w@/.-])(?:[A-Z]{2,}[-_]?\d+[A-Z]*|[A-Z]{2,}-[A-Z0-9]{2,}|[A-Z]{5,}|[A-Za-z]{3,}\d{2,})(?![\w@-])"
)
_CODE_CUE: Final = re.compile(r"تخفیف|کد |کدم|کوپن|discount|coupon|promo|voucher|\bcode|takhfif")
_CODE_DEAD: Final = re.compile(
    r"منقضی|نامعتبر|معتبر نیست|معتبر نمی|باطل|غیرفعال|غیر فعال|قابل استفاده نیست|تموم شده|تمام شده"
    r"|استفاده شده|expired|invalid|not valid|no longer|isn't valid"
)
_NOT_A_CODE: Final = re.compile(r"(?:cmyk|pantone|rgb|isbn|fogra\d+|psd|pdf|tiff|[ab]\d|pvc|ncr)", re.IGNORECASE)


def quoted_names(text: str) -> Iterator[tuple[str, str]]:
    """Yield ``(role, name)`` for each short quotation in cleaned ``text``; role is title, text or a "
    "label such as "شرکت"."""
    if not has_quotation(text):
        return
    lowered = fold(text)
    message_has_title = bool(_TITLE.search(lowered))
    for match in _QUOTED.finditer(text):
        name = " ".join(match[1].split()).strip(" .،:")
        if len(name.split()) > 8 or not name or _REJECTED.match(text, match.end()):
            continue
        before = text[max(0, match.start() - 40) : match.start()].split()
        near = fold(" ".join(before[-4:]))
        label = next((word for word in reversed(before[-2:]) if word.strip(":،") in _LABELS), "")
        if _TEXT.search(near):
            yield "text", name
        elif label:
            yield label.strip(":،"), name
        elif message_has_title:
            yield "title", name
        else:
            yield "name", name


def without_names(text: str, names: Collection[str]) -> str:
    """Return cleaned ``text`` without the quotations of ``names``: a title that says "بدون" refuses nothing."""
    return _QUOTED.sub(lambda match: " " if " ".join(match[1].split()).strip(" .،:") in names else match[0], text)


def has_quotation(text: str) -> bool:
    """Tell whether cleaned ``text`` holds a quotation that can be a name."""
    return bool(_QUOTED.search(text))


def has_latin(text: str) -> bool:
    """Tell whether ``text`` holds a Latin letter: without one, it has no code."""
    return bool(_LATIN_LETTER.search(text))


def addresses(text: str) -> bool:
    """Tell whether a form of address can stand in cleaned ``text``: without one, `people` finds nobody."""
    return any(title in text for title in _IN_ADDRESS)


def people(text: str) -> Iterator[str]:
    """Yield the persons that cleaned ``text`` names with a form of address."""
    for match in _PERSON.finditer(text):
        first, second = match[2], match[3]
        if first in _ROLES or first in _NOT_A_SURNAME:
            continue
        yield f"{match[1]} {first}" + (
            f" {second}" if second and second not in _NOT_A_SURNAME and second not in _ROLES else ""
        )


def latin_people(text: str) -> list[str]:
    """Return the pairs of capitalised words in cleaned ``text``."""
    return _LATIN_NAME.findall(text) if has_latin(text) else []


def codes(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the discount codes of cleaned ``text`` and whether its sentence calls them void."""
    if not has_latin(text) or not _CODE.search(text):
        return
    lowered = fold(text)
    if not _CODE_CUE.search(lowered):
        return
    dead = bool(_CODE_DEAD.search(lowered))
    for match in _CODE.finditer(text):
        if not _NOT_A_CODE.fullmatch(match[0]):
            yield match[0], dead
