"""Pulling batches from a durable consumer: what stands in for nats-py's PullSubscription under FastStream.

The stock `fetch` makes a task and a timer per message, waits for the full time when a batch does not fill,
and can stall when a request is lost with its connection. This one keeps one request open at the server, hands
over what has come as soon as the stream has no more to give, asks for the next batch while the last one is
worked on, and notices missing heartbeats.
"""

import asyncio
import time
from collections import deque
from contextlib import suppress
from typing import Final

import msgspec
import nats.errors
import structlog
from nats.aio.subscription import Subscription

from infra.messaging.client import StreamClient

log = structlog.get_logger(__name__)

REQUEST_SECONDS: Final = 30.0
HEARTBEAT_SECONDS: Final = 1.0
HEARTBEATS_MISSED_MAX: Final = 3
#: Between two tries when the server says that there is nothing to pull from.
REFUSED_PAUSE_SECONDS: Final = 0.25
#: How long a reader that stops waits for what the server has sent it already.
ON_ITS_WAY_SECONDS: Final = 2

_NANOSECONDS = 1_000_000_000
_STATUS = b"NATS/1.0 "
#: The subject that acknowledges a message: how it begins, and how many tokens it has.
_ACKNOWLEDGES: Final = [b"$JS", b"ACK"]
_TOKENS: Final = 9
_DIGITS_MAX: Final = 18


class Delivered:
    """One message of a batch, as it came: payload and header block are bytes, nothing has been parsed.

    `sequence`: where it stands in the stream.
    """

    __slots__ = ("_ackd", "_client", "data", "raw_headers", "reply", "sequence", "subject")

    def __init__(
        self,
        client: StreamClient,
        subject: bytes,
        reply: bytes,
        data: bytes,
        raw_headers: bytes,
        sequence: int,
    ) -> None:
        self._client = client
        self.subject = subject
        self.sequence = sequence
        self.reply = reply
        self.data = data
        self.raw_headers = raw_headers
        # FastStream looks at this name before it acknowledges.
        self._ackd = False

    async def ack(self) -> None:
        """Acknowledge this message and, as our consumers are declared, all before it."""
        await self._client.publish(self.reply.decode())
        self._ackd = True

    async def nak(self, delay: float | None = None) -> None:
        """Give the message back; it is delivered again after `delay` seconds."""
        wait = b"" if not delay else b' {"delay": %d}' % int(delay * _NANOSECONDS)
        await self._client.publish(self.reply.decode(), b"-NAK" + wait)
        self._ackd = True

    async def in_progress(self) -> None:
        """Ask for more time."""
        await self._client.publish(self.reply.decode(), b"+WPI")

    async def term(self) -> None:
        """Give the message up for ever. Never done: the checkpoint decides what has been taken in."""
        await self._client.publish(self.reply.decode(), b"+TERM")
        self._ackd = True


class _PullRequest(msgspec.Struct):
    batch: int
    expires: int
    idle_heartbeat: int


