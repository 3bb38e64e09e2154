"""The unit of a conversation."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Final

USER_ROLES = frozenset({"user"})
ASSISTANT_ROLES = frozenset({"assistant", "ai", "model", "bot"})
_DIGITS: Final = 32


@dataclass(frozen=True, slots=True)
class Message:
    """Hold one message: who spoke and what; a ``role`` that is in neither set of this module is passed over."""

    role: str
    content: str

    def fingerprint(self) -> str:
        """Return what tells the message from others, of one length however long it is."""
        return sha256(f"{self.role}\n{self.content}".encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
