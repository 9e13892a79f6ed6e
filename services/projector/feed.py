"""The feed: FastStream's side of the projector. One batch subscriber on one consumer, for all projections of
the process.

FastStream pulls; each batch is read once, what others have put between is passed over, and the engines are
given what the relay wrote: small batches together with one statement, large ones and whatever does not go
that way each in its lane.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

import structlog

from infra.backoff import Backoff
from infra.event_store.epoch import epochs_of
from infra.event_store.log import LoggedEvent
from infra.event_store.reader import LogReader
from infra.messaging.arrivals import ArrivalReader, Arrived
from infra.messaging.batches import Batches
from infra.messaging.broker import StreamBroker
from infra.messaging.foreign import ForeignMessages
from infra.messaging.pulls import Delivered
from infra.messaging.subjects import ALL_SUBJECTS, STREAM
from infra.projection_store.connection import ProjectionConnection, open_for_projecting
from infra.projection_store.rows import RowsRefused
from infra.settings import Settings
from services.projector.at_once import take_at_once
from services.projector.engine import LiveEngine
from services.projector.lane import Lane
from services.projector.ordering import in_order

#: What consumers are named after.
READER: Final = "projector"
#: Batches of more events are folded for one projection while PostgreSQL writes the rows of another.
TOGETHER_EVENTS_MAX: Final = 64
#: The others wait no longer for a projection that has no room; it goes on from the log.
PATIENCE_SECONDS: Final = 2.0

log = structlog.get_logger(__name__)


class Feed:
    """Feeds the engines of a process from the stream."""

    def __init__(
        self,
        engines: Sequence[LiveEngine],
        settings: Settings,
        database_url: str,
        *,
        arrivals: ArrivalReader,
        stop: asyncio.Event,
    ) -> None:
        self.lanes = [Lane(engine, settings, stop=stop) for engine in engines]
        #: Messages of the stream that were passed over; every projection tells of them.
        self.foreign = ForeignMessages(READER)
        for engine in engines:
            engine.status.foreign = self.foreign
        self._settings = settings
        self._database_url = database_url
        self._arrivals = arrivals
        self._stop = stop
        self._batches: Batches | None = None
        self._connection: ProjectionConnection | None = None
        #: Whether there is a batch that has not been given to all yet.
        self.holding = False

    @property
    def trouble(self) -> str | None:
        """Why nothing can be pulled, if nothing can."""
        return self._batches.trouble if self._batches else None

    def subscribe(self, broker: StreamBroker) -> None:
        """Register the subscriber with a broker that has not been started."""
        self._batches = Batches(
            broker,
            ALL_SUBJECTS,
            stream=STREAM,
            durable=READER,
            size_max=self._settings.projector_batch_events_max,
            wait_seconds=self._settings.projector_fetch_seconds,
            take=self.take,
        )

    def read_from(self, consumer: str) -> None:
        """Pull from this consumer from now on."""
        if self._batches is not None:
            self._batches.read_from(consumer)

    async def take(self, messages: list[Delivered]) -> None:
        """Give a batch to all engines; on an error try it again until it goes or the service stops.

        Nothing is acknowledged: how far a projection is says its checkpoint, and what is lost on the way is
        read from the log.
        """
        self.holding = True
        backoff = Backoff(self._settings.projector_retry_seconds)
        while not self._stop.is_set():
            try:
                await self.give(await self._arrived(messages))
                break
            except Exception as error:
                for lane in self.lanes:
                    lane.status.failed(error)
                log.warning("A batch cannot be read", error=repr(error))
                await self.disconnect()
                await backoff.pause(self._stop)
        self.holding = False

    async def _arrived(self, messages: list[Delivered]) -> Arrived:
        arrived = self._arrivals.logged(messages)
        if arrived.strange:
            # An epoch may have begun a moment ago.
            self._arrivals.stamps.renew(await epochs_of(await self._connected()))
            arrived = self._arrivals.logged(messages)
        return arrived

    async def give(self, arrived: Arrived) -> None:
        """Give what arrived to all engines; of those that are free small batches have been taken in then."""
        events = in_order(arrived.events)
        if arrived.unstamped:
            # Written before there were stamps, or by anybody: what the log has of it is taken from the log.
            seconds = self._settings.database_statement_seconds or 3_600
            reader = LogReader(await self._connected(), seconds=seconds)
            known = await reader.has(list(arrived.unstamped.values()))
            arrived.settle(known)
            for lane in self.lanes if known else ():
                lane.catch_up(max(known))
        until = time.monotonic() + PATIENCE_SECONDS
        if events:
            if len(events) <= TOGETHER_EVENTS_MAX:
                await self._take_together(events)
            for lane in self.lanes:
                standing = lane.engine.following.standing
                if lane.holding or standing is None or standing.position < events[-1].position:
                    await lane.room(len(events), until=until)
                    lane.give(events)
        if arrived.foreign:
            for lane in self.lanes:
                await lane.emptied(until=until)
            arrived.count(self.foreign)

    async def _take_together(self, events: Sequence[LoggedEvent]) -> None:
        free = [lane.engine for lane in self.lanes if lane.free]
        for engine in free:
            await engine.lock.acquire()
        seconds = self._settings.database_statement_seconds or None
        followings = [engine.following for engine in free]
        try:
            await take_at_once(await self._connected(), followings, events, seconds=seconds)
        except RowsRefused:
            # Each by itself, so that it is found whose.
            pass
        except Exception as error:
            log.info("Projections go on one by one", error=repr(error))
            await self.disconnect()
        finally:
            for engine in free:
                engine.lock.release()

    async def _connected(self) -> ProjectionConnection:
        if self._connection is None:
            self._connection = await open_for_projecting(self._settings, self._database_url, name=READER)
        return self._connection

    async def disconnect(self) -> None:
        """Give the connection up. The next use makes a new one."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.close()
