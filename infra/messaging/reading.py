"""Reading the stream in order, for a tail on the command line and for whoever else wants to look on."""

from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Final, NamedTuple

import nats.errors
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import NotFoundError

from infra.messaging.client import StreamClient
from infra.messaging.headers import Place, headers_of, place_of
from infra.messaging.pulls import BatchPull, Delivered
from infra.messaging.stream import end_of_stream, sequence_after
from infra.messaging.subjects import STREAM

_BATCH: Final = 500
_UNUSED_SECONDS: Final = 60
_FETCH_SECONDS: Final = 5
#: So many empty fetches in a row, and a reader who knows that there is more gives up.
_SILENT_FETCHES_MAX: Final = 6


class StreamMessage(NamedTuple):
    """One event as it stands in the stream."""

    place: Place
    headers: dict[str, str]
    data: bytes


class EventsMissing(RuntimeError):
    """The stream does not hold every event behind the one before: part of it was lost and not refilled yet."""


class NoStream(RuntimeError):
    """There is no stream yet, or none any more."""


class StreamSilent(RuntimeError):
    """The stream does not give what it is known to hold, or cannot be read any more."""


async def stream_messages(
    client: StreamClient, *, after_position: int | None = None, follow: bool = True
) -> AsyncGenerator[StreamMessage]:
    """The stream's events behind a log position, in order and each once; None: only what is still to come.

    With `follow` it waits for further ones for ever, else it ends where the stream ended when it began.
    Raises EventsMissing when the chain of previous positions breaks, NoStream, and StreamSilent when the stream goes away.
    """
    try:
        end = await end_of_stream(client.jetstream())
    except NotFoundError as error:
        raise NoStream("there is no stream; the relay makes it, or `clienteling events republish`") from error
    last = end.position if after_position is None else after_position
    if not follow and last >= end.position:
        return
    first = await sequence_after(client.jetstream(), last)
    chained = False
    async with aclosing(_messages(client, first, None if follow else end.sequence)) as messages:
        async for message in messages:
            place = message.place
            if place.position <= last:
                continue
            # The first one may follow a position that was never given to an event.
            if place.previous_position > last or (chained and place.previous_position != last):
                raise EventsMissing(
                    f"the stream goes on at position {place.position}, which follows {place.previous_position}; "
                    f"the last one seen was {last}"
                )
            last, chained = place.position, True
            yield message
            if not follow and last >= end.position:
                return


async def messages_between(
    client: StreamClient, first_sequence: int, last_sequence: int
) -> AsyncGenerator[StreamMessage]:
    """What the stream holds from one sequence to another, as it stands there: gaps are passed over.

    Raises StreamSilent when the last one does not come, and NotFoundError without a stream.
    """
    if first_sequence <= last_sequence:
        async with aclosing(_messages(client, first_sequence, last_sequence)) as messages:
            async for message in messages:
                yield message


async def _messages(client: StreamClient, first: int, last: int | None) -> AsyncGenerator[StreamMessage]:
    jetstream = client.jetstream()
    consumer = await jetstream.add_consumer(
        STREAM,
        ConsumerConfig(
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=first,
            ack_policy=AckPolicy.NONE,
            inactive_threshold=_UNUSED_SECONDS,
            mem_storage=True,
        ),
    )
    pull = BatchPull(client, STREAM, consumer.name)
    silent = 0
    try:
        while True:
            try:
                batch = await pull.fetch(_BATCH, timeout=_FETCH_SECONDS)
            except nats.errors.TimeoutError:
                silent += 1
                if silent >= _SILENT_FETCHES_MAX and (last is not None or pull.trouble):
                    raise StreamSilent(
                        f"the stream gives nothing more ({pull.trouble or 'no reason'})"
                    ) from None
                continue
            silent = 0
            for message in batch:
                yield StreamMessage(
                    place_of(message.raw_headers), headers_of(message.raw_headers), message.data
                )
            if last is not None and _sequence_of(batch[-1]) >= last:
                return
    finally:
        await pull.unsubscribe()
        if client.is_connected:
            with suppress(NotFoundError):
                await jetstream.delete_consumer(STREAM, consumer.name)


def _sequence_of(message: Delivered) -> int:
    # $JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.…; with a domain and an account two more in front.
    parts = message.reply.split(b".")
    return int(parts[5] if len(parts) == 9 else parts[7])
