"""What an examination tells."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    :param remedy: what to do about it; None if there is nothing to do
    """

    level: Literal["right", "note", "wrong"]
    what: str
    remedy: str | None = None
