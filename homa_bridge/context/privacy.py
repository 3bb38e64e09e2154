"""What may not enter a summary: contact data, and instructions that are aimed at the assistant."""

from __future__ import annotations

import re
from typing import Final

# Anchored at the beginning of a word: a run of letters without "@" is tried once, not once per letter.
_ADDRESS: Final = re.compile(r"(?<![^\s@<>،؛|])[^\s@<>،؛|]+@[^\s@<>،؛|]+")
_LINK: Final = re.compile(r"(?:https?://|www\.)[^\s<>«»]{1,2000}", re.IGNORECASE)
_NUMBERS: Final = re.compile(r"(?<![\d×])(?:\+|00)?\d(?:[ \-().]{0,2}\d){6,33}(?![\d×])")
_MANY_DIGITS: Final = re.compile(r"\d[\d \-().]{5,}\d")  # cheap to look for, and in every match of _NUMBERS
_IBAN: Final = re.compile(r"(?<!\w)IR ?\d{2}(?: ?\d{4}){5} ?\d{2}(?!\d)", re.IGNORECASE)
_MOBILE: Final = re.compile(r"9\d{2}[ -]?\d{3}[ -]?\d{4}")
_MOBILE_WITHIN: Final = re.compile(r"(?:0|98)9\d{9}")  # also where other digits touch it
_MOBILE_BESIDE_TIMES: Final = re.compile(r"(?:(?:\+|00)?98|0)9\d{9}(?=×)|(?<=×)(?:(?:\+|00)?98|0)9\d{9}(?!\d)")
_BANK_CARD: Final = re.compile(r"\d{4}(?:[ -]?\d{4}){3}|\d{20,}")
_CONTACT_CUE: Final = re.compile(
    r"(تلفن|تماس|موبایل|همراه|واتساپ|واتس اپ|تلگرام|شماره|شمارم|کارت به کارت|کد ملی"
    r"|phone|mobile|whatsapp|call|tel|shomare)[^\d]{0,20}$",
    re.IGNORECASE,
)
_CUT: Final = "\ue000"  # stands where contact data stood; no text has it, as it means nothing
_CONTACT_LABEL: Final = re.compile(
    r"(?<!\w)(?:شماره|شمارم|تلفن|موبایل|تماس|همراه|واتساپ|واتس اپ|تلگرام|ایمیل|phone|mobile|tel|whatsapp|e-?mail|my)\S*"
    rf"(?: (?:تماس|تلفن|موبایل|همراه|واتساپ|من|ما|ام|هم|phone|mobile|number|is))* ?:? ?(?=(?: \.)?{_CUT})",
    re.IGNORECASE,
)
_SPOKEN: Final = re.compile(
    r"صفر\s+نهصد|\bat\s+(?:gmail|yahoo|hotmail|outlook)|@|\b(?:gmail|yahoo)\s*(?:dot|دات)", re.IGNORECASE
)
_LONG_PLAIN: Final = 7
_INSTRUCTION: Final = re.compile(
    r"نادیده\s?(?:ب?گیر|شو)|(?:دستور|دستورات|دستورهای|دستورالعمل|قوانین|قانون)\S{0,4}\s+(?:\S+\s+)?(?:قبلی|قبل|پیشین|بالا|سیستم|خود)"
    r"|(?:توجه|پیام|دستور|هشدار)\s+(?:به\s+)?(?:سیستم|ربات|دستیار|مدل|هوش)|فراموش\s+کن|سیستم\s?:|دستیار\s?:"
    r"|(?:در|توی|تو|داخل)\s+(?:این\s+)?خلاصه|خلاصه\S{0,4}\s+(?:\S+\s+){0,3}(?:بنویس|بگو|ثبت|درج|ذکر|اضافه)"
    r"|از\s+(?:این\s+به\s+بعد|الان\s+به\s+بعد|حالا\s+به\s+بعد)\s+(?:تو|شما|فقط|باید|جواب|پاسخ|بگو|بنویس)|خلاصه\s?(?:ی\s+\S+\s+)?(?:رو|را|و)\s+(?:خالی|پاک|حذف|عوض|تغییر)|تو\s+(?:دیگه|الان|حالا)\s+\S{0,20}\s?(?:هستی|ای)"
    r"|وانمود\s+کن|نقش\s+(?:یک|یه|مدیر|ادمین|بازی)|پرامپت|پرامت|هوش\s+مصنوعی\s+(?:عزیز|باید)"
    r"|حالت\s+(?:ادمین|مدیر|توسعه)|(?:بدون|بی)\s+محدودیت\s+(?:جواب|پاسخ)"
    r"|ignore\s+(?:\S+\s+){0,3}(?:previous|prior|above|earlier|all|your|instruction|the\s+rules)"
    r"|disregard\s+(?:\S+\s+){0,3}(?:previous|prior|above|all|your|instruction)"
    r"|forget\s+(?:\S+\s+){0,2}(?:previous|everything|instruction|above|your)|system\s*(?:prompt|message|note|override|instruction)"
    r"|(?:^|[\s\[<(])(?:system|assistant|developer)\s?[:\]>]"
    r"|you\s+are\s+now|new\s+instructions?|act\s+as|pretend\s+(?:to|you)|jailbreak|developer\s+mode"
    r"|admin\s+mode|\bprompt\b|override"
    r"|(?:in|into|to)\s+(?:the|your|this)\s+summary|summar(?:y|i[sz]e)\s+(?:\S+\s+){0,3}(?:say|write|state|include|that|must|should)"
    r"|note\s+to\s+(?:the\s+)?(?:ai|assistant|model|system|summari)"
    r"|تجاهل\s+(?:\S+\s+){0,2}(?:التعلیمات|الاوامر|السابق|کل|جمیع)|(?:في|فی)\s+الملخص"
    r"|dastoorat\S*\s+ghabli|nadide\s+begir",
    re.IGNORECASE,
)
# Plain words of which one stands in every match of the pattern: looking for them first is a hundred times cheaper.
_TRIGGERS: Final = [
    "نادیده",
    "دستور",
    "قوانین",
    "قانون",
    "سیستم",
    "ربات",
    "دستیار",
    "مدل",
    "هوش",
    "فراموش",
    "خلاصه",
    "به بعد",
    "تو ",
    "وانمود",
    "نقش",
    "پرام",
    "حالت",
    "محدودیت",
    "تجاهل",
    "الملخص",
    "ignore",
    "disregard",
    "forget",
    "system",
    "assistant",
    "developer",
    "you are now",
    "instruction",
    "act as",
    "pretend",
    "jailbreak",
    "admin",
    "prompt",
    "override",
    "summar",
    "note to",
    "dastoorat",
    "nadide",
]
_TRIGGER: Final = re.compile("|".join(map(re.escape, _TRIGGERS)))
_BRACKETED: Final = re.compile(r"[\[{<][^\[\]{}<>]{0,4000}[\]}>]")
_TAGGED: Final = re.compile(r"<(\w{1,20})>[^<]{0,4000}</\1>")
_PASTED: Final = re.compile(r"[«“][^«»“”]{0,20000}[»”]")
_PASTED_LENGTH: Final = 60


