"""FastStream's side of the projector: one batch subscriber on one durable for each projection.

FastStream pulls, we fold, and only what is committed is acknowledged.
"""

import asyncio
from typing import Final

import structlog

from infra.event_store.log import LoggedEvent
from infra.messaging.arrivals import ArrivalReader, OtherEpoch
from infra.messaging.batches import Batches
from infra.messaging.broker import StreamBroker
from infra.messaging.pulls import Delivered
from infra.messaging.subjects import ALL_SUBJECTS, STREAM
from infra.settings import Settings
from infra.stopping import pause
from services.projector.engine import LiveEngine

PAUSED_SECONDS: Final = 0.5

log = structlog.get_logger(__name__)


class Consumption:
    """Feeds one engine from its durable."""

    def __init__(self, engine: LiveEngine, settings: Settings, *, epoch: str, stop: asyncio.Event) -> None:
        self._engine = engine
        self._settings = settings
        self._arrivals = ArrivalReader(epoch, engine.topics)
        self._stop = stop
        self._batches: Batches | None = None

    @property
    def name(self) -> str:
        """The projection, which is also its durable."""
        return self._engine.projection.name

    @property
    def trouble(self) -> str | None:
        """Why nothing can be pulled, if nothing can."""
        return self._batches.trouble if self._batches else None

    def subscribe(self, broker: StreamBroker) -> None:
        """Register the durable's subscriber with a broker that has not been started."""
        self._batches = Batches(
            broker,
            ALL_SUBJECTS,
            stream=STREAM,
            durable=self.name,
            size_max=self._settings.projector_batch_events_max,
            wait_seconds=self._settings.projector_fetch_seconds,
            take=self.take,
        )

    async def take(self, messages: list[Delivered]) -> None:
        """Take a batch in and acknowledge it; on an error try it again until it goes or the service stops.

        Trying again in place keeps the order. If it takes long, JetStream delivers the batch once more, which does no harm.
        """
        while not self._stop.is_set():
            try:
                events = self._arrivals.logged(messages)
                async with self._engine.lock:
                    taken = await self._engine.take(events)
            except OtherEpoch as error:
                # It may come from a stream that has been made anew since; if not, it will be delivered again.
                self._failed(error)
                await pause(self._stop, self._settings.projector_retry_seconds)
                break
            except Exception as error:
                self._failed(error)
                await pause(self._stop, self._settings.projector_retry_seconds)
            else:
                if taken:
                    await self._acknowledge(messages, events)
                    return
                self._engine.status.paused()
                await pause(self._stop, PAUSED_SECONDS)
        # Given back, so that whoever comes next need not wait for the acknowledgement to be overdue.
        await messages[-1].nak(self._settings.projector_retry_seconds)

    def log_is_in(self, epoch: str) -> None:
        """From now on, the stream has to tell this epoch."""
        self._arrivals.epoch = epoch

    def _failed(self, error: Exception) -> None:
        self._engine.status.failed(error)
        log.warning("A batch could not be taken in", projection=self.name, error=repr(error))

    async def _acknowledge(self, messages: list[Delivered], events: list[LoggedEvent]) -> None:
        # Later in the log is later in the stream; what was delivered again may have come last.
        last = max(range(len(events)), key=lambda index: events[index].position)
        try:
            await messages[last].ack()
        except Exception as error:
            # It is committed: an acknowledgement that is lost costs a second delivery, no more.
            log.info("A batch was not acknowledged", projection=self.name, error=repr(error))
