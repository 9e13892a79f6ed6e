"""Reading the whole stream beside the whole log: what is missing, and what is in it that should not be."""

from collections.abc import Callable, Iterator

import msgspec

from infra import signals
from infra.event_store.log import EventLog, LoggedEvent
from infra.messaging.reading import StreamMessage, messages_between
from infra.messaging.stream import bounds_of_stream
from services.ops.epochs import stream_client
from services.ops.shop import Shop

PAGE_EVENTS = 2_000


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """`missing` of the log's facts are not in the stream before its end, which is at `stream_position`; the first one is at
    `first_missing`. `foreign` messages are no facts of the log, the first one is at `first_foreign`.
    """

    messages: int = 0
    stream_position: int = 0
    missing: int = 0
    first_missing: int | None = None
    foreign: int = 0
    first_foreign: int | None = None


def checked(shop: Shop, on_progress: Callable[[int], None]) -> Checked:
    """Compare every message of the stream, byte by byte, with the log; a stream that is not there is empty.

    Raises NatsUnreachable, StreamSilent when it does not give what it holds, NotFromTheLog for messages of somebody else.
    """
    return signals.run(lambda: _checked(shop, on_progress))


async def _checked(shop: Shop, on_progress: Callable[[int], None]) -> Checked:
    async with stream_client(shop, "check of the stream") as client:
        bounds = await bounds_of_stream(client.jetstream(timeout=shop.settings.nats_request_seconds))
        comparison = _Comparison(shop.log)
        if bounds is not None:
            async for message in messages_between(client, *bounds):
                comparison.take(message)
                if comparison.messages % PAGE_EVENTS == 0:
                    on_progress(comparison.position)
        return comparison.result()


class _Comparison:
    def __init__(self, log: EventLog) -> None:
        self._facts = _facts(log)
        self._fact = next(self._facts, None)
        self._missing: list[int] = []
        self._missing_count = 0
        self._foreign: list[int] = []
        self._foreign_count = 0
        self.messages = 0
        self.position = 0

    def take(self, message: StreamMessage) -> None:
        place = message.place
        self.messages += 1
        while self._fact is not None and self._fact.position < place.position:
            self._missing_count += 1
            self._missing = self._missing or [self._fact.position]
            self._fact = next(self._facts, None)
        fact = self._fact
        if fact is not None and (fact.position, fact.stream_id, fact.version, fact.state) == (
            place.position,
            place.stream_id,
            place.version,
            message.data,
        ):
            self._fact = next(self._facts, None)
        else:
            self._foreign_count += 1
            self._foreign = self._foreign or [place.position]
        self.position = place.position

    def result(self) -> Checked:
        return Checked(
            messages=self.messages,
            stream_position=self.position,
            missing=self._missing_count,
            first_missing=self._missing[0] if self._missing else None,
            foreign=self._foreign_count,
            first_foreign=self._foreign[0] if self._foreign else None,
        )


def _facts(log: EventLog) -> Iterator[LoggedEvent]:
    after = 0
    while page := log.read(after, PAGE_EVENTS):
        yield from page
        after = page[-1].position
