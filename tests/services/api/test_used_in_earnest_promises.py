"""Used in earnest, promises: follow-ups, goods that arrive and contacts, in the words of the shop."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from domain.stock_arrival.events import StockArrived
from infra.clock import FixedClock
from infra.event_store.codec import decode
from infra.settings import Settings
from services.api.http.application import Api
from services.reactions.context import ReactionContext, open_reactions
from services.reactions.registry import BY_NAME, react
from tests.services.api.conftest import Project
from tests.services.api.earnest import DAY, listed, met, read_today
from tests.services.api.refusing import refused
from tests.services.api.sending import answered, hire, read

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def reactions(api: Api, api_settings: Settings, clock: FixedClock) -> Iterator[ReactionContext]:
    """What follows by itself, on the module's database."""
    with open_reactions(api_settings, str(api_settings.database_url), clock=clock) as context:
        yield context


async def arrived(
    client: httpx.AsyncClient, project: Project, reactions: ReactionContext, **item: Any
) -> None:
    """Goods come in, and whoever waits for them is followed up."""
    await answered(client, "record-stock-arrival", store_id="downtown", items=[item])
    await project()
    for logged in reactions.log.read(0, 10_000):
        if isinstance(decode(logged.topic, logged.state), StockArrived):
            react(reactions, BY_NAME["wishes"], logged)
    await project()


# --- follow-ups ---------------------------------------------------------------------------------------------


