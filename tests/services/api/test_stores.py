"""Which stores there are, and what an app shows of them."""

import httpx
import pytest

from tests.services.api.conftest import Project
from tests.services.api.sending import answered, hire, read, read_pages

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_stores_are_listed_by_id_with_clocks_and_departments_where_somebody_works(
    client: httpx.AsyncClient, project: Project
) -> None:
    opened = {"name": "North", "time_zone": "America/New_York", "currency": "USD", "channel": "outlet"}
    await answered(client, "open-store", store_id="a north", **opened)
    await answered(client, "open-store", store_id="a north", **{**opened, "name": "Northgate"})
    for department in ("Shoes", "Coats", "Shoes", None):
        await hire(client, store_id="a north", department=department)
    gone = await hire(client, store_id="a north", department="Hats")
    await answered(client, "associate-leaves", associate_id=gone, left_on="2026-02-01")
    await hire(client, store_id="b south", department="Toys")
    await project()
    whole = (await read(client, "/v1/stores"))["stores"]
    north, south = whole
    assert north == {"store_id": "a north", **opened, "name": "Northgate", "departments": ["Coats", "Shoes"]}
    nothing = dict.fromkeys(("name", "time_zone", "currency", "channel"))
    assert south == {"store_id": "b south", **nothing, "departments": ["Toys"]}
    assert await read_pages(client, "/v1/stores", "stores", limit=1) == whole
