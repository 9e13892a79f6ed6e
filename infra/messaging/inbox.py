"""What other services tell us: the subject, the stream that keeps it until it was taken in, and the durable
that reads it.

Core NATS hands a message to whoever listens at that moment and to nobody else. So a stream of ours listens
all the time: what is published while we are down, with JetStream's acknowledgement or without, is there when
we come back. This is the one place that declares it; subscribers say `declare=False`.
"""

from contextlib import suppress
from typing import Final

import structlog
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import NotFoundError

from infra.messaging.stream import close_to_deletion
from infra.messaging.subjects import INBOX, STOCK_ARRIVALS, STOCK_ARRIVED
from infra.settings import Settings

SECONDS_PER_DAY: Final = 86_400
#: Batches that may be delivered and not acknowledged: the one that is handled, the next one, and some air.
_BATCHES_UNACKNOWLEDGED_MAX: Final = 4

#: What decides whether every message comes, and comes again until it was taken in.
_HELD: Final = (
    "deliver_policy",
    "filter_subject",
    "filter_subjects",
    "ack_policy",
    "max_deliver",
    "headers_only",
)

log = structlog.get_logger(__name__)


def inbox_config(settings: Settings) -> StreamConfig:
    """The stream as it is made. Its limits are the operator's to change; nobody takes messages out of it."""
    return StreamConfig(
        name=INBOX,
        description="What other services tell clienteling, kept until it was taken in and some time longer.",
        subjects=[STOCK_ARRIVED],
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        max_age=settings.inbox_kept_days * SECONDS_PER_DAY,
        num_replicas=settings.stream_replicas,
        duplicate_window=settings.stream_duplicate_window_seconds,
        deny_delete=True,
        deny_purge=True,
    )


async def ensure_inbox(jetstream: JetStreamContext, settings: Settings) -> str:
    """The name of the stream that keeps stock arrivals.

    A stream of somebody else's with the subject is used as it is.
    """
    try:
        found = str(await jetstream.find_stream_name_by_subject(STOCK_ARRIVED))
    except NotFoundError:
        await jetstream.add_stream(inbox_config(settings))
        log.info("Made the inbox", stream=INBOX, subject=STOCK_ARRIVED, kept_days=settings.inbox_kept_days)
        return INBOX
    if found == INBOX:
        await close_to_deletion(jetstream, INBOX)
    return found


async def ensure_arrivals_consumer(jetstream: JetStreamContext, settings: Settings, stream: str) -> int:
    """Make the durable if it is missing or was made by somebody else; how many messages it has not seen
    acknowledged.

    Each message is acknowledged by itself, so that several processes may share the durable; none is ever
    given up. A durable that was lost begins with all that the stream still keeps: what is known already is
    known by its idempotency key.
    """
    wanted = _consumer_config(settings)
    with suppress(NotFoundError):
        found = await jetstream.consumer_info(stream, STOCK_ARRIVALS)
        differing = [name for name in _HELD if getattr(found.config, name) != getattr(wanted, name)]
        if not differing:
            return (found.num_pending or 0) + (found.num_ack_pending or 0)
        # One that somebody made under our name may keep messages back, or give them up.
        log.warning("The consumer of stock arrivals is not as it has to be; made anew", differing=differing)
        await jetstream.delete_consumer(stream, STOCK_ARRIVALS)
    made = await jetstream.add_consumer(stream, wanted)
    log.info("Began the consumer of stock arrivals", stream=stream, consumer=STOCK_ARRIVALS)
    return made.num_pending or 0


def _consumer_config(settings: Settings) -> ConsumerConfig:
    return ConsumerConfig(
        name=STOCK_ARRIVALS,
        durable_name=STOCK_ARRIVALS,
        description="Stock arrivals that clienteling takes in",
        deliver_policy=DeliverPolicy.ALL,
        filter_subject=STOCK_ARRIVED,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=settings.reactions_ack_wait_seconds,
        max_deliver=-1,
        max_ack_pending=_BATCHES_UNACKNOWLEDGED_MAX * settings.reactions_commit_commands_max,
    )
