"""The use cases of the compressor."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple, TypedDict

from ..jsontext import JSONText, newest_elements, parse
from .compressor import Compressor
from .message import Message
from .metrics import Metrics, measure

CHARACTERS_READ = 200_000  # of a conversation


class Compressed(TypedDict):
    """A conversation's summary and its numbers."""

    compressed_summary: str
    metrics: Metrics


def compress_conversation(compressor: Compressor, messages: list[Message]) -> Compressed:
    """Summarise a conversation and count what it consists of."""
    return {"compressed_summary": compressor.compress(messages), "metrics": measure(messages)}


def conversation_of(stored: JSONText) -> list[Message]:
    """Read the conversation that the site's script keeps in one field, repeats once; see :func:`newest_of`."""
    return list(newest_of(stored))[::-1]


def newest_of(stored: JSONText) -> Iterator[Message]:
    """Yield the messages that the site's script keeps in one field, newest first, reading no more than is asked for.

    The script calls every listener twice, so that each message is stored twice; repeats count once. What is no
    message (``{role, content}``) is left out.
    """
    return _distinct(filter(None, map(_said, newest_elements(stored))))


def distinct(newest: Iterable[Message]) -> Iterator[Message]:
    """Yield messages without those that repeat their neighbour."""
    return (message for message, _ in groupby(newest))


def worth_reading(newest: Iterable[Message]) -> list[Message]:
    """Return the newest messages, the oldest of them first, as many as are worth reading while somebody waits."""
    taken: list[Message] = []
    room = CHARACTERS_READ
    for message in newest:
        if len(message.content) > CHARACTERS_READ:
            continue  # what is pasted whole must not hide all that was said before
        room -= len(message.content)
        if room < 0:
            break
        taken.append(message)
    return taken[::-1]


class _Said(NamedTuple):
    """A message, and when it was said, as the script noted it."""

    message: Message
    timestamp: str


def _said(stored: JSONText) -> _Said | None:
    item = parse(stored)
    if not isinstance(item, dict) or not isinstance(item.get("content"), str):
        return None
    timestamp = item.get("timestamp")
    return _Said(Message(str(item.get("role", "user")), item["content"]), "" if timestamp is None else str(timestamp))


def _distinct(newest: Iterable[_Said]) -> Iterator[Message]:
    """Yield each message once: a repeat has its neighbour's words, or the same words at the same time."""
    told: set[_Said] = set()
    last = None
    for said in newest:
        if said.message != last and (not said.timestamp or said not in told):
            yield said.message
        last = said.message
        told.add(said)
