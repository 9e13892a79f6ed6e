"""The document that Litestar makes says what the one before it said."""

import json
from pathlib import Path
from typing import Any

from services.api.http.openapi import openapi_document
from services.api.resources.route_handlers import ROUTE_HANDLERS

BEFORE = json.loads((Path(__file__).parent / "openapi_before.json").read_text())
#: What a document says by leaving it out.
UNSAID = [("default", None), ("deprecated", False), ("additionalProperties", {})]


def test_paths_operations_parameters_and_schemas_are_as_they_were() -> None:
    now = json.loads(json.dumps(openapi_document(ROUTE_HANDLERS)))
    for part in ("paths", "info", "tags"):
        assert resolved(now[part], now) == resolved(BEFORE[part], BEFORE)


def resolved(value: Any, document: dict[str, Any], inside: tuple[str, ...] = ()) -> Any:
    """A part of a document with what it refers to in place, each once on the way down."""
    if isinstance(value, list):
        return [resolved(each, document, inside) for each in value]
    if not isinstance(value, dict):
        return " ".join(value.split()) if isinstance(value, str) else value
    if "$ref" not in value:
        said = {key: each for key, each in value.items() if (key, each) not in UNSAID}
        return {key: resolved(each, document, inside) for key, each in said.items()}
    reference = value["$ref"]
    if reference in inside:
        return reference
    found: Any = document
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return resolved(found, document, (*inside, reference))
