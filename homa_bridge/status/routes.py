"""The validation page, the documentation, and how the service is."""

from functools import cache
from importlib.metadata import version
from pathlib import Path

from flask import Blueprint, Response, current_app, redirect, send_file, send_from_directory
from swagger_ui_bundle import swagger_ui_path
from werkzeug.wrappers import Response as BaseResponse

from .. import resources
from ..application import services
from ..http import Answer, answer_json, operation
from . import openapi, schema
from .service import inspect_database

blueprint = Blueprint("status", __name__)

DOCUMENTATION = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>homa-bridge: routes</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script>SwaggerUIBundle({url: "openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null});</script>
"""


@blueprint.get("/")
def home() -> BaseResponse:
    """Lead to the validation page."""
    return redirect("validate.html")


@blueprint.get("/validate.html")
def validation_page() -> Response:
    """Show the validation page."""
    return send_file(resources.path("validate.html"), max_age=0)


@blueprint.get("/docs")
def documentation() -> Response:
    """Show the documentation of all routes."""
    return Response(DOCUMENTATION, mimetype="text/html")


@blueprint.get("/docs/<name>")
def documentation_file(name: str) -> Response:
    """Send a file of Swagger UI, from its own package: nothing is loaded from another host."""
    return send_from_directory(Path(swagger_ui_path), name, max_age=86_400)


@blueprint.get("/openapi.json")
def openapi_document() -> Response:
    """Send the OpenAPI document."""
    return answer_json(_document())


@blueprint.get("/status")
@operation("Say how the service, its tables and its clocks are.", schema.Status)
def status() -> Answer:
    """Say how things are."""
    found = services()
    return {
        "version": version("homa-bridge"),
        "time": found.clock.wall(),
        "time_zone": str(found.clock.zone),
        "database": inspect_database(found.database, found.clock).as_dict(),
    }


@cache
def _document() -> dict[str, object]:
    return openapi.document(current_app)
