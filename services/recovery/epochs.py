"""Stream divergence: find where log and stream differ, begin a new epoch, recreate the stream."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import structlog

from infra import signals
from infra.event_store.epoch import begin_epoch, epochs_of, take_back_epochs
from infra.event_store.lineage import Lineage, LineageStep
from infra.event_store.lookups import count_events_after
from infra.event_store.reader import LogReader
from infra.messaging.arrivals import logged_at
from infra.messaging.client import StreamClient
from infra.messaging.cloud_events import cloud_event
from infra.messaging.connection import connect, disconnect
from infra.messaging.epochs import is_another_shops, note_lineage, noted_lineage
from infra.messaging.headers import EventMetadata, headers_of
from infra.messaging.reading import MetadataIn, first_from, raw_messages
from infra.messaging.stamps import Stamps
from infra.messaging.stored import Stored
from infra.messaging.stream import NoStreamThere, bounds_of_stream, first_sequence_where, make_stream_anew
from infra.nats import NatsRole
from infra.postgres import connect as connect_to_database
from infra.projection_store.catalog import generation_statuses, generation_statuses_async, mark_other_history
from infra.reaction_store.positions import set_back
from infra.runtime import Runtime
from services.recovery.event_export import new_file

log = structlog.get_logger(__name__)


class LostEvents(msgspec.Struct, frozen=True, kw_only=True):
    """Events that the stream has and the log does not: how many, their positions and times."""

    count: int
    first_position: int
    last_position: int
    first_occurred_at: str | None
    last_occurred_at: str | None
    topics: dict[str, int]


class StreamDivergence(msgspec.Struct, frozen=True, kw_only=True):
    """Log and stream are equal up to `common_position`; `lost` is what the stream has behind it, if anything.

    `unfinished`: a new epoch has begun, but the stream is still the one of an epoch before. `foreign`:
    nothing in the stream is of this log. `tables_ahead`: tables hold events that the log has not.
    `foreign_messages` between and behind the relay's were passed over, as far as they were met.
    """

    log_position: int
    log_epoch: str
    stream_position: int
    stream_epoch: str | None
    common_position: int
    log_alone: int
    lost: LostEvents | None
    unfinished: bool
    foreign: bool
    foreign_messages: int
    tables_ahead: bool

    @property
    def nothing_to_mend(self) -> bool:
        """Whether the stream goes on from this log: all that it holds is there, in the same epoch, and so
        it is with the tables.
        """
        same = self.stream_epoch == self.log_epoch and self.lost is None
        return same and not (self.unfinished or self.foreign or self.tables_ahead)


class BegunEpoch(msgspec.Struct, frozen=True, kw_only=True):
    """A new epoch. `other_history`: projections whose tables hold lost events and have to be rebuilt."""

    epoch: str
    common_position: int
    other_history: list[str]


def find_divergence(runtime: Runtime) -> StreamDivergence:
    """Compare stream and log from their ends."""
    return _diverge(runtime, None)


def export_lost(runtime: Runtime, file: Path) -> None:
    """Write what the log has lost to a new file, as CloudEvents, a line each.

    A run that was stopped may have written it before. Raises Refused when the file holds anything else.
    """
    with new_file(file, "--export", same_again=True) as part:
        _diverge(runtime, part)


def _diverge(runtime: Runtime, export: Path | None) -> StreamDivergence:
    return signals.run(lambda: _find_divergence(runtime, export))


def begin(runtime: Runtime, divergence: StreamDivergence) -> BegunEpoch:
    """Begin the epoch (unless one is unfinished), mark projections with lost events, empty the stream.

    The epoch comes first: stopped in between, the relay goes on refusing, and running it again finishes it.
    Epochs that the stream notes and a restored database has lost are written down again before it: who stands
    in one of them finds out what it has in common with the log.
    """
    noted = [] if divergence.unfinished else signals.run(lambda: _noted(runtime))
    with connect_to_database(runtime.settings, runtime.servers.database_url, name="new epoch") as connection:
        if divergence.unfinished:
            epoch, common_position = divergence.log_epoch, divergence.common_position
        else:
            with connection.transaction():
                _take_back(connection, noted, divergence.stream_position)
                begun = begin_epoch(connection, divergence.common_position)
                mark_other_history(connection, divergence.common_position)
                set_back(connection, divergence.common_position)
            epoch, common_position = begun.epoch, begun.common_position
        found = generation_statuses(connection)
    marked = sorted({one.name for one in found if one.other_history and one.status == "active"})
    signals.run(lambda: _note_epochs(runtime))
    signals.run(lambda: recreate_stream(runtime))
    return BegunEpoch(epoch=epoch, common_position=common_position, other_history=marked)


def _take_back(connection: Any, noted: list[LineageStep], stream_position: int) -> None:
    if not noted:
        return
    steps = [(step.epoch, step.common_position) for step in noted]
    taken = take_back_epochs(connection, steps, stream_position)
    if taken is None:
        log.warning(
            "The log has never been in an epoch that the stream notes; none of them is taken over",
            noted=[step.epoch for step in noted],
        )
    elif taken:
        log.info("Epochs that the database had lost are taken over from the stream's notes", epochs=taken)


async def _noted(runtime: Runtime) -> list[LineageStep]:
    async with stream_client(runtime, "new epoch") as client:
        return await noted_lineage(client.jetstream(timeout=runtime.settings.nats_request_seconds))


async def _note_epochs(runtime: Runtime) -> None:
    async with _log_reader(runtime, "new epoch") as reader, stream_client(runtime, "new epoch") as client:
        jetstream = client.jetstream(timeout=runtime.settings.nats_request_seconds)
        await note_lineage(jetstream, await epochs_of(reader.connection))


@asynccontextmanager
async def stream_client(runtime: Runtime, name: str) -> AsyncGenerator[StreamClient]:
    """A connection to NATS while it lasts. Raises NatsUnreachable."""
    client = await connect(runtime.settings, runtime.servers.nats_url, name=name, role=NatsRole.OPS)
    try:
        yield client
    finally:
        await disconnect(client)


@asynccontextmanager
async def _log_reader(runtime: Runtime, name: str) -> AsyncGenerator[LogReader]:
    """A reader of the log while it lasts."""
    reader = await LogReader.connect(runtime.settings, runtime.servers.database_url, name=name)
    try:
        yield reader
    finally:
        await reader.close()


async def stamps_of(runtime: Runtime) -> Stamps:
    """The keys by which the relay's messages are known."""
    async with _log_reader(runtime, "stamps") as reader:
        return Stamps(await epochs_of(reader.connection))


