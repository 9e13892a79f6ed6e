"""Ledgers, statements and the pay calendar over HTTP: pages, order, and what is there before anything was
earned.
"""

import httpx
import pytest

from tests.services.api.conftest import Project
from tests.services.api.paying import close, open_period, sell, shop_of
from tests.services.api.sending import answered, hire, read, read_pages, sale_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_statements_are_listed_the_latest_first(client: httpx.AsyncClient, project: Project) -> None:
    anna = await shop_of(client, "listing", "P1", "P2", "P3")
    for period_id in ("P1", "P2", "P3"):
        await sell(client, anna, period_id, 100_000)
        await close(client, project, "listing", anna, period_id)
    listed = await read(client, f"/v1/associates/{anna}/statements", limit=2)
    assert [one["period_id"] for one in listed["statements"]] == ["P3", "P2"]
    assert listed["more"] is True


async def test_the_entries_of_a_ledger_are_paged_in_the_order_of_the_log_and_sum_to_zero(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna = await hire(client)
    for price_minor in (10_000, 20_000, 30_000):
        await answered(client, "record-sale", **sale_of(anna, price_minor=price_minor))
    await project()
    whole = await read(client, f"/v1/associates/{anna}/ledger")
    assert (whole["next"], len(whole["entries"])) == (None, 6)
    assert sum(entry["amount_minor"] for entry in whole["entries"]) == 0
    assert whole["account"]["balances"] == {"USD": 675 + 1_350 + 2_025}
    assert await read_pages(client, f"/v1/associates/{anna}/ledger", "entries", limit=4) == whole["entries"]


async def test_somebody_who_never_sold_has_an_empty_ledger(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna = await hire(client)
    await project()
    assert (await read(client, f"/v1/associates/{anna}/ledger"))["entries"] == []
    assert (await read(client, f"/v1/associates/{anna}/statements"))["statements"] == []
    assert (await client.get(f"/v1/associates/{anna}/statements/P1")).status_code == 404


async def test_the_pay_calendar_says_what_is_open(client: httpx.AsyncClient, project: Project) -> None:
    for period_id in ("P1", "P2"):
        await open_period(client, "calendar", period_id)
    await answered(client, "close-pay-period", scope="calendar", period_id="P1")
    await project()
    both = await read(client, "/v1/pay-periods", scope="calendar")
    assert [(p["period_id"], p["status"]) for p in both["periods"]] == [("P2", "open"), ("P1", "closed")]
    assert both["total"] == 2
    for parameters in ({"status": "open"}, {"on": "2025-02-14"}):
        found = await read(client, "/v1/pay-periods", scope="calendar", **parameters)
        assert [period["period_id"] for period in found["periods"]] == ["P2"]
    assert (await read(client, "/v1/pay-periods", status="closed"))["total"] >= 1
