"""For a consumer's own tests: a made-up log with its stream, and an example of every event.

log = FakeLog()
log.record("sale.recorded.v1", subject="sal_1", customer="cus_1")
consumer = Consumer(store, log, handle, set_back)
await consumer.take(log.stream)
log.set_back(0)
"""

from collections.abc import AsyncIterator
from functools import cache
from importlib.resources import files

import msgspec

from clienteling_events.lineage import Epoch, Lineage
from clienteling_events.message import EventMessage
from clienteling_events.ranges import RANGE_POSITIONS, EventRange, RangeHash

PAGE = 200


def golden(event_type: str) -> bytes:
    """The example payload of an event that the contract has. Raises KeyError for an unknown type."""
    return bytes(_golden()[event_type])


def golden_types() -> list[str]:
    """Every type that has an example payload."""
    return sorted(_golden())


@cache
def _golden() -> dict[str, msgspec.Raw]:
    text = files("clienteling_events").joinpath("golden.json").read_bytes()
    return msgspec.json.decode(text, type=dict[str, msgspec.Raw])


class FakeLog:
    """A log and its stream. It answers what the API answers (`History`), without a server.

    `log` is what the log has, `stream` what the stream gives, both in order: take messages out of `stream`
    to lose them, put copies in to have them come twice.
    """

    def __init__(self) -> None:
        self.epochs = [Epoch("epoch-1", 0)]
        self.log: list[EventMessage] = []
        self.stream: list[EventMessage] = []

    @property
    def position(self) -> int:
        """Where the log ends."""
        return self.log[-1].position if self.log else 0

    def record(
        self,
        event_type: str,
        data: bytes | None = None,
        *,
        subject: str = "sal_1",
        customer: str | None = None,
        step: int = 1,
    ) -> EventMessage:
        """Record an event, with the example payload where no other is given, and publish it. Its position is
        `step` behind the last one: numbers may be left out.
        """
        event = self._event(
            event_type,
            golden(event_type) if data is None else data,
            subject,
            customer,
            self.position + step,
            1 + sum(one.subject == subject for one in self.log),
        )
        self.log.append(event)
        self.stream.append(event)
        return event

    def set_back(self, position: int) -> None:
        """Restore the log to a position: a new epoch begins, and the stream is filled anew."""
        kept = [event for event in self.log if event.position <= position]
        self.log = []
        self.epochs.append(Epoch(f"epoch-{len(self.epochs) + 1}", kept[-1].position if kept else 0))
        for one in kept:
            self.log.append(
                self._event(one.type, one.data, one.subject, one.customer, one.position, one.version)
            )
        self.refill()

    def refill(self) -> None:
        """Delete the stream and fill it again."""
        self.stream = list(self.log)

    def _event(
        self, event_type: str, data: bytes, subject: str, customer: str | None, position: int, version: int
    ) -> EventMessage:
        recorded_in = self.epochs[0].epoch
        for epoch in self.epochs:
            if position > epoch.common_position:
                recorded_in = epoch.epoch
        return EventMessage(
            position=position,
            previous_position=self.position,
            epoch=self.epochs[-1].epoch,
            version=version,
            type=event_type,
            subject=subject,
            customer=customer,
            id=f"{subject}/{version}/{recorded_in}",
            data=data,
        )

    # What the API answers.

    async def lineage(self) -> Lineage:
        """Every epoch of the log."""
        return Lineage(list(self.epochs))

    async def end(self) -> int:
        """Where the log ends."""
        return self.position

    async def events(self, after: int, up_to: int) -> AsyncIterator[list[EventMessage]]:
        """The events between two positions, page by page."""
        wanted = [event for event in self.log if after < event.position <= up_to]
        for start in range(0, len(wanted), PAGE):
            yield wanted[start : start + PAGE]

    async def ranges(self, first: int, last: int) -> list[EventRange]:
        """Count and hash of each range between two positions. Raises ValueError beyond the end of the log."""
        if last > self.position:
            raise ValueError(f"the log ends at {self.position}")
        found: list[EventRange] = []
        while first <= last:
            end = min(last, (first - 1) // RANGE_POSITIONS * RANGE_POSITIONS + RANGE_POSITIONS)
            at = RangeHash(from_=first)
            for event in self.log:
                if first <= event.position <= end:
                    at, _ = at.with_event(event)
            found.append(at.until(end))
            first = end + 1
        return found
