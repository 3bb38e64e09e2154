"""Watches every request from outside: gives it an id, measures it, and notes it in the access log."""

import logging
from collections.abc import Callable
from time import perf_counter
from typing import Any

from . import request_id
from .logs import ACCESS
from .meters import UNMATCHED, Meters

log = logging.getLogger(ACCESS)

Application = Callable[[dict[str, Any], Callable[..., Any]], Any]


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
        status, rule = "500", None

        def start(line: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            nonlocal status, rule
            status = line
            found = environ.get("werkzeug.request")  # Flask takes it out before the application returns
            rule = None if found is None else found.url_rule
            headers.append((request_id.HEADER, own))
            return start_response(line, headers, *error)

        try:
            return self._application(environ, start)
        finally:
            seconds = perf_counter() - began
            route = None if rule is None else rule.rule
            method = environ["REQUEST_METHOD"]
            statements = self._meters.count_request(route, method, status, seconds)
            if self._access:
                _note(route or UNMATCHED, method, status[:3], seconds, statements)
            request_id.end(mark)


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
