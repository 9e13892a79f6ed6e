"""Commands over HTTP: every one has a route, is handled once, and answers with what came of it."""

import asyncio
from typing import Any

import httpx
import pytest

from domain.decide import COMMANDS
from services.api.resources.route_handlers import ROUTE_HANDLERS
from tests.services.api.sending import answered, hire, sale_of, send

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_every_command_of_the_domain_has_a_route() -> None:
    paths = {path for handler in ROUTE_HANDLERS if "POST" in handler.http_methods for path in handler.paths}
    commands = {path for path in paths if path.startswith("/v1/commands/")}
    assert commands == {f"/v1/commands/{name}" for name in COMMANDS}


async def test_every_command_is_decoded_by_its_own_shape(client: httpx.AsyncClient) -> None:
    for name in COMMANDS:
        response = await send(client, name, no_such_field=1)
        assert response.status_code == 422
        assert response.json()["errors"] == [
            {"field": "no_such_field", "message": "This field is not known here."}
        ]


async def test_a_command_answers_with_ids_events_and_position(client: httpx.AsyncClient) -> None:
    response = await send(client, "register-customer", name="Clara Haversham")
    assert response.status_code == 201
    body = response.json()
    assert body["ids"]["customer_id"].startswith("cus_")
    assert body["events"] == ["customer.registered.v1"]
    assert body["replayed"] is False
    assert response.headers["Clienteling-Position"] == str(body["position"])


async def test_what_came_into_being_can_be_found_where_the_answer_says(client: httpx.AsyncClient) -> None:
    anna = await hire(client)
    response = await send(client, "record-sale", **sale_of(anna))
    sale_id = response.json()["ids"]["sale_id"]
    assert response.headers["Location"] == f"/v1/sales/{sale_id}"
    assert (await client.get(response.headers["Location"])).json()["sale_id"] == sale_id


async def test_the_same_key_with_the_same_content_answers_as_it_did(client: httpx.AsyncClient) -> None:
    first = await send(client, "register-customer", key="till-1/17", name="Clara Haversham")
    again = await send(client, "register-customer", key="till-1/17", name="Clara Haversham")
    assert again.status_code == 200
    assert again.json() == {**first.json(), "replayed": True}


async def test_a_warning_is_answered_again_under_the_same_key(client: httpx.AsyncClient) -> None:
    """A till sells before the hiring day of the seller: it is told so, however often it asks."""
    anna = await hire(client, hired_on="2026-01-02")
    sale = {**sale_of(anna), "occurred_at": "2026-01-01T12:00:00Z"}
    first = await send(client, "record-sale", key="till-1/19", **sale)
    assert (first.status_code, [each["code"] for each in first.json()["warnings"]]) == (
        201,
        ["before_hiring"],
    )
    again = await send(client, "record-sale", key="till-1/19", **sale)
    assert again.json() == {**first.json(), "replayed": True}


async def test_the_same_key_with_other_content_is_refused(client: httpx.AsyncClient) -> None:
    await send(client, "register-customer", key="till-1/18", name="Clara Haversham")
    for command, fields in (
        ("register-customer", {"name": "Dora Haversham"}),
        ("record-stock-arrival", {"store_id": "s", "items": [{"sku": "x"}]}),
    ):
        response = await send(client, command, key="till-1/18", **fields)
        assert response.status_code == 422
        assert response.json()["code"] == "idempotency_key_reused"
        assert response.json()["errors"][0]["field"] == "Idempotency-Key"


async def test_a_command_without_a_key_is_not_handled(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/commands/register-customer", json={})
    assert response.status_code == 400
    assert response.json()["code"] == "idempotency_key_missing"


@pytest.mark.parametrize("key", ["", " ", "x" * 201, "a\tb", b"caf\xe9", "ends with a space "])
async def test_a_key_has_up_to_200_printable_characters(client: httpx.AsyncClient, key: str) -> None:
    response = await client.post("/v1/commands/register-customer", json={}, headers={"Idempotency-Key": key})
    assert response.status_code == 422
    assert response.json()["code"] == "idempotency_key_invalid"


async def test_a_refused_command_leaves_its_neighbours_in_the_commit_alone(client: httpx.AsyncClient) -> None:
    anna = await hire(client)
    good = [send(client, "record-sale", **sale_of(anna)) for _ in range(5)]
    bad = [
        send(client, "record-sale", **{**sale_of(anna), "customer_id": "cus_" + "0" * 32}) for _ in range(5)
    ]
    responses = await asyncio.gather(*(one for pair in zip(good, bad, strict=True) for one in pair))
    assert [response.status_code for response in responses] == [201, 404] * 5
    assert {response.json()["errors"][0]["field"] for response in responses[1::2]} == {"customer_id"}


async def test_a_sale_split_among_clerks_who_ask_at_once_is_recorded_once(client: httpx.AsyncClient) -> None:
    anna = await hire(client)
    sent = [send(client, "record-sale", key="receipt-1", **sale_of(anna)) for _ in range(20)]
    responses = await asyncio.gather(*sent)
    assert len({response.json()["ids"]["sale_id"] for response in responses}) == 1
    assert sorted(response.status_code for response in responses) == [200] * 19 + [201]


async def test_units_cannot_come_back_twice_however_many_clerks_try_at_once(
    client: httpx.AsyncClient,
) -> None:
    anna = await hire(client)
    sold = await answered(client, "record-sale", **sale_of(anna, quantity=3))
    back: dict[str, Any] = {
        "sale_id": sold["ids"]["sale_id"],
        "store_id": "downtown",
        "lines": [{"line_no": 1, "quantity": 1}],
    }
    responses = await asyncio.gather(*(send(client, "accept-return", **back) for _ in range(12)))
    assert sorted(response.status_code for response in responses) == [201] * 3 + [422] * 9
    sale = (await client.get(f"/v1/sales/{sold['ids']['sale_id']}")).json()
    assert sale["lines"][0]["returned"] == 3
    assert sale["refunded_minor"] == sale["net_minor"]
