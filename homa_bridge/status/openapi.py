"""The OpenAPI 3 document of all routes, made from what the routes declare."""

from importlib.metadata import version
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask

from ..fields import JSONValue
from ..http import API, INTERNAL, OPERATIONS, Operation
from . import schema


def document(app: Flask) -> dict[str, Any]:
    """Return the document. The internal routes are not in it: nobody but the plugin of the same version calls them.

    :param app: the application whose routes are described
    """
    plugin = MarshmallowPlugin(schema_name_resolver=_unique_name)
    spec = APISpec(
        title="homa-bridge",
        version=version("homa-bridge"),
        openapi_version="3.1.0",
        info={"description": "The memory of a WordPress shop's AI assistant. Guests are known by a cookie."},
        plugins=[plugin],
    )
    plugin.converter.add_attribute_function(_any_value)  # type: ignore[union-attr]  # it is there since the plugin has a spec
    spec.components.schema("Error", schema=schema.Error)
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        view = app.view_functions[rule.endpoint]
        declared = OPERATIONS.get(f"{view.__module__}.{view.__name__}")
        if declared is not None and not rule.rule.startswith(INTERNAL):
            described = {
                **_operation(declared, rule.rule),
                "operationId": view.__name__,
                "tags": [rule.endpoint.split(".")[0]],
            }
            methods = sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
            spec.path(path=rule.rule, operations={method.lower(): described for method in methods})
    return spec.to_dict()


def _operation(declared: Operation, path: str) -> dict[str, Any]:
    described: dict[str, Any] = {
        "summary": declared.summary,
        "responses": {
            "200": {"description": "Done.", "content": {"application/json": {"schema": declared.answer}}},
            **{
                str(status): _error(text) for status, text in schema.ERRORS.items() if _may_fail(declared, path, status)
            },
        },
    }
    if declared.body is not None:
        needed = any(field.required for field in declared.body().fields.values())
        described["requestBody"] = {"required": needed, "content": {"application/json": {"schema": declared.body}}}
    if declared.query is not None:
        described["parameters"] = [{"in": "query", "schema": declared.query}]
    return described


def _may_fail(declared: Operation, path: str, status: int) -> bool:
    if status == 403:
        return path.startswith(API)
    if status in {409, 413, 415}:
        return declared.body is not None
    if status == 429:
        return path.startswith(API)
    return status != 400 or declared.body is not None or declared.query is not None


def _error(text: str) -> dict[str, Any]:
    return {"description": text, "content": {"application/json": {"schema": schema.Error}}}


def _unique_name(declared: Any) -> str:
    """Name a schema by its class; two domains may use the same noun, so the domain's name stands before it."""
    kind = declared if isinstance(declared, type) else type(declared)
    return "".join(part.capitalize() for part in kind.__module__.split(".")[-2:-1]) + str(kind.__name__)


def _any_value(_converter: object, field: object, **_: object) -> dict[str, Any]:
    """Describe a parameter that may be any JSON value but null."""
    types = ["string", "number", "boolean", "array", "object"]
    return {"type": types} if isinstance(field, JSONValue) else {}
