"""What PostgreSQL cannot store is refused at the edge, by its place, and is never an error of ours."""

import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from services.api.http.openapi import openapi_document
from services.api.resources.route_handlers import ROUTE_HANDLERS
from tests.services.api.conftest import Project
from tests.services.api.sending import PLAN, hire, sale_of, send

pytestmark = pytest.mark.asyncio(loop_scope="module")

VARIABLES = {
    "associate_id": "ass_",
    "customer_id": "cus_",
    "sale_id": "sal_",
    "return_id": "ret_",
    "act_id": "act_",
    "period_id": "P0",
    "store_id": "S0",
    "task_id": "tsk_",
}
UNFIT = ("%00", "a%00b", "%ED%A0%80", "%FF")


def associate(rates: dict[str, int]) -> dict[str, Any]:
    return {"store_id": "s", "plan": {**PLAN, "department_rates_bp": rates}}


async def refused(client: httpx.AsyncClient, command: str, body: str) -> tuple[int, str, str]:
    """Status, code and field of the answer to a body as it is."""
    headers = {"Idempotency-Key": "unfit", "Content-Type": "application/json"}
    answer = await client.post(f"/v1/commands/{command}", content=body, headers=headers)
    problem = answer.json()
    return answer.status_code, problem["code"], problem["errors"][0]["field"]


@pytest.mark.parametrize(
    ("rates", "field"),
    [
        ({"d\0": 5}, r'plan.department_rates_bp["d\u0000"]'),
        ({"shoes": 5, "\ud800": 5}, r'plan.department_rates_bp["\ud800"]'),
    ],
)
async def test_a_key_of_a_map_is_refused_by_its_path(
    client: httpx.AsyncClient, rates: dict[str, int], field: str
) -> None:
    body = json.dumps(associate(rates))
    assert await refused(client, "hire-associate", body) == (422, "not_storable", field)


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
async def test_a_text_in_a_list_is_refused_by_its_path(client: httpx.AsyncClient, text: str) -> None:
    sale = sale_of(await hire(client))
    sale["lines"].append({**sale["lines"][0], "description": text})
    assert await refused(client, "record-sale", json.dumps(sale)) == (
        422,
        "not_storable",
        "lines[1].description",
    )


async def test_a_number_that_no_column_holds_is_refused_by_its_path(client: httpx.AsyncClient) -> None:
    for number in (2**63, 10**30, 10**4000):
        body = json.dumps({"customer_id": "cus_" + "1" * 32, "wish_id": number})
        assert await refused(client, "fulfil-wish", body) == (422, "not_storable", "wish_id")
    status, _, field = await refused(client, "hire-associate", json.dumps(associate({"d": 2**63})))
    assert (status, field.partition("[")[0]) == (422, "plan.department_rates_bp")


async def test_what_is_accepted_is_projected(client: httpx.AsyncClient, project: Project) -> None:
    rates = {"": 5, "d\x01": 6, "ü\u2028\uffff": 7, "𝄞": 8, "\\u0000": 9}
    response = await send(client, "hire-associate", **associate(rates))
    assert response.status_code == 201
    position = await project()
    directory = await client.get("/v1/associates", params={"at_least": position})
    assert response.json()["ids"]["associate_id"] in directory.text


DOCUMENT = openapi_document(ROUTE_HANDLERS)
PATHS = DOCUMENT["paths"]


def parameters_of(path: str) -> list[dict[str, Any]]:
    shared = DOCUMENT["components"]["parameters"]
    given = PATHS[path]["get"].get("parameters") or ()
    return [shared[one["$ref"].rpartition("/")[2]] if "$ref" in one else one for one in given]


@pytest.mark.parametrize("path", [path for path, methods in PATHS.items() if "get" in methods])
async def test_parameters_that_no_text_can_be_are_no_errors_of_ours(
    client: httpx.AsyncClient, project: Project, path: str
) -> None:
    await project()
    parameters = [(one["name"], one["in"]) for one in parameters_of(path)]
    fit = {name: VARIABLES[name] + "1" * 32 for name, place in parameters if place == "path"}
    addresses = [
        f"{path.format_map(fit)}?{name}={unfit}"
        for name, place in parameters
        if place == "query"
        for unfit in UNFIT
    ]
    for variable, value in fit.items():
        addresses += [path.format_map({**fit, variable: value + unfit}) for unfit in UNFIT]
    for address in addresses:
        answer = await client.get(address)
        assert 400 <= answer.status_code < 500, f"{quote(address)}: {answer.text}"


async def test_an_idempotency_key_that_no_text_can_be_is_refused(client: httpx.AsyncClient) -> None:
    for key in (b"a\0b", b"\0", b"\xed\xa0\x80"):
        headers = {b"Idempotency-Key": key}
        answer = await client.post("/v1/commands/register-customer", json={}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_invalid")
