"""Forwards a store's commands to the house, in their order, whenever the link is there.

Tills publish to `store.commands.<command>` on the store's own NATS server (nats.conf), with a header
`Idempotency-Key`, and go on when JetStream has acknowledged it: then it is on the store's disk. This program,
one per store, takes one after the other out of that stream and publishes it to `clienteling.commands.
<command>`. It forgets a command when the house has it; what it sends twice the house does once.

    python forward.py nats://till:password@127.0.0.1:4222 downtown

It needs nats-py (2.16 or later) and nothing of clienteling.
"""

import asyncio
import sys

import nats
import nats.errors
import nats.js.errors
from nats.js.api import AckPolicy, ConsumerConfig, RetentionPolicy, StreamConfig

STREAM = "OUTBOX"
SENDER = "forward"
TRY_AGAIN_SECONDS = 1.0


async def forward(url: str, store: str) -> None:
    """Forward until cancelled."""
    # The house sends its answers to inboxes of the store alone.
    client = await nats.connect(
        url, inbox_prefix=f"_INBOX_{store}", max_reconnect_attempts=-1, reconnect_time_wait=1
    )
    jetstream = client.jetstream()
    await jetstream.add_stream(
        StreamConfig(name=STREAM, subjects=["store.commands.*"], retention=RetentionPolicy.WORK_QUEUE)
    )
    # One at a time: nothing passes a command that could not be sent yet.
    config = ConsumerConfig(
        durable_name=SENDER, ack_policy=AckPolicy.EXPLICIT, max_ack_pending=1, max_deliver=-1, ack_wait=30
    )
    await jetstream.add_consumer(STREAM, config)
    outbox = await jetstream.pull_subscribe_bind(SENDER, STREAM)
    while True:
        try:
            [command] = await outbox.fetch(1, timeout=5)
        except nats.errors.TimeoutError:
            continue
        name = command.subject.rpartition(".")[2]
        try:
            await jetstream.publish(f"clienteling.commands.{name}", command.data, headers=command.headers)
        except (nats.errors.Error, nats.js.errors.Error):
            # The link is cut, or the house is down. The next delivery is of this very command.
            await command.nak(delay=TRY_AGAIN_SECONDS)
        else:
            await command.ack_sync()


if __name__ == "__main__":
    asyncio.run(forward(sys.argv[1], sys.argv[2]))
