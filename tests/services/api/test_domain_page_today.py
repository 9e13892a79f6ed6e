"""The domain page's Today: the five reasons to reach out, most valuable first, never on a channel she has not
agreed to.
"""

from typing import Any

import httpx
import pytest

from tests.services.api.conftest import Project
from tests.services.api.sending import answered, hire, read, register, sale_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

#: The clock of these tests stands at noon of 2026-03-02.
DAY = "2026-03-02"


async def willing(client: httpx.AsyncClient, anna: str, **fields: Any) -> str:
    """A customer in Anna's book whom she may call."""
    clara = await register(client, **fields)
    await answered(client, "assign-owner", customer_id=clara, associate_id=anna)
    await answered(client, "set-contact-preference", customer_id=clara, channel="call", allowed=True)
    return clara


async def buys(
    client: httpx.AsyncClient, anna: str, clara: str, *days: str, price_minor: int = 1_000
) -> None:
    for day in days:
        at = f"{day}T10:00:00Z"
        body = sale_of(anna, price_minor=price_minor, customer_id=clara, occurred_at=at)
        await answered(client, "record-sale", **body)


async def reasons(
    client: httpx.AsyncClient, project: Project, anna: str, **parameters: str
) -> dict[str, list[str]]:
    """The kinds of reasons for each customer on the list, in its order."""
    await project()
    listed = await read(client, f"/v1/associates/{anna}/book/today", **parameters)
    return {call["customer_id"]: [each["kind"] for each in call["reasons"]] for call in listed["calls"]}


async def test_stock_has_arrived_for_a_wish(client: httpx.AsyncClient, project: Project) -> None:
    anna = await hire(client)
    clara = await willing(client, anna)
    wished = await answered(client, "record-wish", customer_id=clara, label="Calzari", size="39")
    items = [{"sku": "SH0101", "label": "Calzari", "size": "39"}]
    arrived = await answered(client, "record-stock-arrival", store_id="downtown", items=items)
    assert arrived["events"] == ["stock_arrival.recorded.v1"]
    promise = {"due_on": DAY, "reason": "it came in", "wish_id": wished["ids"]["wish_id"]}
    await answered(client, "plan-follow-up", customer_id=clara, **promise)
    assert await reasons(client, project, anna) == {clara: ["stock_arrived"]}
    await answered(client, "fulfil-wish", customer_id=clara, wish_id=wished["ids"]["wish_id"])
    assert "stock_arrived" not in (await reasons(client, project, anna)).get(clara, [])


async def test_a_promised_follow_up_is_due(client: httpx.AsyncClient, project: Project) -> None:
    anna = await hire(client)
    clara = await willing(client, anna)
    made = await answered(client, "plan-follow-up", customer_id=clara, due_on="2026-03-03", reason="gloves")
    assert await reasons(client, project, anna) == {}
    assert await reasons(client, project, anna, as_of="2026-03-03") == {clara: ["follow_up_due"]}
    await answered(client, "complete-follow-up", customer_id=clara, follow_up_id=made["ids"]["follow_up_id"])
    assert await reasons(client, project, anna, as_of="2026-03-03") == {}


async def test_an_occasion_is_within_14_days(client: httpx.AsyncClient, project: Project) -> None:
    anna = await hire(client)
    near, far = await willing(client, anna), await willing(client, anna)
    await answered(client, "record-occasion", customer_id=near, kind="birthday", on="1980-03-16")
    await answered(client, "record-occasion", customer_id=far, kind="birthday", on="1980-03-17")
    assert await reasons(client, project, anna) == {near: ["occasion"]}
    contact: dict[str, Any] = {"channel": "call", "purpose": "occasion", "contacted_by": anna}
    await answered(client, "log-contact", customer_id=near, **contact)
    assert await reasons(client, project, anna) == {near: ["occasion"]}, "nobody answered"
    contact["answered"] = True
    await answered(client, "log-contact", customer_id=near, **contact)
    assert await reasons(client, project, anna) == {}


async def test_a_recent_purchase_is_without_a_thank_you(client: httpx.AsyncClient, project: Project) -> None:
    anna = await hire(client)
    clara = await willing(client, anna)
    await buys(client, anna, clara, "2026-02-25")
    assert await reasons(client, project, anna) == {clara: ["thank_you"]}
    contact = {"channel": "call", "purpose": "thank_you", "contacted_by": anna, "answered": True}
    await answered(client, "log-contact", customer_id=clara, **contact)
    assert await reasons(client, project, anna) == {}


