"""Looks after one projection from beside: whether its consumer lives, whether something was missed, how far it is."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Final

import structlog

from infra.event_store.epoch import current_epoch
from infra.event_store.reader import LogReader
from infra.messaging.consumers import begin_consumer, ensure_consumer, health_of_consumer
from infra.projection_store.catalog import standings_async
from infra.settings import Settings
from infra.stopping import pause
from services.projector.consuming import Consumption
from services.projector.engine import LiveEngine
from services.projector.status import ProjectionStatus

WATCH_SECONDS: Final = 1.0
#: A projection that has had nothing to do for so long is caught up, or has missed something.
QUIET_SECONDS: Final = 1.0

log = structlog.get_logger(__name__)


class Watch:
    """One projection's watch."""

    def __init__(
        self,
        engine: LiveEngine,
        consumption: Consumption,
        settings: Settings,
        jetstream: Any,
    ) -> None:
        self._engine = engine
        self._consumption = consumption
        self._settings = settings
        self._jetstream = jetstream
        self._name = engine.projection.name
        #: Set once the durable is there to be pulled from.
        self.begun = asyncio.Event()

    async def run(self, stop: asyncio.Event, database: "DatabaseWatch") -> None:
        """Look at an interval until `stop`. NATS or PostgreSQL being away is what it is there to outlast."""
        status = self._engine.status
        while not stop.is_set():
            self._consumption.log_is_in(database.epoch)
            unwatched: str | None = None
            try:
                async with asyncio.timeout(self._settings.nats_request_seconds * 4):
                    if not self.begun.is_set():
                        await self._begin()
                    await self._look(database.epoch)
            except Exception as error:
                unwatched = f"NATS or PostgreSQL does not answer: {str(error) or type(error).__name__}"
                log.info("A projection cannot be looked after", projection=self._name, error=repr(error))
            status.trouble = self._consumption.trouble or unwatched
            await pause(stop, WATCH_SECONDS)

    async def _begin(self) -> None:
        async with self._engine.lock:
            position = await self._engine.position()
        self._engine.status.began(position)
        await ensure_consumer(self._jetstream, self._settings, self._name, after_position=position)
        self.begun.set()

    async def _look(self, epoch: str) -> None:
        status = self._engine.status
        consumer = await health_of_consumer(self._jetstream, self._name)
        if not consumer.exists:
            await begin_consumer(self._jetstream, self._settings, self._name, after_position=status.position)
            return
        ours = consumer.stream_epoch in (epoch, None)
        if (
            ours
            and consumer.pending == consumer.unacknowledged == 0 <= status.position - consumer.stream_position
        ):
            status.nothing_left()
        behind = consumer.stream_epoch == epoch and consumer.stream_position > status.position
        quiet = status.idle_seconds > QUIET_SECONDS and status.doing != "paused"
        if behind and quiet and consumer.pending == 0:
            # Everything was delivered once, but not everything is in the tables: they were set back, or whoever had it
            # is gone. It would come again some day, or never.
            try:
                async with self._engine.lock:
                    await self._engine.catch_up(consumer.stream_position)
            except Exception as error:
                status.failed(error)
                log.warning("What was missed could not be taken in", projection=self._name, error=repr(error))


class DatabaseWatch:
    """Where the log ends, which epoch it is in and where the generations stand, asked once for all projections of a process.

    It waits for nobody else, so that a projection that is stuck is told in time.
    """

    def __init__(
        self, settings: Settings, database_url: str, statuses: Mapping[str, ProjectionStatus], *, epoch: str
    ) -> None:
        self._settings = settings
        self._database_url = database_url
        self._statuses = statuses
        self.epoch = epoch

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
        self.epoch = await current_epoch(reader.connection)
        asked_at = time.monotonic()
        standings = await standings_async(reader.connection)
        serving = {one.name: one for one in standings if one.status == "active"}
        log_position = await reader.last_position()
        for name, status in self._statuses.items():
            status.stands(serving.get(name), asked_at)
            status.saw_log(log_position)
