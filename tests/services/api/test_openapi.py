"""The interface's own description: committed, fresh, complete, and true."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from domain.decide import COMMANDS
from services.api.http.openapi import openapi_document, openapi_json
from services.api.resources.route_handlers import ROUTE_HANDLERS
from tests.services.api.conftest import Project
from tests.services.api.sending import hire, read

COMMITTED = Path(__file__).parents[3] / "contracts" / "openapi.json"


def test_the_committed_document_is_fresh() -> None:
    assert COMMITTED.read_bytes() == openapi_json(ROUTE_HANDLERS)


def test_every_route_is_described_in_words() -> None:
    for handler in ROUTE_HANDLERS:
        assert (handler.summary or "").endswith((".", "?")), handler.paths
        assert handler.description, handler.paths


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [handler.operation_id for handler in ROUTE_HANDLERS]
    assert len(set(names)) == len(names)


def test_a_commands_body_is_described_by_its_struct() -> None:
    document = openapi_document(ROUTE_HANDLERS)
    for name, command_class in COMMANDS.items():
        body = document["paths"][f"/v1/commands/{name}"]["post"]["requestBody"]
        reference = body["content"]["application/json"]["schema"]["$ref"]
        schema = document["components"]["schemas"][reference.rpartition("/")[2]]
        assert set(schema["properties"]) == set(command_class.__struct_fields__)
        assert schema["additionalProperties"] is False


def test_every_reference_leads_somewhere() -> None:
    document = openapi_document(ROUTE_HANDLERS)
    for reference in references_in(document):
        found: Any = document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]


def references_in(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [reference for each in value.values() for reference in references_in(each)]
    if isinstance(value, list):
        return [reference for each in value for reference in references_in(each)]
    return []


@pytest.mark.asyncio(loop_scope="module")
async def test_the_document_and_the_pages_are_served_without_anything_from_elsewhere(
    client: httpx.AsyncClient,
) -> None:
    assert (await client.get("/openapi.json")).content == COMMITTED.read_bytes()
    for path in ("/", "/docs"):
        response = await client.get(path)
        assert response.headers["Content-Type"].startswith("text/html")
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        assert "http://" not in response.text
        assert "https://" not in response.text
        assert "<script" not in response.text
    documentation = (await client.get("/docs")).text
    assert all(f"/v1/commands/{name}" in documentation for name in COMMANDS)


@pytest.mark.asyncio(loop_scope="module")
async def test_the_links_of_the_start_page_lead_somewhere(
    client: httpx.AsyncClient, project: Project
) -> None:
    await project()
    page = (await client.get("/")).text
    linked = {part.partition('"')[0] for part in page.split('href="/')[1:]}
    assert linked
    for path in linked:
        response = await client.get(f"/{path}")
        assert response.status_code in (200, 503), path
        assert response.status_code == 200 or path == "readyz"


@pytest.mark.asyncio(loop_scope="module")
async def test_answers_are_what_the_document_says(client: httpx.AsyncClient, project: Project) -> None:
    anna = await hire(client, name="Anna")
    await project()
    document = json.loads(COMMITTED.read_bytes())
    schema = document["components"]["schemas"]["AssociateDocument"]
    answer = await read(client, f"/v1/associates/{anna}")
    assert set(answer) == set(schema["required"])
