"""The OpenAPI document, and thousands of requests that are generated from it."""

import re
from collections import Counter
from typing import Any

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from homa_bridge.http import OPERATIONS
from homa_bridge.identity.chain import GUEST_COOKIE

from .wire import API, BODIES, READERS, get, stored

HELD = "guest_" + "0123456789abcdef" * 2
CONTRACT = {("GET", path) for path in READERS} | {("POST", path) for path in BODIES}
TAKING = sorted(
    {("POST", path) for path in BODIES if BODIES[path]} | {("GET", "/vault/restore"), ("GET", "/chat/memory")}
)
"""The routes that take parameters; the others have nothing to be generated."""

CHECKS: list[CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
"""Not negative_data_rejection: as WordPress does, the routes take digits in texts, addresses that are none and bodies
that are no object."""


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    """Return the OpenAPI document."""
    response = client.get("/openapi.json")
    assert (response.status_code, response.mimetype) == (200, "application/json")
    return response.get_json()  # type: ignore[no-any-return]


def test_the_contract_has_twelve_routes() -> None:
    assert len(CONTRACT) == 12


def test_every_route_of_the_contract_is_described(document: dict[str, Any]) -> None:
    described = {
        (method.upper(), path.removeprefix(API))
        for path, methods in document["paths"].items()
        for method in methods
        if path.startswith(API)
    }
    assert described == CONTRACT


def test_every_route_of_the_api_declares_what_it_takes(app: Flask) -> None:
    views = {
        f"{view.__module__}.{view.__name__}"
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(API)
        for view in [app.view_functions[rule.endpoint]]
    }
    assert len(views) == 12
    assert views <= set(OPERATIONS)


def test_every_operation_has_a_name_of_its_own(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]
    assert len(names) == len(set(names))


def test_the_document_is_valid(app: Flask) -> None:
    schemathesis.openapi.from_wsgi("/openapi.json", app, config=SchemathesisConfig()).validate()


def test_every_reference_is_defined(client: FlaskClient, document: dict[str, Any]) -> None:
    named = set(re.findall(r'"#/components/schemas/(\w+)"', client.get("/openapi.json").get_data(as_text=True)))
    assert named == set(document["components"]["schemas"])


def test_that_too_much_is_refused_is_described_where_it_is(document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert ("429" in operation["responses"]) is path.startswith(API), path


@pytest.mark.parametrize("path", BODIES)
def test_every_parameter_of_a_body_is_described(document: dict[str, Any], path: str) -> None:
    assert set(described_body(document, path).get("properties", {})) == set(BODIES[path])


@pytest.mark.parametrize("path", BODIES)
def test_a_body_may_have_unknown_members(document: dict[str, Any], path: str) -> None:
    assert described_body(document, path).get("additionalProperties", True) is not False


def described_body(document: dict[str, Any], path: str) -> dict[str, Any]:
    """Return the schema of a route's body."""
    schema = document["paths"][API + path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    found: dict[str, Any] = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return found


def test_every_parameter_of_a_query_is_described(document: dict[str, Any]) -> None:
    described = {
        (path.removeprefix(API), parameter["name"])
        for path, methods in document["paths"].items()
        for operation in methods.values()
        for parameter in operation.get("parameters", [])
    }
    assert described == {("/vault/restore", "session_token"), ("/chat/memory", "limit"), ("/chat/memory", "session_id")}


def exercise(app: Flask, method: str, path: str, mode: GenerationMode, examples: int) -> Counter[int]:
    """Send generated requests as one guest and hold every answer to the document; a refused one changes nothing.

    :param mode: whether the requests fit the document or are made not to
    :returns: how many answers had each status
    """
    schema = schemathesis.openapi.from_wsgi("/openapi.json", app, config=SchemathesisConfig())
    reader = app.test_client()
    reader.set_cookie(GUEST_COOKIE, HELD)
    last = [get(reader, "/vault/restore").data]
    codes = Counter[int]()

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=schema[API + path][method].as_strategy(mode))
    def send(case: Case[Any]) -> None:
        response = case.call(headers={"Cookie": f"{GUEST_COOKIE}={HELD}"})
        codes[response.status_code] += 1
        case.validate_response(response, checks=CHECKS)
        now = get(reader, "/vault/restore").data
        if response.status_code != 200:
            assert now == last[0], "a refused request has changed the memory"
        last[0] = now

    send()
    return codes


@pytest.mark.parametrize(("method", "path"), sorted(CONTRACT))
def test_requests_that_fit_the_document(app: Flask, method: str, path: str) -> None:
    assert exercise(app, method, path, GenerationMode.POSITIVE, 120 if (method, path) in TAKING else 5)[200]


@pytest.mark.parametrize(("method", "path"), TAKING)
def test_requests_that_do_not_fit_the_document(app: Flask, method: str, path: str) -> None:
    assert exercise(app, method, path, GenerationMode.NEGATIVE, 120)[400]


def test_a_generated_request_reaches_the_memory(app: Flask) -> None:
    exercise(app, "POST", "/vault/sync", GenerationMode.POSITIVE, 120)
    assert stored(app).get("homa_vault")
