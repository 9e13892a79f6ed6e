"""The inbox gives every message until it was taken in, whatever somebody makes of its consumer."""

import pytest
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from infra.messaging.connection import connect
from infra.messaging.inbox import STOCK_ARRIVALS, STOCK_ARRIVED, ensure_arrivals_consumer, ensure_inbox
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
