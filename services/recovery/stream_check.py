"""Stream check: compare the whole stream with the whole log, for missing and unexpected messages."""

from collections.abc import Callable, Iterator
from contextlib import aclosing

import msgspec

from infra import signals
from infra.event_store.log import EventLog, LoggedEvent
from infra.messaging.epochs import is_another_shops
from infra.messaging.foreign import ForeignMessages
from infra.messaging.reading import raw_messages
from infra.messaging.stamps import Stamps
from infra.messaging.stored import Stored
from infra.messaging.stream import bounds_of_stream
from infra.runtime import Runtime
from services.recovery.epochs import stamps_of, stream_client

PAGE_EVENTS = 2_000


class StreamCheck(msgspec.Struct, kw_only=True):
    """`missing` of the log's events are not in the stream before its end, which is at `stream_position`;
    the first one is at `first_missing`. `lost`: the relay wrote them, and the log does not have them;
    the first one is at `first_lost`. `foreign`: the relay did not write them; `last_foreign` says where
    and why. `another_shops`: the stream is noted as another log's.
    """

    messages: int = 0
    stream_position: int = 0
    missing: int = 0
    first_missing: int | None = None
    lost: int = 0
    first_lost: int | None = None
    foreign: int = 0
    last_foreign: str | None = None
    another_shops: bool = False

    def is_the_log_up_to(self, position: int) -> bool:
        """Whether the stream holds every event up to a position, and nothing else."""
        strangers = self.lost or self.foreign or self.another_shops
        return bool(self.messages) and not (self.missing or strangers) and self.stream_position >= position


def check_stream(runtime: Runtime, on_progress: Callable[[int], None]) -> StreamCheck:
    """Compare every message of the stream, byte by byte, with the log; a stream that is not there is empty.

    Raises NatsUnreachable, and StreamSilent when it does not give what it holds.
    """
    return signals.run(lambda: _check(runtime, on_progress))


async def _check(runtime: Runtime, on_progress: Callable[[int], None]) -> StreamCheck:
    stamps = await stamps_of(runtime)
    async with stream_client(runtime, "check of the stream") as client:
        jetstream = client.jetstream(timeout=runtime.settings.nats_request_seconds)
        bounds = await bounds_of_stream(jetstream)
        comparison = _Comparison(runtime.log, stamps)
        if bounds is None:
            return comparison.found
        async with aclosing(raw_messages(client, *bounds)) as messages:
            async for message in messages:
                comparison.take(message)
                if comparison.found.messages % PAGE_EVENTS == 0:
                    on_progress(comparison.found.stream_position)
        comparison.found.another_shops = await is_another_shops(jetstream, stamps)
        return comparison.found


class _Comparison:
    def __init__(self, log: EventLog, stamps: Stamps) -> None:
        self.found = StreamCheck()
        self._facts = _facts(log)
        self._fact = next(self._facts, None)
        self._stamps = stamps
        self._foreign = ForeignMessages("check of the stream")

    def take(self, message: Stored) -> None:
        found = self.found
        found.messages += 1
        metadata = self._stamps.metadata_if_ours(message)
        if metadata is None:
            self._strange(message, self._stamps.origin(*message))
            return
        while self._fact is not None and self._fact.position < metadata.position:
            found.missing += 1
            found.first_missing = found.first_missing or self._fact.position
            self._fact = next(self._facts, None)
        fact = self._fact
        if fact is not None and (fact.position, fact.stream_id, fact.version, fact.state) == (
            metadata.position,
            metadata.stream_id,
            metadata.version,
            message.data,
        ):
            self._fact = next(self._facts, None)
        elif metadata.position <= found.stream_position:
            # Only a message without a stamp can be a copy of one before it.
            self._strange(message, "foreign")
            return
        else:
            found.lost += 1
            found.first_lost = found.first_lost or metadata.position
        found.stream_position = metadata.position

    def _strange(self, message: Stored, origin: str) -> None:
        self._foreign.found(message.sequence, origin)
        self.found.foreign, self.found.last_foreign = self._foreign.count, self._foreign.last


def _facts(log: EventLog) -> Iterator[LoggedEvent]:
    after = 0
    while page := log.read(after, PAGE_EVENTS):
        yield from page
        after = page[-1].position
