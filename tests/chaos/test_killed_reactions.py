"""The reactions are killed in the middle of what they do, again and again; in the end everything was done
once.
"""

from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from nats.js.errors import NotFoundError

from domain.commission_account.commands import RecordHours
from domain.commission_account.events import StatementIssued
from domain.customer.events import FollowUpPlanned, OwnerReassigned
from domain.pay_period.commands import ClosePayPeriod, OpenPayPeriod
from domain.stock_arrival.events import StockArrived
from infra.messaging.connection import connect
from infra.messaging.inbox import INBOX, STOCK_ARRIVALS
from infra.nats import NatsRole
from infra.settings import Settings
from tests.chaos.builders import Service, running
from tests.infra.messaging.builders import until
from tests.services.reactions.builders import (
    NOON,
    associate,
    customer,
    facts,
    followed,
    hired,
    house_of,
    kept,
    leaves,
    met,
    opened,
    project,
    publish,
    send,
    waits,
)

pytestmark = [pytest.mark.slow, pytest.mark.bare_database, pytest.mark.timeout(400)]

#: So many that the pay run is not through before it is killed, however late somebody looks.
ASSOCIATES = 240
#: The smaller the commits, the more moments there are to be killed in.
SMALL_COMMITS = {"CLIENTELING_REACTIONS_COMMIT_COMMANDS_MAX": "1"}


async def test_a_pay_run_that_is_killed_again_and_again_pays_everybody_once(
    settings: Settings, tmp_path: Path
):
    with house_of(settings) as house:
        everybody = range(1, ASSOCIATES + 1)
        day = NOON.date()
        send(house, *(hired(number) for number in everybody))
        send(house, OpenPayPeriod(period_id="P1", starts_on=day, ends_on=day, occurred_at=NOON))
        send(
            house,
            *(
                RecordHours(
                    associate_id=associate(number), worked_on=day, selling_minutes=number, occurred_at=NOON
                )
                for number in everybody
            ),
        )
        send(house, ClosePayPeriod(period_id="P1", occurred_at=NOON))
    await project(settings)
    service = Service(
        "reactions", settings, str(settings.nats_url), tmp_path / "reactions.log", **SMALL_COMMITS
    )
    with running(service):
        for share in (1, 15, 30, 45):
            await until(lambda s=share: len(facts(settings, StatementIssued)) >= s, within_seconds=60)
            assert len(facts(settings, StatementIssued)) < ASSOCIATES
            service.kill()
            service.start()
        await until(lambda: len(facts(settings, StatementIssued)) == ASSOCIATES, within_seconds=60)
        await followed(settings, 2 * ASSOCIATES + 2)
        await until(service.works)
        assert service.stop() == 0
    paid = facts(settings, StatementIssued)
    assert {statement.associate_id for statement in paid} == {associate(number) for number in everybody}
    assert [statement.minutes for statement in paid] == [
        int(number) for number in sorted(everybody, key=associate)
    ]
    assert kept(settings) == []


async def test_an_arrival_that_was_delivered_and_not_recorded_survives_a_kill(
    settings: Settings, tmp_path: Path
):
    with house_of(settings) as before:
        send(before, *opened("downtown"))
    house = Service(
        "reactions",
        settings,
        str(settings.nats_url),
        tmp_path / "reactions.log",
        CLIENTELING_REACTIONS_ACK_WAIT_SECONDS="1",
    )
    client = await connect(settings, str(settings.nats_url), name="a test", role=NatsRole.OPS)

    async def is_handed_over() -> bool:
        with suppress(NotFoundError):
            consumer = await client.jetstream().consumer_info(INBOX, STOCK_ARRIVALS)
            return consumer.delivered is not None and consumer.delivered.consumer_seq > 0
        return False

    async def listens() -> bool:
        with suppress(NotFoundError):
            await client.jetstream().consumer_info(INBOX, STOCK_ARRIVALS)
            return True
        return False

    try:
        with running(house):
            await until(listens, within_seconds=60)
            with psycopg.connect(str(settings.database_url)) as connection:
                # Nobody can write to the log now: the arrival is taken in, and can be neither recorded nor
                # put aside.
                connection.execute("LOCK TABLE stored_events, reactions.kept_aside IN EXCLUSIVE MODE")
                await publish(
                    settings, [(b'{"store_id": "downtown", "items": [{"sku": "SH1"}]}', {"ce-id": "1"})]
                )
                await until(is_handed_over, within_seconds=60)
                house.kill()
            assert facts(settings, StockArrived) == []
            house.start()
            await until(lambda: facts(settings, StockArrived), within_seconds=60)
            assert house.stop() == 0
    finally:
        await client.close()
    assert len(facts(settings, StockArrived)) == 1
    assert kept(settings) == []


async def test_arrivals_and_a_leavers_book_survive_the_killing_of_who_reacts(
    settings: Settings, tmp_path: Path
):
    with house_of(settings) as house:
        send(house, *(hired(number) for number in (1, 2, 3)))
        for number in range(1, 21):
            send(house, *met(number, 1, "call"), waits(number, f"SH{number}"))
        send(house, leaves(1, 2, 3))
    await project(settings)
    service = Service(
        "reactions", settings, str(settings.nats_url), tmp_path / "reactions.log", **SMALL_COMMITS
    )
    with running(service):
        await until(lambda: facts(settings, OwnerReassigned), within_seconds=60)
        await project(settings)
        messages = [
            (b'{"store_id": "downtown", "items": [{"sku": "SH%d"}]}' % number, {"ce-id": str(number)})
            for number in range(1, 21)
        ]
        for part in range(0, 20, 5):
            await publish(settings, messages[part : part + 5])
            service.kill()
            service.start()
            # What was told before comes again.
            await publish(settings, messages[: part + 5])

        async def everybody_is_promised() -> bool:
            await project(settings)
            return len(facts(settings, FollowUpPlanned)) >= 20

        await until(everybody_is_promised, within_seconds=100)
        await until(service.works)
        assert service.stop() == 0
    promised = [event.customer_id for event in facts(settings, FollowUpPlanned)]
    assert sorted(promised) == sorted(customer(number) for number in range(1, 21))
    handed = [event.associate_id for event in facts(settings, OwnerReassigned)]
    assert (len(handed), set(handed)) == (20, {associate(2), associate(3)})
    assert kept(settings) == []
