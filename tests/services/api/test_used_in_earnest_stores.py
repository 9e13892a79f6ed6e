"""Used in earnest, stores: their own days, what is odd at the till, and lines that are no purchase."""

from typing import Any

import httpx
import pytest

from tests.services.api.conftest import Project
from tests.services.api.earnest import met, page, read_today
from tests.services.api.refusing import refused
from tests.services.api.sending import PLAN, answered, hire, read, register, sale_of, send

pytestmark = pytest.mark.asyncio(loop_scope="module")

GIFT_CARD: dict[str, Any] = {"sku": "CARD", "unit_price_minor": 50_000, "kind": "gift_card"}
FREE: dict[str, Any] = {"sku": "BAG", "unit_price_minor": 0}


def codes(answer: dict[str, Any]) -> list[tuple[str, str]]:
    return [(warning["code"], warning["field"]) for warning in answer["warnings"]]


async def opened(client: httpx.AsyncClient, store_id: str, time_zone: str) -> dict[str, Any]:
    store = {"store_id": store_id, "name": store_id.title(), "currency": "USD", "time_zone": time_zone}
    return await answered(client, "open-store", **store)


async def bought(client: httpx.AsyncClient, anna: str, clara: str, *instants: str, **fields: Any) -> None:
    for at in instants:
        await answered(client, "record-sale", **sale_of(anna, customer_id=clara, occurred_at=at, **fields))


@pytest.mark.parametrize(
    ("time_zone", "instants", "visits"),
    [
        # An afternoon and an evening of one New York day are two days in UTC.
        ("America/New_York", ("2026-02-10T20:00:00Z", "2026-02-11T01:00:00Z"), 1),
        # Clocks go forward there on 9 March 2025: 05:30Z is half past midnight, 04:30Z still the 8th.
        ("America/New_York", ("2025-03-09T04:30:00Z", "2025-03-09T05:30:00Z"), 2),
        ("America/New_York", ("2025-03-10T03:30:00Z", "2025-03-10T04:30:00Z"), 2),
        # And back on 2 November 2025: 04:30Z is half past midnight of the 2nd, the next one is the 2nd, too.
        ("America/New_York", ("2025-11-02T04:30:00Z", "2025-11-03T04:30:00Z"), 1),
        # A morning in Tokyo is the evening before in UTC.
        ("Asia/Tokyo", ("2026-02-10T23:00:00Z", "2026-02-11T10:00:00Z"), 1),
        ("UTC", ("2026-02-10T23:00:00Z", "2026-02-11T10:00:00Z"), 2),
    ],
)
async def test_a_visit_is_a_day_of_the_store(
    client: httpx.AsyncClient, project: Project, time_zone: str, instants: tuple[str, ...], visits: int
) -> None:
    store_id = f"{time_zone} {instants[0]}"
    await opened(client, store_id, time_zone)
    anna = await hire(client, store_id=store_id)
    clara = await register(client)
    await bought(client, anna, clara, *instants, store_id=store_id)
    shown = await page(client, project, anna, clara)
    assert shown["summary"]["visits"] == visits
    score = await read(client, f"/v1/customers/{clara}/score")
    frequency = next(one for one in score["components"] if one["name"] == "frequency")
    assert frequency["reason"].startswith("1 visit in" if visits == 1 else f"{visits} visits in")


async def test_today_is_the_stores_day(client: httpx.AsyncClient, project: Project) -> None:
    await opened(client, "far-east", "Pacific/Kiritimati")
    anna = await hire(client, store_id="far-east")
    clara = await met(client, anna, "call")
    await answered(client, "plan-follow-up", customer_id=clara, due_on="2026-03-03", reason="gloves")
    # Noon of 2 March in UTC is two in the morning of the 3rd there.
    listed = await read_today(client, project, anna)
    assert (listed["time_zone"], [call["customer_id"] for call in listed["calls"]]) == (
        "Pacific/Kiritimati",
        [clara],
    )


