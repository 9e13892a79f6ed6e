"""Looks after one projection from beside: whether its consumer lives, whether something was missed, how far
it is.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import Final

import structlog

from infra.event_store.epoch import epochs_of
from infra.event_store.reader import LogReader
from infra.messaging.client import StreamClient
from infra.messaging.consumers import begin_consumer, end_consumer, is_as_we_made_it
from infra.messaging.stamps import Stamps
from infra.projection_store.catalog import generation_statuses_async
from infra.settings import Settings
from infra.stopping import pause
from services.projector.consumer import ProjectionConsumer
from services.projector.engine import LiveEngine
from services.projector.status import ProjectionStatus

WATCH_SECONDS: Final = 1.0

log = structlog.get_logger(__name__)


class Watch:
    """One projection's watch."""

    def __init__(
        self,
        engine: LiveEngine,
        consumption: ProjectionConsumer,
        settings: Settings,
        client: StreamClient,
        stamps: Stamps,
    ) -> None:
        self._engine = engine
        self._consumption = consumption
        self._settings = settings
        self._client = client
        self._jetstream = client.jetstream(timeout=settings.nats_request_seconds)
        self._stamps = stamps
        self._name = engine.projection.name
        self._consumer: str | None = None
        self._behind_at: int | None = None
        #: Set once there is a consumer to be pulled from.
        self.begun = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Look at an interval until `stop`. NATS or PostgreSQL being away is what it is there to outlast."""
        status = self._engine.status
        while not stop.is_set():
            unwatched: str | None = None
            try:
                async with asyncio.timeout(self._settings.nats_request_seconds * 4):
                    await self._look_at_the_consumer()
            except Exception as error:
                unwatched = f"NATS or PostgreSQL does not answer: {str(error) or type(error).__name__}"
                log.info("A projection cannot be looked after", projection=self._name, error=repr(error))
            await self._look_at_the_log()
            status.trouble = self._consumption.trouble or unwatched
            status.foreign.report()
            await pause(stop, WATCH_SECONDS)

    async def _look_at_the_consumer(self) -> None:
        if self._consumer is None:
            async with self._engine.lock:
                position = await self._engine.position()
            self._engine.status.began(position)
            # Earlier versions shared one of the projection's name.
            await end_consumer(self._jetstream, self._name)
        elif await is_as_we_made_it(self._jetstream, self._name, self._consumer):
            self._consumption.read_from(self._consumer)
            return
        self._consumer = await begin_consumer(
            self._client, self._name, after_position=self._engine.status.position, stamps=self._stamps
        )
        self._consumption.read_from(self._consumer)
        self.begun.set()

    async def _look_at_the_log(self) -> None:
        status = self._engine.status
        position = status.position
        if position >= status.log_position:
            self._behind_at = None
            if not self._consumption.holding and self._consumer is not None:
                status.nothing_left()
            return
        quiet, self._behind_at = position == self._behind_at, position
        if not quiet:
            return
        # It has stood here since the last look. What is missing may come by the stream some day, or never: it
        # was delivered and lost, it stands behind what others have put there, NATS is away, or the tables
        # were set back.
        try:
            async with self._engine.lock:
                if status.position == position and not await self._engine.catch_up(status.log_position):
                    status.paused()
        except Exception as error:
            status.failed(error)
            log.warning("What was missed could not be taken in", projection=self._name, error=repr(error))


class DatabaseWatch:
    """Where the log ends, which epoch it is in and where the generations stand, asked once for all
    projections of a process.

    It waits for nobody else, so that a projection that is stuck is told in time.
    """

    def __init__(
        self, settings: Settings, database_url: str, statuses: Mapping[str, ProjectionStatus], stamps: Stamps
    ) -> None:
        self._settings = settings
        self._database_url = database_url
        self._statuses = statuses
        self._stamps = stamps

    async def run(self, stop: asyncio.Event) -> None:
        """Ask at an interval until `stop`."""
        reader: LogReader | None = None
        while not stop.is_set():
            try:
                async with asyncio.timeout(self._settings.database_connect_seconds + WATCH_SECONDS):
                    reader = reader or await LogReader.connect(
                        self._settings, self._database_url, name="projector watch"
                    )
                    await self._look(reader)
            except Exception as error:
                log.info("The log's end cannot be asked for", error=repr(error))
                if reader is not None:
                    await reader.close()
                reader = None
            await pause(stop, WATCH_SECONDS)
        if reader is not None:
            await reader.close()

    async def _look(self, reader: LogReader) -> None:
        self._stamps.renew(await epochs_of(reader.connection))
        asked_at = time.monotonic()
        generation_statuses = await generation_statuses_async(reader.connection)
        serving = {one.name: one for one in generation_statuses if one.status == "active"}
        log_position = await reader.last_position()
        for name, status in self._statuses.items():
            status.serves(serving.get(name), asked_at)
            status.saw_log(log_position)
