"""The interface's own description: committed, fresh, complete, and true."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from domain.decide import COMMANDS
from domain.sale.events import Band
from infra.clock import FixedClock
from infra.settings import Settings
from services.api.http.openapi import BLOCKS, openapi_document, openapi_json
from services.api.http.parameters import Parameters
from services.api.http.schemas import DESCRIPTIONS, undescribed
from services.api.main import create_app
from services.api.resources.route_handlers import ROUTE_HANDLERS
from tests.services.api.conftest import Project, client_of, projecting, running, servers_of
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


def test_answers_that_go_on_are_described_with_what_they_go_on_from() -> None:
    document = openapi_document(ROUTE_HANDLERS)
    for path, kinds in (
        ("/v1/events", {"application/x-ndjson", "text/event-stream"}),
        ("/v1/live", {BLOCKS}),
    ):
        operation = document["paths"][path]["get"]
        content = operation["responses"]["200"]["content"]
        assert set(content) == kinds
        assert {"$ref": "#/components/parameters/LastEventId"} in operation["parameters"]
        data = content[BLOCKS]["schema"]["properties"]["data"]
        assert data["contentMediaType"] == "application/json"
        assert list(references_in(data["contentSchema"]))
    lines = document["paths"]["/v1/events"]["get"]["responses"]["200"]["content"]["application/x-ndjson"]
    blocks = document["paths"]["/v1/events"]["get"]["responses"]["200"]["content"][BLOCKS]
    assert blocks["schema"]["properties"]["data"]["contentSchema"] == lines["schema"]
    assert document["components"]["parameters"]["LastEventId"]["name"] == "Last-Event-ID"


def test_every_reference_leads_somewhere() -> None:
    document = openapi_document(ROUTE_HANDLERS)
    for reference in references_in(document):
        found: Any = document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]


def test_every_field_and_parameter_is_described() -> None:
    assert sorted(undescribed(openapi_document(ROUTE_HANDLERS))) == []


def test_a_field_without_a_description_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(DESCRIPTIONS, "sku")
    monkeypatch.delitem(DESCRIPTIONS, "step_days")
    missing = set(undescribed(openapi_document(ROUTE_HANDLERS)))
    assert {"LineToSell.sku", "step_days (/v1/customers/{customer_id}/score/history)"} <= missing


def test_no_description_is_of_a_field_that_is_not_there() -> None:
    document = openapi_document(ROUTE_HANDLERS)
    schemas = document["components"]["schemas"]
    fields = {(name, field) for name, schema in schemas.items() for field in schema.get("properties", ())}
    names = {field for _, field in fields} | {
        parameter["name"]
        for methods in document["paths"].values()
        for operation in methods.values()
        for parameter in operation["parameters"]
        if "name" in parameter
    }
    fields |= {
        (each.__name__, name)
        for each in Parameters.__subclasses__()
        for name in each.__struct_encode_fields__
    }
    known = names | {f"{name}.{field}" for name, field in fields} | set(Band.__struct_fields__)
    assert set(DESCRIPTIONS) <= known


def test_every_instant_is_named_as_one() -> None:
    document = openapi_document(ROUTE_HANDLERS)
    schemas = document["components"]["schemas"]
    for schema in schemas.values():
        for name, described in schema.get("properties", {}).items():
            texts = [one for one in described.get("anyOf", [described]) if one.get("type") == "string"]
            if name.endswith("_at") and texts:
                assert [one.get("format") for one in texts] == ["date-time"], name
    assert schemas["PointInTime"]["properties"]["as_of"]["format"] == "date-time"
    assert schemas["AdoptedVersion"]["properties"]["since"]["format"] == "date-time"
    assert schemas["ScoreDocument"]["properties"]["score"].get("format") is None


def test_every_list_says_what_it_is_of() -> None:
    def lists_in(value: Any) -> list[Any]:
        parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        inside = [each for part in parts for each in lists_in(part)]
        return [value, *inside] if isinstance(value, dict) and value.get("type") == "array" else inside

    lists = lists_in(openapi_document(ROUTE_HANDLERS))
    assert len(lists) > 50
    assert all("items" in each for each in lists)


def test_the_document_says_that_a_token_may_be_needed() -> None:
    document = openapi_document(ROUTE_HANDLERS)
    assert document["security"] == [{"token": []}, {"session": []}, {}]
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert "CLIENTELING_AUTH" in document["info"]["description"]


def limits_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        parameter["schema"]
        for methods in document["paths"].values()
        for operation in methods.values()
        for parameter in operation["parameters"]
        if parameter.get("name") == "limit"
    ]


@pytest.mark.asyncio(loop_scope="module")
async def test_a_limit_is_documented_as_it_is_enforced(api_settings: Settings, clock: FixedClock) -> None:
    few = replace(api_settings, api_page_rows_max=7)
    application = create_app(few, servers_of(few), clock=clock)
    async with (
        running(application),
        client_of(application) as client,
        projecting(application, few) as catch_up,
    ):
        await catch_up()
        limits = limits_of((await client.get("/openapi.json")).json())
        assert len(limits) > 5
        assert {(each["maximum"], each["default"]) for each in limits} == {(7, 7)}
        assert (await client.get("/v1/associates?limit=7")).status_code == 200
        assert (await client.get("/v1/associates")).status_code == 200
        assert (await client.get("/v1/associates?limit=8")).status_code == 422
    assert {each["maximum"] for each in limits_of(openapi_document(ROUTE_HANDLERS))} == {200}


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
    for path in ("/docs",):
        response = await client.get(path)
        assert response.headers["Content-Type"].startswith("text/html")
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        assert "http://" not in response.text
        assert "https://" not in response.text
        assert "<script" not in response.text
    documentation = (await client.get("/docs")).text
    assert all(f"/v1/commands/{name}" in documentation for name in COMMANDS)


@pytest.mark.asyncio(loop_scope="module")
async def test_answers_are_what_the_document_says(client: httpx.AsyncClient, project: Project) -> None:
    anna = await hire(client, name="Anna")
    await project()
    document = json.loads(COMMITTED.read_bytes())
    schema = document["components"]["schemas"]["AssociateDocument"]
    answer = await read(client, f"/v1/associates/{anna}")
    assert set(answer) == set(schema["required"])
