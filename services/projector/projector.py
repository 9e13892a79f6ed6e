"""The composition of a projector: engines, FastStream application and watch of some projections in one
process.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

import structlog
from faststream import FastStream

from infra.backoff import Backoff
from infra.embedded import Servers
from infra.event_store.epoch import epochs_of
from infra.event_store.reader import LogReader
from infra.messaging.arrivals import ArrivalReader
from infra.messaging.broker import StreamBroker, stream_broker
from infra.messaging.stamps import Stamps
from infra.nats import NatsRole
from infra.settings import Settings
from projections.kernel import Projection
from services.projector.decoding import SharedDecoding
from services.projector.engine import LiveEngine
from services.projector.feed import Feed
from services.projector.spot_check.background_verification import Verification
from services.projector.status import ProjectionHealth, ProjectionStatus
from services.projector.watch import DatabaseWatch, Watch

RETRY_SECONDS: Final = 0.5

log = structlog.get_logger(__name__)


class Projector:
    """Projects some projections.

    Several processes may project the same one: each run is taken in by one of them.
    """

    def __init__(self, settings: Settings, servers: Servers, projections: Sequence[Projection[Any]]) -> None:
        self._settings = settings
        self._servers = servers
        decoding = SharedDecoding()
        self.engines = [
            LiveEngine(
                projection,
                settings,
                servers.database_url,
                decoding=decoding,
                status=ProjectionStatus(projection.name, stalled_seconds=settings.projector_stalled_seconds),
            )
            for projection in projections
        ]

    def health(self) -> list[ProjectionHealth]:
        """How each projection is at this moment."""
        return [engine.status.health() for engine in self.engines]

    async def run(self, stop: asyncio.Event) -> None:
        """Project until `stop`; a batch that is being folded is finished first.

        NATS may come later, or go.
        """
        stamps = await self._stamps()
        broker = stream_broker(
            self._settings, self._servers.nats_url, name="clienteling projector", role=NatsRole.PROJECTOR
        )
        arrivals = ArrivalReader(stamps)
        feed = Feed(self.engines, self._settings, self._servers.database_url, arrivals=arrivals, stop=stop)
        feed.subscribe(broker)
        app = FastStream(broker, logger=None)
        watching: list[asyncio.Task[None]] = []
        try:
            if not await self._connected(broker, stop):
                return
            statuses = {engine.projection.name: engine.status for engine in self.engines}
            database = DatabaseWatch(self._settings, self._servers.database_url, statuses, stamps)
            watch = Watch(feed, self._settings, broker.client, stamps)
            watching = [
                asyncio.create_task(looking.run(stop)) for looking in (database, watch, self._verification())
            ]
            # Usually a matter of milliseconds; but the stream may come later, and its relay too.
            with suppress(TimeoutError):
                await asyncio.wait_for(watch.begun.wait(), self._settings.nats_request_seconds)
            await app.start()
            log.info("Projecting", projections=[engine.projection.name for engine in self.engines])
            await stop.wait()
        finally:
            stop.set()
            await self._shut_down(app, feed, watching)

    def _verification(self) -> Verification:
        projections = [engine.projection for engine in self.engines]
        return Verification(self._settings, self._servers.database_url, projections)

    async def _shut_down(self, app: FastStream, feed: Feed, watching: list[asyncio.Task[None]]) -> None:
        lanes = [asyncio.create_task(lane.end()) for lane in feed.lanes]
        try:
            async with asyncio.timeout(self._settings.shutdown_seconds):
                await app.stop()
                await asyncio.gather(*lanes, *watching, return_exceptions=True)
        except Exception as error:
            log.warning("The projector did not stop in good order", error=repr(error))
        for task in (*lanes, *watching):
            task.cancel()
        await feed.disconnect()
        for engine in self.engines:
            await engine.close()

    async def _stamps(self) -> Stamps:
        reader = await LogReader.connect(self._settings, self._servers.database_url, name="projector")
        try:
            return Stamps(await epochs_of(reader.connection))
        finally:
            await reader.close()

    async def _connected(self, broker: StreamBroker, stop: asyncio.Event) -> bool:
        backoff = Backoff(RETRY_SECONDS)
        while not stop.is_set():
            try:
                await broker.connect()
            except Exception as error:
                log.warning("The projector cannot reach NATS and tries again", error=repr(error))
                await backoff.pause(stop)
            else:
                return True
        return False
