"""FastStream's side of the projector: one batch subscriber for each projection, on a consumer of its own.

FastStream pulls, we fold what the relay wrote and pass over what others have put between.
"""

import asyncio
from typing import Final

import structlog

from infra.backoff import Backoff
from infra.event_store.epoch import epochs_of
from infra.messaging.arrivals import ArrivalReader, Arrived
from infra.messaging.batches import Batches
from infra.messaging.broker import StreamBroker
from infra.messaging.pulls import Delivered
from infra.messaging.subjects import ALL_SUBJECTS, STREAM
from infra.settings import Settings
from infra.stopping import pause
from services.projector.engine import LiveEngine

PAUSED_SECONDS: Final = 0.5

log = structlog.get_logger(__name__)


class ProjectionConsumer:
    """Feeds one engine from the stream."""

    def __init__(
        self, engine: LiveEngine, settings: Settings, *, arrivals: ArrivalReader, stop: asyncio.Event
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._arrivals = arrivals
        self._stop = stop
        self._batches: Batches | None = None
        #: Whether there is a batch that has not been taken in yet.
        self.holding = False

    @property
    def name(self) -> str:
        """The projection."""
        return self._engine.projection.name

    @property
    def trouble(self) -> str | None:
        """Why nothing can be pulled, if nothing can."""
        return self._batches.trouble if self._batches else None

    def subscribe(self, broker: StreamBroker) -> None:
        """Register a subscriber with a broker that has not been started."""
        self._batches = Batches(
            broker,
            ALL_SUBJECTS,
            stream=STREAM,
            durable=self.name,
            size_max=self._settings.projector_batch_events_max,
            wait_seconds=self._settings.projector_fetch_seconds,
            take=self.take,
        )

    def read_from(self, consumer: str) -> None:
        """Pull from this consumer from now on."""
        if self._batches is not None:
            self._batches.read_from(consumer)

    async def take(self, messages: list[Delivered]) -> None:
        """Take a batch in; on an error try it again until it goes or the service stops.

        Nothing is acknowledged: how far the projection is says its checkpoint, and what is lost on the way is
        read from the log.
        """
        self.holding = True
        backoff = Backoff(self._settings.projector_retry_seconds)
        while not self._stop.is_set():
            try:
                arrived = await self._arrived(messages)
                async with self._engine.lock:
                    taken = await self._take_in(arrived)
            except Exception as error:
                self._engine.status.failed(error)
                log.warning("A batch could not be taken in", projection=self.name, error=repr(error))
                await backoff.pause(self._stop)
            else:
                if taken:
                    arrived.count(self._engine.status.foreign)
                    break
                self._engine.status.paused()
                await pause(self._stop, PAUSED_SECONDS)
        self.holding = False

    async def _arrived(self, messages: list[Delivered]) -> Arrived:
        arrived = self._arrivals.logged(messages)
        if arrived.strange:
            # An epoch may have begun a moment ago.
            async with self._engine.lock:
                self._arrivals.stamps.renew(await epochs_of((await self._engine.reader()).connection))
            arrived = self._arrivals.logged(messages)
        return arrived

    async def _take_in(self, arrived: Arrived) -> bool:
        if arrived.unstamped:
            # Written before there were stamps, or by anybody: what the log has of it is taken from the log.
            known = await (await self._engine.reader()).has(list(arrived.unstamped.values()))
            arrived.settle(known)
            if known and not await self._engine.catch_up(max(known)):
                return False
        return await self._engine.take(arrived.events)
