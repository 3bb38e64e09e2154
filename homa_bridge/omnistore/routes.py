"""The Omni-Store's routes."""

from flask import Blueprint, request

from ..application import omnistore
from ..fields import web_address
from ..http import Answer, operation
from ..identity.chain import current_visitor, current_writer, readable_token
from ..jsontext import JSONText
from . import schema
from .answers import shown, shown_messages

blueprint = Blueprint("omnistore", __name__)


@blueprint.post("/vault/sync")
@operation("Store one field, and in the snapshot too when the page is known.", schema.DoneFor, body=schema.SyncBody)
def sync(field: str, value: JSONText, page_url: str | None) -> Answer:
    """Store one field."""
    visitor = current_writer()
    omnistore().sync(visitor, field, value, page_url)
    return {"success": True, "message": "Data synced successfully", "session_token": visitor.token}


@blueprint.get("/vault/restore")
@operation("Return everything that is remembered of a visitor.", schema.Restored, query=schema.RestoreQuery)
def restore(session_token: str | None) -> Answer:
    """Return the memory."""
    memory = omnistore().restore(readable_token("session_token", session_token))
    return {"success": True, **shown(memory), "session_token": current_visitor().token}


@blueprint.post("/vault/clear")
@operation("Forget the form, or everything.", schema.Done, body=schema.ClearBody)
def clear(scope: str) -> Answer:
    """Forget."""
    omnistore().clear(current_writer(adds=False), everything=scope == "all")
    return {"success": True, "message": "Vault cleared successfully"}


@blueprint.post("/session/snapshot")
@operation("Save the whole form, and a summary of the chat.", schema.Done, body=schema.SnapshotBody)
def save_snapshot(form_snapshot: JSONText, chat_summary: str | None) -> Answer:
    """Save a snapshot."""
    omnistore().save_snapshot(current_writer(), web_address(request.referrer), form_snapshot, chat_summary)
    return {"success": True, "message": "Snapshot saved"}


@blueprint.post("/interest/track")
@operation("Add to a visitor's interest in a category.", schema.Done, body=schema.InterestBody)
def track_interest(category: str, score: int, source: str) -> Answer:
    """Add to an interest."""
    omnistore().track_interest(current_writer(), category, score, source)
    return {"success": True, "message": "Interest tracked"}


@blueprint.get("/chat/memory")
@operation("Return the newest messages of the conversation.", schema.Conversation, query=schema.ChatQuery)
def chat_messages(limit: int, session_id: str | None) -> Answer:
    """Return the conversation."""
    messages = omnistore().messages(readable_token("session_id", session_id), limit)
    return {
        "success": True,
        "messages": shown_messages(messages),
        "has_history": bool(messages),
        "session_token": current_visitor().token,
        "count": len(messages),
    }


@blueprint.post("/chat/memory")
@operation("Append a message to the conversation.", schema.DoneFor, body=schema.ChatMessageBody)
def add_chat_message(message_type: str, message_content: str, ai_metadata: JSONText | None) -> Answer:
    """Append a message."""
    visitor = current_writer()
    omnistore().add_message(visitor, message_type, message_content, ai_metadata)
    return {"success": True, "message": "Chat message saved successfully", "session_token": visitor.token}


@blueprint.post("/chat/memory/clear")
@operation("Forget the conversation.", schema.Done, body=schema.NoBody)
def clear_chat() -> Answer:
    """Forget the conversation."""
    omnistore().clear_messages(current_writer(adds=False))
    return {"success": True, "message": "Chat history cleared successfully"}
