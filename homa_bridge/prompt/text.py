"""The wording of the memory, as the wire contract ("Text") has it. Pure."""

import re
from collections.abc import Mapping, Sequence

from ..jsontext import compact, says_nothing
from ..omnistore.listening import CHAT_FIELD
from ..omnistore.model import InterestRecord, VaultField
from ..persona.service import Profile
from ..persona.texts import Strategy
from .line import Line
from .section import INTERESTS_NAMED, Facts

LEAST_SCORE = 10  # a persona that scores less is no more than a guess

_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def memory_summary(fields: Mapping[str, VaultField], conversation: str, interests: Sequence[InterestRecord]) -> str:
    """Write the memory down, a line a fact; "" if there is none. Parameters are those of :func:`memory_facts`."""
    facts = memory_facts(fields, conversation, interests)
    heading = [facts.heading] if facts.fields else []
    lines = filter(None, (*facts.fields, facts.summary, facts.interests))
    return "\n".join([*heading, *[f"{line.label}: {line.value}" for line in lines]])


def memory_facts(fields: Mapping[str, VaultField], conversation: str, interests: Sequence[InterestRecord]) -> Facts:
    """Put the memory into facts.

    :param fields: the vault, in the order in which the fields were first stored
    :param conversation: what was said before, already summarised
    :param interests: the strongest first
    """
    told = [
        Line(f"- {_one_line(key)}", compact(field.value), field.written)
        for key, field in fields.items()
        if key != CHAT_FIELD and field.value is not None and not says_nothing(field.value)
    ]
    ranked = [
        f"{_one_line(interest['category'])} (score: {interest['score']})" for interest in interests[:INTERESTS_NAMED]
    ]
    return Facts(
        "Context from current session:",
        told,
        summary=Line("Previous conversation summary", _one_line(conversation)) if conversation else None,
        interests=Line("User interests", ", ".join(ranked)) if ranked else None,
    )


def persona_prefix(profile: Profile, strategy: Strategy) -> str:
    """Tell the assistant whom it probably talks to; "" while the score is under 10."""
    if max(profile["all_scores"].values()) < LEAST_SCORE:
        return ""
    return (
        f"توجه: تحلیل رفتار نشان می‌دهد که کاربر احتمالاً یک {profile['label']} است. "
        f"استراتژی پیشنهادی: لحن {strategy['tone']}، تمرکز بر {strategy['focus']}."
    )


def _one_line(text: str) -> str:
    """Keep a text that a visitor wrote from starting a line of its own."""
    return _BREAKS.sub(" ", text).strip()
