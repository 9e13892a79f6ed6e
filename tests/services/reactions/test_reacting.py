"""What follows by itself: over NATS and out of the log, each thing once, whoever is killed and whatever comes
twice.
"""

import dataclasses
from datetime import date, timedelta

import msgspec
import psycopg
import pytest

from domain.associate.commands import AssociateLeaves
from domain.associate.events import AssociateLeft
from domain.commission_account.commands import RecordHours
from domain.commission_account.events import StatementIssued
from domain.customer.commands import ForgetCustomer, FulfilWish, MergeCustomers, ReassignOwner
from domain.customer.events import FollowUpPlanned, OwnerReassigned
from domain.pay_period.commands import ClosePayPeriod, OpenPayPeriod
from domain.store.commands import OpenStore
from infra.projection_store.catalog import set_paused
from infra.reaction_store.positions import SWITCH
from infra.settings import Settings
from services.reactions.context import ReactionContext
from services.reactions.registry import BY_NAME, react
from tests.infra.messaging.builders import until
from tests.services.reactions.builders import (
    NOON,
    arrival,
    associate,
    customer,
    facts,
    followed,
    hired,
    house_of,
    kept,
    met,
    project,
    reacting,
    send,
    waits,
)

SHOES = b'{"store_id": "downtown", "items": [{"sku": "SH1", "label": "Alden", "size": "9"}]}'


async def test_only_who_waited_is_followed_up_whatever_they_agreed_to(
    settings: Settings, context: ReactionContext
):
    send(
        context,
        hired(1),
        *met(1, 1, "text"), waits(1),
        *met(2, 1), waits(2),  # agreed to nothing: that is asked when somebody calls
        *met(3, 1, "call"), waits(3, "SH2"),  # waits for something else
        *met(4, 1, "call"), waits(4), ForgetCustomer(customer_id=customer(4)),
        *met(5, 1, "call"), waits(5), FulfilWish(customer_id=customer(5), wish_id=1),
        *met(6, 1, "call"), waits(6), *met(7, 1, "call"),
        MergeCustomers(customer_id=customer(7), merged_customer_id=customer(6)),
        *met(8, 1, "call"),
        arrival(),
        waits(8),  # knew what was in the house
    )  # fmt: skip
    async with reacting(settings, context):
        await followed(settings, await project(settings))
    assert {event.customer_id for event in facts(settings, FollowUpPlanned)} == {
        customer(1),
        customer(2),
        customer(6),
    }


@pytest.mark.parametrize(
    ("scope", "due_on"),
    [
        ("downtown", NOON.date() - timedelta(days=1)),
        ("uptown", NOON.date()),
        ("its own clock", NOON.date() - timedelta(days=1)),
    ],
)
async def test_a_follow_up_is_due_on_the_day_that_the_store_s_clock_says(
    settings: Settings, context: ReactionContext, scope: str, due_on: date
):
    # Eleven hours behind: two in the morning by UTC is three in the afternoon of the day before.
    zone = "Pacific/Midway"
    opened = OpenPayPeriod(
        scope=scope,
        period_id="P1",
        starts_on=due_on,
        ends_on=due_on,
        time_zone=zone,
        occurred_at=NOON - timedelta(days=1),
    )
    early = msgspec.structs.replace(arrival(), occurred_at=NOON - timedelta(hours=10))
    own = OpenStore(
        store_id="downtown", name="Downtown", time_zone=zone, currency="USD", occurred_at=opened.occurred_at
    )
    here = own if scope == "its own clock" else opened
    send(context, here, hired(1), *met(1, 1, "call"), waits(1), early)
    async with reacting(settings, context):
        await followed(settings, await project(settings))
    [promise] = facts(settings, FollowUpPlanned)
    assert promise.due_on == due_on


async def test_nothing_is_done_before_the_book_has_come_as_far_as_the_arrival(
    settings: Settings, context: ReactionContext
):
    send(context, hired(1), *met(1, 1, "call"))
    await project(settings)
    send(context, waits(1), arrival())
    async with reacting(settings, context) as reactions:
        await until(lambda: reactions.health()[1].doing == "waiting", within_seconds=30)
        assert facts(settings, FollowUpPlanned) == []
        await project(settings)
        await until(lambda: facts(settings, FollowUpPlanned), within_seconds=30)


@pytest.mark.parametrize("tables_know", [True, False])
async def test_a_fact_that_is_followed_again_leads_to_nothing_new(
    settings: Settings, context: ReactionContext, tables_know: bool
):
    send(context, hired(1), hired(2), *met(1, 1, "call"), waits(1), arrival())
    send(context, AssociateLeaves(associate_id=associate(1), successors=(associate(2),), occurred_at=NOON))
    send(
        context,
        OpenPayPeriod(period_id="P1", starts_on=NOON.date(), ends_on=NOON.date(), occurred_at=NOON),
        RecordHours(associate_id=associate(2), worked_on=NOON.date(), selling_minutes=60, occurred_at=NOON),
        ClosePayPeriod(period_id="P1", occurred_at=NOON),
    )
    await project(settings)
    async with reacting(settings, context):
        await followed(settings, context.log.last_position())
    end = context.log.last_position()
    assert (
        len(facts(settings, StatementIssued)),
        len(facts(settings, OwnerReassigned)),
        len(facts(settings, FollowUpPlanned)),
    ) == (2, 1, 1)
    with psycopg.connect(str(settings.database_url)) as connection:
        connection.execute("UPDATE reactions.positions SET position = 0")
    # Where the tables have not heard of what was done, its keys alone keep it from being done once more.
    if tables_know:
        await project(settings)
    async with reacting(settings, context):
        await followed(settings, end)
    assert context.log.last_position() == end
    assert kept(settings) == []