def contacts(text: str) -> list[str]:
    """Return the phone numbers, card numbers and e-mail addresses in cleaned ``text``, in their order."""
    found = [(match.start(), match[0].rstrip(".")) for match in _ADDRESS.finditer(text)] if "@" in text else []
    if "×" in text:
        found += [(match.start(), match[0]) for match in _MOBILE_BESIDE_TIMES.finditer(text)]
    if _MANY_DIGITS.search(text):
        found += [(match.start(), match[0].strip()) for match in _NUMBERS.finditer(text) if _is_contact(text, match)]
    return [value for _, value in sorted(found)]


def without_contacts(text: str, *, keep_labels: bool = False) -> str:
    """Return cleaned ``text`` with contact data and links cut out; a full stop remains, so that what
    stood there ends a clause.

    The words that announce them ("my number is") go too, as they note nothing by themselves.

    :param keep_labels: for showing a message as it was said
    """
    whole = text
    if "@" in text:
        text = _ADDRESS.sub(_CUT, text)
    if "/" in text or "." in text:
        text = _LINK.sub(" ", text)
    if "IR" in text or "ir" in text:
        text = _IBAN.sub(" ", text)
    if _MANY_DIGITS.search(text):
        if "×" in text:
            text = _MOBILE_BESIDE_TIMES.sub(f" .{_CUT} ", text)
        text = _NUMBERS.sub(lambda match: f" .{_CUT} " if _is_contact(text, match) else match[0], text)
    if text is whole:
        return text
    return (text if keep_labels else _CONTACT_LABEL.sub("", text)).replace(_CUT, " ")


def is_private(text: str) -> bool:
    """Tell whether a finished fact still holds contact data: the last gate before the summary."""
    return bool(_SPOKEN.search(text)) or bool(contacts(text))


def _is_contact(text: str, match: re.Match[str]) -> bool:
    digits = "".join(filter(str.isdigit, match[0]))
    if match[0].startswith(("0", "+")) and not match[0].startswith("0."):
        return True
    if _MOBILE.fullmatch(match[0]) or _MOBILE_WITHIN.search(digits) or _BANK_CARD.fullmatch(match[0]):
        return True
    return len(digits) >= _LONG_PLAIN and bool(_CONTACT_CUE.search(text, max(0, match.start() - 40), match.start()))


def is_instruction(text: str) -> bool:
    """Tell whether cleaned ``text`` speaks to the assistant as a machine instead of to the shop."""
    return bool(_TRIGGER.search(text.lower())) and bool(_INSTRUCTION.search(text))


def without_foreign(text: str) -> tuple[str, bool]:
    """Return cleaned ``text`` without pasted passages and bracketed instructions, and whether there was "
    "an instruction."""
    hostile = is_instruction(text)
    if hostile:
        text = _TAGGED.sub(lambda match: " . " if is_instruction(match[0]) else match[0], text)
        text = _BRACKETED.sub(lambda match: " . " if is_instruction(match[0]) else match[0], text)
    text = _PASTED.sub(
        lambda match: " . " if len(match[0]) > _PASTED_LENGTH or (hostile and is_instruction(match[0])) else match[0],
        text,
    )
    return text, hostile
