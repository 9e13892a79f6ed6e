"""Looks after the projections of a process from beside: whether their consumer lives, whether something was
missed, how far they are.
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
from services.projector.feed import READER, Feed
from services.projector.lane import Lane
from services.projector.status import ProjectionStatus

WATCH_SECONDS: Final = 1.0
#: Between two looks at a consumer that gives what it is asked for.
CONSUMER_SECONDS: Final = 5.0
#: Between two looks at the epochs; a message of one that is not known has them asked for at once.
EPOCHS_SECONDS: Final = 5.0

log = structlog.get_logger(__name__)


class Watch:
    """The watch over a feed and its lanes."""

    def __init__(self, feed: Feed, settings: Settings, client: StreamClient, stamps: Stamps) -> None:
        self._feed = feed
        self._settings = settings
        self._client = client
        self._jetstream = client.jetstream(timeout=settings.nats_request_seconds)
        self._stamps = stamps
        self._consumer: str | None = None
        self._looked_at = 0.0
        self._behind_at: dict[str, int] = {}
        #: Set once there is a consumer to be pulled from.
        self.begun = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Look at an interval until `stop`. NATS or PostgreSQL being away is what it is there to outlast."""
        unwatched: str | None = None
        while not stop.is_set():
            try:
                async with asyncio.timeout(self._settings.nats_request_seconds * 4):
                    await self._look_at_the_consumer(unwatched is not None)
                unwatched = None
            except Exception as error:
                unwatched = f"NATS or PostgreSQL does not answer: {str(error) or type(error).__name__}"
                log.info("The projections cannot be looked after", error=repr(error))
            for lane in self._feed.lanes:
                self._look_at_the_log(lane)
                lane.status.trouble = self._feed.trouble or unwatched
            self._feed.foreign.report()
            await pause(stop, WATCH_SECONDS)

    async def _look_at_the_consumer(self, at_once: bool) -> None:
        if self._consumer is None:
            await self._begin()
        elif not at_once and not self._feed.trouble and time.monotonic() < self._looked_at + CONSUMER_SECONDS:
            return
        elif await is_as_we_made_it(self._jetstream, self._consumer):
            self._looked_at = time.monotonic()
            return
        # The one that is furthest needs nothing else of the stream; the others read the log up to there.
        furthest = max(lane.status.position for lane in self._feed.lanes)
        self._consumer = await begin_consumer(
            self._client, READER, after_position=furthest, stamps=self._stamps
        )
        self._looked_at = time.monotonic()
        self._feed.read_from(self._consumer)
        self.begun.set()

    async def _begin(self) -> None:
        """Ask where each projection stands. One that does not answer keeps no other from beginning."""
        began = await asyncio.gather(*map(self._began, self._feed.lanes), return_exceptions=True)
        errors = [error for error in began if isinstance(error, BaseException)]
        if len(errors) == len(self._feed.lanes):
            raise errors[0]
        for lane in self._feed.lanes:
            # Earlier versions shared one of the projection's name.
            await end_consumer(self._jetstream, lane.name)

    async def _began(self, lane: Lane) -> None:
        try:
            async with asyncio.timeout(self._settings.nats_request_seconds), lane.engine.lock:
                lane.status.began(await lane.engine.position())
        except Exception as error:
            log.info("A projection cannot be begun", projection=lane.name, error=repr(error))
            raise

    def _look_at_the_log(self, lane: Lane) -> None:
        status, position = lane.status, lane.status.position
        if position >= status.log_position:
            self._behind_at.pop(lane.name, None)
            if not (lane.holding or self._feed.holding) and self._consumer is not None:
                status.nothing_left()
        elif self._behind_at.get(lane.name) != position:
            self._behind_at[lane.name] = position
        elif lane.held_up or not lane.holding:
            # It has stood here since the last look. What is missing may come by the stream some day, or
            # never: it was delivered and lost, it stands behind what others have put there, NATS is away, or
            # the tables were set back.
            lane.catch_up(status.log_position)


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
        self._epochs_at = 0.0

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
        asked_at = time.monotonic()
        if asked_at >= self._epochs_at + EPOCHS_SECONDS:
            self._stamps.renew(await epochs_of(reader.connection))
            self._epochs_at = asked_at
        generation_statuses = await generation_statuses_async(reader.connection)
        serving = {one.name: one for one in generation_statuses if one.status == "active"}
        log_position = await reader.last_position()
        for name, status in self._statuses.items():
            status.serves(serving.get(name), asked_at)
            status.saw_log(log_position)
