"""Searching a book gives whoever matches, whatever happens to them."""

from typing import Any

import httpx
import pytest
import pytest_asyncio

from services.api.http.application import Api
from services.api.resources import book_search
from tests.services.api.conftest import Project
from tests.services.api.searching import HAPPENINGS, House

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def house(client: httpx.AsyncClient, project: Project, api: Api) -> House:
    return await House(client, project, api).open()


async def test_whoever_matches_is_found_whatever_happens(house: House) -> None:
    await house.agrees("-net_spend", "name", "-score", "visits")
    for happens in HAPPENINGS:
        await happens(house)
        await house.project()
        await house.agrees()
    await house.agrees("-last_visit", "-name", "score")


async def test_pages_of_whoever_is_found_are_the_list(house: House) -> None:
    for sort in ("net_spend", "name", "score"):
        whole = (await house.search(house.anna, "l", sort=sort))["customers"]
        assert len(whole) >= 4
        page, listed = await house.search(house.anna, "l", sort=sort, limit=1), list[dict[str, Any]]()
        # Whoever matched when the list began is on it.
        assert [one["customer_id"] for one in whole].index(house.customers[7]) > 1
        await house.does("learn-name", 7, name="Nobody")
        await house.project()
        while page["next"] is not None:
            assert page["total"] == len(whole)
            listed += page["customers"]
            page = await house.search(house.anna, "l", sort=sort, limit=1, cursor=page["next"])
        listed += page["customers"]
        assert [one["customer_id"] for one in listed] == [one["customer_id"] for one in whole]
        await house.does("learn-name", 7, name="Field Lund")
        await house.project()
        offset = await house.search(house.anna, "l", sort=sort, limit=2, offset=2)
        again = (await house.search(house.anna, "l", sort=sort))["customers"]
        assert offset["customers"] == again[2:4]


async def test_many_who_may_match_are_looked_at_beside(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only they are read there: no whole book is folded, and who are few are looked at here."""
    await house.agrees()
    beside, asked = house.api.app.beside, list[str]()

    async def run(function: Any, *given: Any) -> Any:
        if function.__module__.startswith("services.api.resources.book"):
            asked.append(function.__name__)
        return await type(beside).run(beside, function, *given)

    monkeypatch.setattr(beside, "run", run)
    await house.agrees()
    assert asked == []
    monkeypatch.setattr(book_search, "FOUND_MAX", 1)
    await house.agrees()
    assert set(asked) == {"_matching"}
    scored = await house.search(house.anna, "l", scores="true")
    assert scored["scores"].keys() == {one["customer_id"] for one in scored["customers"]}
