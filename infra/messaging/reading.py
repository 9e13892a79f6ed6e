"""Reading the stream in order, for a tail on the command line and for whoever else wants to look on."""

from collections.abc import AsyncGenerator
from typing import NamedTuple

import nats.errors
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from infra.messaging.client import StreamClient
from infra.messaging.headers import Place, headers_of, place_of
from infra.messaging.pulls import BatchPull
from infra.messaging.stream import end_of_stream, sequence_after
from infra.messaging.subjects import STREAM

_BATCH = 500
_UNUSED_SECONDS = 60


class StreamMessage(NamedTuple):
    """One event as it stands in the stream."""

    place: Place
    headers: dict[str, str]
    data: bytes


class EventsMissing(RuntimeError):
    """The stream does not hold every event behind the one before: part of it was lost and not refilled yet."""


async def stream_messages(
    client: StreamClient, *, after_position: int | None = None, follow: bool = True
) -> AsyncGenerator[StreamMessage]:
    """The stream's events behind a log position, in order and each once; None: only what is still to come.

    With `follow` it waits for further ones for ever, else it ends where the stream ended when it began.
    Raises EventsMissing when the chain of previous positions breaks, and NotFoundError without a stream.
    """
    jetstream = client.jetstream()
    end = await end_of_stream(jetstream)
    last = end.position if after_position is None else after_position
    if not follow and last >= end.position:
        return
    consumer = await jetstream.add_consumer(
        STREAM,
        ConsumerConfig(
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=await sequence_after(jetstream, last),
            ack_policy=AckPolicy.NONE,
            inactive_threshold=_UNUSED_SECONDS,
            mem_storage=True,
        ),
    )
    pull = BatchPull(client, STREAM, consumer.name)
    try:
        chained = False
        while follow or last < end.position:
            try:
                batch = await pull.fetch(_BATCH, timeout=5)
            except nats.errors.TimeoutError:
                continue
            for message in batch:
                place = place_of(message.raw_headers)
                if place.position <= last:
                    continue
                # The first one may follow a position that was never given to an event.
                if place.previous_position > last or (chained and place.previous_position != last):
                    raise EventsMissing(
                        f"the stream goes on at position {place.position}, which follows {place.previous_position}; "
                        f"the last one seen was {last}"
                    )
                last, chained = place.position, True
                yield StreamMessage(place, headers_of(message.raw_headers), message.data)
                if not follow and last >= end.position:
                    return
    finally:
        await pull.unsubscribe()
        if client.is_connected:
            await jetstream.delete_consumer(STREAM, consumer.name)
