"""Carries the log onto the stream: in order, nothing skipped, nothing twice, and nothing of it decoded.

What the stream already holds is asked of the stream itself, at the start and after every error. Each batch is
fenced by the stream's last sequence, so a second relay, or one that was believed dead, cannot put anything in
between.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

import structlog

from infra.backoff import Backoff
from infra.event_store.epoch import current_epoch, epochs_of
from infra.event_store.reader import LogNews, LogReader
from infra.messaging.atomic_batches import AtomicBatches
from infra.messaging.client import StreamClient
from infra.messaging.connection import connect, disconnect
from infra.messaging.consumers import ensure_named_consumers
from infra.messaging.ends import StreamEnd
from infra.messaging.epochs import announce_epoch, notes_of
from infra.messaging.frames import FrameWriter
from infra.messaging.repair import StreamRepair
from infra.messaging.stamps import Stamps
from infra.messaging.stream import declare_stream
from infra.nats import NatsRole, named_consumers
from infra.settings import Settings
from services.relay.position import StreamDiverged, find_end_of_stream
from services.relay.publisher import Connections, Publisher, StreamChanged
from services.relay.status import RelayStatus

FIRST_PAUSE_SECONDS: Final = 0.1

log = structlog.get_logger(__name__)


class Relay:
    """One relay. Any number may run; one of them at a time gets its batches in."""

    def __init__(self, settings: Settings, database_url: str, nats_url: str, status: RelayStatus) -> None:
        self._settings = settings
        self._database_url = database_url
        self._nats_url = nats_url
        self._status = status
        self._repair = StreamRepair(settings)

    async def run(self, stop: asyncio.Event) -> None:
        """Carry until `stop` is set.

        After an error everything is connected and derived anew, ever more slowly.
        """
        backoff = Backoff(self._settings.relay_retry_seconds_max, first_seconds=FIRST_PAUSE_SECONDS)
        while not stop.is_set():
            before = self._status.position
            try:
                async with self._open_connections() as connections:
                    await Publisher(connections, self._settings, self._status).run(stop)
            except Exception as error:
                refusing = isinstance(error, StreamDiverged)
                (self._status.refused if refusing else self._status.failed)(error)
                if self._status.position > before:
                    backoff.reset()
                log.warning(
                    "The relay begins anew",
                    error=repr(error),
                    refusing=refusing,
                    pause_seconds=backoff.seconds,
                )
                await backoff.pause(stop)

    @asynccontextmanager
    async def _open_connections(self) -> AsyncGenerator[Connections]:
        settings = self._settings
        async with AsyncExitStack() as stack:
            reader = await LogReader.connect(settings, self._database_url, name="relay")
            stack.push_async_callback(reader.close)
            # Also while NATS is away it is known how far the stream is behind.
            self._status.saw_log(await reader.last_position())
            news = await LogNews.connect(settings, self._database_url, name="relay news")
            stack.push_async_callback(news.close)
            client = await connect(settings, self._nats_url, name="clienteling relay", role=NatsRole.RELAY)
            stack.push_async_callback(disconnect, client)
            jetstream = client.jetstream(timeout=settings.nats_request_seconds)
            await declare_stream(jetstream, settings)
            epochs = await epochs_of(reader.connection)
            ends = _Ends(client, reader, Stamps(epochs), self._status, self._repair, settings)
            end = await ends()
            await announce_epoch(client, jetstream, epochs)
            # Only a stream that was found to go on from this log: another's, or one that has what this log
            # has lost, is a person's to decide.
            if await self._repair.look(jetstream):
                await self._repair.make_anew(jetstream)
                self._status.repairs += 1
                end = await ends()
                await announce_epoch(client, jetstream, epochs)
            notes = notes_of(epochs)
            await ensure_named_consumers(jetstream, named_consumers(settings), notes)
            writer = FrameWriter(epochs, settings.event_source, message_bytes_max=client.max_payload)
            batches = AtomicBatches(client, writer)
            await batches.start()
            stack.push_async_callback(batches.stop)
            self._status.derived(end.position, await reader.last_position())
            log.info(
                "The relay goes on behind the stream's end",
                position=end.position,
                sequence=end.sequence,
                foreign_messages=end.foreign,
            )
            yield Connections(reader, news, client, batches, ends, end, notes, self._repair)


class _Ends:
    """Derives where the stream ends, for one epoch of the log."""

    def __init__(
        self,
        client: StreamClient,
        reader: LogReader,
        stamps: Stamps,
        status: RelayStatus,
        repair: StreamRepair,
        settings: Settings,
    ) -> None:
        self._client = client
        self._reader = reader
        self._stamps = stamps
        self._status = status
        self._repair = repair
        self._seconds = settings.nats_request_seconds

    async def __call__(self, known: int = 0) -> StreamEnd:
        end = await find_end_of_stream(
            self._client, self._stamps, self._reader, self._status.foreign, seconds=self._seconds, known=known
        )
        # Asked for afterwards: a stream that was made anew for a new epoch is never taken for one of the
        # epoch before.
        if await current_epoch(self._reader.connection) != self._stamps.epoch:
            raise StreamChanged("a new epoch of the log has begun")
        if end.foreign:
            # Before anything is published behind them: nobody walks back over them a second time.
            found = self._status.foreign.last or "a message"
            await self._repair.note(self._client.jetstream(timeout=self._seconds), found)
        return end
