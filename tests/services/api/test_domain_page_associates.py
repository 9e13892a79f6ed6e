"""The domain page's associate, pay period and commission account, command by command, each with what a reader
then sees.
"""

from typing import Any

import httpx
import pytest

from tests.services.api.conftest import Project
from tests.services.api.paying import close, open_period, sell, shop_of, take_back, work
from tests.services.api.refusing import refused
from tests.services.api.sending import PLAN, answered, hire, read, register, sale_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def associate(
    client: httpx.AsyncClient, project: Project, associate_id: str, **parameters: str
) -> dict[str, Any]:
    await project()
    return await read(client, f"/v1/associates/{associate_id}", **parameters)


# --- employment ---------------------------------------------------------------------------------------------


async def test_hired_transferred_and_gone(client: httpx.AsyncClient, project: Project) -> None:
    anna = await hire(client, name="Anna Lindqvist", department="shoes", reference="E-1")
    document = await associate(client, project, anna)
    assert (document["name"], document["store_id"], document["department"]) == (
        "Anna Lindqvist",
        "downtown",
        "shoes",
    )
    moved = {"associate_id": anna, "store_id": "harbour", "department": "alterations"}
    assert (await answered(client, "transfer-associate", **moved))["events"] == ["associate.transferred.v1"]
    assert (await answered(client, "transfer-associate", **moved))["events"] == []
    document = await associate(client, project, anna)
    assert (document["store_id"], document["department"]) == ("harbour", "alterations")
    ben = await hire(client)
    left = {"associate_id": anna, "left_on": "2026-02-28", "successors": [ben]}
    own = await refused(client, "associate-leaves", **{**left, "successors": [ben, anna]})
    assert own == (422, "succeeds_self", "successors[1]")
    await answered(client, "associate-leaves", **left)
    document = await associate(client, project, anna)
    assert (document["status"], document["left_on"], document["successors"]) == ("left", "2026-02-28", [ben])
    assert (await refused(client, "associate-leaves", **left))[1] == "associate_has_left"
    owner = {"customer_id": await register(client), "associate_id": anna}
    assert (await refused(client, "assign-owner", **owner))[1] == "associate_has_left"


