"""The headers of every answer, and which other sites' scripts may read one."""

import re

from flask import Flask, Response, request
from flask_cors import CORS

from ..application import services
from ..http import API, RETRY_AFTER

PREFLIGHT_SECONDS = 600

HTML_HEADERS = {
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",  # the validation page tells the memory its own address by it
}


def init_app(app: Flask) -> None:
    """Give every answer its headers, and let the scripts of the sites in that the owner has named."""
    app.after_request(_harden)
    if origins := services().settings.defences.origins:
        CORS(
            app,
            resources={re.compile(re.escape(API) + "/"): {}},
            origins=[re.compile(re.escape(origin) + r"\Z") for origin in origins],
            supports_credentials=True,
            methods=["GET", "POST"],
            allow_headers=["Content-Type", "X-WP-Nonce"],
            expose_headers=[RETRY_AFTER],
            max_age=PREFLIGHT_SECONDS,
            always_send=False,
        )


def _harden(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    if request.endpoint is None or not request.endpoint.endswith("swagger_ui.show") or response.mimetype == "text/html":
        response.headers["Cache-Control"] = "no-store"
    if response.mimetype == "text/html":
        response.headers.extend(HTML_HEADERS)
    return response
