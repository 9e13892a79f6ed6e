"""The durable consumers of the projections: where they begin, and whether they are alive."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

import structlog
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, ConsumerInfo, DeliverPolicy, ReplayPolicy
from nats.js.errors import NotFoundError, ServerError

from infra.messaging.stream import end_of_stream, sequence_after
from infra.messaging.subjects import STREAM
from infra.settings import Settings

log = structlog.get_logger(__name__)

#: Batches that may be delivered and not acknowledged: the one being folded, the next one, and some air.
_BATCHES_UNACKNOWLEDGED_MAX = 4

#: The server's error code for files of a consumer that could not be written.
_NOT_CREATED = 10012
_CREATE_TRIES_MAX = 5
_CREATE_PAUSE_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class ConsumerHealth:
    """What the server says about a consumer. `exists` False: it, or the whole stream, is gone.

    `pending`: messages not delivered yet. `unacknowledged`: delivered and open. `stream_position`: log position of the
    stream's last message, `stream_epoch` its epoch (None for an empty stream).
    """

    exists: bool
    pending: int = 0
    unacknowledged: int = 0
    stream_position: int = 0
    stream_epoch: str | None = None


async def begin_consumer(
    jetstream: JetStreamContext, settings: Settings, name: str, *, after_position: int
) -> None:
    """Make a durable that begins behind a log position, in the place of one that may exist.

    Acknowledging a message acknowledges all before it. Deliveries are never given up. Raises NotFoundError while
    there is no stream.
    """
    sequence = await sequence_after(jetstream, after_position)
    with suppress(NotFoundError):
        await jetstream.delete_consumer(STREAM, name)
    await _create(jetstream, _config(settings, name, sequence))
    log.info("Began a consumer", consumer=name, after_position=after_position, sequence=sequence)


async def ensure_consumer(
    jetstream: JetStreamContext, settings: Settings, name: str, *, after_position: int
) -> None:
    """Make the durable if it is missing or differs in how it acknowledges; one that is there goes on where it was."""
    try:
        found: ConsumerConfig = (await jetstream.consumer_info(STREAM, name)).config
    except NotFoundError:
        found = ConsumerConfig(ack_policy=None)
    wanted = _config(settings, name, 1)
    if (found.ack_policy, found.ack_wait, found.max_ack_pending, found.max_deliver) != (
        wanted.ack_policy,
        wanted.ack_wait,
        wanted.max_ack_pending,
        wanted.max_deliver,
    ):
        await begin_consumer(jetstream, settings, name, after_position=after_position)


async def health_of_consumer(jetstream: JetStreamContext, name: str) -> ConsumerHealth:
    """Ask the server about a consumer and the stream's end. Raises nats errors when it does not answer."""
    try:
        info: ConsumerInfo = await jetstream.consumer_info(STREAM, name)
        end = await end_of_stream(jetstream)
    except NotFoundError:
        return ConsumerHealth(exists=False)
    epoch = None if end.place is None else end.place.epoch
    return ConsumerHealth(True, info.num_pending or 0, info.num_ack_pending or 0, end.position, epoch)


async def _create(jetstream: JetStreamContext, config: ConsumerConfig) -> None:
    # The server answers a deletion while the last write of what it deletes may still be under way, into a file of the same name
    # as the new one's (consumerFileStore.writeState in nats-server 2.15 holds no lock meanwhile): one of the two fails.
    for tries_left in reversed(range(_CREATE_TRIES_MAX)):
        try:
            await jetstream.add_consumer(STREAM, config)
            return
        except ServerError as error:
            if error.err_code != _NOT_CREATED or not tries_left:
                raise
            log.debug("A consumer could not be made yet", consumer=config.name, reason=error.description)
            await asyncio.sleep(_CREATE_PAUSE_SECONDS)


def _config(settings: Settings, name: str, sequence: int) -> ConsumerConfig:
    return ConsumerConfig(
        name=name,
        durable_name=name,
        description=f"The projection {name}",
        deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
        opt_start_seq=sequence,
        ack_policy=AckPolicy.ALL,
        ack_wait=settings.projector_ack_wait_seconds,
        max_deliver=-1,
        replay_policy=ReplayPolicy.INSTANT,
        max_ack_pending=_BATCHES_UNACKNOWLEDGED_MAX * settings.projector_batch_events_max,
    )
