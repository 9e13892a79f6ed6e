"""Errors over HTTP: problem documents that name the field and never repeat what a person typed."""

from typing import Any

import httpx
import pytest
from litestar import Response, get

from infra.clock import FixedClock
from infra.settings import Settings
from services.api.http.application import Api
from services.api.http.route_handlers import json_response
from services.api.main import create_app
from tests.services.api.conftest import Project, client_of, running, servers_of
from tests.services.api.sending import hire, register, sale_of, send

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECRET = "Clara Haversham"


def problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The document of an error, after checking what all of them have."""
    assert response.headers["Content-Type"] == "application/problem+json"
    body = response.json()
    assert (response.status_code, body["status"], body["code"]) == (status, status, code), body
    assert body["type"] == f"urn:clienteling:problem:{code}"
    assert body["instance"].startswith("urn:clienteling:occurrence:")
    assert body["title"]
    assert body["detail"]
    assert SECRET not in response.text
    assert "Clara" not in response.text
    return body


def fields(body: dict[str, Any]) -> list[str]:
    return [error["field"] for error in body["errors"]]


@pytest.mark.parametrize("body", [b"", b"{", b'{"name": "Clara', b"\xff\xfe", b'{"name": "\xff"}', b"Clara"])
async def test_a_body_that_is_no_json_is_malformed(client: httpx.AsyncClient, body: bytes) -> None:
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    response = await client.post("/v1/commands/register-customer", content=body, headers=headers)
    problem(response, 400, "malformed_json")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"lines": [{"quantity": 1, "unit_price_minor": 1}]}, "lines[0].sku"),
        ({"lines": [{"sku": "x", "quantity": 0, "unit_price_minor": 1}]}, "lines[0].quantity"),
        ({"lines": [{"sku": "x", "quantity": SECRET, "unit_price_minor": 1}]}, "lines[0].quantity"),
        ({"lines": []}, "lines"),
        ({"channel": SECRET}, "channel"),
        ({"currency": SECRET}, "currency"),
        ({"currency": "USD\n"}, "currency"),
        ({"customer_id": f"cus_{'0' * 32}\n"}, "customer_id"),
        ({"customer_id": SECRET}, "customer_id"),
        ({"occurred_at": SECRET}, "occurred_at"),
        ({"store_id": "down\0town"}, "store_id"),
        ({"store_id": "downtown\n"}, "store_id"),
        ({"Clara Haversham": 1}, "?"),
        ({"clara": 1}, "clara"),
    ],
)
async def test_a_wrong_field_is_named_by_its_path_and_its_value_is_not_repeated(
    client: httpx.AsyncClient, change: dict[str, Any], field: str
) -> None:
    response = await send(client, "record-sale", **{**sale_of("ass_" + "0" * 32), **change})
    assert fields(response.json()) == [field]
    if field != "clara":
        problem(response, 422, "invalid")


async def test_a_word_out_of_a_list_is_answered_with_the_list(client: httpx.AsyncClient) -> None:
    body = {**sale_of("ass_" + "0" * 32), "channel": SECRET}
    document = problem(await send(client, "record-sale", **body), 422, "invalid")
    assert document["errors"][0]["message"] == "This value is not allowed; allowed are online, outlet, store."


async def test_a_rule_that_is_broken_is_told_with_its_code_and_field(client: httpx.AsyncClient) -> None:
    anna = await hire(client)
    body = sale_of(anna)
    body["lines"][0]["attribution"] = [{"associate_id": anna, "share_bp": 4_000}]
    response = await send(client, "record-sale", **body)
    assert response.status_code == 422
    assert response.json()["code"] != "invalid"
    assert fields(response.json())[0].startswith("lines[0]")


async def test_a_command_about_nobody_is_not_found(client: httpx.AsyncClient) -> None:
    response = await send(client, "add-note", customer_id="cus_" + "0" * 32, text=SECRET)
    assert fields(problem(response, 404, "customer_unknown")) == ["customer_id"]


async def test_a_command_about_somebody_forgotten_is_refused(client: httpx.AsyncClient) -> None:
    clara = await register(client, name=SECRET)
    await send(client, "forget-customer", customer_id=clara)
    response = await send(client, "add-note", customer_id=clara, text=SECRET)
    assert response.status_code == 422
    assert SECRET not in response.text


async def test_a_time_without_offset_is_refused(client: httpx.AsyncClient) -> None:
    response = await send(client, "register-customer", occurred_at="2025-01-01T10:00:00")
    assert fields(problem(response, 422, "time_zone_missing")) == ["occurred_at"]


async def test_only_json_is_read(client: httpx.AsyncClient) -> None:
    for kind in ("text/plain", "application/xml", "application/jsonish", "multipart/form-data; boundary=x"):
        response = await client.post(
            "/v1/commands/register-customer",
            content=b"{}",
            headers={"Idempotency-Key": "k", "Content-Type": kind},
        )
        assert fields(problem(response, 415, "not_json")) == ["Content-Type"]


async def test_json_is_read_under_every_name_it_goes_by(client: httpx.AsyncClient) -> None:
    for number, kind in enumerate(
        (
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/merge-patch+json",
            "application/x-www-form-urlencoded",
        )
    ):
        response = await client.post(
            "/v1/commands/register-customer",
            content=b"{}",
            headers={"Idempotency-Key": f"kind-{number}", "Content-Type": kind},
        )
        assert response.status_code == 201, response.text


async def test_a_body_that_is_too_large_is_not_read(client: httpx.AsyncClient, api: Api) -> None:
    too_much = b'{"name": "' + b"x" * api.settings.api_body_bytes_max + b'"}'
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    response = await client.post("/v1/commands/register-customer", content=too_much, headers=headers)
    problem(response, 413, "body_too_large")


async def test_an_address_nobody_knows(client: httpx.AsyncClient) -> None:
    for path in ("/v1/nothing", "/v1/commands/sing-a-song", f"/v1/{SECRET}", "/v1/associates/x/y/z"):
        problem(await client.get(path), 404, "unknown_address")


async def test_a_method_nobody_knows_is_answered_with_those_that_are(client: httpx.AsyncClient) -> None:
    response = await client.get("/v1/commands/record-sale")
    problem(response, 405, "method_not_allowed")
    assert response.headers["Allow"] == "OPTIONS, POST"
    response = await client.delete(f"/v1/sales/sal_{'0' * 32}")
    assert response.headers["Allow"] == "GET, OPTIONS"


async def test_an_id_that_can_name_nothing_is_not_found(client: httpx.AsyncClient, project: Project) -> None:
    await project()
    for path, code in (
        (f"/v1/sales/{SECRET}", "sale_unknown"),
        (f"/v1/sales/cus_{'0' * 32}", "sale_unknown"),
        (f"/v1/returns/ret_{'0' * 32}", "return_unknown"),
        (f"/v1/associates/ass_{'0' * 32}/statements/%00", "statement_unknown"),
        (f"/v1/customers/{SECRET}/score", "customer_unknown"),
        (f"/v1/customers/cus_{'0' * 32}/score", "customer_unknown"),
        (f"/v1/heroics/act_{'0' * 32}", "heroic_act_unknown"),
        (f"/v1/associates/ass_{'0' * 32}/book", "associate_unknown"),
    ):
        problem(await client.get(path), 404, code)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=many", "limit"),
        ("limit=null", "limit"),
        ("offset=-1", "offset"),
        ("sort=Clara", "sort"),
        ("role=Clara", "role"),
        ("q=", "q"),
        ("limmit=3", "limmit"),
        ("limit=3&limit=4", "limit"),
        ("at_least=-1", "at_least"),
        ("q=%00", "q"),
    ],
)
async def test_a_wrong_parameter_is_named(client: httpx.AsyncClient, query: str, field: str) -> None:
    response = await client.get(f"/v1/associates/ass_{'0' * 32}/book?{query}")
    assert fields(problem(response, 422, "invalid")) == [field]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/heroics?after=2026-02-30.act_" + "0" * 32,
        f"/v1/associates/ass_{'0' * 32}/ledger?after=0.99999999999",
        f"/v1/associates/ass_{'0' * 32}/ledger?after=9",
    ],
)
async def test_a_page_that_follows_none_is_named(
    client: httpx.AsyncClient, project: Project, path: str
) -> None:
    await project()
    assert fields(problem(await client.get(path), 422, "invalid")) == ["after"]


async def test_an_address_that_cannot_be_read(client: httpx.AsyncClient) -> None:
    for query in ("?q=%ff", "?limit", "?" + "&".join(f"a{n}=1" for n in range(60))):
        problem(await client.get(f"/v1/associates{query}"), 400, "malformed_query")


@pytest.mark.parametrize("as_of", ["Clara", "2026-02-30", "2026-03-01T09:00:00", "0001-01-01", "9999-12-31"])
async def test_a_date_that_is_none_is_named(client: httpx.AsyncClient, as_of: str) -> None:
    response = await client.get(f"/v1/customers/cus_{'0' * 32}/score", params={"as_of": as_of})
    assert response.status_code == 422
    assert fields(response.json()) == ["as_of"]


async def test_a_request_for_another_host_is_not_answered(client: httpx.AsyncClient) -> None:
    for host in ("shop.example", "localhost.shop.example:8000", "127.0.0.1.shop.example", "[::1].example"):
        response = await client.get("/healthz", headers={"Host": host})
        problem(response, 421, "host_not_ours")
    for host in ("localhost", "LOCALHOST:8000", "127.0.0.1:1", "[::1]:8000", "[::1]"):
        assert (await client.get("/healthz", headers={"Host": host})).status_code == 200


async def test_a_mistake_of_ours_is_told_without_its_words(api_settings: Settings, clock: FixedClock) -> None:
    @get("/broken")
    async def broken() -> Response[str]:
        raise ValueError(f"no idea what to do with {SECRET}")

    @get("/fine")
    async def fine() -> Response[str]:
        return json_response("fine")

    application = create_app(
        api_settings, servers_of(api_settings), clock=clock, route_handlers=(broken, fine)
    )
    async with running(application), client_of(application) as client:
        problem(await client.get("/broken"), 500, "internal")
        assert (await client.get("/fine")).status_code == 200
