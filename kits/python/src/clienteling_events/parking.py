"""A handler that cannot handle the events of one key (a customer, say) holds up no others: that key's events
are parked in the consumer's own database, in their order, and replayed when the reason is gone.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Generic

from clienteling_events.message import EventMessage
from clienteling_events.store import ParkedEvent, ParkingStore, Tx


def customer_or_subject(event: EventMessage) -> str:
    """The key of an event unless another is given: its customer, or its aggregate where it has none."""
    return event.customer or event.subject


class Parking(Generic[Tx]):
    """`Consumer(store, history, parking.handle, parking.set_back)`.

    Whatever the handler raises parks the event, and each later one of its key behind it.
    """

    def __init__(
        self,
        store: ParkingStore[Tx],
        handle: Callable[[Tx, EventMessage], Awaitable[Any]],
        set_back: Callable[[Tx, int], Awaitable[Any]],
        *,
        key: Callable[[EventMessage], str] = customer_or_subject,
    ) -> None:
        self._store = store
        self._handle = handle
        self._set_back = set_back
        self._key = key

    async def handle(self, transaction: Tx, event: EventMessage) -> None:
        """Handle an event, or park it."""
        key = self._key(event)
        if await self._store.parked(key, limit=1):
            await self._store.park(transaction, ParkedEvent(key, "an earlier event waits", event))
        elif why := await self._failure(transaction, event):
            await self._store.park(transaction, ParkedEvent(key, why, event))

    async def set_back(self, transaction: Tx, position: int) -> None:
        """Undo what came of events behind a position; those that wait did not happen either."""
        await self._store.unpark_behind(transaction, position)
        await self._set_back(transaction, position)

    async def replay(self, key: str | None = None) -> list[ParkedEvent]:
        """Handle what is parked, of one key or of all, each key up to an event that fails again; what is left
        is returned.

        On a connection of its own, a consumer may be at work beside it: they take turns.
        """
        keys = [key] if key is not None else dict.fromkeys(one.key for one in await self._store.parked())
        for one in keys:
            async with self._store.transaction() as transaction:
                for parked in await self._store.parked(one):
                    if why := await self._failure(transaction, parked.event):
                        await self._store.park(transaction, ParkedEvent(parked.key, why, parked.event))
                        break
                    await self._store.unpark(transaction, parked)
        return await self._store.parked(key)

    async def _failure(self, transaction: Tx, event: EventMessage) -> str | None:
        """Why an event could not be handled; then nothing of it is written."""
        try:
            async with self._store.savepoint(transaction):
                await self._handle(transaction, event)
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        return None