class BatchPull:
    """Batches of one durable consumer. `trouble` says why nothing comes, None while all is well."""

    def __init__(self, client: StreamClient, stream: str, consumer: str, *, prefix: str = "$JS.API") -> None:
        self._client = client
        self._request_prefix = f"{prefix}.CONSUMER.MSG.NEXT.{stream}."
        self._consumer = consumer
        self._inbox = client.new_inbox()
        self._subscription: Subscription | None = None
        self._arrived: deque[Delivered] = deque()
        self._news = asyncio.Event()
        self._open = 0
        self._batch_size = 0
        self._drained = False
        self._heard = 0.0
        self._connection_number = -1
        self.trouble: str | None = None

    async def fetch(self, batch: int, timeout: float | None = None) -> list[Delivered]:  # noqa: ASYNC109 - nats-py's signature
        """The next messages, 1 to `batch`.

        Raises nats.errors.TimeoutError when none came within `timeout` seconds.

        FastStream calls again for the rest of a batch that is not full; when there is no rest right now, that
        call times out at once, so that nobody waits for a batch to fill.
        """
        rest = batch < self._batch_size
        self._batch_size = max(batch, self._batch_size)
        if self._subscription is None:
            self._subscription = await self._client.subscribe_sink(self._inbox, self._take)
        if rest and not self._arrived and self._drained:
            raise nats.errors.TimeoutError
        await self._keep_asking()
        try:
            async with asyncio.timeout(timeout):
                while not self._arrived or (len(self._arrived) < batch and not self._drained and self._open):
                    await self._wait_for_news()
        except TimeoutError:
            if not self._arrived:
                raise nats.errors.TimeoutError from None
        taken = [self._arrived.popleft() for _ in range(min(batch, len(self._arrived)))]
        await self._keep_asking()
        return taken

    def read_from(self, consumer: str) -> None:
        """Pull from this consumer from now on; what the one before it has sent already is given out all
        the same.
        """
        if consumer != self._consumer:
            self._consumer = consumer
            self._open = 0
            self._news.set()

    async def unsubscribe(self) -> None:
        """Stop pulling; what has come and was not fetched is given back at once, also what was still on
        its way.
        """
        if self._subscription is not None and self._client.is_connected:
            # Where the server does not answer, what was on its way comes again when nobody has acknowledged
            # it for long enough.
            with suppress(nats.errors.Error, TimeoutError):
                await self._client.end_deliveries(self._subscription, ON_ITS_WAY_SECONDS)
        for message in self._arrived:
            if self._client.is_connected:
                await message.nak()
        self._arrived.clear()
        if self._subscription is not None and not self._client.is_closed:
            await self._subscription.unsubscribe()
        self._subscription = None

    async def _keep_asking(self) -> None:
        if self._connection_number != self._client.reconnects:
            self._connection_number = self._client.reconnects
            self._open = 0
        if self._open > 0 or len(self._arrived) >= self._batch_size or not self._client.is_connected:
            return
        request = _PullRequest(
            self._batch_size, int(REQUEST_SECONDS * _NANOSECONDS), int(HEARTBEAT_SECONDS * _NANOSECONDS)
        )
        self._open = self._batch_size
        self._drained = False
        self._heard = time.monotonic()
        subject = self._request_prefix + self._consumer
        await self._client.publish(subject, msgspec.json.encode(request), reply=self._inbox)

    async def _wait_for_news(self) -> None:
        self._news.clear()
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    await self._news.wait()
        finally:
            # Also when the time of whoever fetches ends first: it may be shorter than ours every time.
            self._notice_silence()
        if self._open == 0 and self.trouble is not None:
            await asyncio.sleep(REFUSED_PAUSE_SECONDS)
        await self._keep_asking()

    def _notice_silence(self) -> None:
        silence = time.monotonic() - self._heard
        if self._open and silence > HEARTBEATS_MISSED_MAX * HEARTBEAT_SECONDS:
            self._trouble(f"the consumer has been silent for {silence:.0f} s")
            self._open = 0

    def _take(self, subject: bytes, reply: bytes, payload: bytes, headers: bytes) -> None:
        # Anybody may write to our inbox, and put any header block onto a stream: only a stream's delivery
        # names where it comes from.
        sequence, pending = delivered_from(reply)
        if headers.startswith(_STATUS) and not reply:
            self._take_status(headers)
        elif sequence:
            self._arrived.append(Delivered(self._client, subject, reply, payload, headers, sequence))
            self._open -= 1
            self._drained = not pending
            self._heard = time.monotonic()
            self.trouble = None
            if self._drained or self._open <= 0 or len(self._arrived) >= self._batch_size:
                self._news.set()

    def _take_status(self, headers: bytes) -> None:
        self._heard = time.monotonic()
        code = headers[len(_STATUS) : len(_STATUS) + 3]
        if code == b"100":
            self.trouble = None
            return
        self._open = 0
        self._drained = True
        if code != b"408":
            self._trouble(headers[len(_STATUS) :].partition(b"\r\n")[0].decode("utf-8", "replace"))
        self._news.set()

    def _trouble(self, what: str) -> None:
        if self.trouble != what:
            log.warning("Nothing can be pulled", consumer=self._consumer, why=what)
        self.trouble = what


def delivered_from(reply: bytes) -> tuple[int, int]:
    """A message's sequence in its stream, and how many its consumer has behind it; (0, 0) when no stream
    delivered it.
    """
    # $JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time>.<pending>; with a domain and
    # an account in front there may be a random token behind.
    tokens = reply.split(b".")
    front = 0 if len(tokens) == _TOKENS else 2
    if len(tokens) < _TOKENS + front or tokens[:2] != _ACKNOWLEDGES:
        return 0, 0
    sequence, pending = tokens[5 + front], tokens[8 + front]
    if not (sequence.isdigit() and pending.isdigit()):
        return 0, 0
    return int(sequence[:_DIGITS_MAX]), int(pending[:_DIGITS_MAX])
