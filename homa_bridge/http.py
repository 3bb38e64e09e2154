"""What the service has of HTTP: the blueprints, the loading of parameters, answers, and errors in WordPress's shape."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

import msgspec
from flask import Flask, Response, current_app, request
from marshmallow import Schema, ValidationError, missing
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound, RequestEntityTooLarge

from . import errors
from .jsontext import JSONText, body_members
from .refusals import refusal

log = logging.getLogger(__name__)

API = "/wp-json/homaye-tabesh/v1"
INTERNAL = "/internal"
RETRY_AFTER = "Retry-After"
DISCARDED_BYTES = 8 * 2**20

Answer = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Operation:
    """What a route takes and gives, for loading its parameters and for the OpenAPI document.

    :param summary: one sentence for the documentation
    :param answer: what a 200 holds
    :param body: the members of the JSON body, if the route reads one
    :param query: the query's parameters, if the route reads any
    """

    summary: str
    answer: type[Schema]
    body: type[Schema] | None = None
    query: type[Schema] | None = None


OPERATIONS: dict[str, Operation] = {}
"""The operation of every endpoint, by the view's qualified name."""


def operation(
    summary: str, answer: type[Schema], *, body: type[Schema] | None = None, query: type[Schema] | None = None
) -> Callable[[Callable[..., Answer]], Callable[..., Response]]:
    """Load a route's parameters, hand them to the view by name, and send what it returns as JSON.

    :raises InvalidBody, UnsupportedMediaType, MissingParameters, InvalidParameters: before the view runs
    """
    declared = Operation(summary, answer, body, query)
    loader = Loader(body()) if body else None
    query_loader = Loader(query()) if query else None

    def decorate(view: Callable[..., Answer]) -> Callable[..., Response]:
        @wraps(view)
        def loaded() -> Response:
            parameters: dict[str, Any] = {}
            if loader is not None:
                parameters |= loader.load(_read_body())
            if query_loader is not None:
                parameters |= query_loader.load(_read_query())
            return answer_json(view(**parameters))

        OPERATIONS[f"{view.__module__}.{view.__name__}"] = declared
        return loaded

    return decorate


class Loader:
    """Loads parameters as WordPress does: first all that are missing are told, then all that are invalid.

    A null counts as missing where the parameter is required and as absent where it is not; where one is required and
    may be null, it is a value. Unknown parameters are ignored.

    :param schema: its fields say everything; it has no hooks
    """

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._fields = schema.load_fields
        self._required = [name for name, field in self._fields.items() if field.required]
        self._nullable = frozenset(name for name in self._required if self._fields[name].allow_none)

    def load(self, given: Mapping[str, JSONText]) -> dict[str, Any]:
        """Return the values by name.

        :param given: JSON texts by name
        :raises MissingParameters, InvalidParameters: if there are any
        """
        present = {name: text for name, text in given.items() if text != "null" or name in self._nullable}
        lacking = [name for name in self._required if name not in present]
        if lacking:
            raise errors.MissingParameters(lacking)
        try:
            # The schema's own load() does the same, looks for hooks on the way, and costs three times as much.
            return {
                name: field.deserialize(present.get(name, missing), name, present)
                for name, field in self._fields.items()
                if name in present or field.load_default is not missing
            }
        except ValidationError:
            raise errors.InvalidParameters(self._reasons(present)) from None

    def _reasons(self, present: Mapping[str, JSONText]) -> dict[str, str]:
        """Return what is wrong with each parameter: not with the first one alone."""
        found = self._schema.validate(present)
        return {str(name): _reason(messages) for name, messages in found.items()}


def answer_json(content: Answer, status: int = 200) -> Response:
    """Send an object as JSON. JSON texts in it (:class:`msgspec.Raw`) are sent as they are."""
    return Response(msgspec.json.encode(content), status, mimetype="application/json")


def raw(text: JSONText | None) -> msgspec.Raw | None:
    """Return a JSON text in the form in which it is sent as it is."""
    return None if text is None else msgspec.Raw(text.encode())


