"""Reactions that read tables older than the log: what refuses them is known to the tables soon, and they try
again then.
"""

from domain.customer.events import OwnerReassigned
from infra.settings import Settings
from tests.infra.messaging.builders import until
from tests.services.reactions.builders import (
    associate,
    customer,
    facts,
    followed,
    hired,
    house_of,
    kept,
    leaves,
    met,
    project,
    reacting,
    send,
)


async def test_a_successor_who_left_after_the_tables_is_passed_over_without_dead_letter(
    settings: Settings,
):
    with house_of(settings) as context:
        send(context, hired(1), hired(2), hired(3), *met(1, 1), leaves(1, 2, 3))
        await project(settings)
        # The log knows that the successor leaves, too; the directory does not know it yet.
        send(context, leaves(2, 3))
        async with reacting(settings, context) as reactions:
            await until(
                lambda: kept(settings) or any(one.doing == "waiting" for one in reactions.health()),
                within_seconds=60,
            )
            await followed(settings, await project(settings))
    assert kept(settings) == []
    assert [(fact.customer_id, fact.associate_id) for fact in facts(settings, OwnerReassigned)] == [
        (customer(1), associate(3))
    ]
