"""How a memory is shown in an answer."""

from collections.abc import Sequence

from ..http import Answer, raw
from .model import ChatRecord, Memory, SessionRecord


def shown(memory: Memory) -> dict[str, object]:
    """Return a memory as it is restored: fields, session, interests and conversation."""
    return {
        "vault_data": {
            key: {"value": raw(field.value), "insight": field.insight} for key, field in memory.fields.items()
        },
        "session": _session(memory.session),
        "interests": memory.interests,
        "chat_messages": shown_messages(memory.messages),
        "has_chat_history": bool(memory.messages),
    }


def shown_messages(messages: Sequence[ChatRecord]) -> list[Answer]:
    """Return messages as they are shown."""
    return [{**message._asdict(), "metadata": raw(message.metadata)} for message in messages]


def _session(session: SessionRecord | None) -> Answer | None:
    return None if session is None else {**session._asdict(), "form_snapshot": raw(session.form_snapshot)}
