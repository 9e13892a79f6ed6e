"""Where log and stream part company, and the way back: a new epoch, and the stream made anew from the log."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from domain.messages import Refused
from infra import signals
from infra.event_store.epoch import begin_epoch, epochs_of
from infra.event_store.reader import LogReader
from infra.messaging.arrivals import logged_at
from infra.messaging.client import StreamClient
from infra.messaging.connection import connect, disconnect
from infra.messaging.headers import NotFromTheLog
from infra.messaging.reading import messages_between
from infra.messaging.stream import (
    NoStreamThere,
    StreamEnd,
    bounds_of_stream,
    end_of_stream,
    first_sequence_where,
    make_stream_anew,
    message_at,
)
from infra.messaging.subjects import STREAM
from infra.postgres import connect as connect_to_database
from infra.projection_store.catalog import mark_other_history, standings, standings_async
from infra.reaction_store.positions import set_back
from services.ops.event_export import cloud_event, new_file
from services.ops.shop import Shop


class LostFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Facts that the stream holds and the log has not: how many, from which position to which, and when they happened."""

    count: int
    first_position: int
    last_position: int
    first_occurred_at: str | None
    last_occurred_at: str | None
    topics: dict[str, int]


class Parting(msgspec.Struct, frozen=True, kw_only=True):
    """Up to `common_position` log and stream tell the same; `lost` is what the stream tells behind it, if anything.

    `unfinished`: a new epoch has begun, but the stream is still the one of an epoch before. `foreign`: nothing in the stream
    is of this log. `tables_ahead`: tables hold facts that the log has not.
    """

    log_position: int
    log_epoch: str
    stream_position: int
    stream_epoch: str | None
    common_position: int
    log_alone: int
    lost: LostFacts | None
    unfinished: bool
    foreign: bool
    tables_ahead: bool

    @property
    def nothing_to_mend(self) -> bool:
        """Whether the stream goes on from this log: all that it holds is there, in the same epoch, and so it is with the tables."""
        same = self.stream_epoch == self.log_epoch and self.lost is None
        return same and not (self.unfinished or self.foreign or self.tables_ahead)


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """A new epoch. `other_history`: projections whose tables hold lost facts, to be made anew."""

    epoch: str
    common_position: int
    other_history: list[str]


def parting_of(shop: Shop) -> Parting:
    """Compare stream and log from their ends. Raises Refused when a message in the stream is not the relay's."""
    return _parting(shop, None)


def export_lost(shop: Shop, file: Path) -> None:
    """Write what the log has lost to a new file, as CloudEvents, a line each. Raises Refused when the file exists."""
    with new_file(file, "--export") as part:
        _parting(shop, part)


def _parting(shop: Shop, export: Path | None) -> Parting:
    try:
        return signals.run(lambda: _parting_of(shop, export))
    except NotFromTheLog as error:
        raise Refused(
            "not_our_stream", f"{error}; delete the stream {STREAM} by hand if it is in the way"
        ) from error


def begin(shop: Shop, parting: Parting) -> Begun:
    """Begin the new epoch (unless an unfinished one has begun), mark what holds lost facts, and make the stream anew, empty.

    The epoch comes first: stopped in between, the relay goes on refusing, and running it again finishes it.
    """
    with connect_to_database(shop.settings, shop.servers.database_url, name="new epoch") as connection:
        if parting.unfinished:
            begun = Begun(epoch=parting.log_epoch, common_position=parting.common_position, other_history=[])
        else:
            with connection.transaction():
                epoch = begin_epoch(connection, parting.common_position)
                mark_other_history(connection, parting.common_position)
                set_back(connection, parting.common_position)
            begun = Begun(epoch=epoch.epoch, common_position=epoch.common_position, other_history=[])
        marked = sorted(
            {one.name for one in standings(connection) if one.other_history and one.status == "active"}
        )
    signals.run(lambda: make_anew(shop))
    return msgspec.structs.replace(begun, other_history=marked)


