"""The inbox gives every message until it was taken in, whatever somebody makes of its consumer."""

import nats.errors
import pytest
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from infra.messaging.answers import ensure_answers, publish_answer
from infra.messaging.connection import connect
from infra.messaging.inbox import (
    INBOX,
    STOCK_ARRIVALS,
    STOCK_ARRIVED,
    ensure_arrivals_consumer,
    ensure_inbox,
)
from infra.messaging.subjects import ANSWERS
from infra.nats import NatsRole
from infra.settings import Settings


@pytest.mark.parametrize(
    "odd",
    [
        {"deliver_policy": DeliverPolicy.NEW},
        {"filter_subject": "inventory.stock.none"},
        {"ack_policy": AckPolicy.ALL},
        {"max_deliver": 1},
        {"headers_only": True},
    ],
)
async def test_a_consumer_that_somebody_made_under_its_name_is_made_anew(settings: Settings, odd):
    client = await connect(settings, str(settings.nats_url), name="test", role=NatsRole.OPS)
    jetstream = client.jetstream()
    stream = await ensure_inbox(jetstream, settings)
    await jetstream.publish(STOCK_ARRIVED, b"{}")
    ours = {"filter_subject": STOCK_ARRIVED, "ack_policy": AckPolicy.EXPLICIT, "max_deliver": -1}
    await jetstream.add_consumer(
        stream, ConsumerConfig(durable_name=STOCK_ARRIVALS).evolve(**{**ours, **odd})
    )
    assert await ensure_arrivals_consumer(jetstream, settings, stream) == 1
    made = await jetstream.consumer_info(stream, STOCK_ARRIVALS)
    assert (made.config.deliver_policy, made.config.ack_policy) == ("all", "explicit")
    assert (made.config.max_deliver, made.config.headers_only) == (-1, None)
    assert await ensure_arrivals_consumer(jetstream, settings, stream) == 1
    assert (await jetstream.consumer_info(stream, STOCK_ARRIVALS)).created == made.created
    await client.close()


async def test_nobody_takes_messages_out_of_the_inbox_not_even_of_one_made_before(settings: Settings):
    client = await connect(settings, str(settings.nats_url), name="test", role=NatsRole.OPS)
    jetstream = client.jetstream()
    await jetstream.add_stream(name=INBOX, subjects=[STOCK_ARRIVED], max_age=77)
    reactions = await connect(settings, str(settings.nats_url), name="test", role=NatsRole.REACTIONS)
    await ensure_inbox(reactions.jetstream(), settings)
    await jetstream.publish(STOCK_ARRIVED, b"{}")
    for act, given in (("PURGE", b""), ("MSG.DELETE", b'{"seq":1}')):
        # Operators may not even ask; and whoever may ask is refused.
        for asking in (client, reactions):
            with pytest.raises((nats.errors.Error, TimeoutError)):
                await asking.request(f"$JS.API.STREAM.{act}.{INBOX}", given, timeout=0.3)
    found = await jetstream.stream_info(INBOX)
    assert (found.config.deny_delete, found.config.deny_purge, found.config.max_age) == (True, True, 77)
    assert found.state.messages == 1
    await reactions.close()
    await client.close()


async def test_answers_are_kept_for_each_sender_by_themselves(settings: Settings):
    client = await connect(settings, str(settings.nats_url), name="test", role=NatsRole.OPS)
    jetstream = client.jetstream()
    for sender in ("inventory", "other", "inventory"):
        await ensure_answers(jetstream, settings, sender)
        await publish_answer(jetstream, sender, sender.encode(), {})
    subscription = await jetstream.pull_subscribe_bind("inventory", ANSWERS)
    assert [message.data for message in await subscription.fetch(3, timeout=1)] == [b"inventory"] * 2
    assert (await jetstream.stream_info(ANSWERS)).config.deny_purge
    await client.close()
