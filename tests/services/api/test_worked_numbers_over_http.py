"""Every row of the domain page's table of worked numbers: commands in over HTTP; statements, ledgers and
receipts read out.
"""

from typing import Any

import httpx
import pytest

from tests.services.api.conftest import Project
from tests.services.api.paying import close, open_period, sell, shop_of, take_back, work
from tests.services.api.sending import PLAN, answered, hire, read, sale_of, send

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def own_entries(client: httpx.AsyncClient, associate_id: str) -> list[tuple[str, int]]:
    """What was added to an associate's account, in the order of the log. The whole ledger sums to zero."""
    entries = (await read(client, f"/v1/associates/{associate_id}/ledger"))["entries"]
    assert sum(entry["amount_minor"] for entry in entries) == 0
    account = f"associate:{associate_id}"
    return [(entry["kind"], entry["amount_minor"]) for entry in entries if entry["account"] == account]


async def back(client: httpx.AsyncClient, sale_id: str, **line: Any) -> dict[str, Any]:
    """Units of a sale come back; the return as it is read."""
    lines = [{"line_no": 1, "quantity": 1, **line}]
    answer = await answered(client, "accept-return", sale_id=sale_id, store_id="downtown", lines=lines)
    return await read(client, f"/v1/returns/{answer['ids']['return_id']}")


# --- guarantee, above guarantee -----------------------------------------------------------------------------


async def test_guarantee(client: httpx.AsyncClient, project: Project) -> None:
    anna = await shop_of(client, "guarantee", "P1")
    await work(client, anna, "P1", 30)
    await sell(client, anna, "P1", 200_000)
    statement = await close(client, project, "guarantee", anna, "P1")
    assert (statement["earned_minor"], statement["guarantee_minor"]) == (13_500, 24_000)
    assert (statement["topped_up_minor"], statement["pay_minor"]) == (10_500, 24_000)


async def test_above_guarantee(client: httpx.AsyncClient, project: Project) -> None:
    anna = await shop_of(client, "above", "P1")
    await work(client, anna, "P1", 30)
    await sell(client, anna, "P1", 400_000)
    statement = await close(client, project, "above", anna, "P1")
    assert (statement["earned_minor"], statement["topped_up_minor"]) == (27_000, 0)
    assert statement["pay_minor"] == 27_000


# --- late return, deficit, next period A / B / C ------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "paid", "still_open"),
    [("forgive", 54_000, 0), ("carry", 45_225, 0), ("recoverable_draw", 32_000, 38_625)],
)
async def test_late_return_deficit_and_next_period(
    client: httpx.AsyncClient, project: Project, policy: str, paid: int, still_open: int
) -> None:
    store = f"next-{policy}"
    anna = await shop_of(client, store, "P1", deficit_policy=policy)
    dear = await sell(client, anna, "P1", 120_000)
    older = await sell(client, anna, "P1", 180_000)
    await sell(client, anna, "P1", 200_000)
    first = await close(client, project, store, anna, "P1")
    assert (first["sales_minor"], first["pay_minor"]) == (500_000, 33_750)

    await open_period(client, store, "P2")
    await work(client, anna, "P2", 40)
    await sell(client, anna, "P2", 300_000)
    await take_back(client, dear, "P2")
    late = await close(client, project, store, anna, "P2")
    assert (late["earned_minor"], late["clawed_back_minor"], late["net_minor"]) == (20_250, 8_100, 12_150)
    assert (late["topped_up_minor"], late["pay_minor"]) == (19_850, 32_000)
    assert await read(client, f"/v1/associates/{anna}/statements/P1") == first

    await open_period(client, store, "P3")
    await work(client, anna, "P3", 40)
    await sell(client, anna, "P3", 50_000)
    await take_back(client, older, "P3")
    deficit = await close(client, project, store, anna, "P3")
    assert (deficit["earned_minor"], deficit["clawed_back_minor"]) == (3_375, 12_150)
    assert (deficit["net_minor"], deficit["pay_minor"]) == (-8_775, 32_000)

    await open_period(client, store, "P4")
    await work(client, anna, "P4", 40)
    await sell(client, anna, "P4", 800_000)
    last = await close(client, project, store, anna, "P4")
    assert (last["earned_minor"], last["pay_minor"], last["owed_after_minor"]) == (54_000, paid, still_open)
    if policy == "recoverable_draw":
        assert last["owed_before_minor"] == 19_850 + 40_775 == 60_625


async def test_late_return_new_rate(client: httpx.AsyncClient, project: Project) -> None:
    anna = await shop_of(client, "new-rate", "P1")
    dear = await sell(client, anna, "P1", 120_000)
    await sell(client, anna, "P1", 380_000)
    assert (await close(client, project, "new-rate", anna, "P1"))["pay_minor"] == 33_750
    await open_period(client, "new-rate", "P2")
    plan = {**PLAN, "rate_bp": 700}
    await answered(client, "change-pay-plan", associate_id=anna, plan=plan, effective_on="2025-02-01")
    await work(client, anna, "P2", 40)
    await sell(client, anna, "P2", 300_000)
    await take_back(client, dear, "P2")
    late = await close(client, project, "new-rate", anna, "P2")
    assert (late["earned_minor"], late["clawed_back_minor"], late["net_minor"]) == (21_000, 8_100, 12_900)


