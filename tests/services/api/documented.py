"""Whether problem documents are those that the OpenAPI document lists for their route."""

import re
from functools import cache
from typing import Any

import httpx

from services.api.http.openapi import openapi_document
from services.api.http.problem_codes import PROBLEMS
from services.api.resources.route_handlers import ROUTE_HANDLERS

#: Problems of requests that reach no route.
WITHOUT_ROUTE = {"unknown_address", "method_not_allowed"}


@cache
def document() -> dict[str, Any]:
    return openapi_document(ROUTE_HANDLERS)


@cache
def _routes() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    """Every route with its methods; an address that names no identifier comes before one that does."""
    paths: dict[str, Any] = dict(sorted(document()["paths"].items(), key=lambda route: route[0].count("{")))
    return [(re.compile(re.sub(r"{\w+}", "[^/]*", path)), methods) for path, methods in paths.items()]


def codes_documented(method: str, path: str, status: int) -> set[str]:
    """The codes that a route's problem documents of a status have, by the OpenAPI document."""
    methods = next((methods for route, methods in _routes() if route.fullmatch(path)), {})
    response = methods.get(method.lower(), {}).get("responses", {}).get(str(status), {})
    if "$ref" in response:
        response = document()["components"]["responses"][response["$ref"].rpartition("/")[2]]
    schemas = (
        response.get("content", {}).get("application/problem+json", {}).get("schema", {}).get("allOf", ())
    )
    return {
        code for schema in schemas for code in schema.get("properties", {}).get("code", {}).get("enum", ())
    }


async def check_problem_is_documented(response: httpx.Response) -> None:
    """A hook of a client: fails where a problem document has a code that is not documented for its route."""
    if response.headers.get("Content-Type", "").startswith("application/problem+json"):
        await response.aread()
        code = response.json()["code"]
        assert PROBLEMS[code].status == response.status_code, code
        request = response.request
        known = any(route.fullmatch(request.url.path) for route, _ in _routes())
        if known and code not in WITHOUT_ROUTE:
            documented = codes_documented(request.method, request.url.path, response.status_code)
            assert code in documented, (
                request.method,
                request.url.path,
                response.status_code,
                code,
                documented,
            )
