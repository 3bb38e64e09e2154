"""The compressor's route."""

from flask import Blueprint

from ..application import compressor
from ..http import Answer, operation
from . import schema
from .message import Message
from .service import compress_conversation

blueprint = Blueprint("context", __name__)


@blueprint.post("/context/compress")
@operation("Turn a conversation into the few facts that matter.", schema.Compressed, body=schema.CompressBody)
def compress(messages: list[Message]) -> Answer:
    """Compress a conversation."""
    return {"success": True, **compress_conversation(compressor(), messages)}
