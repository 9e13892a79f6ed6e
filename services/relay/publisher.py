"""One undisturbed run of carrying: from a derived position on, until told to stop or something is not as
expected.
"""

import asyncio
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from infra.event_store.log import LoggedEvent
from infra.event_store.reader import LogNews, LogReader
from infra.messaging.atomic_batches import AtomicBatches, BatchRefused, SentBatch
from infra.messaging.client import StreamClient
from infra.messaging.consumers import ensure_named_consumers
from infra.messaging.ends import StreamEnd
from infra.messaging.epochs import keep_notes
from infra.messaging.repair import StreamRepair
from infra.messaging.stream import declare_stream
from infra.messaging.subjects import STREAM
from infra.nats import named_consumers
from infra.settings import Settings
from infra.stopping import first_of
from services.relay.status import RelayStatus

#: One batch is committed while the next one is read, written and sent.
BATCHES_ON_THEIR_WAY_MAX: Final = 2
#: How often a relay that is behind looks how far.
LAG_SECONDS: Final = 1.0
#: How often a relay with nothing to do looks whether the stream still ends where it left it.
LOOK_SECONDS: Final = 5.0
#: So long a relay does without atomic batches once others left no room for them: the server gives up theirs
#: after ten.
CROWDED_SECONDS: Final = 15.0
#: Runs of so few events go message by message: for an atomic batch the server makes a store, and spends ten
#: times the processor time.
SINGLY_EVENTS_MAX: Final = 8
#: So long all runs are atomic batches at a beginning, which may have come of trouble, and after a refusal.
ATOMIC_SECONDS: Final = 15.0

log = structlog.get_logger(__name__)


class Ends(Protocol):
    """Asks the stream where it ends, and checks that it goes on from the log; messages up to sequence `known`
    are counted already.
    """

    async def __call__(self, known: int = 0) -> StreamEnd: ...


class StreamChanged(RuntimeError):
    """The stream does not end where this relay left it: it was lost or set back, or another relay is at
    work.
    """


@dataclass(frozen=True, slots=True)
class Connections:
    """What one run works with; closed and made anew after an error."""

    reader: LogReader
    news: LogNews
    client: StreamClient
    batches: AtomicBatches
    ends: Ends
    end: StreamEnd
    #: What is noted at the stream and at the durables of named consumers.
    notes: Mapping[str, str]
    repair: StreamRepair


