"""Books are read page by page while customers buy, bring back and are called: nobody is lost, nobody comes
twice.
"""

from base64 import urlsafe_b64decode
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from infra.clock import FixedClock
from services.api.http.application import Api
from tests.services.api.conftest import NOON, Project
from tests.services.api.sending import answered, hire, read, register, sale_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAMES = ("Ada", "Bea", "Cleo", "Dora", "Edith", "Fay", "Greta", "Hanna")
SORTS = (
    "name", "-name", "net_spend", "-net_spend", "visits", "-visits", "last_visit", "-last_visit",
    "last_contact", "-last_contact", "score", "-score",
)  # fmt: skip

#: The modules of what is read of a book beside; other work is done there, too.
READS_OF_BOOKS = ("services.api.resources.book", "services.api.resources.day_entries")

Between = Callable[[], Awaitable[None]]


def joined(pages: list[list[str]]) -> list[str]:
    return [customer for page in pages for customer in page]


class Shop:
    """Anna's book of eight: the n-th bought n times, the last one never; every second one was called."""

    def __init__(self, client: httpx.AsyncClient, project: Project) -> None:
        self.client = client
        self.project = project
        self.ids: list[str] = []

    async def open(self) -> "Shop":
        self.anna = await hire(self.client)
        for number, name in enumerate(NAMES):
            customer = await register(self.client, name=f"{name} Lund")
            await answered(self.client, "assign-owner", customer_id=customer, associate_id=self.anna)
            self.ids.append(customer)
            for day in range(1, len(NAMES) - number):
                await self.buys(number, day)
            if number % 2:
                await self.is_called(number)
        await self.project()
        return self

    async def buys(self, number: int, day: int = 1, price_minor: int = 10_000) -> str:
        body = sale_of(self.anna, price_minor=price_minor, customer_id=self.ids[number])
        sold = await answered(self.client, "record-sale", occurred_at=f"2026-02-{day:02}T10:00:00Z", **body)
        return str(sold["ids"]["sale_id"])

    async def is_called(self, number: int) -> None:
        contact = {"channel": "call", "purpose": "lapsing", "contacted_by": self.anna, "answered": True}
        await answered(self.client, "log-contact", customer_id=self.ids[number], **contact)

    async def pages(self, between: Between, **parameters: Any) -> list[list[str]]:
        """The customers of each page, two on each; something happens between them."""
        path, pages, cursor = f"/v1/associates/{self.anna}/book", list[list[str]](), {}
        while True:
            page = await read(self.client, path, limit=2, **parameters, **cursor)
            pages.append([customer["customer_id"] for customer in page["customers"]])
            if page["next"] is None:
                return pages
            cursor = {"cursor": page["next"]}
            await between()
            await self.project()


async def nothing() -> None:
    pass


@pytest.mark.parametrize("sort", SORTS)
async def test_pages_by_cursor_are_the_list_while_nothing_happens(
    client: httpx.AsyncClient, project: Project, sort: str
) -> None:
    shop = await Shop(client, project).open()
    whole = await read(client, f"/v1/associates/{shop.anna}/book", sort=sort)
    assert whole["next"] is None
    pages = await shop.pages(nothing, sort=sort)
    assert [len(page) for page in pages] == [2, 2, 2, 2]
    assert joined(pages) == [customer["customer_id"] for customer in whole["customers"]]


@pytest.mark.parametrize("sort", SORTS)
async def test_no_customer_is_lost_or_repeated_while_everything_moves(
    client: httpx.AsyncClient, project: Project, clock: FixedClock, sort: str
) -> None:
    shop = await Shop(client, project).open()
    before = await shop.pages(nothing, sort=sort)
    steps = iter(range(100))

    async def everybody_moves() -> None:
        step = next(steps)
        # Who was far down rises above all that were shown, and who was shown is called and renamed.
        await shop.buys(len(NAMES) - 1 - step % len(NAMES), 20 + step, price_minor=900_000)
        await shop.is_called(step % len(NAMES))
        await answered(
            client, "learn-name", customer_id=shop.ids[3 + step], name=f"{'AZ'[step % 2]}a {step} Lund"
        )
        clock.set(NOON.replace(hour=13 + step))

    try:
        assert await shop.pages(everybody_moves, sort=sort) == before
    finally:
        clock.set(NOON)


