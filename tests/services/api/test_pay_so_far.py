"""Pay so far: what would be paid by now, what is to be expected, and each line with its cause first."""

from typing import Any

import httpx
import pytest

from infra.clock import FixedClock
from tests.services.api.conftest import Project
from tests.services.api.paying import close, open_period, sell, shop_of, take_back, work
from tests.services.api.role_world import World, asked
from tests.services.api.sending import PLAN, answered, hire, read, read_pages, sale_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def pay_of(client: httpx.AsyncClient, project: Project, anna: str, **asked: Any) -> dict[str, Any]:
    await project()
    return await read(client, f"/v1/associates/{anna}/pay", **asked)


async def test_a_late_return_says_what_came_back_and_when_it_was_earned(
    client: httpx.AsyncClient, project: Project
) -> None:
    """The domain page's late return: 202.50 less 81.00 against 320.00 for forty hours."""
    anna = await shop_of(client, "pay-late", "P1", "P2")
    clerk = await hire(client, name="Ben Clerk", store_id="pay-late")
    line = {"sku": "COAT-1", "description": "Camel coat", "label": "Aster", "quantity": 1}
    coat = sale_of(anna, store_id="pay-late", occurred_at="2025-01-10T12:00:00Z")
    coat["lines"] = [{**line, "unit_price_minor": 120_000, "attribution": [{"associate_id": anna}]}]
    sold = (await answered(client, "record-sale", **coat))["ids"]["sale_id"]
    await close(client, project, "pay-late", anna, "P1")
    await work(client, anna, "P2", 40)
    await sell(client, anna, "P2", 300_000)
    back = {"sale_id": sold, "store_id": "pay-late", "lines": [{"line_no": 1}], "accepted_by": clerk}
    returned = await answered(client, "accept-return", **back, occurred_at="2025-02-20T12:00:00Z")
    pay = await pay_of(client, project, anna, include="names")
    [period] = [one for one in pay["periods"] if one["period_id"] == "P2"]
    assert (period["net_minor"], period["guarantee_minor"], period["pay_minor"]) == (12_150, 32_000, 32_000)
    assert (period["starts_on"], period["ends_on"], period["topped_up_minor"]) == (
        "2025-02-01", "2025-02-28", 19_850,
    )  # fmt: skip
    clawback = pay["lines"][0]
    assert (clawback["kind"], clawback["amount_minor"], clawback["period_id"]) == (
        "clawed_back",
        -8_100,
        "P2",
    )
    assert clawback["cause"] == {
        "sold_at": "2025-01-10T12:00:00Z",
        "sold_in_store_id": "pay-late",
        "earned_in_period_id": "P1",
        "returned_at": "2025-02-20T12:00:00Z",
        "taken_in_store_id": "pay-late",
        "taken_in_by": clerk,
        "moved_with": [],
        "reason": None,
        "for_period_id": None,
    }
    [article] = clawback["items"]
    assert (article["line_no"], article["sku"], article["description"]) == (1, "COAT-1", "Camel coat")
    assert (clawback["sale_id"], clawback["return_id"]) == (sold, returned["ids"]["return_id"])
    assert pay["names"]["associates"][clerk] == "Ben Clerk"
    assert [one["kind"] for one in pay["lines"]][-1] == "earned"


async def test_a_moved_line_says_with_whom_and_why(client: httpx.AsyncClient, project: Project) -> None:
    anna = await shop_of(client, "pay-moved", "P1")
    ben = await hire(client, store_id="pay-moved")
    sold = await sell(client, anna, "P1", 10_000)
    await answered(
        client, "correct-attribution", sale_id=sold, line_no=1,
        attribution=[{"associate_id": ben}], reason="ben_served_them",
    )  # fmt: skip
    for who, other, amount in ((anna, ben, -675), (ben, anna, 675)):
        line = (await pay_of(client, project, who))["lines"][0]
        assert (line["kind"], line["amount_minor"]) == ("moved", amount)
        assert (line["cause"]["moved_with"], line["cause"]["reason"]) == ([other], "ben_served_them")