async def test_another_plan_takes_effect_from_its_date_and_sales_before_keep_theirs(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna = await shop_of(client, "mid-period", "P1")
    before = await sell(client, anna, "P1", 10_000)
    plan = {**PLAN, "rate_bp": 1_000}
    await answered(client, "change-pay-plan", associate_id=anna, plan=plan, effective_on="2025-01-11")
    sold_at = "2025-01-12T12:00:00Z"
    await answered(client, "record-sale", **sale_of(anna, price_minor=10_000, occurred_at=sold_at))
    await take_back(client, before, "P1")
    statement = await close(client, project, "mid-period", anna, "P1")
    assert (statement["earned_minor"], statement["clawed_back_minor"]) == (675 + 1_000, 675)
    assert (await associate(client, project, anna, on="2025-01-10"))["plan"]["plan"]["rate_bp"] == 675
    assert (await associate(client, project, anna, on="2025-01-11"))["plan"]["plan"]["rate_bp"] == 1_000
    late = {"associate_id": anna, "plan": {**PLAN, "rate_bp": 2_000}, "effective_on": "2025-01-12"}
    assert await refused(client, "change-pay-plan", **late) == (
        422,
        "changes_what_was_earned",
        "effective_on",
    )
    other = {**late, "plan": {**PLAN, "currency": "EUR"}, "effective_on": "2025-02-01"}
    assert (await refused(client, "change-pay-plan", **other))[1:] == ("currency_differs", "plan.currency")


# --- pay periods and hours ----------------------------------------------------------------------------------


async def test_the_calendar_of_a_store(client: httpx.AsyncClient, project: Project) -> None:
    await open_period(client, "harbour", "P1")
    await project()
    (period,) = (await read(client, "/v1/pay-periods", scope="harbour"))["periods"]
    assert (period["period_id"], period["status"], period["time_zone"]) == ("P1", "open", "UTC")
    body = {
        "scope": "harbour",
        "period_id": "P1b",
        "starts_on": "2025-01-31",
        "ends_on": "2025-02-03",
    }
    assert (await refused(client, "open-pay-period", **body))[1:] == ("periods_overlap", "starts_on")
    for changes, code, field in (
        ({"period_id": "P1"}, "already_exists", "period_id"),
        ({"starts_on": "2025-03-01"}, "ends_before_start", "ends_on"),
        ({"starts_on": "2025-02-01", "time_zone": "Mars/Olympus"}, "time_zone_unknown", "time_zone"),
    ):
        assert (await refused(client, "open-pay-period", **{**body, **changes}))[1:] == (code, field)
    assert (await refused(client, "close-pay-period", scope="harbour", period_id="P9")) == (
        404,
        "pay_period_unknown",
        "period_id",
    )
    closed = {"scope": "harbour", "period_id": "P1"}
    assert (await answered(client, "close-pay-period", **closed))["events"] == ["pay_period.closed.v1"]
    assert (await answered(client, "close-pay-period", **closed))["events"] == []


async def test_hours_selling_and_not_make_the_guarantee_and_a_day_can_be_put_right(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna = await shop_of(client, "hours", "P1")
    day = {"associate_id": anna, "worked_on": "2025-01-07"}
    await answered(client, "record-hours", **day, selling_minutes=600)
    await answered(client, "record-hours", **day, selling_minutes=300, non_selling_minutes=180)
    too_long = await refused(client, "record-hours", **day, selling_minutes=1_000, non_selling_minutes=1_000)
    assert too_long[1] == "more_than_a_day"
    future = {"associate_id": anna, "worked_on": "2030-01-01"}
    assert (await refused(client, "record-hours", **future))[1:] == ("in_the_future", "worked_on")
    statement = await close(client, project, "hours", anna, "P1")
    assert (statement["selling_minutes"], statement["non_selling_minutes"]) == (300, 180)
    assert (statement["guarantee_minor"], statement["pay_minor"]) == (6_400, 6_400)
    right = await answered(client, "record-hours", **day, selling_minutes=240)
    assert right["events"] == [
        "commission_account.late_hours_recorded.v1",
        "commission_account.late_topped_up.v1",
    ]
    assert "32.00 USD were paid too much and are owed" in right["warnings"][0]["message"]
    await project()
    account = (await read(client, f"/v1/associates/{anna}/ledger"))["account"]
    assert (account["balances"], account["owed"]) == ({"USD": 0}, {"USD": 3_200})


async def test_a_statement_tells_for_information_what_overtime_law_asks(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna = await shop_of(client, "overtime", "P1")
    await work(client, anna, "P1", 30)
    await sell(client, anna, "P1", 200_000)
    statement = await close(client, project, "overtime", anna, "P1")
    # 135.00 of the 240.00 are commission; 240.00 in 30 hours.
    assert (statement["regular_rate_minor"], statement["commission_share_bp"]) == (800, 5_625)
    described = (await read(client, "/openapi.json"))["components"]["schemas"]["SignedStatement"][
        "description"
    ]
    assert "information for overtime law" in " ".join(described.split())
    idle = await shop_of(client, "no-hours", "P1")
    await sell(client, idle, "P1", 200_000)
    statement = await close(client, project, "no-hours", idle, "P1")
    assert (statement["regular_rate_minor"], statement["pay_minor"]) == (None, 13_500)


async def test_statements_are_facts_issued_once_in_order_and_never_changed(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna = await shop_of(client, "facts", "P1", "P2")
    sale_id = await sell(client, anna, "P1", 100_000)
    await sell(client, anna, "P2", 200_000)
    issue = {"associate_id": anna, "scope": "facts", "period_id": "P1"}
    assert (await refused(client, "issue-statement", **issue))[1:] == ("pay_period_open", "period_id")
    await answered(client, "close-pay-period", scope="facts", period_id="P2")
    early = await refused(client, "issue-statement", **{**issue, "period_id": "P2"})
    assert early[1:] == ("earlier_statement_missing", "period_id")
    first = await close(client, project, "facts", anna, "P1")
    assert (await answered(client, "issue-statement", **issue))["events"] == []
    await take_back(client, sale_id, "P1")
    await project()
    assert await read(client, f"/v1/associates/{anna}/statements/P1") == first
    assert (await client.get(f"/v1/associates/{anna}/statements/P9")).json()["code"] == "statement_unknown"


async def test_what_a_leaver_still_owes_is_written_off(client: httpx.AsyncClient, project: Project) -> None:
    anna = await shop_of(client, "leaving", "P1", "P2")
    sale_id = await sell(client, anna, "P1", 100_000)
    await close(client, project, "leaving", anna, "P1")
    await take_back(client, sale_id, "P2")
    await answered(client, "associate-leaves", associate_id=anna, left_on="2025-02-20")
    last = await close(client, project, "leaving", anna, "P2")
    assert (last["net_minor"], last["pay_minor"]) == (-6_750, 0)
    assert (last["written_off_minor"], last["owed_after_minor"]) == (6_750, 0)
    entries = (await read(client, f"/v1/associates/{anna}/ledger"))["entries"]
    assert sum(entry["amount_minor"] for entry in entries) == 0
