"""Commands over NATS: a work-queue stream, on which each sender's commands stand in their order.

A sender publishes to `clienteling.commands.<command>` in their own account. The server's configuration puts
their name in between when it takes the message into ours (see `infra.nats`): `clienteling.commands.<sender>.
<command>`. Nobody can publish under another's name.
"""

from typing import Final

import structlog
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import NotFoundError

from infra.messaging.connection import connect, disconnect
from infra.messaging.stream import close_to_deletion
from infra.messaging.subjects import COMMAND_SUBJECTS, COMMANDS, commands_of
from infra.nats import NatsRole
from infra.settings import Settings

log = structlog.get_logger(__name__)

#: What those that were put aside are kept under.
SENT: Final = "commands"
DUPLICATES_SECONDS: Final = 0.1
#: The header with what names a command for ever, as over HTTP.
IDEMPOTENCY_KEY: Final = "Idempotency-Key"
#: The header of one that an operator sends anew, out of the dead letters.
RETRIED: Final = "clienteling-retried"


def commands_config(settings: Settings) -> StreamConfig:
    """The stream as it is made. What is in it goes when it was answered, and by nothing else."""
    return StreamConfig(
        name=COMMANDS,
        description="Commands that were sent over NATS, until they are answered.",
        subjects=[COMMAND_SUBJECTS],
        retention=RetentionPolicy.WORK_QUEUE,
        storage=StorageType.FILE,
        num_replicas=settings.stream_replicas,
        # The stream is everybody's: by a Nats-Msg-Id that another will use, one could have theirs dropped.
        # The idempotency key knows a duplicate for ever. This is the shortest that JetStream allows.
        duplicate_window=DUPLICATES_SECONDS,
        deny_delete=True,
        deny_purge=True,
    )


async def ensure_commands(jetstream: JetStreamContext, settings: Settings) -> None:
    """Make the stream if it is missing."""
    try:
        await close_to_deletion(jetstream, COMMANDS)
    except NotFoundError:
        await jetstream.add_stream(commands_config(settings))
        log.info("Made the stream of commands", stream=COMMANDS)


async def commands_waiting(settings: Settings, nats_url: str, role: NatsRole) -> int:
    """How many commands were sent and are not answered yet. Raises NatsUnreachable."""
    client = await connect(settings, nats_url, name="commands waiting", role=role)
    try:
        return (await client.jetstream().stream_info(COMMANDS)).state.messages
    except NotFoundError:
        return 0
    finally:
        await disconnect(client)


async def ensure_sender(jetstream: JetStreamContext, settings: Settings, sender: str) -> int:
    """Make a sender's durable if it is missing; how many of their commands wait.

    One command is delivered at a time, and the next when it was acknowledged, to whichever process asks: so
    that a sender's commands are handled in their order, also when one is given back, by however many
    processes.
    """
    wanted = ConsumerConfig(
        name=sender,
        durable_name=sender,
        description=f"Commands of {sender}, one at a time",
        deliver_policy=DeliverPolicy.ALL,
        filter_subject=commands_of(sender),
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=settings.reactions_ack_wait_seconds,
        max_deliver=-1,
        max_ack_pending=1,
    )
    try:
        found = await jetstream.consumer_info(COMMANDS, sender)
    except NotFoundError:
        found = await jetstream.add_consumer(COMMANDS, wanted)
        log.info("Made a sender's durable", stream=COMMANDS, sender=sender)
    return (found.num_pending or 0) + (found.num_ack_pending or 0)
