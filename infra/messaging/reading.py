"""Reading the stream in order, for a tail on the command line and for whoever else wants to look on."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from typing import Final, NamedTuple

import nats.errors
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import NotFoundError

from infra.ids import new_id
from infra.messaging.client import StreamClient
from infra.messaging.foreign import ForeignMessages
from infra.messaging.headers import EventMetadata, headers_of
from infra.messaging.pulls import BatchPull, delivered_from
from infra.messaging.stamps import readable_metadata
from infra.messaging.stored import Stored, stored_at
from infra.messaging.subjects import STREAM

#: The metadata of a message in the log; None when it has none.
MetadataIn = Callable[[Stored], EventMetadata | None]

_BATCH: Final = 500
_UNUSED_SECONDS: Final = 60
_FETCH_SECONDS: Final = 5
#: So many empty fetches in a row, and a reader who knows that there is more gives up.
_SILENT_FETCHES_MAX: Final = 6


class StreamMessage(NamedTuple):
    """One event as it stands in the stream."""

    metadata: EventMetadata
    headers: dict[str, str]
    data: bytes


class EventsMissing(RuntimeError):
    """The stream does not hold every event behind the one before: part of it was lost and not refilled
    yet.
    """


class NoStream(RuntimeError):
    """There is no stream yet, or none any more."""


class StreamSilent(RuntimeError):
    """The stream does not give what it is known to hold, or cannot be read any more."""


async def stream_messages(
    client: StreamClient,
    *,
    after_position: int | None = None,
    follow: bool = True,
    metadata_in: MetadataIn = readable_metadata,
    foreign: ForeignMessages | None = None,
) -> AsyncGenerator[StreamMessage]:
    """The stream's events behind a log position, in order and each once; None: only what is still to come.

    With `follow` it waits for further ones for ever, else it ends where the stream ended when it began.
    Messages without metadata of the log are passed over and counted in `foreign`: `metadata_in` tells it of
    each, `Stamps.metadata_if_ours` for who has the keys. Raises EventsMissing when the chain of previous
    positions breaks, NoStream, and StreamSilent when the stream goes away.
    """
    try:
        state = (await client.jetstream().stream_info(STREAM)).state
    except NotFoundError as error:
        raise NoStream("there is no stream; the relay makes it, or `clienteling events republish`") from error
    if not follow and not state.messages:
        return
    foreign = ForeignMessages() if foreign is None else foreign
    if after_position is None:
        first, last = state.last_seq + 1, None
    else:
        first, last = await sequence_after(client, after_position, metadata_in), after_position
    chained = False
    async with aclosing(raw_messages(client, first, None if follow else state.last_seq)) as messages:
        async for message in messages:
            metadata = metadata_in(message)
            if metadata is None:
                foreign.found(message.sequence, "foreign")
                continue
            if last is not None and metadata.position <= last:
                continue
            # The first one may follow a position that was never given to an event.
            if last is not None and (
                metadata.previous_position > last or (chained and metadata.previous_position != last)
            ):
                raise EventsMissing(
                    f"the stream goes on at position {metadata.position}, which follows "
                    f"{metadata.previous_position}; "
                    f"the last one seen was {last}"
                )
            last, chained = metadata.position, True
            yield StreamMessage(metadata, headers_of(message.raw_headers), message.data)


async def first_from(
    client: StreamClient, first: int, last: int, metadata_in: MetadataIn, *, seconds: float = 5
) -> tuple[Stored, EventMetadata] | None:
    """The first message from `first` to `last` that has metadata, and the metadata; None when there
    is none.
    """
    message = await stored_at(client, first, seconds=seconds)
    if message is not None and (metadata := metadata_in(message)):
        return message, metadata
    async with aclosing(raw_messages(client, first + 1, last)) as messages:
        async for message in messages:
            if metadata := metadata_in(message):
                return message, metadata
    return None


async def sequence_after(client: StreamClient, position: int, metadata_in: MetadataIn) -> int:
    """The stream sequence where the events behind a log position begin.

    Found by steps back from the end that double, then by halving: a few reads where little is behind the
    position, about 20 where a million messages are. Messages without metadata of the log are passed over. The
    answer is never too late; whoever starts there may see events it knows.
    """
    state = (await client.jetstream().stream_info(STREAM)).state
    low, high, step = max(state.first_seq, 1), state.last_seq + 1, 1
    while low < high:
        middle, step = max((low + high) // 2, high - step), step * 2
        found = await first_from(client, middle, high - 1, metadata_in)
        if found is None or found[1].position > position:
            high = middle
        else:
            low = found[0].sequence + 1
    return low


def new_consumer_name(reader: str) -> str:
    """A name for a consumer of a reader's, which none has had before."""
    return f"{reader}-{new_id('con')[-12:]}"


async def raw_messages(client: StreamClient, first: int, last: int | None) -> AsyncGenerator[Stored]:
    """What the stream holds from one sequence to another, as it stands there: gaps are passed over.

    None: for ever.

    Raises StreamSilent when it does not give what it holds, and NotFoundError without a stream.
    """
    if last is not None and first > last:
        return
    jetstream = client.jetstream()
    consumer = await jetstream.add_consumer(
        STREAM,
        ConsumerConfig(
            # Named by us: who may name it in the subject of the request may not name another's in its body.
            name=new_consumer_name("reader"),
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=first,
            ack_policy=AckPolicy.NONE,
            inactive_threshold=_UNUSED_SECONDS,
            mem_storage=True,
        ),
    )
    pull = BatchPull(client, STREAM, consumer.name)
    try:
        if last is not None and not consumer.num_pending:
            return
        async with aclosing(_pulled(pull, bounded=last is not None)) as messages:
            async for message, pending in messages:
                if last is not None and message.sequence > last:
                    return
                yield message
                if last is not None and (message.sequence == last or not pending):
                    return
    finally:
        await pull.unsubscribe()
        if client.is_connected:
            with suppress(NotFoundError):
                await jetstream.delete_consumer(STREAM, consumer.name)


async def _pulled(pull: BatchPull, *, bounded: bool) -> AsyncGenerator[tuple[Stored, int]]:
    silent = 0
    while True:
        try:
            batch = await pull.fetch(_BATCH, timeout=_FETCH_SECONDS)
        except nats.errors.TimeoutError:
            silent += 1
            if silent >= _SILENT_FETCHES_MAX and (bounded or pull.trouble):
                raise StreamSilent(f"the stream gives nothing more ({pull.trouble or 'no reason'})") from None
            continue
        silent = 0
        for message in batch:
            _, pending = delivered_from(message.reply)
            yield Stored(message.sequence, message.raw_headers, message.data), pending
