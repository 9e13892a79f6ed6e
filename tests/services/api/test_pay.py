"""Ledgers, statements and the pay calendar over HTTP: pages, order, and what is there before anything was
earned.
"""

from typing import Any

import httpx
import pytest

from tests.services.api.conftest import Project
from tests.services.api.paying import close, open_period, sell, shop_of, take_back, work
from tests.services.api.sending import answered, hire, read, read_pages, sale_of, send

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


async def test_all_statements_of_a_period_are_one_list(client: httpx.AsyncClient, project: Project) -> None:
    staff = [await shop_of(client, "everybody", "P1")]
    staff += [await hire(client, store_id="everybody") for _ in range(2)]
    # Whoever was hired last has the first statement: the list is by associate all the same.
    for who in reversed(staff):
        await sell(client, who, "P1", 10_000)
        await close(client, project, "everybody", who, "P1")
    path = "/v1/pay-periods/P1/statements"
    listed = await read_pages(client, path, "statements", limit=2)
    mine = [one for one in listed if one["associate_id"] in staff]
    assert [one["associate_id"] for one in mine] == sorted(staff)
    assert {one["pay_minor"] for one in mine} == {675}
    days = {"starts_on": "2025-01-01", "ends_on": "2025-01-31"}
    await answered(client, "open-pay-period", scope="quiet", period_id="Q1", **days)
    await project()
    assert (await read(client, "/v1/pay-periods/Q1/statements"))["statements"] == []
    assert (await client.get("/v1/pay-periods/nothing/statements")).status_code == 404


