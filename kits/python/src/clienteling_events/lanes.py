"""Several workers on one log, with order per customer.

The events are split into lanes by their partition, for good; each lane is a consumer with a checkpoint of its
own that sees every event and handles its share, so that the proof by positions holds in each. Which worker
has which lanes may change at any time: a lane goes on from its checkpoint wherever it is, and gets from the
log what the worker's durable has acknowledged before it came.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from hashlib import blake2s
from typing import Any, Final

from clienteling_events.consumer import Consumer
from clienteling_events.message import EventMessage
from clienteling_events.store import Tx

#: The subjects of an event end in one of so many partitions.
PARTITIONS: Final = 64


def partition_of(event: EventMessage) -> int:
    """The partition of an event, from 0: that of its customer, or of its aggregate where it has none."""
    key = event.customer or event.subject
    return int.from_bytes(blake2s(key.encode(), digest_size=2).digest(), "big") % PARTITIONS


def lane_of(event: EventMessage, lanes: int) -> int:
    """The lane of an event, from 0: all events of a customer are in the same. `lanes` divides 64."""
    if lanes < 1 or PARTITIONS % lanes:
        raise ValueError(f"{lanes} lanes do not divide {PARTITIONS} partitions evenly")
    return partition_of(event) % lanes


def lanes_of_worker(worker: int, workers: int, lanes: int) -> list[int]:
    """The lanes of a worker, counted from 0."""
    return list(range(worker, lanes, workers))


def in_lane(
    lane: int, lanes: int, handle: Callable[[Tx, EventMessage], Awaitable[Any]]
) -> Callable[[Tx, EventMessage], Awaitable[Any]]:
    """A `handle` that is called for the events of one lane alone."""

    async def handle_share(transaction: Tx, event: EventMessage) -> None:
        if lane_of(event, lanes) == lane:
            await handle(transaction, event)

    return handle_share


class Lanes:
    """The consumers of a worker's lanes, which take messages side by side; `consume` takes it as one.

    Each needs a database connection of its own.
    """

    def __init__(self, consumers: Sequence[Consumer[Any]]) -> None:
        self.consumers = list(consumers)

    @property
    def raised(self) -> Exception | None:
        """What a handler of one of them raised last."""
        return next((one.raised for one in self.consumers if one.raised is not None), None)

    async def start(self, after: int = 0) -> None:
        """Each goes on from its saved state, or begins behind this position of the log."""
        await self._each([one.start(after) for one in self.consumers])

    async def take(self, messages: Sequence[EventMessage]) -> None:
        """Take a batch of messages in; when this returns they may be acknowledged."""
        await self._each([one.take(messages) for one in self.consumers])

    async def catch_up(self) -> None:
        """Each handles what the log has behind its checkpoint."""
        await self._each([one.catch_up() for one in self.consumers])

    async def _each(self, working: Sequence[Awaitable[Any]]) -> None:
        # None is left at work when another has failed: their connections may be closed then.
        for done in await asyncio.gather(*working, return_exceptions=True):
            if isinstance(done, BaseException):
                raise done
