"""A consumer: takes messages as they come, and handles each event of the log once, in order.

It works with any database (`Store`) and any way of getting messages; `clienteling_events.stream` is the one
by NATS. What the stream does not tell it asks of the log (`History`).
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import islice
from typing import Any, Final, Generic

import msgspec

from clienteling_events.continuity import (
    Checkpoint,
    Contradiction,
    Handle,
    LineageNeeded,
    PassOver,
    Refill,
    SetBack,
    next_step,
)
from clienteling_events.history import History
from clienteling_events.lineage import Lineage
from clienteling_events.message import EventMessage, message_from_line
from clienteling_events.ranges import EventRange, RangeHash, differing
from clienteling_events.store import State, Store, Tx

#: So many events of a file are taken in with one transaction.
LOADED_AT_ONCE: Final = 1_000


class Consumer(Generic[Tx]):
    """Calls `handle(transaction, event)` for each event, and `set_back(transaction, position)` where events
    behind a position turn out not to have happened: undo what came of them. Both write in the transaction in
    which the checkpoint is saved, so that either all of it is there or nothing.
    """

    def __init__(
        self,
        store: Store[Tx],
        history: History,
        handle: Callable[[Tx, EventMessage], Awaitable[Any]],
        set_back: Callable[[Tx, int], Awaitable[Any]],
    ) -> None:
        self._store = store
        self._history = history
        self._handle = handle
        self._set_back = set_back
        self._lineage = Lineage([])
        #: What a handler raised last: it is the consumer's own, whatever its type.
        self.raised: Exception | None = None

    async def start(self, after: int = 0) -> State:
        """Go on from the saved state; a consumer without one begins behind this position of the log."""
        self._lineage = await self._history.lineage()
        state = await self._store.load()
        if state is None:
            checkpoint = Checkpoint(epoch=self._lineage.current or "", position=after, exact=after == 0)
            state = State(checkpoint=checkpoint, range=RangeHash(from_=after + 1))
            async with self._store.transaction() as transaction:
                await self._store.save(transaction, state)
        return state

    async def take(self, messages: Sequence[EventMessage]) -> None:
        """Take a batch of messages in; when this returns they may be acknowledged."""
        # One that was not started begins here, before a transaction that reads its state.
        await self._loaded()
        rest, refilled = list(messages), False
        while rest:
            taken, needed = await self._take_some(rest)
            refilled = refilled and taken == 0
            rest = rest[taken:]
            match needed:
                case Refill(after, up_to) if not refilled:
                    refilled = True
                    async for page in self._history.events(after, up_to):
                        await self._take_page(page)
                case Contradiction() if not refilled:
                    refilled = True
                    await self.reconcile()
                case None:
                    pass
                case _:
                    # The log knows nothing of what it says: somebody else wrote it. If the log did not tell
                    # all, the next message will have it filled in.
                    rest = rest[1:]

    async def load(self, lines: Iterable[bytes]) -> None:
        """Take in the lines of an exported file, or of `GET /v1/events`, in their order."""
        left = iter(lines)
        while page := [message_from_line(line) for line in islice(left, LOADED_AT_ONCE)]:
            await self.take(page)

    async def catch_up(self) -> None:
        """Handle what the log has behind the checkpoint, without waiting for a message: the durable of a
        consumer whose database was lost, or is an older copy, has nothing more to send.
        """
        state = await self._in_current_epoch()
        position, end = state.checkpoint.position, await self._history.end()
        if position < end:
            async for page in self._history.events(position, end):
                await self.take(page)

    async def reconcile(self) -> list[EventRange]:
        """Compare what was handled with the log; the ranges that differed. From the first of them on the
        consumer is set back, and handles the events of the log. Nothing real is behind the end of the log:
        what a consumer has there is a range of its own, without events.
        """
        state = await self._in_current_epoch()
        position = state.checkpoint.position
        if position < (first := (await self._first_position(state))):
            return []
        end = await self._history.end()
        if end < position:
            state = await self._redone(end, end)
            beyond = [RangeHash(from_=end + 1).until(position)]
        else:
            beyond = []
        return await self._compared(state, first) + beyond

    async def _compared(self, state: State, first: int) -> list[EventRange]:
        """The ranges from a position up to the state's that differed from the log; they are put right."""
        position = state.checkpoint.position
        if position < first:
            return []
        ours = [*await self._store.ranges(), state.range.until(position)]
        wrong = differing(ours, await self._history.ranges(first, position))
        if wrong:
            await self._redone(wrong[0].from_ - 1, position)
        return wrong

    async def _redone(self, behind: int, up_to: int) -> State:
        """Set back to a position, and handle the log's events from there up to another."""
        async with self._store.transaction() as transaction:
            state = await self._set_back_to(transaction, await self._loaded(), behind)
        async for page in self._history.events(state.checkpoint.position, up_to):
            await self._take_page(page)
        return await self._loaded()

    async def _in_current_epoch(self) -> State:
        """The state, set back to what it has in common with the log if that was set back."""
        self._lineage = await self._history.lineage()
        state = await self._loaded()
        current = self._lineage.current or ""
        if state.checkpoint.epoch == current:
            return state
        position = self._lineage.common_position(state.checkpoint.epoch, state.checkpoint.position)
        async with self._store.transaction() as transaction:
            return await self._set_back_to(transaction, await self._loaded(), position, current)

    async def _take_page(self, page: list[EventMessage]) -> None:
        # The log's own word: nothing in it has to be filled in.
        await self._take_some(page)

    async def _take_some(
        self, messages: Sequence[EventMessage]
    ) -> tuple[int, Refill | Contradiction | LineageNeeded | None]:
        """Take messages in until one needs something else first; how many, and what."""
        ended: list[EventRange] = []
        async with self._store.transaction() as transaction:
            state = await self._loaded()
            for number, message in enumerate(messages):
                state, needed = await self._take_one(transaction, state, message, ended)
                if needed is not None:
                    await self._store.save(transaction, state, ended)
                    return number, needed
            await self._store.save(transaction, state, ended)
        return len(messages), None

    async def _take_one(
        self, transaction: Tx, state: State, message: EventMessage, ended: list[EventRange]
    ) -> tuple[State, Refill | Contradiction | LineageNeeded | None]:
        if not self._lineage.knows(message.epoch):
            self._lineage = await self._history.lineage()
        while True:
            match next_step(state.checkpoint, message, self._lineage):
                case Handle(checkpoint):
                    await self._of_handler(self._handle(transaction, message))
                    range_, before = state.range.with_event(message)
                    ended += [before] if before else []
                    return State(checkpoint=checkpoint, range=range_), None
                case SetBack(checkpoint):
                    # What has ended in this batch is asked for below.
                    await self._store.save(transaction, state, ended)
                    ended.clear()
                    state = await self._set_back_to(transaction, state, checkpoint.position, checkpoint.epoch)
                case PassOver():
                    return state, None
                case needed:
                    return state, needed

    async def _set_back_to(
        self, transaction: Tx, state: State, position: int, epoch: str | None = None
    ) -> State:
        """Set the consumer back to a position, or a little further: to where a range begins, whose hash can
        be computed from there.
        """
        epoch = epoch or state.checkpoint.epoch
        if position == state.checkpoint.position:
            checkpoint = msgspec.structs.replace(state.checkpoint, epoch=epoch)
            state = State(checkpoint=checkpoint, range=state.range)
        else:
            begins = [one.from_ for one in await self._store.ranges()] + [state.range.from_]
            begin = max((one for one in begins if one <= position + 1), default=min(begins))
            await self._of_handler(self._set_back(transaction, begin - 1))
            checkpoint = Checkpoint(epoch=epoch, position=begin - 1, exact=begin == 1)
            state = State(checkpoint=checkpoint, range=RangeHash(from_=begin))
        await self._store.save(transaction, state)
        return state

    async def _of_handler(self, called: Awaitable[Any]) -> None:
        try:
            await called
        except Exception as error:
            self.raised = error
            raise

    async def _first_position(self, state: State) -> int:
        ranges = await self._store.ranges()
        return ranges[0].from_ if ranges else state.range.from_

    async def _loaded(self) -> State:
        return await self._store.load() or await self.start()
