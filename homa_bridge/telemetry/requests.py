"""Watches every request from outside: gives it an id, measures it, and notes it in the access log."""

import logging
from collections.abc import Callable
from time import perf_counter
from typing import Any, Final

from flask import Flask, Response, request

from . import request_id
from .logs import ACCESS
from .meters import UNMATCHED, Meters

log = logging.getLogger(ACCESS)

RULE: Final = "homa_bridge.rule"

Application = Callable[[dict[str, Any], Callable[..., Any]], Any]


def init_app(app: Flask, meters: Meters, *, access: bool) -> None:
    """Have every request watched.

    :param access: whether each is logged
    """
    app.after_request(_keep_rule)
    app.wsgi_app = Watch(app.wsgi_app, meters, access=access)  # type: ignore[method-assign]  # Flask's own way to add one


def _keep_rule(response: Response) -> Response:
    """Leave the rule where it is found once Flask has forgotten the request."""
    if request.url_rule is not None:
        request.environ[RULE] = request.url_rule.rule
    return response


class Watch:
    """Middleware around the whole application.

    :param access: whether each request is logged
    """

    def __init__(self, application: Application, meters: Meters, *, access: bool) -> None:
        self._application = application
        self._meters = meters
        self._access = access

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Handle one request."""
        began = perf_counter()
        own = request_id.chosen(environ.get(request_id.ENVIRON))
        mark = request_id.begin(own)
        status = "500"

        def start(line: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            nonlocal status
            status = line
            headers.append((request_id.HEADER, own))
            return start_response(line, headers, *error)

        try:
            return self._application(environ, start)
        finally:
            seconds = perf_counter() - began
            rule = _rule(environ)
            method = environ["REQUEST_METHOD"]
            statements = self._meters.count_request(rule, method, status, seconds)
            if self._access:
                _note(rule or UNMATCHED, method, status[:3], seconds, statements)
            request_id.end(mark)


def _rule(environ: dict[str, Any]) -> str | None:
    """Return the rule of the route that was found; None if none was."""
    rule = environ.get(RULE)
    return None if rule is None else str(rule)


def _note(rule: str, method: str, status: str, seconds: float, statements: int) -> None:
    """Write a line. The rule has no value of a visitor's in it; the path and the query may have."""
    milliseconds = round(seconds * 1_000, 1)
    members = {
        "method": method,
        "route": rule,
        "status": int(status),
        "milliseconds": milliseconds,
        "statements": statements,
    }
    log.info("%s %s %s %s ms %s statements", method, rule, status, milliseconds, statements, extra={"members": members})
