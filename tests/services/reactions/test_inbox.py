"""Messages of the inventory service: each is recorded once, or becomes a dead letter."""

import dataclasses

import psycopg
import pytest

from domain.customer.events import FollowUpPlanned
from domain.stock_arrival.events import StockArrived
from infra.embedded import NatsServer
from infra.messaging.connection import connect
from infra.messaging.subjects import ANSWERS
from infra.nats import NatsRole
from infra.settings import Settings
from services.reactions.context import ReactionContext
from tests.infra.messaging.builders import until
from tests.services.reactions.builders import (
    associate,
    customer,
    facts,
    followed,
    hired,
    kept,
    met,
    opened,
    project,
    publish,
    reacting,
    send,
    waits,
)

SHOES = b'{"store_id": "downtown", "items": [{"sku": "SH1", "label": "Alden", "size": "9"}]}'


@pytest.fixture(autouse=True)
def stores(context: ReactionContext):
    """The house knows them."""
    send(context, *opened("downtown", "uptown"))


async def test_an_arrival_told_over_nats_becomes_a_follow_up_in_her_owners_book(
    settings: Settings, context: ReactionContext
):
    send(context, hired(1), *met(1, 1, "call"), waits(1))
    async with reacting(settings, context):
        await publish(settings, [(SHOES, {"ce-id": "a1", "ce-source": "/inventory"})])
        await until(lambda: facts(settings, StockArrived), within_seconds=30)
        await followed(settings, await project(settings))
        await followed(settings, await project(settings))
    [promise] = facts(settings, FollowUpPlanned)
    [arrived] = facts(settings, StockArrived)
    assert (promise.customer_id, promise.associate_id, promise.wish_id) == (customer(1), associate(1), 1)
    assert promise.due_on == arrived.occurred_at.date()
    assert context.vault.decrypt(promise.reason) == "Arrived at downtown: SH1"


async def test_what_is_told_while_nobody_listens_is_taken_in_later(
    settings: Settings, context: ReactionContext
):
    async with reacting(settings, context):
        await publish(settings, [(SHOES, {"ce-id": "first"})])
        await until(lambda: facts(settings, StockArrived), within_seconds=30)
    await publish(settings, [(SHOES, {"ce-id": "second"})])
    async with reacting(settings, context):
        await until(lambda: len(facts(settings, StockArrived)) == 2, within_seconds=30)


async def test_a_message_that_comes_twice_is_one_arrival(settings: Settings, context: ReactionContext):
    twice = [(SHOES, {"ce-id": "a1", "ce-source": "/inventory"})] * 2 + [(SHOES, {})] * 2
    async with reacting(settings, context) as reactions:
        await publish(settings, twice)
        await until(lambda: reactions.health()[0].followed == 4, within_seconds=30)
    assert len(facts(settings, StockArrived)) == 2
    assert kept(settings) == []


async def test_malformed_messages_are_put_aside_and_keep_nobody_from_going_on(
    settings: Settings, context: ReactionContext
):
    malformed = [
        (b"{not json, Clara Fontaine", {"ce-id": "m1"}),
        (b'{"store_id": "downtown", "Clara Fontaine": 1, "items": [{"sku": "SH1"}]}', {"ce-id": "m2"}),
        (b'{"store_id": "downtown", "items": [{"sku": "SH1", "quantity": "six"}]}', {"ce-id": "m3"}),
        (
            b'{"store_id": "downtown", "items": [{"sku": "SH1"}], "occurred_at": "2199-01-01T00:00:00Z"}',
            {"ce-id": "m4"},
        ),
        (b'{"store_id": "uptown", "items": [{"sku": "SH1"}]}', {"ce-id": "good"}),
    ]
    async with reacting(settings, context):
        await publish(settings, malformed[4:])
        await until(lambda: facts(settings, StockArrived), within_seconds=30)
        # The key of the good one, with other content.
        await publish(settings, [*malformed[:4], (SHOES, {"ce-id": "good"}), (SHOES, {"ce-id": "next"})])
        await until(
            lambda: len(kept(settings)) == 5 and len(facts(settings, StockArrived)) == 2, within_seconds=30
        )
    reasons = sorted(reason for _, _, reason in kept(settings))
    assert reasons[0].startswith("idempotency_key_reused")
    assert reasons[1].startswith("in_the_future (occurred_at)")
    assert reasons[2:] == [
        "it is no JSON",
        "it is no RecordStockArrival: Expected `int`, got `str` - at `$.items[0].quantity`",
        "it is no RecordStockArrival: Object contains unknown field",
    ]
    with psycopg.connect(str(settings.database_url)) as connection:
        rows = connection.execute("SELECT kept_aside::text FROM reactions.kept_aside").fetchall()
    assert not [row for row in rows if "Clara" in row[0]]


async def test_an_inbox_that_was_lost_is_made_again_and_read_on(
    settings: Settings, own_nats: NatsServer, context: ReactionContext
):
    mine = dataclasses.replace(settings, nats_url=own_nats.url, nats_request_seconds=1)
    async with reacting(mine, context):
        await publish(mine, [(SHOES, {"ce-id": "before"})])
        await until(lambda: facts(mine, StockArrived), within_seconds=30)
        own_nats.kill()
        own_nats.wipe()
        own_nats.start()

        async def told_again() -> bool:
            # Until the inbox stands again nobody hears it; an inventory service that wants to be sure waits
            # for JetStream's answer.
            await publish(mine, [(SHOES, {"ce-id": "after"})])
            return len(facts(mine, StockArrived)) == 2

        await until(told_again, within_seconds=60)


async def test_a_stream_of_the_operators_with_the_subject_is_used_as_it_is(
    settings: Settings, context: ReactionContext
):
    client = await connect(settings, str(settings.nats_url), name="operator", role=NatsRole.OPS)
    jetstream = client.jetstream()
    await jetstream.add_stream(name="INVENTORY", subjects=["inventory.>"])
    await jetstream.publish("inventory.stock.counted", b"no business of ours")
    answer = await jetstream.publish("inventory.stock.arrived", SHOES, headers={"Nats-Msg-Id": "m1"})
    assert answer.stream == "INVENTORY"
    async with reacting(settings, context):
        await until(lambda: facts(settings, StockArrived), within_seconds=30)
    assert kept(settings) == []
    names = {stream.config.name for stream in await jetstream.streams_info()}
    assert names == {"INVENTORY", ANSWERS}
    await client.close()
