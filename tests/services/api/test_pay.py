"""Pay over HTTP: the domain page's worked numbers, from commands to ledger and statement."""

from typing import Any

import httpx
import pytest

from tests.services.api.conftest import Project
from tests.services.api.sending import PLAN, answered, hire, read, read_pages, sale_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

PERIODS = {
    "P1": ("2025-01-01", "2025-01-31"),
    "P2": ("2025-02-01", "2025-02-28"),
    "P3": ("2025-03-01", "2025-03-31"),
    "P4": ("2025-04-01", "2025-04-30"),
}


async def open_period(client: httpx.AsyncClient, scope: str, period_id: str) -> None:
    starts_on, ends_on = PERIODS[period_id]
    await answered(
        client, "open-pay-period", scope=scope, period_id=period_id, starts_on=starts_on, ends_on=ends_on
    )


async def work(client: httpx.AsyncClient, associate_id: str, period_id: str, hours: int) -> None:
    """So many hours on the first days of a period, ten a day."""
    for day in range(1, hours // 10 + 1):
        await answered(
            client,
            "record-hours",
            associate_id=associate_id,
            worked_on=f"{PERIODS[period_id][0][:8]}{day:02d}",
            selling_minutes=600,
        )


async def sell(
    client: httpx.AsyncClient, associate_id: str, period_id: str, price_minor: int, **fields: Any
) -> str:
    sold_at = f"{PERIODS[period_id][0][:8]}10T12:00:00Z"
    body = sale_of(associate_id, price_minor=price_minor, occurred_at=sold_at, **fields)
    return (await answered(client, "record-sale", **body))["ids"]["sale_id"]


async def take_back(client: httpx.AsyncClient, sale_id: str, period_id: str) -> None:
    returned_at = f"{PERIODS[period_id][0][:8]}20T12:00:00Z"
    lines = [{"line_no": 1, "quantity": 1}]
    await answered(
        client,
        "accept-return",
        sale_id=sale_id,
        store_id="downtown",
        lines=lines,
        occurred_at=returned_at,
    )


async def close(
    client: httpx.AsyncClient, project: Project, scope: str, associate_id: str, period_id: str
) -> dict[str, Any]:
    """The statement of a period, as it is read."""
    await answered(client, "close-pay-period", scope=scope, period_id=period_id)
    await answered(client, "issue-statement", associate_id=associate_id, scope=scope, period_id=period_id)
    await project()
    return await read(client, f"/v1/associates/{associate_id}/statements/{period_id}")


async def shop_of(client: httpx.AsyncClient, store_id: str, *periods: str, **plan: Any) -> str:
    """An associate in a store that keeps a calendar of its own."""
    for period_id in periods:
        await open_period(client, store_id, period_id)
    return await hire(client, store_id=store_id, plan={**PLAN, **plan})


async def test_commission_below_the_guarantee_is_topped_up(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna = await shop_of(client, "store-1", "P1")
    await work(client, anna, "P1", 30)
    await sell(client, anna, "P1", 200_000)
    statement = await close(client, project, "store-1", anna, "P1")
    assert (statement["net_minor"], statement["guarantee_minor"]) == (13_500, 24_000)
    assert (statement["topped_up_minor"], statement["pay_minor"]) == (10_500, 24_000)


async def test_commission_above_the_guarantee_is_paid_as_it_is(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna = await shop_of(client, "store-2", "P1")
    await work(client, anna, "P1", 30)
    await sell(client, anna, "P1", 400_000)
    statement = await close(client, project, "store-2", anna, "P1")
    assert (statement["topped_up_minor"], statement["pay_minor"]) == (0, 27_000)


@pytest.mark.parametrize(
    ("policy", "paid"),
    [("forgive", 54_000), ("carry", 45_225), ("recoverable_draw", 32_000)],
)
async def test_late_returns_and_deficits_under_each_policy(
    client: httpx.AsyncClient, project: Project, policy: str, paid: int
) -> None:
    store = f"store-{policy}"
    anna = await shop_of(client, store, "P1", deficit_policy=policy)
    await work(client, anna, "P1", 40)
    dear = await sell(client, anna, "P1", 120_000)
    older = await sell(client, anna, "P1", 180_000)
    await sell(client, anna, "P1", 200_000)
    assert (await close(client, project, store, anna, "P1"))["pay_minor"] == 33_750

    await open_period(client, store, "P2")
    await work(client, anna, "P2", 40)
    await sell(client, anna, "P2", 300_000)
    await take_back(client, dear, "P2")
    late = await close(client, project, store, anna, "P2")
    assert (late["earned_minor"], late["clawed_back_minor"], late["net_minor"]) == (20_250, 8_100, 12_150)
    assert (late["topped_up_minor"], late["pay_minor"]) == (19_850, 32_000)
    first = await read(client, f"/v1/associates/{anna}/statements/P1")
    assert first["pay_minor"] == 33_750

    await open_period(client, store, "P3")
    await work(client, anna, "P3", 40)
    await sell(client, anna, "P3", 50_000)
    await take_back(client, older, "P3")
    deficit = await close(client, project, store, anna, "P3")
    assert (deficit["net_minor"], deficit["pay_minor"]) == (-8_775, 32_000)

    await open_period(client, store, "P4")
    await work(client, anna, "P4", 40)
    await sell(client, anna, "P4", 800_000)
    last = await close(client, project, store, anna, "P4")
    assert (last["net_minor"], last["pay_minor"]) == (54_000, paid)
    if policy == "recoverable_draw":
        assert (last["owed_before_minor"], last["owed_after_minor"]) == (60_625, 38_625)
    listed = await read(client, f"/v1/associates/{anna}/statements", limit=3)
    assert [one["period_id"] for one in listed["statements"]] == ["P4", "P3", "P2"]
    assert listed["more"] is True


async def test_a_split_is_settled_to_the_cent_and_taken_back_so(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna, ben = await hire(client), await hire(client)
    for shares, cents in (((6_000, 4_000), (405, 270)), ((5_000, 5_000), (338, 337))):
        attribution = [
            {"associate_id": who, "share_bp": share} for who, share in zip((anna, ben), shares, strict=True)
        ]
        body = sale_of(anna, price_minor=10_001)
        body["lines"][0]["attribution"] = attribution
        sold = await answered(client, "record-sale", **body)
        back = {
            "sale_id": sold["ids"]["sale_id"],
            "store_id": "s",
            "lines": [{"line_no": 1, "quantity": 1}],
        }
        await answered(client, "accept-return", **back)
        await project()
        for who, amount in zip((anna, ben), cents, strict=True):
            entries = (await read(client, f"/v1/associates/{who}/ledger"))["entries"]
            own = [entry["amount_minor"] for entry in entries if entry["account"] == f"associate:{who}"]
            assert own[-2:] == [amount, -amount]


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