async def test_sales_without_hours_are_named_before_the_period_is_closed_and_then(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna = await shop_of(client, "hours", "P1")
    ben = await hire(client, store_id="hours")
    await hire(client, store_id="hours")
    await sell(client, anna, "P1", 10_000)
    await sell(client, ben, "P1", 20_000)
    await work(client, ben, "P1", 10)
    await project()
    path = "/v1/pay-periods/P1/missing-hours"
    [found] = await read_pages(client, path, "missing", limit=1, scope="hours")
    assert (found["associate_id"], found["store_id"], found["scope"]) == (anna, "hours", "hours")
    assert found["sales_minor"] == {"USD": 10_000}
    closed = await answered(client, "close-pay-period", scope="hours", period_id="P1")
    [warning] = closed["warnings"]
    assert (warning["code"], warning["field"]) == ("hours_missing", "period_id")
    assert f"(1): {anna}." in warning["message"]
    await answered(client, "issue-statement", associate_id=anna, scope="hours", period_id="P1")
    await project()
    assert (await read(client, path, scope="hours"))["missing"] == []
    assert (await client.get("/v1/pay-periods/nothing/missing-hours")).status_code == 404


async def test_sales_that_wait_for_their_period_are_without_hours_as_well(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna = await shop_of(client, "hours-waiting", "P1")
    ben = await hire(client, store_id="hours-waiting")
    for who in (anna, ben):
        await sell(client, who, "P2", 10_000)
    await work(client, ben, "P2", 10)
    await open_period(client, "hours-waiting", "P2")
    await project()
    path = "/v1/pay-periods/P2/missing-hours"
    [found] = (await read(client, path, scope="hours-waiting"))["missing"]
    assert (found["associate_id"], found["sales_minor"]) == (anna, {"USD": 10_000})
    await work(client, anna, "P2", 10)
    await project()
    assert (await read(client, path, scope="hours-waiting"))["missing"] == []


async def test_hours_that_came_late_are_missing_no_longer(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna = await shop_of(client, "hours-late", "P1")
    await sell(client, anna, "P1", 10_000)
    await answered(client, "close-pay-period", scope="hours-late", period_id="P1")
    await work(client, anna, "P1", 10)
    await project()
    assert (await read(client, "/v1/pay-periods/P1/missing-hours", scope="hours-late"))["missing"] == []


async def test_a_deficit_is_seen_while_it_builds_up(client: httpx.AsyncClient, project: Project) -> None:
    """100.00 of January come back on the 20th of February, 50.00 were sold: 3.38 less 6.75."""
    anna = await shop_of(client, "drowning", "P1", "P2")
    older = await sell(client, anna, "P1", 10_000)
    await close(client, project, "drowning", anna, "P1")
    await work(client, anna, "P2", 10)
    await sell(client, anna, "P2", 5_000)
    await project()
    assert (await read(client, "/v1/deficits", store_id="drowning"))["deficits"] == []
    await take_back(client, older, "P2")
    await project()
    [found] = (await read(client, "/v1/deficits", store_id="drowning"))["deficits"]
    assert (found["associate_id"], found["period_id"], found["net_minor"]) == (anna, "P2", 338 - 675)
    assert (found["guarantee_minor"], found["since"]) == (8_000, "2025-02-20T12:00:00Z")
    [cause] = found["because"]
    assert (cause["kind"], cause["sale_id"], cause["amount_minor"]) == ("clawed_back", older, 675)
    assert (await read(client, "/v1/deficits", store_id="elsewhere"))["deficits"] == []
    await sell(client, anna, "P2", 5_000)
    await project()
    assert (await read(client, "/v1/deficits", store_id="drowning"))["deficits"] == []


async def test_a_deficit_before_the_first_statement_names_its_causes_as_well(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna = await shop_of(client, "first-deficit", "P2")
    await take_back(client, older := await sell(client, anna, "P1", 10_000), "P2")
    await project()
    [found] = (await read(client, "/v1/deficits", store_id="first-deficit"))["deficits"]
    assert [cause["sale_id"] for cause in found["because"]] == [older]
    assert found["since"] == "2025-02-20T12:00:00Z"


async def test_hours_of_a_paid_period_that_come_late_are_paid_with_the_next(
    client: httpx.AsyncClient, project: Project
) -> None:
    """10 % and $8.00: 6.00 are paid, then 16 hours come, eight of them late; together 164.00."""
    anna = await shop_of(client, "late", "P1", rate_bp=1_000)
    await sell(client, anna, "P1", 6_000)
    first = await close(client, project, "late", anna, "P1")
    february = {"associate_id": anna, "worked_on": "2025-02-05", "selling_minutes": 480}
    waits = await answered(client, "record-hours", **february)
    assert [warning["code"] for warning in waits["warnings"]] == ["pay_period_not_opened"]
    await open_period(client, "late", "P2")
    late = await answered(client, "record-hours", **{**february, "worked_on": "2025-01-05"})
    assert "58.00 USD more, paid with P2" in late["warnings"][0]["message"]
    await sell(client, anna, "P2", 100_000)
    second = await close(client, project, "late", anna, "P2")
    assert (second["late_topped_up_minor"], second["minutes"]) == (5_800, 480)
    assert (first["pay_minor"], second["pay_minor"]) == (600, 15_800)


async def test_a_plan_dated_before_sales_is_made_up_for_when_that_is_asked_for(
    client: httpx.AsyncClient, project: Project
) -> None:
    """6.75 on 100.00 becomes 10.00, and the guarantee of January 100.00 instead of 80.00: 20.00 more."""
    anna = await shop_of(client, "anew", "P1", "P2")
    await sell(client, anna, "P1", 10_000)
    await work(client, anna, "P1", 10)
    first = await close(client, project, "anew", anna, "P1")
    plan = {"currency": "USD", "rate_bp": 1_000, "base_rate_minor": 1_000}
    change: dict[str, Any] = {"associate_id": anna, "plan": plan, "effective_on": "2025-01-01"}
    response = await send(client, "change-pay-plan", **change)
    assert (response.status_code, response.json()["code"]) == (422, "changes_what_was_earned")
    assert "6.75 becomes 10.00 USD: 3.25 more" in response.json()["detail"]
    assert "80.00 becomes 100.00 USD: 20.00 more" in response.json()["detail"]
    changed = await answered(client, "change-pay-plan", recompute=True, **change)
    assert "commission_account.late_topped_up.v1" in changed["events"]
    second = await close(client, project, "anew", anna, "P2")
    assert (first["pay_minor"], second["moved_minor"], second["pay_minor"]) == (8_000, 325, 2_000)
    entries = (await read(client, f"/v1/associates/{anna}/ledger", period_id="P2"))["entries"]
    anew = [one["amount_minor"] for one in entries if one["kind"] == "recomputed"]
    assert sorted(anew) == [-325, 325]


async def test_a_period_is_closed_early_only_when_that_is_said(client: httpx.AsyncClient) -> None:
    period = {"scope": "early", "period_id": "P1"}
    await answered(client, "open-pay-period", starts_on="2026-01-01", ends_on="2999-12-31", **period)
    response = await send(client, "close-pay-period", **period)
    assert (response.status_code, response.json()["code"]) == (422, "period_not_over")
    closed = await answered(client, "close-pay-period", early=True, **period)
    assert closed["events"] == ["pay_period.closed.v1"]
    assert (await answered(client, "reopen-pay-period", **period))["events"] == ["pay_period.reopened.v1"]
