"""Sales and returns over HTTP: straight from the log, so that what was recorded a moment ago is in them."""

from typing import Any

import httpx
import pytest

from tests.services.api.sending import answered, hire, read, register, sale_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_sale_is_read_back_as_it_was_recorded_without_any_projection(
    client: httpx.AsyncClient,
) -> None:
    anna = await hire(client)
    clara = await register(client, name="Clara")
    body = sale_of(anna, price_minor=3_333, quantity=3, customer_id=clara, order_discount_minor=1_000)
    body["lines"].append({"sku": "BELT", "quantity": 1, "unit_price_minor": 5_001, "tax_minor": 400})
    sold = await answered(client, "record-sale", receipt_no="R-1", **body)
    response = await client.get(f"/v1/sales/{sold['ids']['sale_id']}")
    sale = response.json()
    assert int(response.headers["Clienteling-Position"]) >= sold["position"]
    assert [(line["discount_minor"], line["net_minor"]) for line in sale["lines"]] == [
        (667, 9_332),
        (333, 4_668),
    ]
    assert (sale["customer_id"], sale["receipt_no"], sale["net_minor"]) == (clara, "R-1", 14_000)
    assert sale["lines"][0]["credits"][0]["associate_id"] == anna
    assert sale["history"][0]["event"] == "sale.recorded.v1"


async def test_units_refund_their_own_shares_one_after_the_other(client: httpx.AsyncClient) -> None:
    anna = await hire(client)
    body = sale_of(anna, price_minor=3_333, quantity=3, order_discount_minor=1_000)
    body["lines"].append({"sku": "BELT", "quantity": 1, "unit_price_minor": 5_001})
    sale_id = (await answered(client, "record-sale", **body))["ids"]["sale_id"]
    for _ in range(3):
        lines = [{"line_no": 1, "quantity": 1}]
        await answered(client, "accept-return", sale_id=sale_id, store_id="downtown", lines=lines)
    sale = await read(client, f"/v1/sales/{sale_id}")
    refunds = [came_back["lines"][0]["refund_minor"] for came_back in sale["returns"]]
    assert refunds == [3_111, 3_110, 3_111]
    assert (sale["lines"][0]["returned"], sale["lines"][0]["refunded_minor"]) == (3, 9_332)
    assert (sale["lines"][1]["returned"], sale["refunded_minor"]) == (0, 9_332)


async def test_a_return_without_a_receipt_is_shown_with_its_match_and_decrypted(
    client: httpx.AsyncClient,
) -> None:
    anna = await hire(client)
    clara = await register(client, name="Clara")
    sold = await answered(client, "record-sale", **sale_of(anna, price_minor=5_990))
    back: dict[str, Any] = {
        "customer_id": clara,
        "store_id": "downtown",
        "currency": "USD",
        "lines": [{"sku": "SHOE-1", "refund_minor": 7_950}],
        "condition": "worn in the rain",
    }
    return_id = (await answered(client, "accept-return", **back))["ids"]["return_id"]
    before = await read(client, f"/v1/returns/{return_id}")
    assert (before["sale_id"], before["match"], before["refund_minor"]) == (None, None, 7_950)
    assert before["condition"] == "worn in the rain"
    await answered(client, "match-return", return_id=return_id, sale_id=sold["ids"]["sale_id"])
    after = await read(client, f"/v1/returns/{return_id}")
    assert after["sale_id"] == sold["ids"]["sale_id"]
    assert (after["match"]["sold_minor"], after["match"]["goodwill_minor"]) == (5_990, 1_960)
    await answered(client, "forget-customer", customer_id=clara)
    assert (await read(client, f"/v1/returns/{return_id}"))["condition"] is None
