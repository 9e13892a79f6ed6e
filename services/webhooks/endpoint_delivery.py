"""Delivery to one endpoint: events in the order of each partition, partitions side by side.

An event is sent after the one before it in its partition was taken (2xx) or parked, and that is written down.
It is parked after so many tries if the endpoint takes others: then only its key waits, that is its customer
or aggregate. An endpoint that takes nothing at all keeps its place.
"""

import asyncio
import time
from collections import deque
from datetime import timedelta
from typing import Final

import structlog

from domain.ids import PARTITIONS, partition_of
from infra.backoff import Backoff
from infra.clock import now
from infra.messaging.event_filter import EventFilter
from infra.settings import Settings
from infra.webhook_client import Answer, WebhookClient
from infra.webhook_store.sending import ParkedEvent, Progress, Registered, SendingStore
from services.webhooks.pages import Outgoing, Pages
from services.webhooks.progress import EndpointProgress
from services.webhooks.saving import ProgressWriter
from services.webhooks.signing import signed_headers
from services.webhooks.status import EndpointStatus

#: So many events of an endpoint are in memory; one that blocks its partition longer holds up the others.
WAITING_MAX: Final = 500
FIRST_PAUSE_SECONDS: Final = 1.0
GONE: Final = 410

log = structlog.get_logger(__name__)


class Disabled(Exception):
    """The endpoint is not sent to any more; why."""