async def _find_divergence(runtime: Runtime, export: Path | None) -> StreamDivergence:
    async with _log_reader(runtime, "new epoch") as reader, stream_client(runtime, "new epoch") as client:
        return await _compare(runtime, client, reader, export)


async def _compare(
    runtime: Runtime, client: StreamClient, reader: LogReader, export: Path | None
) -> StreamDivergence:
    jetstream = client.jetstream(timeout=runtime.settings.nats_request_seconds)
    epochs = await epochs_of(reader.connection)
    stamps = Stamps(epochs)
    # In a stream that is another log's, or nobody's, also what names another log's epoch is read.
    another_shops = False
    with suppress(NoStreamThere):
        another_shops = await is_another_shops(jetstream, stamps)
    metadata_in = partial(stamps.metadata_if_ours, claimed=True, strange=another_shops)
    first, last = await bounds_of_stream(jetstream) or (1, 0)

    async def nothing_from(sequence: int) -> bool:
        return await first_from(client, sequence, last, metadata_in) is None

    async def differs(sequence: int) -> bool:
        found = await first_from(client, sequence, end, metadata_in)
        if found is None:
            return True
        return not await _is_logged(reader, *found)

    end = await first_sequence_where(first, last, nothing_from) - 1
    last_message = await first_from(client, end, end, metadata_in) if end >= first else None
    # Two histories that have parted never meet again, so the position is found by halving.
    first_different = await first_sequence_where(first, end, differs) if last_message else 0
    common = await _last_before(client, metadata_in, first, first_different)
    earlier = {epoch.epoch for epoch in epochs[:-1]}
    stream_epoch = last_message[1].epoch if last_message else None
    line_of = partial(_line_of, Lineage.of(epochs), runtime.settings.event_source)
    lost, passed_over = (
        await _lost(client, reader, metadata_in, first_different, last, export, line_of)
        if first_different
        else (None, 0)
    )
    log_position = await reader.last_position()
    return StreamDivergence(
        log_position=log_position,
        log_epoch=epochs[-1].epoch,
        stream_position=last_message[1].position if last_message else 0,
        stream_epoch=stream_epoch,
        common_position=common,
        log_alone=await count_events_after(reader.connection, common),
        lost=lost,
        unfinished=stream_epoch in earlier,
        foreign=stream_epoch is not None and common == 0 and not stamps.knows(stream_epoch),
        foreign_messages=passed_over if first_different else max(0, last - first + 1),
        tables_ahead=any(
            one.status == "active" and (one.other_history or one.position > log_position)
            for one in await generation_statuses_async(reader.connection)
        ),
    )


async def _is_logged(reader: LogReader, message: Stored, metadata: EventMetadata) -> bool:
    logged = await reader.event_at(metadata.position)
    return logged == (metadata.stream_id, metadata.version, message.data)


async def _last_before(
    client: StreamClient, metadata_in: MetadataIn, first: int, first_different: int
) -> int:
    """The position of the last message before a sequence that has metadata of the log; 0 for none."""
    for sequence in range(first_different - 1, first - 1, -1):
        if found := await first_from(client, sequence, first_different - 1, metadata_in):
            return found[1].position
    return 0


async def _lost(
    client: StreamClient,
    reader: LogReader,
    metadata_in: MetadataIn,
    first: int,
    last: int,
    export: Path | None,
    line_of: Callable[[Stored, EventMetadata], bytes],
) -> tuple[LostEvents | None, int]:
    topics: Counter[str] = Counter()
    positions: list[int] = []
    times: list[str] = []
    lines: list[bytes] = []
    foreign = 0
    async with aclosing(raw_messages(client, first, last)) as messages:
        async for message in messages:
            metadata = metadata_in(message)
            if metadata is None:
                foreign += 1
                continue
            if await _is_logged(reader, message, metadata):
                continue
            topics[metadata.topic] += 1
            positions.append(metadata.position)
            times += [time] if (time := headers_of(message.raw_headers).get("ce-time")) else []
            if export is not None:
                lines.append(line_of(message, metadata))
    if export is not None:
        await asyncio.to_thread(export.write_bytes, b"".join(lines))
    if not positions:
        return None, foreign
    return (
        LostEvents(
            count=len(positions),
            first_position=min(positions),
            last_position=max(positions),
            first_occurred_at=min(times, default=None),
            last_occurred_at=max(times, default=None),
            topics=dict(sorted(topics.items())),
        ),
        foreign,
    )


def _line_of(lineage: Lineage, source: str, message: Stored, metadata: EventMetadata) -> bytes:
    event = logged_at(metadata, message.data)
    return msgspec.json.encode(cloud_event(event, lineage.until(metadata.epoch), source)) + b"\n"


async def recreate_stream(runtime: Runtime) -> None:
    async with stream_client(runtime, "new epoch") as client:
        await make_stream_anew(
            client.jetstream(timeout=runtime.settings.nats_request_seconds), runtime.settings
        )
