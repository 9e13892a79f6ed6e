"""One projection's lane of the feed: what its engine was given and has not taken in yet, in its own task.

A lane that is paused, failing or slow holds up no other: it keeps one batch in hand and one waiting, and what
comes on top of that it reads from the log later.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

import structlog

from infra.backoff import Backoff
from infra.event_store.log import LoggedEvent
from infra.settings import Settings
from infra.stopping import pause
from services.projector.engine import LiveEngine
from services.projector.status import ProjectionStatus

PAUSED_SECONDS: Final = 0.5

log = structlog.get_logger(__name__)


class Lane:
    """Takes in what it is given, one thing after the other; after an error again until it goes."""

    def __init__(self, engine: LiveEngine, settings: Settings, *, stop: asyncio.Event) -> None:
        self.engine = engine
        self._settings = settings
        self._stop = stop
        self._in_hand: list[LoggedEvent] = []
        self._waiting: list[LoggedEvent] = []
        #: Up to here the log has to be read first.
        self._log_to = 0
        self._working: asyncio.Task[None] | None = None
        self._news = asyncio.Event()
        #: Whether the last try did not go: the projection is paused, or something is wrong.
        self.held_up = False

    @property
    def name(self) -> str:
        """The projection."""
        return self.engine.projection.name

    @property
    def status(self) -> ProjectionStatus:
        """What is said of the projection."""
        return self.engine.status

    @property
    def holding(self) -> bool:
        """Whether there is something that has not been taken in yet."""
        return self._working is not None

    @property
    def free(self) -> bool:
        """Whether the engine can take the next run in at once: nothing is in front of it, and nobody else
        uses it.
        """
        return self._working is None and not self.engine.lock.locked()

    def give(self, events: Sequence[LoggedEvent]) -> None:
        """Events in order, behind those given before. Where there is no room they are read from the log."""
        if self._log_to or not self._has_room(len(events)):
            self._waiting = []
            self.catch_up(events[-1].position)
        else:
            self._waiting += events
            self._work()

    def catch_up(self, up_to: int) -> None:
        """Read from the log up to a position, before anything that waits."""
        self._log_to = max(self._log_to, up_to)
        self._work()

    async def room(self, events: int, *, until: float) -> None:
        """Wait for room for so many events, no longer than until then (`time.monotonic`).

        Nobody waits for a lane that is held up, or reads from the log.
        """
        while not (self._has_room(events) or self.held_up or self._log_to):
            if not await self._some_news(until):
                return

    async def emptied(self, *, until: float) -> None:
        """Wait until everything has been taken in or the lane is held up, no longer than until then."""
        while self.holding and not self.held_up:
            if not await self._some_news(until):
                return

    async def end(self) -> None:
        """Wait for what is being taken in, once `stop` is set; cancelled, it ends that."""
        if self._working is not None:
            await self._working

    def _has_room(self, events: int) -> bool:
        return not self._waiting or len(self._waiting) + events <= self._settings.projector_batch_events_max

    async def _some_news(self, until: float) -> bool:
        self._news.clear()
        try:
            async with asyncio.timeout(until - time.monotonic()):
                await self._news.wait()
        except TimeoutError:
            return False
        return True

    def _work(self) -> None:
        if self._working is None:
            self._working = asyncio.create_task(self._take_all())

    async def _take_all(self) -> None:
        backoff = Backoff(self._settings.projector_retry_seconds)
        try:
            while (self._in_hand or self._waiting or self._log_to) and not self._stop.is_set():
                try:
                    async with self.engine.lock:
                        taken = await self._take()
                except Exception as error:
                    self._hold_up(True)
                    self.status.failed(error)
                    log.warning("A batch could not be taken in", projection=self.name, error=repr(error))
                    await backoff.pause(self._stop)
                    continue
                self._hold_up(not taken)
                if not taken:
                    self.status.paused()
                    await pause(self._stop, PAUSED_SECONDS)
        finally:
            self._working = None
            self._hold_up(False)

    async def _take(self) -> bool:
        """Take the first thing in; False when the projection is paused."""
        if log_to := self._log_to:
            if not await self.engine.catch_up(log_to):
                return False
            if self._log_to == log_to:
                self._log_to = 0
        if not self._in_hand:
            self._in_hand, self._waiting = self._waiting, []
            self._news.set()
        if self._in_hand and not await self.engine.take(self._in_hand):
            return False
        self._in_hand = []
        return True

    def _hold_up(self, held_up: bool) -> None:
        self.held_up = held_up
        self._news.set()
