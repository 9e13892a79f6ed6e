"""The consumers of the stream: a projector's, which nobody acknowledges, and the durables of others.

Each projector process reads by a consumer of its own. Others may use the durable that they were given a key
for, and not make or delete it; the relay makes it wherever it is missing.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Final

import structlog
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, ReplayPolicy
from nats.js.errors import NotFoundError

from infra.messaging.client import StreamClient
from infra.messaging.reading import new_consumer_name, sequence_after
from infra.messaging.stamps import Stamps
from infra.messaging.subjects import STREAM

log = structlog.get_logger(__name__)

#: Nobody has pulled for so long, and the server removes a consumer by itself: so there is nothing to clear
#: away.
UNUSED_SECONDS: Final = 60


async def begin_consumer(client: StreamClient, reader: str, *, after_position: int, stamps: Stamps) -> str:
    """Make a consumer that begins behind a log position; its name, which no consumer has had before.

    What was sent, acknowledged or asked for under another name does not touch it, and nothing of it is ever
    acknowledged: how far a projection is says its checkpoint. Raises NotFoundError while there is no stream.
    """
    sequence = await sequence_after(client, after_position, stamps.metadata_if_ours)
    name = new_consumer_name(reader)
    await client.jetstream().add_consumer(STREAM, _config(name, sequence))
    log.info("Began a consumer", consumer=name, after_position=after_position, sequence=sequence)
    return name


async def is_as_we_made_it(jetstream: JetStreamContext, name: str) -> bool:
    """Whether a consumer is there and gives every message.

    Raises nats errors when the server does not answer.
    """
    try:
        found: ConsumerConfig = (await jetstream.consumer_info(STREAM, name)).config
    except NotFoundError:
        return False
    wanted = _config(name, 1)
    return (
        found.ack_policy == wanted.ack_policy
        and found.deliver_policy == wanted.deliver_policy
        and not found.filter_subject
        and not found.filter_subjects
        and not found.headers_only
    )


async def end_consumer(jetstream: JetStreamContext, name: str) -> None:
    """Remove a consumer that is not needed any more, if it is there."""
    with suppress(NotFoundError):
        await jetstream.delete_consumer(STREAM, name)


async def ensure_named_consumers(
    jetstream: JetStreamContext, names: Iterable[str], notes: Mapping[str, str]
) -> None:
    """Make the durable of each named consumer that has none; it begins with the first message.

    What is noted at the stream is noted at each durable, too: its consumer may ask for nothing else.
    """
    for name in names:
        try:
            found = (await jetstream.consumer_info(STREAM, name)).config
        except NotFoundError:
            config = ConsumerConfig(name=name, durable_name=name, ack_policy=AckPolicy.EXPLICIT)
            await jetstream.add_consumer(STREAM, config.evolve(metadata=dict(notes)))
            log.info("Made the durable of a named consumer", consumer=name)
        else:
            noted = found.metadata or {}
            # One that was given a filter is the operator's own: the relay may not change it.
            if not (found.filter_subject or notes.items() <= noted.items()):
                await jetstream.add_consumer(STREAM, found.evolve(metadata={**noted, **notes}))


def _config(name: str, sequence: int) -> ConsumerConfig:
    return ConsumerConfig(
        name=name,
        description="The projections of one projector process",
        deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
        opt_start_seq=sequence,
        ack_policy=AckPolicy.NONE,
        replay_policy=ReplayPolicy.INSTANT,
        inactive_threshold=UNUSED_SECONDS,
        # On disk, the server spent 20 ms of processor time on the consumers of one sale. One that is lost
        # with the server is made anew behind the checkpoint.
        mem_storage=True,
    )
