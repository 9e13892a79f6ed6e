"""Associates, heroic acts and loyalty scores over HTTP."""

from typing import Any

import httpx
import pytest

from tests.services.api.conftest import Project
from tests.services.api.sending import PLAN, answered, hire, read, read_pages, register, sale_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_associates_are_listed_page_by_page_with_their_names(
    client: httpx.AsyncClient, project: Project
) -> None:
    hired = [await hire(client, store_id="uptown", name=f"Associate {number}") for number in range(5)]
    await project()
    found = await read_pages(client, "/v1/associates", "associates", store_id="uptown", limit=2)
    assert {one["associate_id"]: one["name"] for one in found} == {
        associate_id: f"Associate {number}" for number, associate_id in enumerate(hired)
    }


async def test_an_associate_is_found_by_another_systems_number_and_status(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna = await hire(client, store_id="annex", reference="E-17")
    ben = await hire(client, store_id="annex")
    await answered(client, "associate-leaves", associate_id=ben, left_on="2026-03-01", successors=[anna])
    await project()
    by_number = (await read(client, "/v1/associates", reference="E-17"))["associates"]
    assert [one["associate_id"] for one in by_number] == [anna]
    for status, who in (("working", anna), ("left", ben)):
        page = await read(client, "/v1/associates", store_id="annex", status=status)
        assert [one["associate_id"] for one in page["associates"]] == [who]


async def test_an_associates_plan_is_the_one_in_force_on_the_day_asked_for(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna = await hire(client)
    await answered(
        client,
        "change-pay-plan",
        associate_id=anna,
        plan={**PLAN, "rate_bp": 700},
        effective_on="2026-03-01",
    )
    await project()
    rates = [
        (await read(client, f"/v1/associates/{anna}", **day))["plan"]["plan"]["rate_bp"]
        for day in ({}, {"on": "2026-02-28"}, {"on": "2026-03-01"})
    ]
    assert rates == [700, 675, 700]


async def report(client: httpx.AsyncClient, hero: str, customer_id: str, **fields: Any) -> str:
    body = {
        "heroes": [hero],
        "customer_id": customer_id,
        "kind": "delivery",
        "story": "Carried the shoes through the snow",
        "happened_on": "2026-01-10",
        "store_id": "heroic",
        **fields,
    }
    return (await answered(client, "report-heroic-act", **body))["ids"]["act_id"]


async def test_the_wall_shows_verified_acts_and_what_their_customers_bought_afterwards(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna, ben = await hire(client), await hire(client)
    clara = await register(client, name="Clara")
    act_id = await report(client, ben, clara, reported_by=anna, cost_minor=1_500)
    await report(client, anna, clara)
    for day, price_minor in (("2026-01-10", 99_900), ("2026-01-11", 12_000), ("2026-02-01", 8_000)):
        body = sale_of(anna, price_minor=price_minor, occurred_at=f"{day}T10:00:00Z", customer_id=clara)
        last = await answered(client, "record-sale", **body)
    await answered(
        client,
        "accept-return",
        sale_id=last["ids"]["sale_id"],
        store_id="heroic",
        lines=[{"line_no": 1, "quantity": 1}],
    )
    await project()
    assert (await read(client, "/v1/heroics", store_id="heroic"))["acts"] == []
    waiting = await read(client, "/v1/heroics", store_id="heroic", status="reported")
    assert waiting["acts"][0]["act_id"] == act_id

    await answered(client, "verify-heroic-act", act_id=act_id, verified_by=await hire(client))
    await project()
    (act,) = (await read(client, "/v1/heroics", store_id="heroic", hero=ben))["acts"]
    assert (act["act_id"], act["story"], act["cost_minor"]) == (
        act_id,
        "Carried the shoes through the snow",
        1_500,
    )
    assert act["bought_afterwards"] == [{"currency": "USD", "visits": 1, "sales": 1, "net_minor": 12_000}]
    alone = await read(client, f"/v1/heroics/{act_id}")
    assert alone["bought_afterwards"] == act["bought_afterwards"]
    await answered(client, "forget-customer", customer_id=clara)
    assert (await read(client, f"/v1/heroics/{act_id}"))["story"] is None


async def test_the_wall_is_read_page_by_page_newest_first(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna = await hire(client)
    acts: list[str] = []
    for day in range(1, 6):
        clara = await register(client)
        acts.append(await report(client, anna, clara, store_id="paged", happened_on=f"2026-01-{day:02d}"))
        await answered(client, "verify-heroic-act", act_id=acts[-1], verified_by=await hire(client))
    await project()
    read_back = await read_pages(client, "/v1/heroics", "acts", store_id="paged", limit=2)
    assert [act["act_id"] for act in read_back] == acts[::-1]


async def test_a_duplicate_report_is_linked_to_the_first(client: httpx.AsyncClient, project: Project) -> None:
    anna = await hire(client)
    clara = await register(client)
    first, second = await report(client, anna, clara), await report(client, anna, clara)
    await project()
    document = await read(client, f"/v1/heroics/{first}")
    assert [one["act_id"] for one in document["duplicate_reports"]] == [second]
    assert document["duplicates"] == 1


async def regular(client: httpx.AsyncClient) -> str:
    """A customer who bought on the tenth of every month of 2025."""
    anna = await hire(client)
    clara = await register(client)
    for month in range(1, 13):
        sold_at = f"2025-{month:02d}-10T10:00:00Z"
        await answered(client, "record-sale", **sale_of(anna, occurred_at=sold_at, customer_id=clara))
    return clara


async def test_a_score_is_explained_as_of_any_date_and_fades_with_silence(
    client: httpx.AsyncClient, project: Project
) -> None:
    clara = await regular(client)
    await project()
    then = await read(client, f"/v1/customers/{clara}/score", as_of="2025-12-10")
    now = await read(client, f"/v1/customers/{clara}/score")
    later = await read(client, f"/v1/customers/{clara}/score", as_of="2027-03-02T12:00:00Z")
    assert 1_000 >= then["score"] > now["score"] > later["score"] >= 0
    assert (then["as_of"], now["as_of"]) == ("2025-12-10T23:59:59.999999Z", "2026-03-02T12:00:00Z")
    assert sum(component["points"] for component in now["components"]) == now["score"]
    assert {component["name"] for component in now["components"]} == {
        "recency", "frequency", "net_spend", "breadth", "tenure", "relationship",
    }  # fmt: skip
    assert any(component["events"] for component in now["components"])


async def test_buying_and_returning_leaves_a_score_where_it_was(
    client: httpx.AsyncClient, project: Project
) -> None:
    clara = await regular(client)
    await project()
    before = (await read(client, f"/v1/customers/{clara}/score"))["score"]
    anna = await hire(client)
    sold = await answered(client, "record-sale", **sale_of(anna, price_minor=500_000, customer_id=clara))
    lines = [{"line_no": 1, "quantity": 1}]
    await answered(client, "accept-return", sale_id=sold["ids"]["sale_id"], store_id="downtown", lines=lines)
    await project()
    assert (await read(client, f"/v1/customers/{clara}/score"))["score"] == before


async def test_the_course_of_a_score_ends_with_its_last_date(
    client: httpx.AsyncClient, project: Project
) -> None:
    clara = await regular(client)
    await project()
    path = f"/v1/customers/{clara}/score/history"
    course = await read(client, path, start="2024-12-31", end="2025-12-31", step_days=30)
    assert len(course["points"]) == 14
    assert course["points"][0]["score"] == 0
    at_end = await read(client, f"/v1/customers/{clara}/score", as_of="2025-12-31")
    assert course["points"][-1]["score"] == at_end["score"]
    assert len((await read(client, path))["points"]) == 54
    for wrong in ({"start": "2026-03-03"}, {"start": "1950-01-01", "step_days": 1}):
        assert (await client.get(path, params=wrong)).status_code == 422


async def test_who_never_bought_anything_has_a_score_of_nothing(
    client: httpx.AsyncClient, project: Project
) -> None:
    clara = await register(client)
    await project()
    assert (await read(client, f"/v1/customers/{clara}/score"))["score"] == 0