class Publisher:
    """Reads behind a position, publishes behind a sequence; both move on together."""

    def __init__(self, connections: Connections, settings: Settings, status: RelayStatus) -> None:
        self._connections = connections
        self._settings = settings
        self._status = status
        self._position = connections.end.position
        self._sequence = self._counted = connections.end.sequence
        self._on_their_way: deque[SentBatch] = deque()
        self._lag_known_at = time.monotonic()
        self._looked_at = time.monotonic()
        self._connection_number = connections.client.reconnects
        self._atomic_from = time.monotonic()
        self._singly_from = time.monotonic() + ATOMIC_SECONDS

    async def run(self, stop: asyncio.Event) -> None:
        """Carry until `stop`, or until the stream is to be made anew, then wait for what is on its way.
        Whatever goes wrong is raised.
        """
        while True:
            try:
                await self._run(stop)
                return
            except (BatchRefused, StreamChanged) as error:
                await self._go_on_behind_foreign_messages(error)

    async def _run(self, stop: asyncio.Event) -> None:
        reading = self._read_on()
        try:
            while not (stop.is_set() or self._connections.repair.is_due):
                events = await reading
                await self._measure_lag()
                if events:
                    await self._send(events)
                else:
                    await self._land(leave=0)
                    await self._look_at_the_stream()
                    await first_of(
                        stop.wait(), self._connections.news.wait(self._settings.relay_poll_seconds)
                    )
                reading = self._read_on()
                await self._land(leave=BATCHES_ON_THEIR_WAY_MAX - 1)
            await self._land(leave=0)
        except (BatchRefused, StreamChanged):
            # The same connection may be asked again in a moment.
            await asyncio.wait([reading])
            raise
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _go_on_behind_foreign_messages(self, error: Exception) -> None:
        """Go on at once when nothing has happened but that others wrote to the stream, or began to; else
        raise `error`.

        They may write faster than everything could be connected anew.
        """
        await self._note_what_was_left_out()
        end = await self._connections.ends(self._counted)
        crowded_out = isinstance(error, BatchRefused) and error.crowded_out
        self._singly_from = time.monotonic() + ATOMIC_SECONDS
        if not (end.foreign or crowded_out) or end.position != self._status.position:
            raise error
        if crowded_out:
            self._atomic_from = time.monotonic() + CROWDED_SECONDS
            log.warning("Others began batches and left no room; the relay goes on message by message")
        for batch in self._on_their_way:
            # Its fence does not hold any more: it was refused, too.
            batch.committed.cancel()
        self._on_their_way.clear()
        self._position, self._sequence = end.position, end.sequence
        self._counted = end.sequence
        self._looked_at = time.monotonic()
        self._connection_number = self._connections.client.reconnects

    async def _note_what_was_left_out(self) -> None:
        """A batch was stored behind one that was refused: a stranger's message on the very subject stands
        where that one had to. Nothing can be put in between, so the stream is to be made anew.
        """
        behind = [batch.committed for batch in self._on_their_way]
        if not behind:
            return
        await asyncio.wait(behind, timeout=self._settings.nats_request_seconds)
        stored = [each.result() for each in behind if each.done() and each.exception() is None]
        if stored:
            jetstream = self._connections.client.jetstream(timeout=self._settings.nats_request_seconds)
            found = f"sequence {stored[0]}: events are left out in front of it"
            await self._connections.repair.note(jetstream, found)

    def _read_on(self) -> asyncio.Task[list[LoggedEvent]]:
        return asyncio.create_task(
            self._connections.reader.read(self._position, self._settings.relay_batch_events_max)
        )

    async def _send(self, events: list[LoggedEvent]) -> None:
        now = time.monotonic()
        singly = len(events) <= SINGLY_EVENTS_MAX and now >= self._singly_from
        atomic = now >= self._atomic_from and not singly
        sent = await self._connections.batches.send(events, last_sequence=self._sequence, atomic=atomic)
        self._on_their_way.append(sent)
        self._position, self._sequence = sent.last_position, sent.last_sequence

    async def _land(self, *, leave: int) -> None:
        while len(self._on_their_way) > leave:
            batch = self._on_their_way.popleft()
            # Without a deadline: when the connection breaks, nobody ever answers.
            async with asyncio.timeout(self._settings.nats_request_seconds):
                await batch.committed
            self._status.published(batch.events, batch.last_position)
            self._looked_at = time.monotonic()

    async def _measure_lag(self) -> None:
        if time.monotonic() - self._lag_known_at >= LAG_SECONDS:
            self._lag_known_at = time.monotonic()
            self._status.saw_log(await self._connections.reader.last_position())

    async def _look_at_the_stream(self) -> None:
        # Without new events nothing would be refused, and a stream that was lost would stay empty.
        same_connection = self._connection_number == self._connections.client.reconnects
        if same_connection and time.monotonic() - self._looked_at < LOOK_SECONDS:
            return
        jetstream = self._connections.client.jetstream(timeout=self._settings.nats_request_seconds)
        # Also what somebody changed of its settings is brought back before it costs anything.
        await declare_stream(jetstream, self._settings)
        await ensure_named_consumers(jetstream, named_consumers(self._settings), self._connections.notes)
        stream = await jetstream.stream_info(STREAM)
        last = stream.state.last_seq
        if last != self._sequence:
            raise StreamChanged(f"the stream ends at sequence {last}, this relay left it at {self._sequence}")
        await keep_notes(jetstream, stream.config, self._connections.notes)
        self._looked_at = time.monotonic()
        self._connection_number = self._connections.client.reconnects
