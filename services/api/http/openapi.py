"""The OpenAPI document, made from the table of routes: `python -m services.api.http.openapi > contracts/openapi.json`."""

import sys
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from infra.descriptions import even
from infra.event_store.answers import IDEMPOTENCY_KEY_LENGTH_MAX
from services.api.http.parameters import json_schema_of_parameters
from services.api.http.problems import MEDIA_TYPE as PROBLEM_JSON
from services.api.http.problems import TITLES, ProblemDocument
from services.api.http.routing import JSON, POSITION_HEADER, Route
from services.api.resources.commands import KEY_HEADER
from services.api.resources.path_variables import VARIABLES

VERSION: Final = "1"
REF: Final = "#/components/schemas/{name}"
DESCRIPTION: Final = """Commands go in, answers come out of tables that follow the log.

A command answers with the `position` of its last event. A read says in the header `Clienteling-Position` up to where the log
is in it; with `?at_least=POSITION` it waits until the position is, so that you read what you have just written.

Money is integer minor units (`_minor`), rates are basis points (`_bp`), instants are ISO 8601 in UTC, and errors are problem
documents (RFC 9457) whose `errors` name the fields. Send every command with an `Idempotency-Key` of your own: the same key
with the same content always gives the first answer again."""


def openapi_document(routes: Sequence[Route]) -> dict[str, Any]:
    """The document of these routes, as OpenAPI 3.1 has it."""
    types = _each_once(
        [ProblemDocument, *(kind for route in routes for kind in (route.body, route.answer) if kind)]
    )
    schemas, components = msgspec.json.schema_components(types, ref_template=REF)
    schema_of = dict(zip(map(_key, types), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schema_of)
    groups = _each_once([route.group for route in routes if route.group])
    return {
        "openapi": "3.1.0",
        "info": {"title": "clienteling", "version": VERSION, "description": DESCRIPTION},
        "servers": [{"url": "/"}],
        "tags": [{"name": group} for group in groups],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(components.items())),
            "responses": _problem_responses(schema_of[_key(ProblemDocument)]),
            "parameters": {"IdempotencyKey": _idempotency_key()},
            "headers": {"Position": _position_header()},
        },
    }


def _operation(route: Route, schema_of: dict[Any, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.operation_id,
        "tags": [route.group] if route.group else [],
        "summary": route.summary,
        "description": route.description,
        "parameters": [*_path_parameters(route), *_query_parameters(route)],
        "responses": _responses(route, schema_of),
    }
    if route.body is not None:
        operation["parameters"].append({"$ref": "#/components/parameters/IdempotencyKey"})
        content = {JSON: {"schema": schema_of[_key(route.body)]}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": msgspec.json.schema(VARIABLES[name])}
        for name in route.variables
    ]


def _query_parameters(route: Route) -> list[dict[str, Any]]:
    if route.parameters is None:
        return []
    _, components = msgspec.json.schema_components([route.parameters], ref_template=REF)
    return json_schema_of_parameters(route.parameters, components)


def _idempotency_key() -> dict[str, Any]:
    return {
        "name": KEY_HEADER,
        "in": "header",
        "required": True,
        "description": "A key of your own; sent again, it gives the first answer again.",
        "schema": {
            "type": "string",
            "minLength": 1,
            "maxLength": IDEMPOTENCY_KEY_LENGTH_MAX,
            "pattern": "^[!-~]([ -~]*[!-~])?$",
        },
    }


def _responses(route: Route, schema_of: dict[Any, Any]) -> dict[str, Any]:
    schema = {"type": "string"} if route.answer is None else schema_of[_key(route.answer)]
    good: dict[str, Any] = {"content": {route.media_type: {"schema": schema}}}
    if route.positioned:
        good["headers"] = {POSITION_HEADER: {"$ref": "#/components/headers/Position"}}
    described = {200: "The answer", 201: "Done; these facts were recorded"}
    return {
        **{str(status): {"description": described[status], **good} for status in sorted(route.statuses)},
        **{str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in route.problems},
        "default": {"$ref": "#/components/responses/Problem"},
    }


def _problem_responses(schema: dict[str, Any]) -> dict[str, Any]:
    problem = {"content": {PROBLEM_JSON: {"schema": schema}}}
    return {
        "Problem": {"description": "A problem", **problem},
        **{f"Problem{status}": {"description": title, **problem} for status, title in TITLES.items()},
    }


def _position_header() -> dict[str, Any]:
    return {
        "description": "Up to where the log is in this answer.",
        "schema": {"type": "integer", "minimum": 0},
    }


def _each_once(values: Iterable[Any]) -> list[Any]:
    return list({_key(value): value for value in values}.values())


def _key(value: Any) -> str:
    # Types such as list[Row] are equal but not one object, and annotated ones cannot be hashed.
    return repr(value)


def openapi_json(routes: Sequence[Route]) -> bytes:
    """The document as it is served and committed: indented, with a line break at its end."""
    return msgspec.json.format(msgspec.json.encode(even(openapi_document(routes))), indent=2) + b"\n"


if __name__ == "__main__":
    from services.api.resources.routes import ROUTES

    sys.stdout.buffer.write(openapi_json(ROUTES))