async def test_what_is_odd_at_the_till_is_recorded_and_said(client: httpx.AsyncClient) -> None:
    anna = await hire(client)
    house = {
        "store_id": "nowhere",
        "currency": "XYZ",
        "lines": [{"sku": "A", "quantity": 1, "unit_price_minor": 5}],
    }
    assert codes(await answered(client, "record-sale", **house)) == [
        ("store_unknown", "store_id"),
        ("currency_unknown", "currency"),
    ]
    numbered = sale_of(anna, receipt_no="R-1001")
    assert codes(await answered(client, "record-sale", **numbered)) == []
    again = await send(client, "record-sale", key="the till again", **numbered)
    assert (again.status_code, codes(again.json())) == (201, [("receipt_number_used", "receipt_no")])
    replayed = (await send(client, "record-sale", key="the till again", **numbered)).json()
    assert (replayed["replayed"], codes(replayed)) == (True, codes(again.json()))
    other_store = {**numbered, "store_id": "uptown"}
    assert codes(await answered(client, "record-sale", **other_store)) == [("store_unknown", "store_id")]
    bare = {"currency": "XYZ", "lines": [{"sku": "A", "refund_minor": 5}], "store_id": "nowhere"}
    assert codes(await answered(client, "accept-return", **bare)) == [
        ("store_unknown", "store_id"),
        ("currency_unknown", "currency"),
    ]
    items = [{"sku": "A"}]
    for command, fields in (
        ("record-stock-arrival", {"items": items}),
        ("report-heroic-act", {"heroes": [anna], "kind": "delivery", "story": "Snow."}),
        ("register-customer", {}),
        ("hire-associate", {"plan": PLAN}),
    ):
        assert codes(await answered(client, command, store_id="nowhere", **fields)) == [
            ("store_unknown", "store_id")
        ], command


async def test_what_can_wait_is_refused_with_the_field(client: httpx.AsyncClient) -> None:
    anna, clara = await hire(client), await register(client)
    act = {"heroes": [anna], "kind": "delivery", "story": "Snow."}
    store = {"store_id": "s", "name": "S", "time_zone": "UTC"}
    cases: list[tuple[str, dict[str, Any], str, str]] = [
        ("add-contact-point", {"customer_id": clara, "kind": "email", "value": "not-an-email"},
         "not_a_mail_address", "value"),
        ("add-contact-point", {"customer_id": clara, "kind": "phone", "value": "not a number"},
         "not_a_telephone_number", "value"),
        ("hire-associate", {"store_id": "s", "plan": {**PLAN, "currency": "XYZ"}},
         "currency_unknown", "plan.currency"),
        ("report-heroic-act", {**act, "currency": "XYZ"}, "currency_unknown", "currency"),
        ("open-store", {**store, "currency": "XYZ"}, "currency_unknown", "currency"),
        ("open-store", {**store, "currency": "USD", "time_zone": "America/Nowhere"},
         "time_zone_unknown", "time_zone"),
    ]  # fmt: skip
    for command, fields, code, field in cases:
        assert await refused(client, command, **fields) == (422, code, field), command


async def test_an_act_is_verified_by_a_second_person(client: httpx.AsyncClient) -> None:
    anna, ben, carl = [await hire(client) for _ in range(3)]
    act = {"heroes": [anna], "kind": "delivery", "story": "Snow.", "reported_by": ben}
    act_id = (await answered(client, "report-heroic-act", **act))["ids"]["act_id"]
    for who, code in ((None, "verifier_missing"), (anna, "own_act"), (ben, "own_report")):
        body = {"act_id": act_id, **({} if who is None else {"verified_by": who})}
        assert await refused(client, "verify-heroic-act", **body) == (422, code, "verified_by")
    await answered(client, "verify-heroic-act", act_id=act_id, verified_by=carl)


async def test_a_gift_card_and_a_line_of_nothing_are_no_purchase(
    client: httpx.AsyncClient, project: Project
) -> None:
    tiers = [{"from_minor": 40_000, "rate_bp": 1_000}]
    anna = await hire(client, plan={**PLAN, "tiers": tiers})
    clara = await met(client, anna, "call")
    for line in (GIFT_CARD, FREE):
        body = sale_of(anna, customer_id=clara)
        body["lines"][0] |= line
        sale_id = (await answered(client, "record-sale", **body))["ids"]["sale_id"]
        shown = await page(client, project, anna, clara)
        assert (shown["summary"]["visits"], shown["summary"]["net_spend_minor"], shown["score"]) == (0, 0, 0)
        assert shown["purchases"] == []
    await bought(client, anna, clara, "2026-03-01T12:00:00Z", price_minor=30_000)
    await project()
    account = (await read(client, f"/v1/associates/{anna}/ledger"))["account"]
    assert account["balances"] == {"USD": 2_025}, "no tier was lifted by the gift card"
    await answered(client, "detach-customer", sale_id=sale_id, customer_id=clara)
    assert (await page(client, project, anna, clara))["summary"]["visits"] == 1


async def test_dates_that_contradict_each_other_are_posted_with_a_warning(client: httpx.AsyncClient) -> None:
    anna = await hire(client, hired_on="2026-02-01")
    early = sale_of(anna, occurred_at="2026-01-15T12:00:00Z")
    sold = await answered(client, "record-sale", **early)
    assert [code for code, _ in codes(sold)] == ["before_hiring"]
    back = {"sale_id": sold["ids"]["sale_id"], "store_id": "downtown", "lines": [{"line_no": 1}]}
    returned = await answered(client, "accept-return", **back, occurred_at="2026-01-01T12:00:00Z")
    assert codes(returned) == [("before_the_sale", "occurred_at")]
