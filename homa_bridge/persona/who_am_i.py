"""The answer to «من کی هستم؟». Pure; the personas' names are in :mod:`homa_bridge.persona.texts`."""

from collections.abc import Sequence
from typing import Final

from ..omnistore.model import InterestRecord
from .service import Profile

INTERESTS_NAMED: Final = 3

STRANGER: Final = (
    "هنوز شناخت زیادی از شما ندارم. اگر بفرمایید چه کاری در نظر دارید، با کمال میل راهنمایی‌تان می‌کنم و از این پس "
    "بهتر می‌شناسمتان."
)
PERSONA: Final = "با توجه به آنچه تا اینجا دیده‌ام، به نظرم شما «{label}» هستید (با اطمینان {confidence}٪)."
INTERESTS: Final = "بیشتر از همه به این‌ها علاقه نشان داده‌اید: {interests}."
NO_PERSONA: Final = "هنوز نمی‌توانم با اطمینان بگویم چه کسی هستید."
CLOSING: Final = "اگر اشتباه می‌کنم، لطفاً بفرمایید تا بهتر راهنمایی‌تان کنم."

_PERSIAN_DIGITS: Final = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


def who_am_i(profile: Profile, interests: Sequence[InterestRecord]) -> str:
    """Tell a visitor politely, in Persian, what is known.

    :param interests: the strongest first; those that a visitor has turned away from (0 points or fewer) do not count
    """
    named = [" ".join(interest["category"].split()) for interest in interests if interest["score"] > 0][
        :INTERESTS_NAMED
    ]
    is_recognised = profile["confidence"] > 0
    if not is_recognised and not named:
        return STRANGER
    confidence = str(profile["confidence"]).translate(_PERSIAN_DIGITS)
    sentences = [
        PERSONA.format(label=profile["label"], confidence=confidence) if is_recognised else NO_PERSONA,
        *([INTERESTS.format(interests="، ".join(named))] if named else []),
        CLOSING,
    ]
    return " ".join(sentences)
