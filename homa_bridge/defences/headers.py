"""The headers of every answer, and which other sites' scripts may read one."""

import re

from flask import Flask, Response, request
from flask_cors import CORS

from ..application import services
from ..http import API, RETRY_AFTER

PREFLIGHT_SECONDS = 600
DOCUMENTATION_FILES = "status.swagger_ui.show"  # they say nothing of anybody, and may be kept

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
    is_page = (response.content_type or "").startswith("text/html")
    response.headers["X-Content-Type-Options"] = "nosniff"
    if is_page or "Cache-Control" not in response.headers or request.endpoint != DOCUMENTATION_FILES:
        response.headers["Cache-Control"] = "no-store"
    if is_page:
        response.headers.extend(HTML_HEADERS)
    return response