async def test_a_promise_is_in_the_list_of_whoever_made_it_although_no_channel_is_agreed(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna, ben, carl = [await hire(client) for _ in range(3)]
    clara = await met(client, anna)
    await answered(client, "assign-owner", customer_id=clara, associate_id=ben, role="secondary")
    for who in (ben, carl):
        promise = {"due_on": DAY, "reason": "gloves are in", "associate_id": who}
        await answered(client, "plan-follow-up", customer_id=clara, **promise)
    assert await listed(client, project, anna) == {}
    for who in (ben, carl):
        (call,) = (await read(client, f"/v1/associates/{who}/book/today"))["calls"]
        assert (call["customer_id"], call["no_channel_agreed"], call["channels"]) == (clara, True, [])
        assert [(one["kind"], one["text"]) for one in call["reasons"]] == [("follow_up_due", "gloves are in")]
    await answered(client, "cancel-follow-up", customer_id=clara, follow_up_id=2)
    assert (await listed(client, project, ben), await listed(client, project, carl)) == (
        {clara: ["follow_up_due"]},
        {},
    )


async def test_a_merged_customers_promise_stays_with_whoever_made_it(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna, ben = await hire(client), await hire(client)
    clara, double = await met(client, anna), await met(client, anna)
    promise = {"due_on": DAY, "reason": "gloves", "associate_id": ben}
    await answered(client, "plan-follow-up", customer_id=double, **promise)
    pair = {"customer_id": clara, "merged_customer_id": double}
    await answered(client, "merge-customers", **pair)
    assert await listed(client, project, ben) == {clara: ["follow_up_due"]}
    await answered(client, "unmerge-customers", **pair)
    assert await listed(client, project, ben) == {double: ["follow_up_due"]}
    await answered(client, "forget-customer", customer_id=double)
    assert await listed(client, project, ben) == {}


# --- goods arrive -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wish", "item"),
    [
        ({"label": "Calzari", "size": "38"}, {"sku": "C1", "label": "CALZARI", "size": "38"}),
        ({"label": "Calzari", "sku": "C2"}, {"sku": "C2"}),
        ({"label": "Straße"}, {"sku": "C3", "label": "STRASSE "}),
        ({"sku": "abc-4"}, {"sku": "ABC-4", "label": "Whoever"}),
        ({"sku": "C5", "size": "m"}, {"sku": "c5", "size": "M"}),
    ],
)
async def test_goods_are_recognised_however_they_are_written_and_consent_may_come_later(
    client: httpx.AsyncClient,
    project: Project,
    reactions: ReactionContext,
    wish: dict[str, str],
    item: dict[str, str],
) -> None:
    anna = await hire(client)
    clara, dora = await met(client, anna), await met(client, anna, "call")
    for customer_id in (clara, dora):
        await answered(client, "record-wish", customer_id=customer_id, **wish)
    await arrived(client, project, reactions, **item)
    assert await listed(client, project, anna) == {
        clara: ["stock_arrived"],
        dora: ["stock_arrived"],
    }
    (call,) = [
        one
        for one in (await read(client, f"/v1/associates/{anna}/book/today"))["calls"]
        if one["customer_id"] == clara
    ]
    assert call["no_channel_agreed"]
    await arrived(client, project, reactions, **item)
    assert (await listed(client, project, anna))[clara] == ["stock_arrived"], "announced once"
    await answered(client, "set-contact-preference", customer_id=clara, channel="text", allowed=True)
    await project()
    calls = (await read(client, f"/v1/associates/{anna}/book/today"))["calls"]
    assert [one["channels"] for one in calls if one["customer_id"] == clara] == [["text"]]


async def test_other_goods_and_another_size_are_not_what_they_wait_for(
    client: httpx.AsyncClient, project: Project, reactions: ReactionContext
) -> None:
    anna = await hire(client)
    clara = await met(client, anna, "call")
    await answered(client, "record-wish", customer_id=clara, sku="S9", size="38")
    await answered(client, "record-wish", customer_id=clara, label="Hestra", size="8")
    for item in ({"sku": "S9", "size": "40"}, {"sku": "H1", "label": "Hestra"}, {"sku": "S10", "size": "38"}):
        await arrived(client, project, reactions, **item)
    assert await listed(client, project, anna) == {}


# --- contacts -----------------------------------------------------------------------------------------------


async def test_a_contact_names_the_occasion_it_was_about_and_ticks_off_no_other(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna = await hire(client)
    clara = await met(client, anna, "call")
    for kind, on in (("trip", "2026-03-09"), ("birthday", "1980-03-12")):
        await answered(client, "record-occasion", customer_id=clara, kind=kind, on=on)
    contact = {"channel": "call", "purpose": "occasion", "contacted_by": anna, "customer_id": clara}
    await answered(client, "log-contact", **contact, occasion_id=2, answered=False)
    assert await listed(client, project, anna) == {clara: ["occasion"] * 2}, "nobody answered"
    await answered(client, "log-contact", **contact, occasion_id=2, answered=True)
    calls = (await read_today(client, project, anna))["calls"]
    assert [one["occasion"] for one in calls[0]["reasons"]] == ["trip"]
    vague = await answered(client, "log-contact", **contact, answered=True)
    assert [one["code"] for one in vague["warnings"]] == ["occasion_unnamed"]
    assert await listed(client, project, anna) == {}
    assert (await refused(client, "log-contact", **contact, occasion_id=3))[1] == "occasion_unknown"


async def test_a_contact_on_a_forbidden_channel_is_refused_and_an_unasked_one_is_warned_of(
    client: httpx.AsyncClient,
) -> None:
    anna = await hire(client)
    clara, double = await met(client, anna, "call"), await met(client, anna)
    await answered(client, "set-contact-preference", customer_id=clara, channel="text", allowed=False)
    contact = {"customer_id": clara, "purpose": "thank_you", "contacted_by": anna, "answered": True}
    assert await refused(client, "log-contact", **contact, channel="text") == (
        422,
        "channel_forbidden",
        "channel",
    )
    unasked = await answered(client, "log-contact", **contact, channel="write")
    assert [one["code"] for one in unasked["warnings"]] == ["no_channel_agreed"]
    # Whoever said no in one record said no.
    await answered(client, "merge-customers", customer_id=double, merged_customer_id=clara)
    body = {**contact, "customer_id": double, "channel": "text"}
    assert (await refused(client, "log-contact", **body))[1] == "channel_forbidden"
    # In the absorbed record, too: there a contact is logged when it is about one of its occasions.
    dora, other = await met(client, anna), await met(client, anna)
    await answered(client, "record-occasion", customer_id=other, kind="birthday", on="1980-03-12")
    await answered(client, "set-contact-preference", customer_id=dora, channel="text", allowed=False)
    await answered(client, "merge-customers", customer_id=dora, merged_customer_id=other)
    body = {**contact, "customer_id": other, "channel": "text", "purpose": "occasion", "occasion_id": 1}
    assert (await refused(client, "log-contact", **body))[1] == "channel_forbidden"
