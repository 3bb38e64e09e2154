"""The validation page, the documentation, and how the service is."""

from functools import cache
from hmac import compare_digest
from importlib.metadata import version

from flask import Blueprint, Response, current_app, redirect, request, send_file
from flask_swagger_ui import get_swaggerui_blueprint
from werkzeug.wrappers import Response as BaseResponse

from .. import resources
from ..application import facade, services
from ..context.tokens import estimate_tokens
from ..errors import NotReady
from ..http import Answer, answer_json, operation
from ..identity.chain import current_visitor
from ..identity.connection import is_local
from ..identity.signed import demand_signature
from ..telemetry.meters import CONTENT_TYPE
from . import openapi, schema
from .service import inspect_database

blueprint = Blueprint("status", __name__)

blueprint.register_blueprint(
    get_swaggerui_blueprint("/docs", "/openapi.json", {"app_name": "homa-bridge", "validatorUrl": None})
)


@blueprint.get("/")
def home() -> BaseResponse:
    """Lead to the validation page."""
    return redirect("validate.html")


@blueprint.get("/validate.html")
def validation_page() -> Response:
    """Show the validation page."""
    return send_file(resources.path("validate.html"), max_age=0)


@blueprint.get("/openapi.json")
def openapi_document() -> Response:
    """Send the OpenAPI document."""
    return answer_json(_document())


@blueprint.get("/healthz")
@operation("Say that the service is alive; asks nothing of the database.", schema.Alive)
def healthz() -> Answer:
    """Say that the service is alive."""
    return {"alive": True}


@blueprint.get("/readyz")
@operation("Say whether the service can answer visitors now; looks once a second at most.", schema.Ready)
def readyz() -> Answer:
    """Say whether the service can answer visitors now.

    :raises NotReady: if it cannot
    """
    obstacle = services().readiness.obstacle()
    if obstacle is not None:
        raise NotReady(obstacle)
    return {"ready": True}


@blueprint.get("/metrics")
def metrics() -> Response:
    """Send the measurements to a Prometheus: on this machine, or with the token or a signature."""
    if not _has_token():
        _demand_owner()
    return Response(services().meters.text(services().stored), content_type=CONTENT_TYPE)


@blueprint.get("/status")
@operation("Say how the service, its tables and its clocks are.", schema.Status)
def status() -> Answer:
    """Say how things are: to this machine, and to whoever holds the secret. Strangers need no versions and names."""
    _demand_owner()
    return described()


@blueprint.get("/preview")
@operation("Show what the assistant would get of the visitor now, and what that costs in tokens.", schema.Preview)
def preview() -> Answer:
    """Show what goes into the prompt. No visitor's script needs it, so that it is answered like the status."""
    _demand_owner()
    visitor = current_visitor()
    known = facade().know(visitor.token, request.referrer)
    section = known.prompt["section"]
    return {
        "success": True,
        "session_token": visitor.token,
        "section": section,
        "tokens": estimate_tokens(section),
        "budget": services().settings.prompt_tokens,
        "left_out": known.prompt["left_out"],
        "shortened": known.prompt["shortened"],
        "who_am_i": known.who_am_i,
    }


def described() -> dict[str, object]:
    """Return how the service, its tables and its clocks are."""
    found = services()
    return {
        "version": version("homa-bridge"),
        "time": found.clock.wall(),
        "time_zone": str(found.clock.zone),
        "database": inspect_database(found.database, found.clock, count=True).as_dict(),
    }


def _demand_owner() -> None:
    """Let this machine in, and whoever holds the secret.

    :raises SignatureMissing: if the request is neither
    """
    if not is_local():
        demand_signature()


def _has_token() -> bool:
    token = services().settings.telemetry.token
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    return token is not None and kind.lower() == "bearer" and compare_digest(given.strip().encode(), token.encode())


@cache
def _document() -> dict[str, object]:
    return openapi.document(current_app)
