"""Who works in a store: what a till and a report of an act choose from."""

import httpx
import pytest

from tests.services.api.conftest import Project
from tests.services.api.role_world import World
from tests.services.api.sending import answered, hire, read
from tests.services.api.test_names import headers

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_colleagues_are_those_who_work_there_now_page_by_page(
    client: httpx.AsyncClient, project: Project
) -> None:
    hired = {await hire(client, name=f"N{n}", store_id="quay", department="men") for n in range(5)}
    gone = await hire(client, name="Gone", store_id="quay")
    moved = await hire(client, name="Moved", store_id="quay")
    await answered(client, "associate-leaves", associate_id=gone, successors=[moved])
    await answered(client, "transfer-associate", associate_id=moved, store_id="pier")
    await project()
    seen: list[str] = []
    after = None
    while True:
        page = await read(
            client, "/v1/stores/quay/colleagues", limit=2, **({"after": after} if after else {})
        )
        seen += [one["associate_id"] for one in page["colleagues"]]
        assert all(
            set(one) == {"associate_id", "name", "reference", "department"} for one in page["colleagues"]
        )
        after = page["next"]
        if after is None:
            break
    assert seen == sorted(hired)


async def test_a_till_sees_names_of_its_own_store_alone(
    house_client: httpx.AsyncClient, world: World
) -> None:
    as_till = headers(world, "point_of_sale")
    own = await house_client.get("/v1/stores/downtown/colleagues", headers=as_till)
    assert own.status_code == 200
    assert "rate_bp" not in own.text
    foreign = await house_client.get("/v1/stores/uptown/colleagues", headers=as_till)
    assert foreign.status_code == 403
