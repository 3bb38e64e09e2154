"""The persona's routes."""

from flask import Blueprint, request

from ..application import personas
from ..http import Answer, operation
from ..identity.chain import current_visitor
from ..omnistore.service import INTERESTS_SHOWN
from . import schema

blueprint = Blueprint("persona", __name__)


@blueprint.get("/persona/analyze")
@operation("Recognise the visitor's persona.", schema.Analyzed)
def analyze() -> Answer:
    """Recognise the persona."""
    analysis = personas().analyze(current_visitor().token, request.referrer)
    return {"success": True, **{name: analysis[name] for name in ("persona", "strategy", "from_torob")}}


@blueprint.get("/vault/interests")
@operation("Return the visitor's strongest interests, for the Explore widget.", schema.Explored)
def interests() -> Answer:
    """Return the interests."""
    analysis = personas().analyze(current_visitor().token, request.referrer)
    shown = analysis["interests"][:INTERESTS_SHOWN]
    items = [{"category": item["category"], "score": item["score"], "context": "", "related_url": ""} for item in shown]
    return {"success": True, "interests": items, "persona": {**analysis["persona"], "interests": shown}}
