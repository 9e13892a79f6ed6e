"""Returns over HTTP that the shop sorts out later: taken in, with warnings in the answer."""

from typing import Any

import httpx
import pytest

from tests.services.api.sending import answered, hire, register, sale_of, send

pytestmark = pytest.mark.asyncio(loop_scope="module")

UNDER_OWN_KEY = {"reason": "Mrs Bow did not like it", "condition": "worn once"}


async def sold(client: httpx.AsyncClient, **fields: Any) -> str:
    body = sale_of(await hire(client), price_minor=124_000, quantity=2, **fields)
    return (await answered(client, "record-sale", **body))["ids"]["sale_id"]


def codes(answer: dict[str, Any]) -> list[str]:
    return [warning["code"] for warning in answer["warnings"]]


async def test_a_forgotten_customers_return_keeps_its_reason_under_its_own_key(
    client: httpx.AsyncClient,
) -> None:
    clara = await register(client, name="Clara Bow")
    sale_id = await sold(client, customer_id=clara)
    await answered(client, "forget-customer", customer_id=clara)
    body = {"sale_id": sale_id, "customer_id": clara, "store_id": "downtown", "lines": [{"line_no": 1}]}
    taken = await send(client, "accept-return", key="of-somebody-forgotten", **body, **UNDER_OWN_KEY)
    assert (taken.status_code, taken.json()["warnings"]) == (201, [])
    again = await send(client, "accept-return", key="of-somebody-forgotten", **body, **UNDER_OWN_KEY)
    assert (again.status_code, again.json()["replayed"]) == (200, True)
    other = {**UNDER_OWN_KEY, "reason": "another one"}
    reused = await send(client, "accept-return", key="of-somebody-forgotten", **body, **other)
    assert reused.status_code == 422
    return_ = (await client.get(f"/v1/returns/{taken.json()['ids']['return_id']}")).json()
    assert {name: return_[name] for name in UNDER_OWN_KEY} == UNDER_OWN_KEY


async def test_a_reason_about_an_act_for_somebody_forgotten_is_kept_under_the_acts_key(
    client: httpx.AsyncClient,
) -> None:
    clara, anna, ben = await register(client, name="Clara"), await hire(client), await hire(client)
    reported = await answered(
        client, "report-heroic-act", heroes=[anna], customer_id=clara, kind="delivery", story="Snow."
    )
    await answered(client, "forget-customer", customer_id=clara)
    body = {"act_id": reported["ids"]["act_id"], "rejected_by": ben, "reason": "Nobody saw it"}
    for status in (201, 200):
        rejected = await send(client, "reject-heroic-act", key="rejected", **body)
        assert rejected.status_code == status, rejected.text


@pytest.mark.parametrize("blank", ["", "  ", "\n"])
async def test_a_blank_reason_is_no_reason(client: httpx.AsyncClient, blank: str) -> None:
    sale_id = await sold(client)
    body: dict[str, Any] = {"sale_id": sale_id, "store_id": "downtown", "lines": [{"line_no": 1}]}
    taken = await send(client, "accept-return", **body, reason=blank, condition=blank)
    assert taken.status_code == 201, taken.text
    return_ = (await client.get(f"/v1/returns/{taken.json()['ids']['return_id']}")).json()
    assert (return_["reason"], return_["condition"]) == (None, None)


async def test_a_bag_is_taken_with_what_is_not_on_the_receipt_and_at_another_refund(
    client: httpx.AsyncClient,
) -> None:
    sale_id = await sold(client)
    lines = [{"line_no": 1, "refund_minor": 130_000}, {"sku": "SCARF", "refund_minor": 4_500}]
    stranger = "cus_" + "9" * 32
    taken = await send(
        client,
        "accept-return",
        sale_id=sale_id,
        store_id="downtown",
        customer_id=stranger,
        reason="too small",
        lines=lines,
    )
    assert taken.status_code == 201, taken.text
    assert codes(taken.json()) == ["customer_unknown", "not_on_receipt", "refund_differs"]
    return_ = (await client.get(f"/v1/returns/{taken.json()['ids']['return_id']}")).json()
    assert (return_["refund_minor"], return_["goodwill_minor"], return_["open_minor"]) == (134_500, 6_000, 0)
    assert return_["reason"] == "too small"


async def test_a_return_of_goods_from_two_receipts_is_matched_to_both_and_unmatched(
    client: httpx.AsyncClient,
) -> None:
    first, second = await sold(client), await sold(client)
    bag = {
        "store_id": "downtown",
        "currency": "USD",
        "lines": [{"sku": "SHOE-1", "quantity": 3, "refund_minor": 372_000}],
    }
    return_id = (await answered(client, "accept-return", **bag))["ids"]["return_id"]
    for sale_id in (first, second):
        await answered(client, "match-return", return_id=return_id, sale_id=sale_id)
    return_ = (await client.get(f"/v1/returns/{return_id}")).json()
    assert [(match["sale_id"], match["sold_minor"]) for match in return_["matches"]] == [
        (first, 248_000),
        (second, 124_000),
    ]
    await answered(client, "unmatch-return", return_id=return_id, sale_id=first)
    return_ = (await client.get(f"/v1/returns/{return_id}")).json()
    assert [match["sale_id"] for match in return_["matches"]] == [second]
    sale = (await client.get(f"/v1/sales/{first}")).json()
    assert (sale["lines"][0]["returned"], sale["refunded_minor"], sale["returns"]) == (0, 0, [])
