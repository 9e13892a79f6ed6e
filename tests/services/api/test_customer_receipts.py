"""One customer's sales and returns in the order of time, and sales by the number on their receipt."""

from typing import Any

import httpx
import pytest

from tests.services.api.conftest import Project
from tests.services.api.sending import answered, hire, read, register, sale_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def sold(client: httpx.AsyncClient, who: str, day: int, **fields: Any) -> str:
    body = sale_of(who, occurred_at=f"2026-01-{day:02d}T12:00:00Z", **fields)
    return (await answered(client, "record-sale", **body))["ids"]["sale_id"]


async def brought_back(client: httpx.AsyncClient, day: int, **fields: Any) -> str:
    given = {"store_id": "downtown", "occurred_at": f"2026-01-{day:02d}T12:00:00Z", **fields}
    return (await answered(client, "accept-return", **given))["ids"]["return_id"]


async def all_pages(client: httpx.AsyncClient, path: str, **parameters: Any) -> list[Any]:
    found: list[Any] = []
    page: dict[str, Any] = {"next": None}
    while not found or page["next"]:
        cursor = {"cursor": page["next"]} if page["next"] else {}
        page = await read(client, path, **parameters, **cursor)
        found += page["receipts"]
    return found


def ids_of(receipts: list[dict[str, Any]]) -> list[str]:
    return [(one["sale"] or one["returned"])["sale_id" if one["sale"] else "return_id"] for one in receipts]


async def test_a_customers_receipts_are_told_in_the_order_of_time(
    client: httpx.AsyncClient, project: Project
) -> None:
    """Of every record that they were merged from; a sale that was somebody else's after all is not theirs."""
    anna = await hire(client)
    clara, twin, dora = [await register(client, name=name) for name in ("Clara", "Clara F.", "Dora")]
    late = await sold(client, anna, 20, customer_id=clara)
    early = await sold(client, anna, 5, customer_id=twin)
    attached = await sold(client, anna, 12)
    await answered(client, "attach-customer", sale_id=attached, customer_id=clara)
    wrong = await sold(client, anna, 14, customer_id=clara)
    await answered(client, "detach-customer", sale_id=wrong, customer_id=clara)
    await sold(client, anna, 15, customer_id=dora)
    lines = [{"line_no": 1, "quantity": 1}]
    returned = await brought_back(client, 9, sale_id=early, lines=lines, reason="Too small")
    goods = {"currency": "USD", "lines": [{"sku": "X", "refund_minor": 100}]}
    without = await brought_back(client, 22, customer_id=clara, **goods)
    await answered(client, "merge-customers", customer_id=clara, merged_customer_id=twin)
    await project()
    expected = [without, late, attached, returned, early]
    for record in (clara, twin):
        path = f"/v1/customers/{record}/receipts"
        whole = await read(client, path)
        assert (ids_of(whole["receipts"]), whole["next"]) == (expected, None)
        assert ids_of(await all_pages(client, path, limit=2)) == expected
    as_is = next(one["returned"] for one in whole["receipts"] if ids_of([one]) == [returned])
    assert as_is["reason"] == "Too small"
    sale = await read(client, f"/v1/sales/{early}")
    assert whole["receipts"][-1]["sale"] == sale
    unknown = await client.get(f"/v1/customers/cus_{'0' * 32}/receipts")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "customer_unknown")


async def test_a_sale_is_found_by_the_number_on_its_receipt(client: httpx.AsyncClient) -> None:
    anna = await hire(client)
    first, again = [await sold(client, anna, day, receipt_no="R-77") for day in (3, 4)]
    await sold(client, anna, 3, receipt_no="R-77", store_id="uptown")
    asked = {"store_id": "downtown", "receipt_no": "R-77"}
    found = (await read(client, "/v1/sales", **asked))["sales"]
    assert [one["sale_id"] for one in found] == [again, first]
    assert found[1] == await read(client, f"/v1/sales/{first}")
    assert (await read(client, "/v1/sales", **{**asked, "receipt_no": "R-78"}))["sales"] == []
    assert (await client.get("/v1/sales", params={"receipt_no": "R-77"})).status_code == 422