class EndpointDelivery:
    """One endpoint. `run` returns when it is disabled; everything it raises is trouble of ours."""

    def __init__(
        self,
        endpoint: Registered,
        begun: Progress,
        secrets: list[bytes],
        settings: Settings,
        store: SendingStore,
        pages: Pages,
        writer: ProgressWriter,
        status: EndpointStatus,
    ) -> None:
        self.endpoint = endpoint
        self.status = status
        self.secrets = secrets
        self._settings = settings
        self._store = store
        self._pages = pages
        self._writer = writer
        self._wanted = EventFilter(endpoint.types, endpoint.partitions)
        self._progress = EndpointProgress(endpoint.endpoint_id, begun)
        self._parked = set(begun.parked)
        self._queues: list[deque[Outgoing]] = [deque() for _ in range(PARTITIONS)]
        self._retries: list[set[str]] = [set() for _ in range(PARTITIONS)]
        self._working: set[int] = set()
        self._taken_early: set[int] = set()
        self._slots = asyncio.Semaphore(settings.webhooks_side_by_side)
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._recovered = asyncio.Event()
        self._failures = 0
        self._recoveries = 0
        self._taken_at = 0.0
        self._not_before = 0.0
        self._log_end = begun.position

    def wake(self, log_end: int) -> None:
        """The log may have grown."""
        self._log_end = log_end
        self._stands()
        self._news.set()

    def retry(self, keys: tuple[str, ...]) -> None:
        """Somebody wants what is parked of these keys sent once more."""
        for key in keys:
            self._retries[partition_of(key)].add(key)
        if keys:
            self._news.set()

    async def quiet(self) -> None:
        """Send nothing more; returns when everything that is on its way was answered."""
        for _ in range(self._settings.webhooks_side_by_side):
            await self._slots.acquire()

    async def run(self) -> None:
        """Deliver until cancelled, or disabled."""
        try:
            async with (
                WebhookClient(self._settings, self.endpoint.url) as client,
                asyncio.TaskGroup() as tasks,
            ):
                self._client, self._tasks = client, tasks
                await self._read_on()
        except ExceptionGroup as group:
            disabled, others = group.split(Disabled)
            if others is not None:
                raise others.exceptions[0] from group
            if disabled is not None:
                await self._disable(str(disabled.exceptions[0]))

    async def _read_on(self) -> None:
        while True:
            self._news.clear()
            self._room.clear()
            for partition, keys in enumerate(self._retries):
                if keys:
                    self._work_on(partition)
            if self._progress.waiting >= WAITING_MAX:
                await _either(self._room, self._news)
                continue
            page = await self._pages.read(self._progress.read_to)
            for one in page:
                event = one.event
                wanted = self._wanted.passes(event)
                if self._progress.read(event.position, event.previous_position, one.partition, wanted=wanted):
                    self._queues[one.partition].append(one)
                    self._work_on(one.partition)
            if page:
                self._stands()
                self._writer.mark(self._progress)
            else:
                await self._news.wait()

    def _work_on(self, partition: int) -> None:
        if partition not in self._working:
            self._working.add(partition)
            self._tasks.create_task(self._work(partition))

    async def _work(self, partition: int) -> None:
        queue, retries = self._queues[partition], self._retries[partition]
        try:
            while queue or retries:
                if retries:
                    await self._send_parked(retries.pop())
                    continue
                event = queue[0]
                await self._settle(event, queue)
                queue.popleft()
                self._progress.done(event.position, partition)
                self._room.set()
                # Before the next one: whoever goes on after us must not begin before it.
                await self._writer.written(self._progress)
                self._stands()
        finally:
            self._working.discard(partition)

    async def _settle(self, event: Outgoing, queue: deque[Outgoing]) -> None:
        """Have an event taken, or park it."""
        if event.position in self._taken_early:
            self._taken_early.discard(event.position)
            return
        if event.key in self._parked:
            if await self._park(event, "it waits behind a parked one", tries=0, behind=True):
                return
            # Somebody gave up what it would wait for.
            self._parked.discard(event.key)
        refused = await self._send(event, queue)
        if refused is not None:
            tries = self._settings.webhooks_tries_max
            await self._park(event, refused, tries=tries, behind=False)
            self._parked.add(event.key)
            log.warning(
                "An event is parked", endpoint=self.endpoint.name, position=event.position, reason=refused
            )

    async def _send(self, event: Outgoing, queue: deque[Outgoing]) -> str | None:
        """Try until it is taken; why it is given up, if it is."""
        backoff = Backoff(self._settings.webhooks_retry_seconds_max, first_seconds=FIRST_PAUSE_SECONDS)
        tries, recoveries, since = 0, self._recoveries, time.monotonic()
        while True:
            answer = await self._try(event)
            if answer.reason is None:
                return None
            if recoveries != self._recoveries:
                # What was not taken while nothing was does not count against it.
                tries, recoveries, since = 0, self._recoveries, time.monotonic()
                backoff.reset()
            tries += 1
            if tries >= self._settings.webhooks_tries_max and (
                self._taken_at > since or await self._another_is_taken(event, queue)
            ):
                return answer.reason
            await backoff.pause(self._recovered)

    async def _another_is_taken(self, event: Outgoing, queue: deque[Outgoing]) -> bool:
        """Whether the endpoint takes the next event of another key, which waits behind this one."""
        for other in queue:
            if other.key != event.key and other.key not in self._parked:
                taken = other.position in self._taken_early or (await self._try(other)).reason is None
                if taken:
                    self._taken_early.add(other.position)
                return taken
        return False

    async def _send_parked(self, key: str) -> None:
        """Send what is parked of a key, in order, each once; go on as before where all of it was taken."""
        one = self.endpoint.endpoint_id
        while (position := await self._store.first_parked(one, key)) is not None:
            event = await self._pages.at(position)
            answer = Answer(None) if event is None else await self._try(event)
            if answer.reason is not None:
                await self._store.leave_parked(one, key, position, answer.reason)
                return
            await self._store.unpark(one, key, position)
        self._parked.discard(key)
        self._stands()

    async def _park(self, event: Outgoing, reason: str, *, tries: int, behind: bool) -> bool:
        return await self._store.park(
            ParkedEvent(
                endpoint_id=self.endpoint.endpoint_id,
                key=event.key,
                position=event.position,
                topic=event.event.topic,
                stream_id=event.event.stream_id,
                reason=reason,
                tries=tries,
                behind=behind,
            )
        )

    async def _try(self, event: Outgoing) -> Answer:
        async with self._slots:
            if (seconds := self._not_before - time.monotonic()) > 0:
                await asyncio.sleep(seconds)
            headers = signed_headers(event.event_id, now(), event.body, self.secrets)
            answer = await self._client.post(headers, event.body)
        if answer.reason is None:
            self._took()
        else:
            self._refused(answer, answer.reason)
        return answer

    def _took(self) -> None:
        self._taken_at = time.monotonic()
        if self._failures >= self._settings.webhooks_tries_max:
            # It is back: what waits for its next try need not wait any longer.
            self._recoveries += 1
            self._recovered.set()
            self._recovered = asyncio.Event()
        self._failures = 0
        self._progress.failing_since = self._progress.last_error = None
        self.status.took()

    def _refused(self, answer: Answer, reason: str) -> None:
        self._failures += 1
        self.status.failed(RuntimeError(reason))
        self._progress.last_error = reason
        if answer.retry_after is not None:
            seconds = min(answer.retry_after, self._settings.webhooks_retry_seconds_max)
            self._not_before = time.monotonic() + seconds
        since = self._progress.failing_since = self._progress.failing_since or now()
        self._writer.mark(self._progress)
        if answer.status == GONE:
            raise Disabled(reason)
        if now() - since > timedelta(days=self._settings.webhooks_disabled_days):
            days = self._settings.webhooks_disabled_days
            raise Disabled(f"it has taken nothing for {days:g} days; at last {reason}")

    async def _disable(self, reason: str) -> None:
        await self._writer.written(self._progress)
        await self._store.disable(self.endpoint.endpoint_id, self.endpoint.name, reason)
        log.warning("An endpoint is disabled", endpoint=self.endpoint.name, reason=reason)

    def _stands(self) -> None:
        progress = self._progress
        self.status.stands(progress.position, self._log_end, progress.waiting, len(self._parked))


async def _either(*events: asyncio.Event) -> None:
    tasks = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
