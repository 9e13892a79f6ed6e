"""Who would get whom when an associate leaves, foreseen and then done by the reaction."""

from collections import Counter

import httpx
import pytest

from domain.associate.events import AssociateLeft
from domain.customer.events import OwnerReassigned
from infra.event_store.codec import decode
from infra.settings import Settings
from services.api.http.application import Api
from services.reactions.hand_overs import follow
from tests.services.api.conftest import Project
from tests.services.api.following import follow_last
from tests.services.api.sending import answered, hire, read, register, sale_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def staff_of(client: httpx.AsyncClient, store_id: str, *sizes: int) -> list[str]:
    """Associates of a store who lead so many customers, each of whom has bought for more than the next."""
    staff = [await hire(client, store_id=store_id, department="shoes") for _ in sizes]
    for who, size in zip(staff, sizes, strict=True):
        for place in range(size):
            customer = await register(client, name=f"Customer {place}")
            await answered(client, "assign-owner", customer_id=customer, associate_id=who)
            sale = sale_of(who, price_minor=90_000 - 100 * place, customer_id=customer, store_id=store_id)
            await answered(client, "record-sale", **sale)
    return staff


def handed(api: Api, leaver: str, after: int) -> tuple[dict[str, str], set[str]]:
    """Who got whom from a leaver, and what history says of it."""
    events = [decode(one.topic, one.state) for one in api.app.log.read(after, 1_000_000)]
    moved = [event for event in events if isinstance(event, OwnerReassigned)]
    assert {event.previous_associate_id for event in moved} == {leaver}
    return {event.customer_id: event.associate_id for event in moved}, {event.reason for event in moved}


@pytest.mark.parametrize("named", [(1, 0), (0,), ()], ids=["named", "one named", "by rule"])
async def test_a_preview_says_who_then_gets_whom(
    client: httpx.AsyncClient, api: Api, project: Project, api_settings: Settings, named: tuple[int, ...]
) -> None:
    """One who left already takes nobody over; by the rule the smaller books get more."""
    store = f"leaving-{len(named)}"
    leaver, gone, *others = await staff_of(client, store, 5, 0, 2, 4)
    await answered(client, "associate-leaves", associate_id=gone)
    await project()
    successors = [others[place] for place in named]
    asked = {"successors": ",".join([gone, *successors])} if successors else {}
    path = f"/v1/associates/{leaver}/hand-over-preview"
    before = api.app.log.last_position()
    whole = await read(client, path, **asked)
    assert api.app.log.last_position() == before
    assert (whole["total"], len(whole["customers"])) == (5, 5)
    second = await read(client, path, **asked, limit=2, offset=2)
    assert second["customers"] == whole["customers"][2:4]

    await answered(client, "associate-leaves", associate_id=leaver, successors=successors)
    follow_last(api, api_settings, follow, leaver, AssociateLeft)
    done, reasons = handed(api, leaver, before)
    foreseen = {one["customer_id"]: one["associate_id"] for one in whole["customers"]}
    assert (foreseen, {whole["reason"]}) == (done, reasons)
    counted = Counter(done.values())
    grown = {one["associate_id"]: (one["customers_before"], one["customers"]) for one in whole["successors"]}
    sizes = dict(zip(others, (2, 4), strict=True))
    assert grown == {one: (sizes[one], counted[one]) for one in successors or others}


async def test_nobody_is_foreseen_where_nobody_could_take_over(
    client: httpx.AsyncClient, project: Project
) -> None:
    (lonely,) = await staff_of(client, "lonely", 0)
    await project()
    found = await read(client, f"/v1/associates/{lonely}/hand-over-preview")
    assert (found["reason"], found["total"], found["customers"]) == (None, 0, [])
    unknown = await client.get(f"/v1/associates/ass_{'0' * 32}/hand-over-preview")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "associate_unknown")
