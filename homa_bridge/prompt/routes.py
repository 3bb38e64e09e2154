"""The prompt's route."""

from flask import Blueprint

from ..application import prompts
from ..http import Answer, operation
from ..identity.chain import current_visitor
from . import schema

blueprint = Blueprint("prompt", __name__)


@blueprint.get("/memory/summary")
@operation("Put the visitor's memory into words for the assistant.", schema.Remembered)
def summary() -> Answer:
    """Put the memory into words."""
    return {"success": True, **prompts().context(current_visitor().token)}
