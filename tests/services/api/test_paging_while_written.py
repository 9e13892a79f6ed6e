"""Lists of pay keep their order while more is written: nothing is lost or comes twice behind a cursor."""

import httpx
import pytest

from infra.clock import FixedClock
from services.api.http.cursors import name_of_list, place_text
from tests.services.api.conftest import Project
from tests.services.api.paying import close, open_period, sell, shop_of
from tests.services.api.sending import read

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_statements_behind_a_cursor(client: httpx.AsyncClient, project: Project) -> None:
    anna = await shop_of(client, "paged", "P1", "P2", "P3")
    for period_id in ("P1", "P2"):
        await sell(client, anna, period_id, 100_000)
        await close(client, project, "paged", anna, period_id)
    path = f"/v1/associates/{anna}/statements"
    first = await read(client, path, limit=1)
    assert ([one["period_id"] for one in first["statements"]], first["more"]) == (["P2"], True)
    await sell(client, anna, "P3", 100_000)
    await close(client, project, "paged", anna, "P3")
    second = await read(client, path, limit=1, cursor=first["next"])
    assert [one["period_id"] for one in second["statements"]] == ["P1"]
    assert (second["more"], second["next"]) == (False, None)
    # The same in the past; and an offset shows again what has moved.
    past = await read(client, path, limit=1, cursor=first["next"], as_of_position=await project())
    assert past["statements"] == second["statements"]
    moved = await read(client, path, limit=1, offset=1)
    assert moved["statements"] == first["statements"]


async def test_pay_periods_behind_a_cursor(client: httpx.AsyncClient, project: Project) -> None:
    for period_id in ("P1", "P3"):
        await open_period(client, "paged-calendar", period_id)
    await project()
    asked = {"scope": "paged-calendar", "limit": 1}
    first = await read(client, "/v1/pay-periods", **asked)
    assert [one["period_id"] for one in first["periods"]] == ["P3"]
    for period_id in ("P2", "P4"):
        await open_period(client, "paged-calendar", period_id)
    await project()
    found = [first]
    while found[-1]["next"] is not None:
        found.append(await read(client, "/v1/pay-periods", **asked, cursor=found[-1]["next"]))
    assert [one["period_id"] for page in found for one in page["periods"]] == ["P3", "P2", "P1"]
    assert found[-1]["total"] == 4


async def test_periods_of_the_same_days_have_an_order_of_their_own(
    client: httpx.AsyncClient, project: Project
) -> None:
    for scope in ("twin-b", "twin-a"):
        await open_period(client, scope, "P1")
    await project()
    found: list[str] = []
    page = await read(client, "/v1/pay-periods", limit=1, on="2025-01-15")
    while True:
        found += [one["scope"] for one in page["periods"]]
        if page["next"] is None:
            break
        page = await read(client, "/v1/pay-periods", limit=1, on="2025-01-15", cursor=page["next"])
    assert found == sorted(set(found))
    assert {"twin-a", "twin-b"} <= {*found}


async def test_a_cursor_of_another_list_is_refused(
    client: httpx.AsyncClient, project: Project, clock: FixedClock
) -> None:
    anna = await shop_of(client, "refusing", "P1")
    await project()
    forged = place_text(name_of_list("statements", anna), 1, clock.now(), "x")
    theirs = place_text(name_of_list("statements", "ass_other"), 1, clock.now(), 5)
    for cursor in (forged, theirs, "x"):
        response = await client.get(f"/v1/associates/{anna}/statements", params={"cursor": cursor})
        assert (response.status_code, response.json()["code"]) == (422, "cursor_unfit")
        response = await client.get("/v1/pay-periods", params={"cursor": cursor})
        assert (response.status_code, response.json()["code"]) == (422, "cursor_unfit")
    fitting = place_text(name_of_list("statements", anna), 1, clock.now(), 5)
    both = await client.get(f"/v1/associates/{anna}/statements", params={"cursor": fitting, "offset": 1})
    assert (both.status_code, both.json()["errors"][0]["field"]) == (422, "offset")