# --- splits and rounding ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("shares", "cents"), [((6_000, 4_000), (405, 270)), ((5_000, 5_000), (338, 337))])
async def test_split(
    client: httpx.AsyncClient, project: Project, shares: tuple[int, int], cents: tuple[int, int]
) -> None:
    anna, ben = await hire(client), await hire(client)
    body = sale_of(anna, price_minor=10_001)
    body["lines"][0]["attribution"] = [
        {"associate_id": who, "share_bp": share} for who, share in zip((anna, ben), shares, strict=True)
    ]
    sale_id = (await answered(client, "record-sale", **body))["ids"]["sale_id"]
    sale = await read(client, f"/v1/sales/{sale_id}")
    credits = [credit["associate_id"] for credit in sale["lines"][0]["credits"]]
    assert credits == [anna, ben]
    await back(client, sale_id)
    await project()
    for who, amount in zip((anna, ben), cents, strict=True):
        assert [cents for _, cents in await own_entries(client, who)] == [amount, -amount]


async def test_order_discount(client: httpx.AsyncClient) -> None:
    anna = await hire(client)
    body = sale_of(anna, price_minor=3_333, quantity=3, order_discount_minor=1_000)
    body["lines"].append({**body["lines"][0], "quantity": 1, "unit_price_minor": 5_001})
    sale_id = (await answered(client, "record-sale", **body))["ids"]["sale_id"]
    sale = await read(client, f"/v1/sales/{sale_id}")
    assert [line["discount_minor"] for line in sale["lines"]] == [667, 333]
    assert sale["lines"][0]["net_minor"] == 9_332
    assert [(await back(client, sale_id))["refund_minor"] for _ in range(3)] == [3_111, 3_110, 3_111]


async def test_unit_by_unit(client: httpx.AsyncClient, project: Project) -> None:
    anna = await hire(client)
    sold = await answered(client, "record-sale", **sale_of(anna, price_minor=1_000, quantity=3))
    for _ in range(3):
        await back(client, sold["ids"]["sale_id"])
    await project()
    assert [cents for _, cents in await own_entries(client, anna)] == [203, -68, -67, -68]


# --- no receipt, matched later ------------------------------------------------------------------------------


async def test_no_receipt_and_matched_later(client: httpx.AsyncClient, project: Project) -> None:
    anna = await hire(client)
    sale_id = (await answered(client, "record-sale", **sale_of(anna, price_minor=5_990)))["ids"]["sale_id"]
    lines = [{"sku": "SHOE-1", "refund_minor": 7_950}]
    taken = await answered(client, "accept-return", store_id="downtown", currency="USD", lines=lines)
    return_id = taken["ids"]["return_id"]
    assert taken["events"] == ["return.accepted.v1"]
    assert (await read(client, f"/v1/returns/{return_id}"))["refund_minor"] == 7_950
    await project()
    assert [cents for _, cents in await own_entries(client, anna)] == [404]

    await answered(client, "match-return", return_id=return_id, sale_id=sale_id)
    await project()
    assert [cents for _, cents in await own_entries(client, anna)] == [404, -404]
    match = (await read(client, f"/v1/returns/{return_id}"))["match"]
    assert (match["sold_minor"], match["goodwill_minor"]) == (5_990, 1_960)
    again = await send(client, "match-return", return_id=return_id, sale_id=sale_id)
    assert (again.status_code, again.json()["code"]) == (422, "already_matched")
    lines = [{"line_no": 1, "quantity": 1}]
    used_up = await send(client, "accept-return", sale_id=sale_id, store_id="downtown", lines=lines)
    assert (used_up.status_code, used_up.json()["code"]) == (422, "more_than_left")


# --- the sign -----------------------------------------------------------------------------------------------


async def test_sign(client: httpx.AsyncClient, project: Project) -> None:
    anna = await shop_of(client, "sign", "P1", rate_bp=400)
    body = sale_of(anna, price_minor=100_000, occurred_at="2025-01-10T12:00:00Z")
    body["lines"].append({**body["lines"][0], "unit_price_minor": 20_000})
    sale_id = (await answered(client, "record-sale", **body))["ids"]["sale_id"]
    await project()
    assert sum(cents for _, cents in await own_entries(client, anna)) == 4_800
    lines = [{"line_no": number, "quantity": 1} for number in (1, 2)]
    at = "2025-01-20T12:00:00Z"
    await answered(client, "accept-return", sale_id=sale_id, store_id="downtown", lines=lines, occurred_at=at)
    statement = await close(client, project, "sign", anna, "P1")
    assert (statement["earned_minor"], statement["clawed_back_minor"]) == (4_800, 4_800)
    assert (statement["net_minor"], statement["sales_minor"], statement["pay_minor"]) == (0, 0, 0)
