"""Somebody leaves on the day that they announced: then, once, and only if they still mean to."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.associate.commands import AssociateLeaves, CancelLeaving, LeaveAsAnnounced, RehireAssociate
from domain.associate.events import AssociateLeft
from domain.customer.events import OwnerReassigned
from infra.clock import FixedClock
from infra.settings import Settings
from services.reactions.context import ReactionContext, open_reactions
from services.reactions.leavings import leave_when_the_day_has_come
from tests.infra.messaging.builders import until
from tests.services.reactions.builders import (
    NOON,
    associate,
    customer,
    facts,
    followed,
    hired,
    met,
    project,
    reacting,
    send,
)

LAST_DAY = NOON.date() + timedelta(days=10)
MIDNIGHT = datetime.combine(LAST_DAY, datetime.min.time(), UTC)
NOTICE = AssociateLeaves(
    associate_id=associate(1), left_on=LAST_DAY, successors=(associate(2),), occurred_at=NOON
)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(MIDNIGHT - timedelta(seconds=1))


@pytest.fixture
def shop(settings: Settings, clock: FixedClock):
    """A shop whose clock stands a second before the day."""
    with open_reactions(settings, str(settings.database_url), clock=clock) as context:
        send(context, hired(1), hired(2), *met(1, 1), NOTICE)
        yield context


async def test_the_book_moves_on_the_announced_day_and_once(
    settings: Settings, shop: ReactionContext, clock: FixedClock
):
    await project(settings)
    assert leave_when_the_day_has_come(shop) == 0
    assert facts(settings, AssociateLeft) == []
    clock.set(MIDNIGHT)
    # Until the tables have heard of it, it is looked at again, and done once.
    assert leave_when_the_day_has_come(shop) == 1
    assert leave_when_the_day_has_come(shop) == 1
    [left] = facts(settings, AssociateLeft)
    assert (left.left_on, left.occurred_at, left.successors) == (LAST_DAY, MIDNIGHT, (associate(2),))
    await project(settings)
    assert leave_when_the_day_has_come(shop) == 0


async def test_the_reactions_look_at_the_clock_themselves(
    settings: Settings, shop: ReactionContext, clock: FixedClock
):
    await project(settings)
    clock.set(MIDNIGHT)
    async with reacting(settings, shop):
        await until(lambda: facts(settings, AssociateLeft), within_seconds=30)
        await followed(settings, await project(settings))
    assert [event.customer_id for event in facts(settings, OwnerReassigned)] == [customer(1)]


async def test_a_leaving_that_was_taken_back_does_not_happen_and_a_later_one_does(
    settings: Settings, shop: ReactionContext, clock: FixedClock
):
    await project(settings)
    clock.set(MIDNIGHT)
    send(shop, CancelLeaving(associate_id=associate(1), occurred_at=NOON))
    # The tables still say that it is due; the domain knows better.
    assert leave_when_the_day_has_come(shop) == 1
    assert facts(settings, AssociateLeft) == []
    send(shop, NOTICE)
    await project(settings)
    leave_when_the_day_has_come(shop)
    assert [event.left_on for event in facts(settings, AssociateLeft)] == [LAST_DAY]


async def test_whoever_comes_back_and_leaves_again_hands_over_again(
    settings: Settings, shop: ReactionContext, clock: FixedClock
):
    clock.set(MIDNIGHT + timedelta(days=60))
    back = MIDNIGHT + timedelta(days=30)
    send(
        shop,
        LeaveAsAnnounced(associate_id=associate(1), left_on=LAST_DAY, occurred_at=MIDNIGHT),
        RehireAssociate(associate_id=associate(1), occurred_at=back),
    )
    async with reacting(settings, shop):
        await followed(settings, await project(settings))
        assert len(facts(settings, OwnerReassigned)) == 1
        send(
            shop,
            *met(2, 1),
            AssociateLeaves(associate_id=associate(1), occurred_at=back + timedelta(days=10)),
        )
        await followed(settings, await project(settings))
    assert [event.customer_id for event in facts(settings, OwnerReassigned)] == [customer(1), customer(2)]
