"""`include=names`: who and what an answer names by id, beside it, as far as the reader may see names."""

from typing import Any

import httpx
import pytest

from services.api.auth.own_keys import sign_token
from services.api.auth.principal import Role
from tests.services.api.conftest import Project
from tests.services.api.role_world import World
from tests.services.api.sending import answered, hire, read, register, sale_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

OPENED = {"name": "Northgate", "time_zone": "America/New_York", "currency": "USD"}


async def test_an_answer_names_associates_stores_and_the_decimals_of_currencies(
    client: httpx.AsyncClient, project: Project
) -> None:
    await answered(client, "open-store", store_id="north", **OPENED)
    anna = await hire(client, name="Anna Lind", store_id="north")
    await answered(client, "record-sale", **sale_of(anna, store_id="north"))
    await project()
    path = f"/v1/associates/{anna}"
    assert "names" not in await read(client, f"{path}/ledger")
    names = (await read(client, f"{path}/ledger", include="names"))["names"]
    nobody: dict[str, Any] = {"associates": {anna: "Anna Lind"}, "customers": {}, "stores": {}}
    assert names == {**nobody, "currencies": {"USD": 2}}
    stores = (await read(client, path, include="names"))["names"]["stores"]
    assert stores == {"north": {"name": "Northgate", "time_zone": "America/New_York"}}


async def test_customers_are_named_as_they_like_to_be_called_by_any_record(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna = await hire(client, name="Anna Lind")
    clara = await register(client, name="Clara Fontaine", address_as="Mrs. Fontaine")
    twin = await register(client, name="C. Fontaine")
    nameless = await register(client)
    for one in (clara, twin, nameless):
        await answered(client, "assign-owner", customer_id=one, associate_id=anna)
    await answered(client, "merge-customers", customer_id=clara, merged_customer_id=twin)
    await project()
    book = await read(client, f"/v1/associates/{anna}/book", include="names")
    assert book["names"]["customers"] == {clara: "Mrs. Fontaine", nameless: None}
    card = await read(client, f"/v1/associates/{anna}/book/{twin}", include="names")
    assert card["names"]["customers"] == {clara: "Mrs. Fontaine", twin: "Mrs. Fontaine"}
    assert card["names"]["associates"] == {anna: "Anna Lind"}


async def test_names_are_read_only_where_they_are_asked_for(
    client: httpx.AsyncClient, project: Project
) -> None:
    await project()
    answer = await client.get("/v1/associates", params={"include": "everything"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    everybody = await read(client, "/v1/associates", include="names", limit=1)
    assert set(everybody) == {"associates", "next", "names"}
    past = await client.get("/v1/associates", params={"include": "names", "at_least": 10**9})
    assert (past.status_code, past.json()["code"]) == (409, "position_not_reached")


async def test_names_wait_for_what_the_reader_has_just_written(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna = await hire(client, name="Anna Lind")
    end = await project()
    named = await read(client, f"/v1/associates/{anna}/statements", include="names", at_least=end)
    assert named["statements"] == []
    assert named["names"]["associates"] == {}


def headers(world: World, role: Role, **claims: Any) -> dict[str, str]:
    given: dict[str, Any] = {"stores": ("downtown",), "hours": 1, **claims}
    return {"Authorization": f"Bearer {sign_token(world.settings, role=role, **given)}"}


async def test_who_may_look_up_no_customer_is_told_no_customers_name(
    house_client: httpx.AsyncClient, world: World
) -> None:
    things = world.things["own"]
    path = f"/v1/sales/{things['sale_id']}?include=names"
    shown: dict[str, Any] = {}
    for role in ("associate", "manager", "point_of_sale", "payroll", "auditor"):
        claims = {"associate_id": world.id_of("store")} if role == "associate" else {}
        answer = await house_client.get(path, headers=headers(world, role, **claims))
        assert answer.status_code == 200, answer.text
        names = answer.json()["names"]
        assert names["associates"][things["associate_id"]] == "Anna"
        shown[role] = list(names["customers"].values())
    first = ["Anna's first"]
    assert shown == {
        "associate": first, "manager": first, "point_of_sale": first, "payroll": [], "auditor": first,
    }  # fmt: skip


async def test_an_answer_with_names_says_how_long_it_is(
    house_client: httpx.AsyncClient, world: World
) -> None:
    path = f"/v1/sales/{world.things['own']['sale_id']}?include=names"
    answer = await house_client.get(path, headers=headers(world, "auditor"))
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    assert world.things["own"]["customer_id"] in answer.json()["names"]["customers"]


async def test_whoever_was_forgotten_has_no_name_in_the_next_answer(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna = await hire(client, name="Anna Lind")
    clara = await register(client, name="Clara Fontaine")
    sold = await answered(client, "record-sale", **sale_of(anna, customer_id=clara))
    path = f"/v1/sales/{sold['ids']['sale_id']}"
    await project()
    assert (await read(client, path, include="names"))["names"]["customers"] == {clara: "Clara Fontaine"}
    # The key is gone with the command, whatever the tables still hold.
    await answered(client, "forget-customer", customer_id=clara, requested_by="customer")
    assert (await read(client, path, include="names"))["names"]["customers"] == {clara: None}