def init_app(app: Flask) -> None:
    """Register the blueprints and the error handlers."""
    from .context.routes import blueprint as context  # noqa: PLC0415  (the routes import this module)
    from .facade.routes import blueprint as internal  # noqa: PLC0415
    from .omnistore.routes import blueprint as omnistore  # noqa: PLC0415
    from .persona.routes import blueprint as persona  # noqa: PLC0415
    from .privacy.routes import blueprint as privacy  # noqa: PLC0415
    from .prompt.routes import blueprint as prompt  # noqa: PLC0415
    from .status.routes import blueprint as status  # noqa: PLC0415

    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.wsgi_app = CanonicalPath(app.wsgi_app)  # type: ignore[method-assign]  # Flask's own way to add a middleware
    for blueprint in (omnistore, persona, prompt, context):
        app.register_blueprint(blueprint, url_prefix=API)
    for blueprint in (internal, privacy):
        app.register_blueprint(blueprint, url_prefix=INTERNAL)
    app.register_blueprint(status)
    app.register_error_handler(errors.HomaError, answer_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unknown_error)


class CanonicalPath:
    """Middleware that spells the API's paths as they are declared: WordPress matches them in any case."""

    def __init__(self, application: Callable[..., Any]) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Handle one request."""
        lowered = environ.get("PATH_INFO", "").lower()
        if lowered.startswith(API):
            environ["PATH_INFO"] = lowered
        return self._application(environ, start_response)


def _read_body() -> dict[str, JSONText]:
    """Read the body's members.

    :raises InvalidBody: if it is no JSON, or did not arrive whole
    :raises RequestEntityTooLarge: if it is too large, declared or in chunks
    """
    data = whole_body()
    if data and not request.is_json:
        raise errors.UnsupportedMediaType
    return body_members(data, current_app.config["MAX_NESTING"])


def whole_body() -> bytes:
    """Return the body as it was sent; asked twice in a request, the answer is the same.

    :raises InvalidBody: if it did not arrive whole
    :raises RequestEntityTooLarge: if it is too large, declared or in chunks
    """
    try:
        data = request.get_data()
    except HTTPException:
        raise
    except Exception as error:  # each web server has exceptions of its own for chunks that are none
        raise errors.InvalidBody("The body did not arrive whole.") from error
    if len(data) > current_app.config["MAX_BODY_BYTES"]:
        raise RequestEntityTooLarge
    declared = request.content_length
    if declared is not None and len(data) < declared:
        raise errors.InvalidBody("The body did not arrive whole.")
    return data


def _discard_body() -> None:
    """Take in a refused body, within bounds: a connection closed on unread data may lose the answer with it."""
    left = min(request.content_length or 0, DISCARDED_BYTES)
    while left > 0 and (piece := request.environ["wsgi.input"].read(min(left, 65_536))):
        left -= len(piece)


def _read_query() -> dict[str, JSONText]:
    last = {name: values[-1] for name, values in request.args.lists()}  # as in PHP
    return {name: JSONText(msgspec.json.encode(text).decode()) for name, text in last.items()}


def _reason(messages: object) -> str:
    """Put marshmallow's messages for one parameter, which nest where the parameter does, into one sentence."""
    if isinstance(messages, dict):
        place, inner = next(iter(messages.items()))
        return f"{place}: {_reason(inner)}"
    return " ".join(map(str, messages)) if isinstance(messages, list) else str(messages)


def _refuse(status: int, code: str, message: str, **data: object) -> Response:
    return answer_json({"code": code, "message": message, "data": {"status": status, **data}}, status)


def answer_error(error: errors.HomaError) -> Response:
    """Refuse a request because of an error; one that is nobody's business is told as an unknown one."""
    found = refusal(error)
    if found is None:
        return _unknown_error(error)
    _discard_body()
    response = _refuse(found.status, found.code, found.message, **found.data)
    if found.retry_after is not None:
        response.headers[RETRY_AFTER] = str(found.retry_after)
    return response


def _http_error(error: HTTPException) -> Response:
    match error:
        case NotFound() | MethodNotAllowed():
            return _refuse(404, "rest_no_route", "No route was found matching the URL and request method.")
        case RequestEntityTooLarge():
            _discard_body()
            limit = current_app.config["MAX_BODY_BYTES"]
            return _refuse(413, "homa_body_too_large", f"The body is larger than {limit:,} bytes.")
        case HTTPException(code=int(status)) if status >= 400:
            return _refuse(status, "homa_bad_request", error.name)
        case _:
            response = error.get_response()
            return Response(response.get_data(), response.status_code, response.headers)


def _unknown_error(error: Exception) -> Response:
    # The exception's text may quote what a visitor typed: the log gets its kind and place alone.
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else "?"
    log.error("%s at %s in %s %s", type(error).__name__, where, request.method, request.path)
    return _refuse(500, "homa_internal_error", "The memory failed. The site's log says where.")