async def test_a_customer_is_silent_for_longer_than_her_own_rhythm(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna = await hire(client)
    monthly, yearly = await willing(client, anna), await willing(client, anna)
    await buys(client, anna, monthly, *(f"2025-{month:02d}-10" for month in range(1, 10)))
    await buys(client, anna, yearly, *(f"{year}-09-10" for year in range(2020, 2026)))
    assert await reasons(client, project, anna) == {monthly: ["lapsing"]}


async def test_the_most_valuable_comes_first_and_nobody_who_agreed_to_nothing(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna = await hire(client)
    small, great, silent = [await willing(client, anna) for _ in range(3)]
    await buys(client, anna, small, "2026-02-25")
    await buys(client, anna, great, "2025-12-20", "2026-01-20", "2026-02-25", price_minor=90_000)
    await buys(client, anna, silent, "2026-02-25", price_minor=900_000)
    await answered(client, "set-contact-preference", customer_id=silent, channel="call", allowed=False)
    assert list(await reasons(client, project, anna)) == [great, small]
    await answered(client, "set-contact-preference", customer_id=small, channel="write", allowed=True)
    await project()
    listed = await read(client, f"/v1/associates/{anna}/book/today")
    assert [call["channels"] for call in listed["calls"]] == [["call"], ["call", "write"]]
    assert [call["value"] for call in listed["calls"]] == sorted(
        (call["value"] for call in listed["calls"]), reverse=True
    )


async def test_a_promise_is_listed_by_whoever_made_it_and_says_no_channel_is_agreed(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna, ben, carl = [await hire(client) for _ in range(3)]
    clara = await register(client)
    await answered(client, "assign-owner", customer_id=clara, associate_id=anna)
    await answered(client, "assign-owner", customer_id=clara, associate_id=ben, role="secondary")
    for who in (ben, carl):
        promise = {"due_on": DAY, "reason": "gloves", "associate_id": who}
        await answered(client, "plan-follow-up", customer_id=clara, **promise)
    await project()
    for who, calls in ((anna, 0), (ben, 1), (carl, 1)):
        listed = (await read(client, f"/v1/associates/{who}/book/today"))["calls"]
        assert [(call["customer_id"], call["channels"], call["no_channel_agreed"]) for call in listed] == [
            (clara, [], True)
        ] * calls
    await answered(client, "associate-leaves", associate_id=carl, left_on="2026-03-01", successors=[ben])
    assert await reasons(client, project, anna) == {clara: ["follow_up_due"]}


async def test_only_the_primary_owner_is_sent_to_her(client: httpx.AsyncClient, project: Project) -> None:
    anna, ben = await hire(client), await hire(client)
    clara = await willing(client, anna)
    await answered(client, "assign-owner", customer_id=clara, associate_id=ben, role="secondary")
    await buys(client, anna, clara, "2026-02-25")
    assert list(await reasons(client, project, anna)) == [clara]
    assert await reasons(client, project, ben) == {}


async def test_a_day_is_the_stores_day(client: httpx.AsyncClient, project: Project) -> None:
    anna = await hire(client, store_id="fifth-avenue")
    clara = await willing(client, anna)
    promise = {"customer_id": clara, "due_on": "2026-03-03", "reason": "gloves"}
    await answered(client, "plan-follow-up", **promise)
    evening = "2026-03-03T02:00:00Z"
    assert await reasons(client, project, anna, as_of=evening) == {clara: ["follow_up_due"]}
    period = {"period_id": "P1", "starts_on": "2026-01-01", "ends_on": "2026-12-31"}
    await answered(client, "open-pay-period", scope="fifth-avenue", time_zone="America/New_York", **period)
    # In New York it is the evening before.
    assert await reasons(client, project, anna, as_of=evening) == {}
    assert await reasons(client, project, anna, as_of=evening, time_zone="Europe/Rome") == {
        clara: ["follow_up_due"]
    }
    # The store's own clock stands above its calendar's.
    store = {"store_id": "fifth-avenue", "name": "Fifth Avenue", "currency": "USD"}
    await answered(client, "open-store", time_zone="Asia/Tokyo", **store)
    assert await reasons(client, project, anna, as_of=evening) == {clara: ["follow_up_due"]}
    await answered(client, "open-store", time_zone="America/New_York", **store)
    assert await reasons(client, project, anna, as_of=evening) == {}
    listed = await read(client, f"/v1/associates/{anna}/book/today", as_of="2026-03-03")
    assert (listed["as_of"], listed["time_zone"]) == ("2026-03-04T04:59:59.999999Z", "America/New_York")
    for zone in ("Mars/Olympus", "../../etc/passwd"):
        answer = await client.get(f"/v1/associates/{anna}/book/today", params={"time_zone": zone})
        assert (answer.status_code, answer.json()["code"]) == (422, "time_zone_unknown")
    for day in ("9999-12-31", "0001-01-01"):
        answer = await client.get(f"/v1/associates/{anna}/book/today", params={"as_of": day})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "as_of")
