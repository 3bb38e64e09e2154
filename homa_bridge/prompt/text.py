"""The wording of the memory, as the wire contract ("Text") has it. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence

from ..jsontext import compact, says_nothing
from ..omnistore.model import InterestRecord, VaultField
from ..omnistore.service import CHAT_FIELD
from ..persona.service import Profile
from ..persona.texts import Strategy

INTERESTS_NAMED = 5
LEAST_SCORE = 10  # a persona that scores less is no more than a guess

_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def memory_summary(fields: Mapping[str, VaultField], conversation: str, interests: Sequence[InterestRecord]) -> str:
    """Write the memory down, a line a fact; "" if there is none.

    :param fields: the vault, in the order in which the fields were first stored
    :param conversation: what was said before, already summarised
    :param interests: the strongest first
    """
    return "\n".join(_lines(fields, conversation, interests))


def persona_prefix(profile: Profile, strategy: Strategy) -> str:
    """Tell the assistant whom it probably talks to; "" while the score is under 10."""
    if max(profile["all_scores"].values()) < LEAST_SCORE:
        return ""
    return (
        f"توجه: تحلیل رفتار نشان می‌دهد که کاربر احتمالاً یک {profile['label']} است. "
        f"استراتژی پیشنهادی: لحن {strategy['tone']}، تمرکز بر {strategy['focus']}."
    )


def _lines(fields: Mapping[str, VaultField], conversation: str, interests: Sequence[InterestRecord]) -> Iterable[str]:
    told = [
        f"- {_one_line(key)}: {compact(field.value)}"
        for key, field in fields.items()
        if key != CHAT_FIELD and field.value is not None and not says_nothing(field.value)
    ]
    if told:
        yield "Context from current session:"
        yield from told
    if conversation:
        yield f"Previous conversation summary: {_one_line(conversation)}"
    if interests:
        named = ", ".join(
            f"{_one_line(interest['category'])} (score: {interest['score']})"
            for interest in interests[:INTERESTS_NAMED]
        )
        yield f"User interests: {named}"


def _one_line(text: str) -> str:
    """Keep a text that a visitor wrote from starting a line of its own."""
    return _BREAKS.sub(" ", text).strip()
