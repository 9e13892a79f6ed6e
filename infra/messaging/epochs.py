"""Telling consumers that the log was set back: a notice on a subject of its own, and a note at the stream
itself.

Every message carries its epoch anyway. The notice comes at once, to whoever listens at that moment; the note
stays, and whoever asks for the stream's settings finds it.
"""

import datetime
from typing import Final

import msgspec
from nats.js import JetStreamContext

from infra.event_store.epoch import Epoch
from infra.messaging.client import StreamClient
from infra.messaging.stamps import Stamps
from infra.messaging.subjects import EPOCH_SUBJECT, STREAM

#: Names of the stream's metadata.
NOTED_EPOCH: Final = "clienteling-epoch"
NOTED_COMMON_POSITION: Final = "clienteling-common-position"


class EpochBegan(msgspec.Struct, frozen=True, kw_only=True):
    """The log was set back.

    Up to `common_position` the events are those of `previous_epoch`, behind it they are others.
    """

    epoch: str
    previous_epoch: str
    common_position: int
    began_at: datetime.datetime


async def announce_epoch(client: StreamClient, jetstream: JetStreamContext, epochs: list[Epoch]) -> bool:
    """Note the current epoch (the last one) at the stream and send the notice, unless it is noted there;
    whether it was not.

    The notice goes out first: it may come twice, but is never left out. A log's first epoch needs none.
    """
    config = (await jetstream.stream_info(STREAM)).config
    current = epochs[-1]
    wanted = {NOTED_EPOCH: current.epoch, NOTED_COMMON_POSITION: str(current.common_position)}
    noted = config.metadata or {}
    if wanted.items() <= noted.items():
        return False
    if len(epochs) > 1:
        notice = EpochBegan(
            epoch=current.epoch,
            previous_epoch=epochs[-2].epoch,
            common_position=current.common_position,
            began_at=current.began_at,
        )
        await client.publish(EPOCH_SUBJECT, msgspec.json.encode(notice))
        await client.flush()
    await jetstream.update_stream(config.evolve(metadata={**noted, **wanted}))
    return True


async def is_another_shops(jetstream: JetStreamContext, stamps: Stamps) -> bool:
    """Whether an epoch is noted at the stream that this log has never been in."""
    noted = ((await jetstream.stream_info(STREAM)).config.metadata or {}).get(NOTED_EPOCH)
    return noted is not None and not stamps.knows(noted)
