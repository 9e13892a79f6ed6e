"""Lists of today come from entries that are kept, and say what folding the whole book says."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import psycopg
import pytest
import pytest_asyncio

from infra.clock import FixedClock
from services.api.http.application import Api
from services.api.resources.book_folding import folded_book
from services.api.resources.book_paging import BookPaging
from services.api.resources.today import TodayParameters, folded_today
from tests.services.api.conftest import NOON, Project
from tests.services.api.sending import answered, hire, read, register, sale_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

Happening = Callable[["House"], Awaitable[Any]]


class House:
    """Anna's customers and Ben's, and what can happen to them."""

    def __init__(self, client: httpx.AsyncClient, project: Project, api: Api) -> None:
        self.client, self.project, self.api = client, project, api

    async def open(self) -> "House":
        self.anna, self.ben = await hire(self.client), await hire(self.client)
        self.customers = [await register(self.client, name=f"Lund the {n}.") for n in range(6)]
        for n, customer in enumerate(self.customers):
            await self.does("assign-owner", n, associate_id=self.anna if n < 4 else self.ben)
            if n % 3:
                await self.does("set-contact-preference", n, channel="call", allowed=True)
            for day in range(1, 2 + 4 * (n % 2), 2):
                at = f"2026-0{1 + n % 2}-{day:02}T10:00:00Z"
                body = sale_of(self.anna, customer_id=customer, occurred_at=at)
                await answered(self.client, "record-sale", **body)
        await self.does("record-occasion", 1, kind="birthday", on="1980-03-17")
        await self.project()
        return self

    async def does(self, command: str, number: int, **fields: Any) -> dict[str, Any]:
        return await answered(self.client, command, customer_id=self.customers[number], **fields)

    async def agrees(self) -> None:
        """What is read of today is what folding everything says."""
        app = self.api.app
        for who in (self.anna, self.ben):
            listed = await read(self.client, f"/v1/associates/{who}/book/today")
            body, position = await folded_today(app, who, TodayParameters())
            assert listed == msgspec.json.decode(body)
            assert position == await self.project()
            for parameters in ({"role": "all", "sort": "score"}, {"sort": "-score"}):
                book = await read(self.client, f"/v1/associates/{who}/book", **parameters)
                body, _ = await folded_book(app, who, msgspec.convert(parameters, BookPaging))
                assert book == msgspec.json.decode(body)


@pytest_asyncio.fixture(loop_scope="module")
async def house(client: httpx.AsyncClient, project: Project, api: Api) -> House:
    return await House(client, project, api).open()


async def entries(api: Api) -> list[tuple[Any, ...]]:
    (rows,) = await api.app.tables.fetch(
        ("SELECT associate_id, customer_id, since FROM projections.day_entries ORDER BY 1, 2", {})
    )
    return rows


STORE = {"store_id": "downtown", "name": "Downtown", "currency": "USD"}
#: What can happen, in three parts.
PROMISES: list[Happening] = [
    lambda h: h.does("plan-follow-up", 2, due_on="2026-03-01", reason="hat", associate_id=h.ben),
    lambda h: h.does("plan-follow-up", 5, due_on="2026-03-02", reason="bag", associate_id=h.anna),
    lambda h: h.does("plan-follow-up", 0, due_on="2026-03-03", reason="scarf"),
    lambda h: answered(h.client, "associate-leaves", associate_id=h.ben, left_on="2026-03-02"),
]
CUSTOMERS: list[Happening] = [
    lambda h: answered(h.client, "record-sale", **sale_of(h.anna, customer_id=h.customers[1])),
    lambda h: h.does("learn-name", 1, name="Somebody Else"),
    lambda h: h.does("assign-owner", 4, associate_id=h.anna, role="secondary"),
    lambda h: h.does("reassign-owner", 3, associate_id=h.ben),
    lambda h: h.does("forget-customer", 2),
]
MERGES_AND_CLOCKS: list[Happening] = [
    lambda h: h.does("merge-customers", 1, merged_customer_id=h.customers[5]),
    lambda h: answered(h.client, "open-store", time_zone="Asia/Tokyo", **STORE),
    lambda h: answered(h.client, "open-store", time_zone="America/New_York", **STORE),
    lambda h: h.does("unmerge-customers", 1, merged_customer_id=h.customers[5]),
]


@pytest.mark.parametrize("happenings", [PROMISES, CUSTOMERS, MERGES_AND_CLOCKS])
async def test_what_is_kept_agrees_with_the_fold_whatever_happens(
    house: House, clock: FixedClock, happenings: list[Happening]
) -> None:
    await house.agrees()
    try:
        for happens in happenings:
            await happens(house)
            await house.project()
            await house.agrees()
            clock.advance(timedelta(hours=7, microseconds=1))
        await house.agrees()
    finally:
        clock.set(NOON)


async def test_only_what_has_changed_is_folded_anew(house: House, api: Api, clock: FixedClock) -> None:
    await house.agrees()
    before = {row[:2]: row[2] for row in await entries(api) if row[0] == house.anna}
    assert len(before) == 4
    clock.advance(timedelta(seconds=1))
    try:
        await house.agrees()
        assert before.items() <= {row[:2]: row[2] for row in await entries(api)}.items()
        await house.does("set-contact-preference", 0, channel="text", allowed=True)
        await house.project()
        await house.agrees()
        after = {row[:2]: row[2] for row in await entries(api) if row[0] == house.anna}
        assert [key[1] for key in before if before[key] != after[key]] == [house.customers[0]]
    finally:
        clock.set(NOON)


async def test_many_readers_at_once_get_the_same(house: House, client: httpx.AsyncClient) -> None:
    path = f"/v1/associates/{house.anna}/book/today"
    answers = await asyncio.gather(*(read(client, path) for _ in range(8)))
    assert all(answer == answers[0] for answer in answers)


async def test_what_is_kept_of_somebody_holds_no_personal_data(
    house: House, api: Api, api_settings: Any
) -> None:
    await house.agrees()
    with psycopg.connect(api_settings.database_url) as connection:
        rows = connection.execute("SELECT summary, call FROM projections.day_entries").fetchall()
    assert any(call is not None for _, call in rows)
    assert "Lund" not in str(rows)
