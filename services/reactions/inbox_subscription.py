"""FastStream's side: one batch subscriber on the durable of the inbox.

The stream is declared in `infra.messaging.inbox` and nowhere else. A message is acknowledged by itself once
it was recorded, or was kept as a dead letter and its sender answered.
"""

import asyncio
from typing import Final

import structlog
from faststream import FastStream

from infra.backoff import Backoff
from infra.messaging.answers import JetStream, ensure_answers, publish_answer
from infra.messaging.batches import Batches
from infra.messaging.broker import StreamBroker, stream_broker
from infra.messaging.headers import headers_of
from infra.messaging.inbox import STOCK_ARRIVALS, STOCK_ARRIVED, ensure_arrivals_consumer, ensure_inbox
from infra.messaging.pulls import Delivered
from infra.nats import NatsRole
from infra.stopping import pause
from services.reactions.answers import answer_to
from services.reactions.context import ReactionContext
from services.reactions.messages import SOURCE, Message
from services.reactions.recording import Refusal, record_arrivals
from services.reactions.status import ReactionStatus

FETCH_SECONDS: Final = 1.0
WATCH_SECONDS: Final = 2.0

log = structlog.get_logger(__name__)


class InboxSubscription:
    """The inbox's reader. Several processes may share the durable."""

    def __init__(self, context: ReactionContext, nats_url: str) -> None:
        self.status = ReactionStatus(
            STOCK_ARRIVALS, stalled_seconds=context.settings.reactions_stalled_seconds
        )
        self._context = context
        self._nats_url = nats_url
        self._batches: Batches | None = None
        self._jetstream: JetStream | None = None
        self._stop = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Take arrivals in until `stop`. NATS may come later, or go."""
        self._stop = stop
        settings = self._context.settings
        backoff = Backoff(settings.reactions_retry_seconds)
        while not stop.is_set():
            broker = stream_broker(
                settings, self._nats_url, name="clienteling reactions", role=NatsRole.REACTIONS
            )
            app = FastStream(broker, logger=None)
            try:
                await broker.connect()
                stream = await ensure_inbox(broker.jetstream, settings)
                await ensure_answers(broker.jetstream, settings, SOURCE)
                await ensure_arrivals_consumer(broker.jetstream, settings, stream)
                self._jetstream = broker.jetstream
                self._subscribe(broker, stream)
                await app.start()
                log.info("Taking in stock arrivals", subject=STOCK_ARRIVED, stream=stream)
                await self._watch(broker, stream)
            except Exception as error:
                self.status.failed(error)
                log.warning("Stock arrivals cannot be taken in; trying again", error=repr(error))
                await backoff.pause(stop)
            finally:
                await self._close(app)

    async def take(self, messages: list[Delivered]) -> None:
        """Record a batch, or keep what cannot be recorded as dead letters, then acknowledge; when the
        database is away, try again.
        """
        told = [Message(headers_of(message.raw_headers), message.data) for message in messages]
        backoff = Backoff(self._context.settings.reactions_retry_seconds)
        while not self._stop.is_set():
            try:
                refused = await asyncio.to_thread(record_arrivals, self._context, told)
                for place, refusal in refused.items():
                    await self._answer(told[place], refusal, messages[place])
            except Exception as error:
                self.status.failed(error)
                log.warning("A batch of stock arrivals could not be taken in", error=repr(error))
                await backoff.pause(self._stop)
            else:
                self.status.did(len(told) - len(refused), dead_letters=len(refused))
                for message in messages:
                    await self._acknowledge(message)
                return
        # Given back, so that whoever comes next need not wait for the acknowledgement to be overdue.
        for message in messages:
            await message.nak(self._context.settings.reactions_retry_seconds)

    async def _answer(self, message: Message, refusal: Refusal, delivered: Delivered) -> None:
        source, now = self._context.settings.event_source, self._context.clock.now()
        headers, content = answer_to(message, refusal, sequence=delivered.sequence, source=source, now=now)
        assert self._jetstream is not None  # noqa: S101 - what is delivered came over a connection
        await publish_answer(self._jetstream, SOURCE, content, headers)

    def _subscribe(self, broker: StreamBroker, stream: str) -> None:
        self._batches = Batches(
            broker,
            STOCK_ARRIVED,
            stream=stream,
            durable=STOCK_ARRIVALS,
            size_max=self._context.settings.reactions_commit_commands_max,
            wait_seconds=FETCH_SECONDS,
            take=self.take,
        )

    async def _watch(self, broker: StreamBroker, stream: str) -> None:
        # A durable that was deleted spins silently: it is asked for, and made again where it is missing.
        while not self._stop.is_set():
            try:
                async with asyncio.timeout(self._context.settings.nats_request_seconds * 2):
                    if await ensure_inbox(broker.jetstream, self._context.settings) != stream:
                        return
                    await ensure_answers(broker.jetstream, self._context.settings, SOURCE)
                    ahead = await ensure_arrivals_consumer(broker.jetstream, self._context.settings, stream)
            except Exception as error:
                self.status.trouble = f"NATS does not answer ({type(error).__name__})"
            else:
                self.status.stands(0, ahead)
                self.status.trouble = self._batches.trouble if self._batches else None
            await pause(self._stop, WATCH_SECONDS)

    async def _acknowledge(self, message: Delivered) -> None:
        try:
            await message.ack()
        except Exception as error:
            # It is recorded: an acknowledgement that is lost costs a second delivery, no more.
            log.info("A stock arrival was not acknowledged", error=repr(error))

    async def _close(self, app: FastStream) -> None:
        try:
            async with asyncio.timeout(self._context.settings.shutdown_seconds):
                await app.stop()
        except Exception as error:
            log.warning("The inbox was not left in good order", error=repr(error))
