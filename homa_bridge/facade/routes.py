"""The internal routes, for the site's own PHP code alone: none answers a request that is not signed."""

from typing import Literal

import msgspec
from flask import Blueprint, request

from ..application import facade, services
from ..http import Answer, operation
from ..identity.chain import current_visitor, current_writer
from ..identity.signed import demand_own_site, demand_signature, is_foreign
from ..jsontext import JSONText, members
from ..omnistore.answers import shown
from ..omnistore.schema import NoBody, Restored
from ..omnistore.service import INTERESTS_SHOWN
from ..persona.texts import TEXTS
from ..status.routes import described
from . import schema

blueprint = Blueprint("internal", __name__)
blueprint.before_request(demand_signature)

PERSONAS = msgspec.Raw(msgspec.json.encode({slug: text._asdict() for slug, text in TEXTS.items()}))


@blueprint.get("/status")
@operation("Say how the service, its tables and its clocks are, and which site it serves.", schema.SiteStatus)
def status() -> Answer:
    """Say how things are."""
    settings = services().settings
    login = settings.login.fingerprint(settings.shared_secret or "") if settings.login else None
    return {**described(), "site_url": settings.site_url, "is_foreign": is_foreign(), "login": login}


@blueprint.post("/tables")
@operation("Create the tables that are missing.", schema.CreatedTables, body=NoBody)
def create_tables() -> Answer:
    """Create missing tables."""
    demand_own_site()
    return {"success": True, "tables": facade().create_tables()}


@blueprint.post("/cleanup")
@operation("Delete what has expired, for a while.", schema.Cleaned, body=NoBody)
def clean_up() -> Answer:
    """Delete what has expired."""
    demand_own_site()
    cleaned = facade().clean_up()
    return {"success": True, **cleaned.rows._asdict(), "done": cleaned.done}


@blueprint.get("/context")
@operation("Return what is known of the visitor, in words and numbers.", schema.Known)
def context() -> Answer:
    """Return what is known."""
    visitor = current_visitor()
    known = facade().know(visitor.token, request.referrer)
    found = known.analysis
    profile = {**found["persona"], "interests": found["interests"][:INTERESTS_SHOWN]}
    numbers = {"persona": profile, "strategy": found["strategy"], "from_torob": found["from_torob"]}
    words = {**known.prompt, "who_am_i": known.who_am_i, "personas": PERSONAS}
    return {"success": True, "session_token": visitor.token, **words, **numbers}


@blueprint.get("/memory")
@operation("Return what is stored under a token.", Restored, query=schema.MemoryQuery)
def memory(token: str | None, interests: int, messages: int) -> Answer:
    """Return the memory."""
    visitor = current_visitor()
    found = facade().recall(token or visitor.token, interests, messages)
    return {"success": True, "session_token": visitor.token, **shown(found)}


@blueprint.post("/merge")
@operation("Make one memory of a user's and of the guest's that the user has been.", schema.SucceededFor, body=NoBody)
def merge() -> Answer:
    """Make one memory of two, which is done wherever it is asked who is calling."""
    return {"success": True, "session_token": current_writer().token}


@blueprint.post("/vault")
@operation("Store one field, with what the assistant noted.", schema.SucceededFor, body=schema.VaultBody)
def store(field: str, value: JSONText, insight: str | None) -> Answer:
    """Store one field."""
    visitor = current_writer()
    facade().store(visitor, field, value, insight)
    return {"success": True, "session_token": visitor.token}


@blueprint.post("/clear")
@operation("Forget the session or the conversation.", schema.Succeeded, body=schema.ClearBody)
def clear(what: Literal["session", "chat"], token: str | None) -> Answer:
    """Forget."""
    facade().clear(current_writer(adds=False), what, token)
    return {"success": True}


@blueprint.post("/persona-score")
@operation("Add to a persona's score.", schema.Succeeded, body=schema.PersonaScoreBody)
def add_persona_score(persona: str, score: int) -> Answer:
    """Add to a score."""
    return {"success": facade().add_persona_score(current_writer(), persona, score)}


@blueprint.post("/form-summary")
@operation("Put a form into words.", schema.Told, body=schema.FormBody)
def summarise_form(form: JSONText) -> Answer:
    """Put a form into words."""
    return {"success": True, "text": facade().summarise_form(members(form))}


@blueprint.post("/enrich")
@operation("Put what is known before a message.", schema.Told, body=schema.EnrichBody)
def enrich(message: str, context: JSONText) -> Answer:
    """Enrich a message."""
    return {"success": True, "text": facade().enrich(current_visitor().token, message, members(context))}
