"""The unit of a conversation."""

from __future__ import annotations

from dataclasses import dataclass

USER_ROLES = frozenset({"user"})
ASSISTANT_ROLES = frozenset({"assistant", "ai", "model", "bot"})


@dataclass(frozen=True, slots=True)
class Message:
    """Hold one message: who spoke and what; a ``role`` that is in neither set of this module is passed over."""

    role: str
    content: str
