"""Two books that are searched, what can happen to them, and who has to be found."""

from typing import Any

import httpx
import msgspec

from services.api.http.application import Api
from services.api.resources.customer_search import SearchTerms, matches
from tests.services.api.conftest import Project
from tests.services.api.sending import answered, hire, read, register, sale_of

#: Name, form of address, reference, mail address or telephone number.
CUSTOMERS: list[tuple[str | None, ...]] = [
    ("Clara Håversham-Lund", "Mrs. Haversham", "A_100%", "clara@lund.example"),
    ("Dora Lindqvist", None, None, "+49 171 555-0123"),
    ("李小龙", "李先生", "B-200", None),
    ("Straße Ünal", "Ä", None, "0171 4440123"),
    (None, None, "100 77 12", None),
    ("Łucja O'Neill", "Lund", None, "o_neill%40@mail.example"),
    ("Σίσυφος Άλφα", None, None, None),
    ("ﬁeld marshal ² Lund", None, None, "(0)20 7946 0123"),
]
QUERIES = (
    "lund", "LUND clara", "l", "李", "小龙", "a", "ä", "strasse", "STRASSE", "unal", "ünal s", "%", "_",
    "a_", "100%", "0%", "o'n", "o_neill", "0171", "171", "+49 171", "555 0123", "0123", "20 79", "100",
    "100 77", "7712", "12", "σισυφοσ", "αλφα", "field", "fi", "2", "mail.example", "@", "nobody", "zz", " ",
    "  dora  ", "-", "mrs. lund", "lindqvist 555", "200",
)  # fmt: skip


class House:
    """Anna's book, and Ben's; what everybody can be found by, as a test knows it."""

    def __init__(self, client: httpx.AsyncClient, project: Project, api: Api) -> None:
        self.client, self.project, self.api = client, project, api
        self.known: dict[str, SearchTerms] = {}
        self.books: dict[str, set[str]] = {}

    async def open(self) -> "House":
        self.anna, self.ben = await hire(self.client), await hire(self.client)
        self.customers: list[str] = []
        for number, (name, address_as, reference, point) in enumerate(CUSTOMERS):
            given = {"name": name, "address_as": address_as, "reference": reference}
            customer = await register(self.client, **{k: v for k, v in given.items() if v is not None})
            self.customers.append(customer)
            self.known[customer] = SearchTerms(name, address_as, (point,) if point else (), reference)
            if point is not None:
                kind = "email" if "@" in point else "phone"
                await self.does("add-contact-point", number, kind=kind, value=point)
            sale = sale_of(self.anna, price_minor=10_000 * (number + 1), customer_id=customer)
            await answered(self.client, "record-sale", **sale)
        self.books = {self.anna: set(self.customers), self.ben: set()}
        await self.project()
        return self

    async def does(self, command: str, number: int, **fields: Any) -> dict[str, Any]:
        return await answered(self.client, command, customer_id=self.customers[number], **fields)

    def learns(self, number: int, **terms: Any) -> None:
        customer = self.customers[number]
        self.known[customer] = msgspec.structs.replace(self.known[customer], **terms)

    async def search(self, who: str, sought: str, **parameters: Any) -> dict[str, Any]:
        return await read(self.client, f"/v1/associates/{who}/book", q=sought, role="all", **parameters)

    async def agrees(self, *sorts: str) -> None:
        """Whoever matches is found, in the order of the whole book, and nobody else."""
        for who, book in self.books.items():
            for sort in sorts or ("-net_spend",):
                whole = await read(self.client, f"/v1/associates/{who}/book", role="all", sort=sort)
                listed = {one["customer_id"]: one for one in whole["customers"]}
                assert listed.keys() == book
                for sought in QUERIES:
                    found = await self.search(who, sought, sort=sort)
                    expected = [one for key, one in listed.items() if matches(self.known[key], sought)]
                    assert (found["customers"], found["total"]) == (expected, len(expected)), sought


async def leaves(house: House) -> None:
    await house.does("reassign-owner", 0, associate_id=house.ben)
    house.books[house.anna].discard(house.customers[0])
    house.books[house.ben].add(house.customers[0])


async def is_shared(house: House) -> None:
    await house.does("assign-owner", 1, associate_id=house.ben, role="secondary")
    house.books[house.ben].add(house.customers[1])


async def is_renamed(house: House) -> None:
    await house.does("learn-name", 1, name="Nobody Zzyzx")
    house.learns(1, name="Nobody Zzyzx")


async def has_another_number(house: House) -> None:
    await house.does("add-contact-point", 1, kind="phone", value="2001 7712")
    house.learns(1, contact_points=("+49 171 555-0123", "2001 7712"))


async def are_merged(house: House) -> None:
    await house.does("merge-customers", 5, merged_customer_id=house.customers[1])
    house.books[house.anna].discard(house.customers[1])
    house.books[house.ben] ^= {house.customers[1], house.customers[5]}
    points = house.known[house.customers[5]].contact_points + house.known[house.customers[1]].contact_points
    house.learns(5, contact_points=points)


async def are_unmerged(house: House) -> None:
    await house.does("unmerge-customers", 5, merged_customer_id=house.customers[1])
    house.books[house.anna].add(house.customers[1])
    house.books[house.ben] ^= {house.customers[1], house.customers[5]}
    house.learns(5, contact_points=house.known[house.customers[5]].contact_points[:1])


async def is_forgotten(house: House) -> None:
    await house.does("forget-customer", 3)
    house.learns(3, name=None, address_as=None, contact_points=(), reference=None)


async def buys(house: House) -> None:
    await answered(house.client, "record-sale", **sale_of(house.anna, customer_id=house.customers[2]))


HAPPENINGS = (buys, is_renamed, has_another_number, is_shared, leaves, are_merged, are_unmerged, is_forgotten)