@pytest.mark.parametrize("sort", ["-score", "score"])
async def test_pages_by_score_read_beside_only_who_has_changed(
    client: httpx.AsyncClient, project: Project, api: Api, monkeypatch: pytest.MonkeyPatch, sort: str
) -> None:
    shop = await Shop(client, project).open()
    before = await shop.pages(nothing, sort=sort)
    beside, asked = api.app.beside, list[Any]()

    async def run(function: Any, *given: Any) -> Any:
        if function.__module__.startswith(READS_OF_BOOKS):
            asked.append((function.__name__, given[1] if function.__name__ == "scores_then" else None))
        return await type(beside).run(beside, function, *given)

    monkeypatch.setattr(beside, "run", run)
    assert await shop.pages(nothing, sort=sort) == before
    assert asked == []
    bought = iter([6])

    async def somebody_buys_once() -> None:
        for number in bought:
            await shop.buys(number, 20, price_minor=900_000)

    assert await shop.pages(somebody_buys_once, sort=sort) == before
    assert {name for name, _ in asked} == {"keep_entries", "scores_then"}
    assert [whom for name, whom in asked if name == "scores_then"] == [[shop.ids[6]]] * 3


@pytest.mark.parametrize("sort", ["-net_spend", "last_contact", "-score", "name"])
async def test_who_leaves_the_book_meanwhile_is_not_shown_and_the_rest_is(
    client: httpx.AsyncClient, project: Project, sort: str
) -> None:
    shop = await Shop(client, project).open()
    before = joined(await shop.pages(nothing, sort=sort))
    ben = await hire(client)
    leaving = iter([before[1], before[4]])

    async def somebody_leaves() -> None:
        if customer := next(leaving, None):
            await answered(client, "reassign-owner", customer_id=customer, associate_id=ben)

    listed = joined(await shop.pages(somebody_leaves, sort=sort))
    assert listed == [customer for customer in before if customer != before[4]]


async def test_found_customers_are_paged_as_well_and_so_is_a_book_of_the_past(
    client: httpx.AsyncClient, project: Project
) -> None:
    shop = await Shop(client, project).open()
    everybody = await read(client, f"/v1/associates/{shop.anna}/book")
    for asked in ({"q": "lund"}, {"as_of": "2026-03-02"}, {"role": "all"}):

        async def one_more_buys() -> None:
            await shop.buys(len(NAMES) - 1, 25, price_minor=900_000)

        listed = joined(await shop.pages(one_more_buys, **asked))
        assert sorted(listed) == sorted(customer["customer_id"] for customer in everybody["customers"])


async def test_a_merged_person_does_not_disturb_the_pages(
    client: httpx.AsyncClient, project: Project
) -> None:
    shop = await Shop(client, project).open()
    before = joined(await shop.pages(nothing))
    merging = iter([(before[6], before[7])])

    async def two_are_one() -> None:
        if pair := next(merging, None):
            await answered(client, "merge-customers", customer_id=pair[0], merged_customer_id=pair[1])

    assert joined(await shop.pages(two_are_one)) == before[:7]


async def test_a_cursor_that_does_not_fit_is_refused(client: httpx.AsyncClient, project: Project) -> None:
    shop = await Shop(client, project).open()
    path = f"/v1/associates/{shop.anna}/book"
    cursor = (await read(client, path, limit=2))["next"]
    for parameters in (
        {"cursor": "nonsense"},
        {"cursor": "W10"},
        {"cursor": cursor, "sort": "name"},
        {"cursor": cursor, "q": "lund"},
        {"cursor": cursor, "offset": 2},
    ):
        response = await client.get(path, params=parameters)
        assert (response.status_code, response.json()["errors"][0]["field"]) in (
            (422, "cursor"), (422, "offset"),
        )  # fmt: skip


async def test_a_cursor_says_nothing_about_anybody(client: httpx.AsyncClient, project: Project) -> None:
    shop = await Shop(client, project).open()
    page = await read(client, f"/v1/associates/{shop.anna}/book", sort="name", limit=3)
    assert b"Cleo" not in urlsafe_b64decode(page["next"] + "==")
