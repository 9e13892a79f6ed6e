"""Looking a customer up in the whole house: by what they are found, and how much is told to whom."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import psycopg
import pytest
import pytest_asyncio

from infra.openings import OpeningsQuestion, openings_found
from infra.settings import Settings
from tests.services.api.conftest import Project
from tests.services.api.role_world import World
from tests.services.api.sending import answered, read, register, sale_of
from tests.tokens import every_right

pytestmark = pytest.mark.asyncio(loop_scope="module")

PHONE, MAIL = "+1 (212) 555-0123", "Clara@Lund.example"


def asking(**asked: str) -> dict[str, str]:
    """The parameters: `phone="1"` says what it is, `q="1"` does not."""
    return {
        name: value
        for key, text in asked.items()
        for name, value in ({key: text} if key in ("q", "store_id") else {"q": text, "by": key}).items()
    }


class House:
    """Clara, Anna's customer; Dora, Ben's; Emil, nobody's. Sent by a service that may do everything."""

    def __init__(self, client: httpx.AsyncClient, project: Project, world: World) -> None:
        self.client, self.project, self.world = client, project, world
        self.ids: dict[str, str] = {}

    async def open(self, settings: Settings) -> "House":
        self.client.headers.update(every_right(settings.data_dir))
        self.ids["clara"] = await register(
            self.client, name="Clara Håversham-Lund", address_as="Mrs. Lund", reference="C-100"
        )
        self.ids["dora"] = await register(self.client, name="Dora Lindqvist", store_id="uptown")
        self.ids["emil"] = await register(self.client, name="Emil Lindqvist", store_id="uptown")
        for kind, value in (("phone", PHONE), ("email", MAIL), ("address", "1 Elm Street")):
            await self.does("add-contact-point", "clara", kind=kind, value=value)
        await self.does("assign-owner", "clara", associate_id=self.world.id_of("own"))
        await self.does("assign-owner", "dora", associate_id=self.world.id_of("foreign"))
        return self

    async def does(self, command: str, who: str, **fields: Any) -> dict[str, Any]:
        done = await answered(self.client, command, customer_id=self.ids[who], **fields)
        await self.project()
        return done

    async def found(self, **asked: str) -> list[str]:
        """Who is found, by the names above."""
        names: dict[Any, str] = {customer_id: name for name, customer_id in self.ids.items()}
        answer = await read(self.client, "/v1/customers", **asking(**asked))
        assert not answer["more"]
        return [str(names.get(one["customer_id"], "others")) for one in answer["customers"]]

    async def seen_by(self, role: Any, **asked: str) -> dict[str, Any]:
        response = await self.client.get(
            "/v1/customers", params=asking(**asked), headers=self.world.headers(role)
        )
        assert response.status_code == 200, response.text
        ((one),) = response.json()["customers"]
        return one


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lookup(
    house_client: httpx.AsyncClient, house_project: Project, world: World, api_settings: Settings
) -> AsyncIterator[House]:
    yield await House(house_client, house_project, world).open(api_settings)


@pytest.mark.parametrize(
    "asked",
    [
        {"name": "haver"}, {"name": "CLARA lund"}, {"name": "mrs lund"}, {"phone": "212 555 0123"},
        {"phone": "+12125550123"}, {"mail": "clara@lund.example"}, {"reference": "c-100"}, {"q": "clara"},
        {"q": "212.555.0123"}, {"q": "CLARA@LUND.EXAMPLE"}, {"q": "C-100"},
    ],
    ids=str,
)  # fmt: skip
async def test_a_customer_is_found_by_any_of_their_texts(lookup: House, asked: dict[str, str]) -> None:
    assert await lookup.found(**asked) == ["clara"]


@pytest.mark.parametrize(
    "asked",
    [
        {"name": "lara"}, {"name": "clara smith"}, {"name": "-"}, {"phone": "212 555 0124"},
        {"mail": "clara"}, {"reference": "C-10"}, {"name": "C-100"}, {"mail": "c-100"}, {"receipt": "C-100"},
        {"q": "elm"},
    ],
    ids=str,
)  # fmt: skip
async def test_nobody_is_found_by_anything_else(lookup: House, asked: dict[str, str]) -> None:
    assert await lookup.found(**asked) == []


async def test_customers_of_everybody_are_found_and_of_nobody(lookup: House) -> None:
    assert await lookup.found(name="lindqvist") == ["dora", "emil"]


@pytest.mark.parametrize("asked", [{}, {"q": ""}, {"q": "a", "by": "shoe"}, {"name": "a"}], ids=str)
async def test_something_is_looked_for_by_something(lookup: House, asked: dict[str, str]) -> None:
    response = await lookup.client.get("/v1/customers", params=asked)
    assert (response.status_code, response.json()["code"]) == (422, "invalid")


async def test_others_customers_are_told_masked_and_ones_own_whole(lookup: House) -> None:
    common = {
        "customer_id": lookup.ids["clara"],
        "name": "Clara Håversham-Lund",
        "address_as": "Mrs. Lund",
        "primary_owner": lookup.world.id_of("own"),
        "primary_owner_name": "Anna",
        "store_id": "downtown",
    }
    masked = [{"kind": "phone", "value": "…23"}, {"kind": "email", "value": "C…@L…"}]
    for role in ("manager", "point_of_sale", "auditor"):
        seen = await lookup.seen_by(role, q="clara")
        assert seen == {**common, "contact_points": masked, "in_own_book": False}, role
    own = await lookup.seen_by("associate", q="clara")
    assert own["in_own_book"]
    assert [point["value"] for point in own["contact_points"]] == [PHONE, MAIL, "1 Elm Street"]


