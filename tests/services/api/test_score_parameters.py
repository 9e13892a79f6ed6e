"""The score's parameters over HTTP: adopted from a moment on, and every date is reckoned with those of its
own.
"""

from typing import Any

import httpx
import pytest

from projections.loyalty_score.parameters import DEFAULT
from tests.services.api.conftest import Project
from tests.services.api.sending import answered, hire, read, register, sale_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

#: Spend is worth a lot more, so that anybody who bought something scores otherwise.
GENEROUS: dict[str, Any] = {"net_spend_doubling_points": 60, "typical_visit_minor": {"*": 100}}


async def test_each_date_is_scored_by_the_parameters_in_force_on_it(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna, clara = await hire(client), await register(client)
    sold = await answered(
        client, "record-sale", **sale_of(anna, customer_id=clara), occurred_at="2025-12-01T10:00:00Z"
    )
    await project()
    path = f"/v1/customers/{clara}/score"
    before = {day: await read(client, path, as_of=day) for day in ("2026-01-31", "2026-02-02")}
    assert [one["parameters_version"] for one in before.values()] == [1, 1]

    adopted = await answered(
        client, "adopt-score-parameters", parameters=GENEROUS, occurred_at="2026-02-01T00:00:00Z"
    )
    assert adopted["ids"] == {"version": 2}
    position = await project()

    after = {day: await read(client, path, as_of=day, at_least=position) for day in before}
    assert after["2026-01-31"] == before["2026-01-31"]
    assert after["2026-02-02"]["parameters_version"] == 2
    assert after["2026-02-02"]["score"] > before["2026-02-02"]["score"]

    course = await read(client, f"{path}/history", start="2026-01-31", end="2026-02-02", step_days=2)
    assert [point["score"] for point in course["points"]] == [one["score"] for one in after.values()]

    now = (await read(client, path))["score"]
    book = await read(client, f"/v1/associates/{anna}/book", scores="true")
    assert book["scores"] == {clara: now}
    assert (await read(client, f"/v1/associates/{anna}/book/{clara}"))["score"] == now

    listed = f"/v1/associates/{anna}/book"
    for as_of, shown in after.items():
        assert (await read(client, listed, scores="true", as_of=as_of))["scores"] == {clara: shown["score"]}
    as_known = await read(client, listed, scores="true", as_of="2026-02-02", as_of_position=sold["position"])
    assert as_known["scores"] == {clara: before["2026-02-02"]["score"]}

    then = await read(client, path, as_of="2026-02-02", as_of_position=sold["position"])
    assert then == before["2026-02-02"]
    assert await read(client, path, as_of="2026-02-02", as_of_position=position) == after["2026-02-02"]


async def test_every_version_is_told_with_what_held_before(
    client: httpx.AsyncClient, project: Project
) -> None:
    before = await read(client, "/v1/score-parameters")
    assert (before["default"]["version"], before["default"]["rhythm_hours"]) == (1, DEFAULT.rhythm_hours)
    answer = await answered(
        client, "adopt-score-parameters", parameters={"rhythm_hours": 168}, reason="weekly shop"
    )
    page = await read(client, "/v1/score-parameters", at_least=await project())
    assert page["versions"][:-1] == before["versions"]
    latest = page["versions"][-1]
    assert (latest["version"], latest["reason"]) == (answer["ids"]["version"], "weekly shop")
    assert latest["position"] == answer["position"]
    assert latest["parameters"]["rhythm_hours"] == 168


async def test_parameters_that_break_a_rule_are_refused_by_name(client: httpx.AsyncClient) -> None:
    for parameters, field in (
        ({"frequency_points_max": 341}, "parameters"),
        ({"wish_weight": -1}, "parameters.wish_weight"),
    ):
        answer = await client.post(
            "/v1/commands/adopt-score-parameters",
            json={"parameters": parameters},
            headers={"Idempotency-Key": f"broken {field}"},
        )
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == [field]
