"""Telling consumers that the log was set back: a notice on a subject of its own, and a note at the stream
itself.

Every message carries its epoch anyway. The notice comes at once, to whoever listens at that moment; the note
stays, and whoever asks for the stream's settings finds it. It tells the whole lineage: who was away while the
log was set back twice finds what the two histories have in common in all steps, not in the last one.
"""

import datetime
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

import msgspec
from nats.js import JetStreamContext
from nats.js.api import StreamConfig
from nats.js.errors import NotFoundError

from infra.event_store.epoch import Epoch
from infra.event_store.lineage import Lineage, LineageStep
from infra.messaging.client import StreamClient
from infra.messaging.stamps import Stamps
from infra.messaging.stream import NOTED_LINEAGE
from infra.messaging.subjects import EPOCH_SUBJECT, STREAM

#: Names of the stream's metadata.
NOTED_EPOCH: Final = "clienteling-epoch"
NOTED_COMMON_POSITION: Final = "clienteling-common-position"


class EpochBegan(msgspec.Struct, frozen=True, kw_only=True):
    """The log was set back.

    Up to `common_position` the events are those of `previous_epoch`, behind it they are others.
    """

    epoch: str
    """The epoch that began."""
    previous_epoch: str
    """The epoch before it."""
    common_position: int
    """Last position at which both have the same event."""
    began_at: datetime.datetime
    """When it began."""


async def announce_epoch(client: StreamClient, jetstream: JetStreamContext, epochs: list[Epoch]) -> bool:
    """Note the lineage at the stream, and send the notice of the current epoch (the last one) unless that is
    noted there; whether anything was not.

    The notice goes out first: it may come twice, but is never left out. A log's first epoch needs none.
    """
    config = (await jetstream.stream_info(STREAM)).config
    current = epochs[-1]
    wanted = notes_of(epochs)
    noted = config.metadata or {}
    if wanted.items() <= noted.items():
        return False
    if len(epochs) > 1 and noted.get(NOTED_EPOCH) != current.epoch:
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


async def keep_notes(jetstream: JetStreamContext, config: StreamConfig, notes: Mapping[str, str]) -> None:
    """Note again what somebody has changed at a stream with these settings, unless it notes another epoch."""
    noted = config.metadata or {}
    same_epoch = noted.get(NOTED_EPOCH, notes[NOTED_EPOCH]) == notes[NOTED_EPOCH]
    if same_epoch and not notes.items() <= noted.items():
        await jetstream.update_stream(config.evolve(metadata={**noted, **notes}))


def notes_of(epochs: Sequence[Epoch]) -> dict[str, str]:
    """What is noted at the stream of a log with these epochs."""
    current = epochs[-1]
    return {
        NOTED_EPOCH: current.epoch,
        NOTED_COMMON_POSITION: str(current.common_position),
        NOTED_LINEAGE: msgspec.json.encode(Lineage.of(epochs).steps).decode(),
    }


async def note_lineage(jetstream: JetStreamContext, epochs: Sequence[Epoch]) -> None:
    """Note all epochs at the stream that is about to be made anew, which hands them on; nobody is told yet.

    Whoever is stopped then and restores another backup still finds them there.
    """
    with suppress(NotFoundError):
        config = (await jetstream.stream_info(STREAM)).config
        lineage = {NOTED_LINEAGE: notes_of(epochs)[NOTED_LINEAGE]}
        await jetstream.update_stream(config.evolve(metadata={**(config.metadata or {}), **lineage}))


async def noted_lineage(jetstream: JetStreamContext) -> list[LineageStep]:
    """The epochs that are noted at the stream, the first one first; none where there is no stream, or nothing
    readable is noted.
    """
    try:
        noted = ((await jetstream.stream_info(STREAM)).config.metadata or {}).get(NOTED_LINEAGE, "[]")
        return msgspec.json.decode(noted, type=list[LineageStep])
    except (NotFoundError, msgspec.DecodeError):
        return []


async def is_another_shops(jetstream: JetStreamContext, stamps: Stamps) -> bool:
    """Whether an epoch is noted at the stream that this log has never been in."""
    noted = ((await jetstream.stream_info(STREAM)).config.metadata or {}).get(NOTED_EPOCH)
    return noted is not None and not stamps.knows(noted)