async def test_a_customer_of_nobody_belongs_to_the_store_that_registered_them(lookup: House) -> None:
    emil = await lookup.seen_by("point_of_sale", name="emil")
    assert (emil["primary_owner"], emil["primary_owner_name"], emil["store_id"]) == (None, None, "uptown")


@pytest.mark.parametrize("role", ["payroll", "ops"])
async def test_who_serves_nobody_finds_nobody_and_reads_no_difference(lookup: House, role: Any) -> None:
    answers = [
        await lookup.client.get("/v1/customers", params={"q": name}, headers=lookup.world.headers(role))
        for name in ("clara", "nobody")
    ]
    assert [answer.status_code for answer in answers] == [403, 403]
    there, nowhere = ({**answer.json(), "instance": ""} for answer in answers)
    assert there == nowhere


async def test_each_customer_who_is_shown_is_an_opening(lookup: House, api_settings: Settings) -> None:
    await lookup.seen_by("associate", name="emil")
    await lookup.found(name="nobody")
    with psycopg.connect(api_settings.database_url or "") as connection:
        opened = openings_found(connection, OpeningsQuestion(), 1_000)[-1]
    assert (opened.actor, opened.operation) == (lookup.world.id_of("own"), "customers")
    assert opened.customers == [lookup.ids["emil"]]


async def test_a_receipt_leads_to_whose_it_is_now(lookup: House) -> None:
    sold = sale_of(lookup.world.id_of("own"), receipt_no="R 1")
    sale = (await answered(lookup.client, "record-sale", **sold))["ids"]["sale_id"]
    assert await lookup.found(receipt="R 1") == []
    await answered(lookup.client, "attach-customer", sale_id=sale, customer_id=lookup.ids["emil"])
    for asked in ({"receipt": "R 1"}, {"q": "R 1"}, {"receipt": "R 1", "store_id": "downtown"}):
        assert await lookup.found(**asked) == ["emil"], asked
    assert await lookup.found(receipt="R 1", store_id="uptown") == []
    await answered(lookup.client, "detach-customer", sale_id=sale, customer_id=lookup.ids["emil"])
    assert await lookup.found(receipt="R 1") == []


async def test_a_registration_is_found_by_whoever_waits_for_its_position(lookup: House) -> None:
    done = await answered(lookup.client, "register-customer", name="Fritz Neu")
    customer_id, position = done["ids"]["customer_id"], done["position"]
    await lookup.project()
    answer = await read(lookup.client, "/v1/customers", q="fritz", at_least=position)
    assert [one["customer_id"] for one in answer["customers"]] == [customer_id]


async def test_a_common_name_shows_some_and_says_that_there_are_more(lookup: House) -> None:
    anna = lookup.world.id_of("own")
    smiths = [await register(lookup.client, name=f"Smith Number{number:02}") for number in range(24)]
    await answered(lookup.client, "assign-owner", customer_id=smiths[-1], associate_id=anna)
    await lookup.project()
    answer = await read(lookup.client, "/v1/customers", q="smith")
    assert (len(answer["customers"]), answer["more"]) == (20, True)
    associate = lookup.world.headers("associate")
    fewer = await lookup.client.get("/v1/customers", params={"q": "smith number2"}, headers=associate)
    # The last of four is Anna's own.
    assert [one["name"][-2:] for one in fewer.json()["customers"]] == ["23", "20", "21", "22"]


async def test_corrections_count_and_a_merged_record_leads_to_the_survivor(lookup: House) -> None:
    await lookup.does("learn-name", "emil", name="Emil Zorn")
    assert (await lookup.found(name="emil lindqvist"), await lookup.found(name="zorn")) == ([], ["emil"])
    await lookup.does("add-contact-point", "emil", kind="phone", value="212 555 0199")
    await lookup.does("remove-contact-point", "clara", contact_point_id=1)
    await lookup.does("add-contact-point", "clara", kind="phone", value="212 555 0177")
    assert (await lookup.found(phone=PHONE), await lookup.found(q="2125550177")) == ([], ["clara"])
    await lookup.does("merge-customers", "dora", merged_customer_id=lookup.ids["emil"])
    for asked in ({"name": "zorn"}, {"phone": "(212) 555-0199"}, {"name": "dora"}):
        assert await lookup.found(**asked) == ["dora"], asked
    await lookup.does("unmerge-customers", "dora", merged_customer_id=lookup.ids["emil"])
    assert await lookup.found(name="zorn") == ["emil"]


async def test_whoever_is_forgotten_is_not_found_from_that_moment(lookup: House) -> None:
    sold = sale_of(lookup.world.id_of("own"), receipt_no="R 2", customer_id=lookup.ids["clara"])
    await answered(lookup.client, "record-sale", **sold)
    everything: list[dict[str, str]] = [
        {"name": "clara"}, {"mail": MAIL}, {"reference": "C-100"}, {"receipt": "R 2"}
    ]  # fmt: skip
    for asked in everything:
        assert await lookup.found(**asked) == ["clara"], asked
    await answered(lookup.client, "forget-customer", customer_id=lookup.ids["clara"])
    for project in (False, True):
        if project:
            await lookup.project()
        for asked in everything:
            assert await lookup.found(**asked) == [], asked
