"""The domain page's heroics: who may report, what stands on the wall, what it cost and what the customer
bought afterwards.
"""

from typing import Any

import httpx
import pytest

from tests.services.api.conftest import Project
from tests.services.api.refusing import refused
from tests.services.api.sending import answered, hire, read, register, sale_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def report(client: httpx.AsyncClient, *heroes: str, **fields: Any) -> str:
    story = {"kind": "located_item", "story": "Found the last pair two towns away", **fields}
    given = {"heroes": list(heroes), "happened_on": "2026-01-10", **story}
    return (await answered(client, "report-heroic-act", **given))["ids"]["act_id"]


async def act(client: httpx.AsyncClient, project: Project, act_id: str) -> dict[str, Any]:
    await project()
    return await read(client, f"/v1/heroics/{act_id}")


async def on_the_wall(client: httpx.AsyncClient, project: Project, **filters: str) -> list[str]:
    await project()
    return [each["act_id"] for each in (await read(client, "/v1/heroics", **filters))["acts"]]


async def test_the_whole_life_of_an_act(client: httpx.AsyncClient, project: Project) -> None:
    anna, ben, clara = await hire(client), await hire(client), await register(client, name="Clara")
    act_id = await report(
        client, anna, ben, customer_id=clara, reporter="manager", store_id="downtown", cost_minor=2_500
    )
    document = await act(client, project, act_id)
    assert (document["status"], document["heroes"], document["story"]) == (
        "reported",
        [anna, ben],
        "Found the last pair two towns away",
    )
    assert await on_the_wall(client, project, customer_id=clara) == []
    await answered(client, "verify-heroic-act", act_id=act_id, verified_by=await hire(client))
    assert await on_the_wall(client, project, customer_id=clara) == [act_id]
    await answered(client, "retell-heroic-act", act_id=act_id, told_to="the morning team", told_by=anna)
    document = await act(client, project, act_id)
    assert (document["told"], document["tellings"][0]["told_to"]) == (1, "the morning team")
    await answered(client, "revoke-heroic-act", act_id=act_id, reason="it was another pair")
    document = await act(client, project, act_id)
    assert (document["status"], document["reason"]) == ("revoked", "it was another pair")
    assert await on_the_wall(client, project, customer_id=clara) == []
    assert (await refused(client, "retell-heroic-act", act_id=act_id, told_to="x"))[1] == "act_is_revoked"


async def test_a_rejected_act_never_stands_on_the_wall(client: httpx.AsyncClient, project: Project) -> None:
    anna, clara = await hire(client), await register(client)
    act_id = await report(client, anna, customer_id=clara)
    await answered(client, "reject-heroic-act", act_id=act_id, reason="nobody saw it")
    assert (await act(client, project, act_id))["status"] == "rejected"
    assert await on_the_wall(client, project, customer_id=clara) == []
    assert (await refused(client, "verify-heroic-act", act_id=act_id))[1] == "act_is_rejected"
    assert await refused(client, "verify-heroic-act", act_id="act_" + "0" * 32) == (
        404,
        "heroic_act_unknown",
        "act_id",
    )


async def test_nobody_reports_or_verifies_their_own(client: httpx.AsyncClient) -> None:
    anna, ben = await hire(client), await hire(client)
    own = {"heroes": [ben, anna], "kind": "other", "story": "we did it", "reported_by": anna}
    assert await refused(client, "report-heroic-act", **own) == (422, "own_act", "reported_by")
    act_id = await report(client, anna, reported_by=ben)
    own_act = await refused(client, "verify-heroic-act", act_id=act_id, verified_by=anna)
    assert own_act == (422, "own_act", "verified_by")
    blank = {**own, "reported_by": None, "story": " "}
    assert await refused(client, "report-heroic-act", **blank) == (422, "blank", "story")


async def test_a_second_report_of_hero_customer_and_day_is_linked_and_another_day_is_not(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna, ben, clara = await hire(client), await hire(client), await register(client)
    first = await report(client, anna, ben, customer_id=clara)
    second = await report(client, ben, customer_id=clara, story="I saw it, too")
    another_day = await report(client, ben, customer_id=clara, happened_on="2026-01-11")
    assert (await act(client, project, second))["duplicate_of"] == first
    assert (await act(client, project, another_day))["duplicate_of"] is None
    document = await act(client, project, first)
    assert [each["act_id"] for each in document["duplicate_reports"]] == [second]
    assert (await refused(client, "verify-heroic-act", act_id=second))[1] == "duplicate_report"


async def test_only_verified_acts_count_in_the_score_and_on_her_page(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna, clara = await hire(client), await register(client)
    sold = await answered(
        client, "record-sale", **sale_of(anna, customer_id=clara, occurred_at="2026-01-05T10:00:00Z")
    )
    # Nobody is named: it was for the customer of the sale.
    act_id = await report(client, anna, sale_id=sold["ids"]["sale_id"])
    await project()
    before = (await read(client, f"/v1/customers/{clara}/score"))["score"]
    assert (await read(client, f"/v1/associates/{anna}/book/{clara}"))["heroics"] == []
    await answered(client, "verify-heroic-act", act_id=act_id, verified_by=await hire(client))
    await project()
    after = await read(client, f"/v1/customers/{clara}/score")
    assert after["score"] > before
    assert any(act_id in str(component) for component in after["components"])
    (deed,) = (await read(client, f"/v1/associates/{anna}/book/{clara}"))["heroics"]
    assert (deed["act_id"], deed["heroes"]) == (act_id, [anna])


async def test_the_cost_is_the_houses_and_the_return_is_what_they_bought_and_kept(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna, clara = await hire(client), await register(client)
    act_id = await report(client, anna, customer_id=clara, cost_minor=4_000, authorised_by=await hire(client))
    await answered(client, "verify-heroic-act", act_id=act_id, verified_by=await hire(client))
    for day, price_minor in (("2026-01-09", 70_000), ("2026-01-20", 30_000), ("2026-02-20", 5_000)):
        at = f"{day}T10:00:00Z"
        last = await answered(
            client, "record-sale", **sale_of(anna, price_minor=price_minor, customer_id=clara, occurred_at=at)
        )
    lines = [{"line_no": 1, "quantity": 1}]
    await answered(client, "accept-return", sale_id=last["ids"]["sale_id"], store_id="downtown", lines=lines)
    document = await act(client, project, act_id)
    assert (document["cost_minor"], document["currency"]) == (4_000, "USD")
    assert [(each["currency"], each["net_minor"]) for each in document["bought_afterwards"]] == [
        ("USD", 30_000)
    ]
    entries = (await read(client, f"/v1/associates/{anna}/ledger"))["entries"]
    assert sum(entry["amount_minor"] for entry in entries) == 0
    assert all(abs(entry["amount_minor"]) != 4_000 for entry in entries)
    assert {entry["kind"] for entry in entries} == {"earned", "clawed_back"}
