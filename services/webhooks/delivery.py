"""The service of webhooks: one at work for each house, which sends to every endpoint side by side.

Any number may run. One holds the lock and sends; the others stand by and take over when it ends.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

import structlog

from infra.backoff import Backoff
from infra.event_store.reader import LogNews, LogReader
from infra.postgres import connect
from infra.settings import Settings
from infra.stopping import first_of, pause
from infra.vault import MasterKey, prepare_vault
from infra.vault.webhook_secrets import unwrapped
from infra.webhook_store.sending import NotInLineage, Registered, SendingStore
from services.webhooks.endpoint_delivery import EndpointDelivery
from services.webhooks.pages import Pages
from services.webhooks.saving import ProgressWriter
from services.webhooks.status import EndpointHealth, EndpointStatus

FIRST_PAUSE_SECONDS: Final = 0.1
RETRY_SECONDS_MAX: Final = 10.0
#: What happens meanwhile is looked at together.
GATHER_SECONDS: Final = 0.02
#: So long what is on its way may be answered when the service is told to stop.
STOP_SECONDS: Final = 1.0

_Delivering = tuple[EndpointDelivery, "asyncio.Task[None]"]

log = structlog.get_logger(__name__)


class Webhooks:
    """The service in one process."""

    def __init__(self, settings: Settings, database_url: str) -> None:
        self.standby = True
        self._settings = settings
        self._database_url = database_url
        self._statuses: dict[str, EndpointStatus] = {}

    def health(self) -> list[EndpointHealth]:
        """How each endpoint is that is sent to."""
        return [status.health() for status in list(self._statuses.values())]

    async def run(self, stop: asyncio.Event) -> None:
        """Send until `stop`. After an error everything is connected anew, ever more slowly."""
        backoff = Backoff(RETRY_SECONDS_MAX, first_seconds=FIRST_PAUSE_SECONDS)
        while not stop.is_set():
            try:
                store = await SendingStore.connect(self._settings, self._database_url)
                try:
                    while not stop.is_set() and not await store.take_lock():
                        await pause(stop, self._settings.webhooks_poll_seconds)
                    self.standby = False
                    await self._send(store, stop, backoff)
                finally:
                    self.standby = True
                    self._statuses.clear()
                    await store.close()
            except Exception as error:
                log.warning("The webhooks begin anew", error=repr(error), pause_seconds=backoff.seconds)
                await backoff.pause(stop)

    async def _send(self, store: SendingStore, stop: asyncio.Event, backoff: Backoff) -> None:
        while not stop.is_set():
            # Nobody reads the log or waits for it while there is nobody to send to.
            if await store.registered():
                async with self._sending(store) as sending:
                    await sending.run(stop, backoff)
            await pause(stop, self._settings.webhooks_poll_seconds)

    @asynccontextmanager
    async def _sending(self, store: SendingStore) -> AsyncGenerator["_Sending"]:
        settings = self._settings
        async with AsyncExitStack() as stack:
            reader = await LogReader.connect(settings, self._database_url, name="webhooks reader")
            stack.push_async_callback(reader.close)
            news = await LogNews.connect(settings, self._database_url, name="webhooks news")
            stack.push_async_callback(news.close)
            master = await asyncio.to_thread(self._master_key)
            pages = Pages(reader, await store.lineage(), settings.event_source)
            yield _Sending(settings, store, pages, news, master, self._statuses)

    def _master_key(self) -> MasterKey:
        with connect(self._settings, self._database_url, name="webhooks vault") as connection:
            return prepare_vault(self._settings, connection)


class _Sending:
    """One undisturbed run: until told to stop, something is not as expected, or no endpoint is left."""

    def __init__(
        self,
        settings: Settings,
        store: SendingStore,
        pages: Pages,
        news: LogNews,
        master: MasterKey,
        statuses: dict[str, EndpointStatus],
    ) -> None:
        self._settings = settings
        self._store = store
        self._pages = pages
        self._news = news
        self._master = master
        self._statuses = statuses
        self._writer = ProgressWriter(store)
        self._deliveries: dict[Registered, _Delivering] = {}

    async def run(self, stop: asyncio.Event, backoff: Backoff) -> None:
        writing = asyncio.create_task(self._writer.run())
        looked_at = 0.0
        try:
            while not stop.is_set():
                if time.monotonic() - looked_at >= self._settings.webhooks_poll_seconds:
                    looked_at = time.monotonic()
                    if not await self._look():
                        return
                    backoff.reset()
                end = await self._pages.end()
                for delivery, _ in self._deliveries.values():
                    delivery.wake(end)
                await first_of(stop.wait(), self._news.wait(self._settings.webhooks_poll_seconds))
                if writing.done():
                    writing.result()
                await pause(stop, GATHER_SECONDS)
            await self._quiet()
        finally:
            await self._end(list(self._deliveries.values()))
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
        await self._writer.flush()

    async def _look(self) -> bool:
        """Begin, change and end deliveries as endpoints are registered; whether there are any."""
        registered = await self._store.registered()
        # Secrets and what is to be sent once more change while a delivery goes on; all else begins it anew.
        wanted = {_without_state(one): one for one in registered}
        gone = self._deliveries.keys() - wanted.keys()
        ended = [one for one, (_, task) in self._deliveries.items() if task.done()]
        await self._end([self._deliveries[one] for one in gone])
        for one in {*gone, *ended}:
            _, task = self._deliveries.pop(one)
            self._statuses.pop(one.endpoint_id, None)
            if not task.cancelled() and (error := task.exception()) is not None:
                raise error
        for plain, one in wanted.items():
            secrets = unwrapped(self._master, one.endpoint_id, list(one.secrets))
            if plain not in self._deliveries:
                await self._begin(plain, secrets)
            if plain in self._deliveries:
                delivery, _ = self._deliveries[plain]
                delivery.secrets = secrets
                delivery.retry(one.retry)
        return bool(registered)

    async def _begin(self, endpoint: Registered, secrets: list[bytes]) -> None:
        status = self._statuses.setdefault(
            endpoint.endpoint_id,
            EndpointStatus(endpoint.name, stalled_seconds=self._settings.webhooks_stalled_seconds),
        )
        try:
            begun = await self._store.progress(endpoint.endpoint_id, self._pages.lineage)
        except NotInLineage as error:
            status.failed(error)
            return
        if begun is None:
            return
        if not secrets:
            status.failed(
                RuntimeError("it has no secret to sign with: `clienteling webhooks rotate` makes one")
            )
            return
        if begun.position > await self._pages.end():
            status.failed(RuntimeError("the log ends before its position: was it set back?"))
            return
        delivery = EndpointDelivery(
            endpoint, begun, secrets, self._settings, self._store, self._pages, self._writer, status
        )
        self._deliveries[endpoint] = delivery, asyncio.create_task(delivery.run())

    async def _quiet(self) -> None:
        """Let what is on its way be answered, for a moment."""
        waits = [asyncio.ensure_future(delivery.quiet()) for delivery, _ in self._deliveries.values()]
        if waits:
            _, late = await asyncio.wait(waits, timeout=STOP_SECONDS)
            for one in late:
                one.cancel()

    async def _end(self, deliveries: Sequence[_Delivering]) -> None:
        for _, task in deliveries:
            task.cancel()
        await asyncio.gather(*(task for _, task in deliveries), return_exceptions=True)


def _without_state(endpoint: Registered) -> Registered:
    return Registered(
        endpoint.endpoint_id, endpoint.name, endpoint.url, endpoint.types, endpoint.partitions, (), ()
    )