async def test_statements_that_waited_for_an_earlier_period_are_issued_with_it(
    settings: Settings, context: ReactionContext
):
    day = NOON.date()
    second = day.replace(day=3)
    send(
        context,
        hired(1),
        OpenPayPeriod(period_id="P1", starts_on=day, ends_on=day, occurred_at=NOON),
        OpenPayPeriod(period_id="P2", starts_on=second, ends_on=second, occurred_at=NOON),
        RecordHours(associate_id=associate(1), worked_on=day, selling_minutes=60, occurred_at=NOON),
        RecordHours(associate_id=associate(1), worked_on=second, selling_minutes=60, occurred_at=NOON),
        ClosePayPeriod(period_id="P2", early=True, occurred_at=NOON),
    )
    async with reacting(settings, context):
        await followed(settings, await project(settings))
        assert facts(settings, StatementIssued) == []
        send(context, ClosePayPeriod(period_id="P1", occurred_at=NOON))
        await followed(settings, await project(settings))
    assert [event.period_id for event in facts(settings, StatementIssued)] == ["P1", "P2"]


async def test_a_leavers_book_goes_to_the_named_successors_in_turn(
    settings: Settings, context: ReactionContext
):
    send(context, *(hired(number) for number in (1, 2, 3, 4, 5)))
    for number in range(1, 6):
        send(context, *met(number, 1))
    send(context, *met(6, 4))
    # Whom somebody gave away by hand after the leaver had left stays there.
    send(
        context,
        AssociateLeaves(
            associate_id=associate(1),
            successors=(associate(5), associate(2), associate(3)),
            occurred_at=NOON,
        ),
        # Who leaves as well takes nobody over.
        AssociateLeaves(associate_id=associate(5), occurred_at=NOON),
    )
    await project(settings)
    send(context, ReassignOwner(customer_id=customer(5), associate_id=associate(4), occurred_at=NOON))
    async with reacting(settings, context):
        await followed(settings, context.log.last_position())
    await project(settings)
    owners = context.rows("SELECT key, primary_owner FROM projections.clientele_book")
    assert associate(1) not in {owner for _, owner in owners}
    handed = facts(settings, OwnerReassigned)
    assert {event.reason for event in handed} == {"by_hand", "leaver"}
    books = [event.associate_id for event in handed if event.reason == "leaver"]
    assert sorted((books.count(associate(2)), books.count(associate(3)))) == [2, 2]
    assert dict(owners)[customer(5)] == associate(4)


async def test_who_names_no_successor_leaves_the_book_to_the_smallest_of_the_department(
    settings: Settings, context: ReactionContext
):
    send(context, hired(1), hired(2), hired(3), hired(4, department="women"), hired(5, "uptown"))
    for number, owner in enumerate((1, 1, 1, 1, 2, 2), start=1):
        send(context, *met(number, owner))
    send(context, AssociateLeaves(associate_id=associate(1), occurred_at=NOON))
    async with reacting(settings, context):
        await followed(settings, await project(settings))
    handed = facts(settings, OwnerReassigned)
    assert {event.reason for event in handed} == {"leaver_smallest_book"}
    taken = [event.associate_id for event in handed]
    assert (taken.count(associate(2)), taken.count(associate(3))) == (1, 3)


async def test_the_last_one_to_leave_leaves_the_book_to_nobody_and_that_is_put_aside(
    settings: Settings, context: ReactionContext
):
    quick = dataclasses.replace(settings, reactions_retry_seconds=0.05)
    with house_of(quick) as house_in_a_hurry:
        send(house_in_a_hurry, hired(1), *met(1, 1))
        send(house_in_a_hurry, AssociateLeaves(associate_id=associate(1), occurred_at=NOON))
        async with reacting(quick, house_in_a_hurry):
            await followed(settings, await project(settings))
        [(source, key, reason)] = kept(settings)
        assert (source, "could take over" in reason) == ("hand_overs", True)
        # Once somebody is there, it is followed after all.
        send(house_in_a_hurry, hired(2))
        await project(settings)
        [left] = [e for e in context.log.read(0, 100) if e.position == int(key)]
        assert (
            msgspec.json.decode(left.state)["associate_id"] == facts(settings, AssociateLeft)[0].associate_id
        )
        react(house_in_a_hurry, BY_NAME["hand_overs"], left)
    assert [event.associate_id for event in facts(settings, OwnerReassigned)] == [associate(2)]


async def test_while_the_reactions_are_paused_nothing_follows_and_nothing_is_skipped(
    settings: Settings, context: ReactionContext
):
    send(context, hired(1), *met(1, 1, "call"), waits(1), arrival())
    end = await project(settings)
    with psycopg.connect(str(settings.database_url), autocommit=True) as connection:
        set_paused(connection, SWITCH, paused=True)
        async with reacting(settings, context) as reactions:
            await until(
                lambda: {one.doing for one in reactions.health()[1:]} == {"paused"}, within_seconds=30
            )
            assert facts(settings, FollowUpPlanned) == []
            set_paused(connection, SWITCH, paused=False)
            await followed(settings, end)
    assert len(facts(settings, FollowUpPlanned)) == 1