async def test_lines_are_paged_the_newest_first_and_sum_to_what_is_earned(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna = await shop_of(client, "pay-pages", "P1")
    older = await sell(client, anna, "P1", 10_000)
    await sell(client, anna, "P1", 20_000)
    await take_back(client, older, "P1")
    await project()
    path = f"/v1/associates/{anna}/pay"
    lines = await read_pages(client, path, "lines", limit=2)
    assert [line["kind"] for line in lines] == ["clawed_back", "earned", "earned"]
    assert sum(line["amount_minor"] for line in lines) == 1_350
    assert (await client.get(path, params={"after": "1"})).status_code == 422
    assert (await client.get("/v1/associates/ass_" + "0" * 32 + "/pay")).status_code == 404


async def test_what_is_expected_goes_on_at_the_pace_so_far(
    client: httpx.AsyncClient, project: Project, clock: FixedClock
) -> None:
    """On the 2nd of March two of 31 days have begun: 67.50 and ten hours become 1,046.25 and 155 hours."""
    anna = await hire(client, store_id="pay-pace")
    march = {"scope": "pay-pace", "period_id": "March", "starts_on": "2026-03-01", "ends_on": "2026-03-31"}
    await answered(client, "open-pay-period", **march)
    nothing = await pay_of(client, project, anna, include="names")
    [period] = nothing["periods"]
    assert (period["period_id"], period["pay_minor"], period["projected_pay_minor"]) == ("March", 0, 0)
    assert nothing["names"]["currencies"] == {"USD": 2}
    body = sale_of(anna, price_minor=100_000, store_id="pay-pace", occurred_at="2026-03-02T10:00:00Z")
    await answered(client, "record-sale", **body)
    day = {"associate_id": anna, "worked_on": "2026-03-01", "selling_minutes": 600}
    await answered(client, "record-hours", **day)
    [period] = (await pay_of(client, project, anna))["periods"]
    assert (period["net_minor"], period["guarantee_minor"], period["pay_minor"]) == (6_750, 8_000, 8_000)
    assert (period["days"], period["days_begun"]) == (31, 2)
    assert (period["projected_net_minor"], period["projected_guarantee_minor"]) == (104_625, 124_000)
    assert period["projected_pay_minor"] == 124_000


async def test_what_is_owed_is_recouped_by_the_plans_policy(
    client: httpx.AsyncClient, project: Project
) -> None:
    """The domain page's deficit, carried: 87.75 come off what exceeds the next guarantee."""
    anna = await shop_of(client, "pay-carry", "P1", "P2", "P3")
    older = await sell(client, anna, "P1", 180_000)
    await close(client, project, "pay-carry", anna, "P1")
    await work(client, anna, "P2", 40)
    await sell(client, anna, "P2", 50_000)
    await take_back(client, older, "P2")
    [before] = [one for one in (await pay_of(client, project, anna))["periods"] if one["period_id"] == "P2"]
    assert (before["net_minor"], before["pay_minor"], before["owed_after_minor"]) == (-8_775, 32_000, 8_775)
    await close(client, project, "pay-carry", anna, "P2")
    await work(client, anna, "P3", 40)
    body = sale_of(anna, price_minor=800_000, occurred_at="2025-03-10T12:00:00Z")
    await answered(client, "record-sale", **body)
    pay = await pay_of(client, project, anna)
    [after] = [one for one in pay["periods"] if one["period_id"] == "P3"]
    assert (after["recouped_minor"], after["pay_minor"], pay["owed"]) == (8_775, 45_225, {"USD": 8_775})
    statement = await close(client, project, "pay-carry", anna, "P3")
    assert statement["pay_minor"] == after["pay_minor"]


async def test_somebody_who_never_sold_has_pay_without_lines(
    client: httpx.AsyncClient, project: Project
) -> None:
    await open_period(client, "pay-nothing", "P4")
    anna = await hire(client, store_id="pay-nothing", plan={**PLAN, "currency": "JPY"})
    pay = await pay_of(client, project, anna)
    assert (pay["lines"], pay["next"], pay["policy"]) == ([], None, "carry")
    assert (pay["periods"], pay["owed"]) == ([], {})


async def test_pay_is_the_associates_own_and_payrolls(house_client: httpx.AsyncClient, world: World) -> None:
    for role, whose, status in (
        ("associate", "own", 200), ("associate", "store", 403), ("manager", "store", 403),
        ("payroll", "foreign", 200), ("point_of_sale", "own", 403),
    ):  # fmt: skip
        answer = await asked(house_client, world, "pay", whose, role)  # type: ignore[arg-type]
        assert answer.status_code == status, (role, whose, answer.text)