@asynccontextmanager
async def stream_client(shop: Shop, name: str) -> AsyncGenerator[StreamClient]:
    """A connection to NATS while it lasts. Raises NatsUnreachable."""
    client = await connect(shop.settings, shop.servers.nats_url, name=name)
    try:
        yield client
    finally:
        await disconnect(client)


async def _parting_of(shop: Shop, export: Path | None) -> Parting:
    reader = await LogReader.connect(shop.settings, shop.servers.database_url, name="new epoch")
    try:
        async with stream_client(shop, "new epoch") as client:
            return await _compared(shop, client, reader, export)
    finally:
        await reader.close()


async def _compared(shop: Shop, client: StreamClient, reader: LogReader, export: Path | None) -> Parting:
    jetstream = client.jetstream(timeout=shop.settings.nats_request_seconds)
    try:
        end = await end_of_stream(jetstream)
    except NoStreamThere:
        end = StreamEnd(0, None)
    first_sequence, _ = await bounds_of_stream(jetstream) or (1, 0)

    async def differs(sequence: int) -> bool:
        found = await message_at(jetstream, sequence)
        if found is None:
            return True
        place, data = found
        return await reader.stands_at(place.position) != (place.stream_id, place.version, data)

    # Two histories that have parted never meet again, so the place is found by halving.
    parted = await first_sequence_where(first_sequence, end.sequence, differs) if end.place else 0
    last_common = await message_at(jetstream, parted - 1) if parted > first_sequence else None
    common = 0 if last_common is None else last_common[0].position
    epochs = await epochs_of(reader.connection)
    earlier = {epoch.epoch for epoch in epochs[:-1]}
    log_position = await reader.last_position()
    stream_epoch = None if end.place is None else end.place.epoch
    return Parting(
        log_position=log_position,
        log_epoch=epochs[-1].epoch,
        stream_position=end.position,
        stream_epoch=stream_epoch,
        common_position=common,
        log_alone=await _count_behind(reader, common),
        lost=await _lost(client, reader, parted, end.sequence, export) if end.place else None,
        unfinished=stream_epoch in earlier,
        foreign=end.place is not None and common == 0 and stream_epoch not in {*earlier, epochs[-1].epoch},
        tables_ahead=any(
            one.status == "active" and (one.other_history or one.position > log_position)
            for one in await standings_async(reader.connection)
        ),
    )


async def _lost(
    client: StreamClient, reader: LogReader, first: int, last: int, export: Path | None
) -> LostFacts | None:
    topics: Counter[str] = Counter()
    positions: list[int] = []
    times: list[str] = []
    lines: list[bytes] = []
    async for message in messages_between(client, first, last):
        place = message.place
        if await reader.stands_at(place.position) == (place.stream_id, place.version, message.data):
            continue
        topics[place.topic] += 1
        positions.append(place.position)
        times += [time] if (time := message.headers.get("ce-time")) else []
        if export is not None:
            lines.append(msgspec.json.encode(cloud_event(logged_at(place, message.data))) + b"\n")
    if export is not None:
        await asyncio.to_thread(export.write_bytes, b"".join(lines))
    if not positions:
        return None
    return LostFacts(
        count=len(positions),
        first_position=min(positions),
        last_position=max(positions),
        first_occurred_at=min(times, default=None),
        last_occurred_at=max(times, default=None),
        topics=dict(sorted(topics.items())),
    )


async def _count_behind(reader: LogReader, position: int) -> int:
    cursor = await reader.connection.execute(
        "SELECT count(*) FROM public.stored_events WHERE notification_id > %s", (position,)
    )
    row: Any = await cursor.fetchone()
    return int(row[0])


async def make_anew(shop: Shop) -> None:
    async with stream_client(shop, "new epoch") as client:
        await make_stream_anew(client.jetstream(timeout=shop.settings.nats_request_seconds), shop.settings)
