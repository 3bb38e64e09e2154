"""The use cases of the compressor."""

from itertools import groupby
from typing import TypedDict

from ..jsontext import JSONText, parse
from .compressor import Compressor
from .message import Message
from .metrics import Metrics, measure


class Compressed(TypedDict):
    """A conversation's summary and its numbers."""

    compressed_summary: str
    metrics: Metrics


def compress_conversation(compressor: Compressor, messages: list[Message]) -> Compressed:
    """Summarise a conversation and count what it consists of."""
    return {"compressed_summary": compressor.compress(messages), "metrics": measure(messages)}


def conversation_of(stored: JSONText) -> list[Message]:
    """Read the conversation that the site's script keeps in one field.

    The script calls every listener twice, so that each message stands there twice in a row; repeats count once. What
    is no message (``{role, content}``) is left out.
    """
    kept = parse(stored)
    messages = [
        Message(str(item.get("role", "user")), item["content"])
        for item in (kept if isinstance(kept, list) else [])
        if isinstance(item, dict) and isinstance(item.get("content"), str)
    ]
    return [message for message, _ in groupby(messages)]
