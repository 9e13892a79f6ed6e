"""Where log and stream part company, and the way back: a new epoch, and the stream made anew from the log."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from infra import signals
from infra.event_store.epoch import begin_epoch, epochs_of
from infra.event_store.reader import LogReader
from infra.messaging.arrivals import logged_at
from infra.messaging.client import StreamClient
from infra.messaging.connection import connect, disconnect
from infra.messaging.epochs import is_another_shops
from infra.messaging.headers import headers_of
from infra.messaging.reading import PlaceIn, first_from, raw_messages
from infra.messaging.stamps import Stamps
from infra.messaging.stream import (
    NoStreamThere,
    bounds_of_stream,
    first_sequence_where,
    make_stream_anew,
)
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
    is of this log. `tables_ahead`: tables hold facts that the log has not. `foreign_messages` between and behind the relay's
    were passed over, as far as they were met.
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
    foreign_messages: int
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
    """Compare stream and log from their ends."""
    return _parting(shop, None)


def export_lost(shop: Shop, file: Path) -> None:
    """Write what the log has lost to a new file, as CloudEvents, a line each. Raises Refused when the file exists."""
    with new_file(file, "--export") as part:
        _parting(shop, part)


def _parting(shop: Shop, export: Path | None) -> Parting:
    return signals.run(lambda: _parting_of(shop, export))


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


async def stamps_of(shop: Shop) -> Stamps:
    """The keys by which the relay's messages are known."""
    reader = await LogReader.connect(shop.settings, shop.servers.database_url, name="stamps")
    try:
        return Stamps(await epochs_of(reader.connection))
    finally:
        await reader.close()


async def _parting_of(shop: Shop, export: Path | None) -> Parting:
    reader = await LogReader.connect(shop.settings, shop.servers.database_url, name="new epoch")
    try:
        async with stream_client(shop, "new epoch") as client:
            return await _compared(shop, client, reader, export)
    finally:
        await reader.close()


async def _compared(shop: Shop, client: StreamClient, reader: LogReader, export: Path | None) -> Parting:
    jetstream = client.jetstream(timeout=shop.settings.nats_request_seconds)
    epochs = await epochs_of(reader.connection)
    stamps = Stamps(epochs)
    # In a stream that is another log's, or nobody's, also what names another log's epoch is read.
    another_shops = False
    with suppress(NoStreamThere):
        another_shops = await is_another_shops(jetstream, stamps)
    place_in = partial(stamps.place_if_ours, claimed=True, strange=another_shops)
    first, last = await bounds_of_stream(jetstream) or (1, 0)

    async def nothing_from(sequence: int) -> bool:
        return await first_from(client, sequence, last, place_in) is None

    async def differs(sequence: int) -> bool:
        found = await first_from(client, sequence, end, place_in)
        if found is None:
            return True
        message, place = found
        return await reader.stands_at(place.position) != (place.stream_id, place.version, message.data)

    end = await first_sequence_where(first, last, nothing_from) - 1
    last_message = await first_from(client, end, end, place_in) if end >= first else None
    # Two histories that have parted never meet again, so the place is found by halving.
    parted = await first_sequence_where(first, end, differs) if last_message else 0
    common = await _last_before(client, place_in, first, parted)
    earlier = {epoch.epoch for epoch in epochs[:-1]}
    stream_epoch = last_message[1].epoch if last_message else None
    lost, passed_over = await _lost(client, reader, place_in, parted, last, export) if parted else (None, 0)
    log_position = await reader.last_position()
    return Parting(
        log_position=log_position,
        log_epoch=epochs[-1].epoch,
        stream_position=last_message[1].position if last_message else 0,
        stream_epoch=stream_epoch,
        common_position=common,
        log_alone=await _count_behind(reader, common),
        lost=lost,
        unfinished=stream_epoch in earlier,
        foreign=stream_epoch is not None and common == 0 and not stamps.knows(stream_epoch),
        foreign_messages=passed_over if parted else max(0, last - first + 1),
        tables_ahead=any(
            one.status == "active" and (one.other_history or one.position > log_position)
            for one in await standings_async(reader.connection)
        ),
    )


async def _last_before(client: StreamClient, place_in: PlaceIn, first: int, parted: int) -> int:
    """The position of the last message before a sequence that has a place in the log; 0 for none."""
    for sequence in range(parted - 1, first - 1, -1):
        if found := await first_from(client, sequence, parted - 1, place_in):
            return found[1].position
    return 0


async def _lost(
    client: StreamClient, reader: LogReader, place_in: PlaceIn, first: int, last: int, export: Path | None
) -> tuple[LostFacts | None, int]:
    topics: Counter[str] = Counter()
    positions: list[int] = []
    times: list[str] = []
    lines: list[bytes] = []
    foreign = 0
    async with aclosing(raw_messages(client, first, last)) as messages:
        async for message in messages:
            place = place_in(message)
            if place is None:
                foreign += 1
                continue
            if await reader.stands_at(place.position) == (place.stream_id, place.version, message.data):
                continue
            topics[place.topic] += 1
            positions.append(place.position)
            times += [time] if (time := headers_of(message.raw_headers).get("ce-time")) else []
            if export is not None:
                lines.append(msgspec.json.encode(cloud_event(logged_at(place, message.data))) + b"\n")
    if export is not None:
        await asyncio.to_thread(export.write_bytes, b"".join(lines))
    if not positions:
        return None, foreign
    return (
        LostFacts(
            count=len(positions),
            first_position=min(positions),
            last_position=max(positions),
            first_occurred_at=min(times, default=None),
            last_occurred_at=max(times, default=None),
            topics=dict(sorted(topics.items())),
        ),
        foreign,
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
