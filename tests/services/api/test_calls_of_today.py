"""A call of Today holds all that a tap needs: how to reach them, what it is about, what commands name."""

from typing import Any

import httpx
import pytest

from tests.services.api.conftest import Project
from tests.services.api.sending import answered, hire, read, register, sale_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

#: The clock of these tests stands at noon of it.
DAY = "2026-03-02"
POINTS = [("phone", "+1 212 555 0101"), ("email", "clara@example.org"), ("address", "1 Elm Street")]


async def clara_of(client: httpx.AsyncClient, anna: str, *channels: str) -> str:
    clara = await register(client, name="Clara Fontaine")
    await answered(client, "assign-owner", customer_id=clara, associate_id=anna)
    for kind, value in POINTS:
        await answered(client, "add-contact-point", customer_id=clara, kind=kind, value=value)
    for channel in channels:
        await answered(client, "set-contact-preference", customer_id=clara, channel=channel, allowed=True)
    return clara


async def calls(client: httpx.AsyncClient, project: Project, anna: str, **asked: Any) -> list[Any]:
    await project()
    return (await read(client, f"/v1/associates/{anna}/book/today", **asked))["calls"]


async def promise(client: httpx.AsyncClient, clara: str, **fields: Any) -> None:
    await answered(client, "plan-follow-up", customer_id=clara, **{"due_on": DAY, "reason": "R", **fields})


@pytest.mark.parametrize(
    ("channels", "shown"),
    [
        (["call"], ["phone"]),
        (["text"], ["phone"]),
        (["write"], ["email", "address"]),
        (["call", "write"], ["phone", "email", "address"]),
        ([], []),
    ],
)
async def test_a_call_says_how_to_reach_them_on_the_channels_they_agreed_to(
    client: httpx.AsyncClient, project: Project, channels: list[str], shown: list[str]
) -> None:
    anna = await hire(client)
    await promise(client, await clara_of(client, anna, *channels))
    # As kept for the day, and as folded for a past.
    for asked in ({}, {"as_of": DAY}):
        [call] = await calls(client, project, anna, **asked)
        points = [(point["kind"], point["value"]) for point in call["contact_points"]]
        assert points == [point for point in POINTS if point[0] in shown]


async def test_an_arrival_says_what_came_in_and_what_they_wanted_it_for(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna = await hire(client)
    clara = await clara_of(client, anna, "call")
    wish = {"label": "Calzari", "sku": "SH0101", "size": "39", "note": "for the wedding"}
    wished = await answered(client, "record-wish", customer_id=clara, **wish)
    await promise(client, clara, wish_id=wished["ids"]["wish_id"], reason="it came in")
    [call] = await calls(client, project, anna)
    [reason] = call["reasons"]
    assert {name: reason[name] for name in ("kind", "text", *wish)} == {
        "kind": "stock_arrived", "text": "it came in", **wish,
    }  # fmt: skip
    # Not interested.
    named = {"customer_id": reason.get("record", clara)}
    await answered(client, "withdraw-wish", **named, wish_id=reason["wish_id"])
    await answered(client, "cancel-follow-up", **named, follow_up_id=reason["follow_up_id"])
    assert await calls(client, project, anna) == []


async def test_a_purchase_to_thank_for_says_what_was_bought(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna = await hire(client)
    clara = await clara_of(client, anna, "call")
    sold = sale_of(anna, customer_id=clara)
    sold["lines"][0]["description"] = "Derby shoe"
    await answered(client, "record-sale", **sold)
    [call] = await calls(client, project, anna)
    assert [(each["kind"], each["items"]) for each in call["reasons"]] == [("thank_you", ["Derby shoe"])]
    # Done.
    contact = {"channel": call["channels"][0], "purpose": call["reasons"][0]["kind"], "contacted_by": anna}
    await answered(client, "log-contact", customer_id=call["customer_id"], answered=True, **contact)
    assert await calls(client, project, anna) == []


async def test_promises_and_occasions_are_named_as_commands_name_them(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna = await hire(client)
    clara = await clara_of(client, anna, "call")
    day = {"kind": "birthday", "on": "1980-03-10", "description": "turns 46"}
    await answered(client, "record-occasion", customer_id=clara, **day)
    await promise(client, clara, reason="gloves")
    [call] = await calls(client, project, anna)
    due, near = call["reasons"]
    assert (due["text"], near["text"], near["occasion"], near["on"]) == (
        "gloves", "turns 46", "birthday", "2026-03-10",
    )  # fmt: skip
    # Later: planned anew for another day, and the promise of today is kept.
    later = {"due_on": "2026-03-05", "reason": due["text"]}
    await answered(client, "plan-follow-up", customer_id=clara, associate_id=anna, **later)
    await answered(client, "complete-follow-up", customer_id=clara, follow_up_id=due["follow_up_id"])
    reached = {"channel": "call", "purpose": "occasion", "contacted_by": anna, "answered": True}
    await answered(client, "log-contact", customer_id=clara, occasion_id=near["occasion_id"], **reached)
    assert await calls(client, project, anna) == []


async def test_what_a_merged_record_is_reached_by_is_told_as_well(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna = await hire(client)
    clara, twin = await clara_of(client, anna, "call"), await register(client, name="C. F.")
    await answered(client, "add-contact-point", customer_id=twin, kind="phone", value="+1 212 555 0199")
    await answered(client, "merge-customers", customer_id=clara, merged_customer_id=twin)
    await promise(client, clara)
    [call] = await calls(client, project, anna)
    assert [(one["value"], one.get("record")) for one in call["contact_points"]] == [
        ("+1 212 555 0101", None), ("+1 212 555 0199", twin),
    ]  # fmt: skip
