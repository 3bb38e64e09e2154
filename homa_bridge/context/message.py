"""The unit of a conversation."""

from __future__ import annotations

from dataclasses import dataclass

USER_ROLES = frozenset({"user"})
ASSISTANT_ROLES = frozenset({"assistant", "ai", "model", "bot"})


@dataclass(frozen=True, slots=True)
class Message:
    """Hold one message: who spoke (``user``, ``assistant``, ``ai``, ``model``, ``bot``; others are passed over) and what."""

    role: str
    content: str
