"""One writer for all callers: what waits together is handled together, within bounds, and nobody is lost."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

import pytest

from domain.customer.commands import RegisterCustomer
from domain.messages import Refused
from infra.event_store.command_context import UNKNOWN
from infra.event_store.command_results import CommandResult
from infra.event_store.decided_batch import KeyedCommand
from services.api.command_queue import CommandQueue, QueueClosed, QueueFull

COMMAND = RegisterCustomer()
WITHIN_SECONDS = 10


class Writing:
    """Stands where the handler stands: it can be held, and notes which keys came together."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.free = threading.Event()
        self.free.set()
        self.begun = threading.Event()

    def handle_many(self, commands: Sequence[KeyedCommand]) -> list[CommandResult | Refused]:
        self.begun.set()
        assert self.free.wait(WITHIN_SECONDS)
        self.batches.append([key for _, key, _ in commands])
        if any(key.startswith("down") for _, key, _ in commands):
            raise ConnectionError("no database")
        if any(key == "poison" for _, key, _ in commands):
            raise LookupError("a mistake in a decision")
        return [
            Refused("refused", "no") if key == "refused" else CommandResult(ids={}, events=(), position=place)
            for place, (_, key, _) in enumerate(commands)
        ]

    async def hold(self, queue: CommandQueue) -> asyncio.Task[CommandResult]:
        """Lets a first command in and keeps the writer busy with it."""
        self.free.clear()
        first = asyncio.create_task(queue.submit(COMMAND, "first", UNKNOWN))
        assert await asyncio.to_thread(self.begun.wait, WITHIN_SECONDS)
        return first


@asynccontextmanager
async def queued(
    writing: Writing, *, waiting_max: int = 100, batch_max: int = 100
) -> AsyncGenerator[CommandQueue]:
    queue = CommandQueue(writing.handle_many, waiting_max=waiting_max, batch_max=batch_max)
    queue.start()
    try:
        yield queue
    finally:
        writing.free.set()
        await queue.close(WITHIN_SECONDS)


async def submitted(queue: CommandQueue, *keys: str) -> list[asyncio.Task[CommandResult]]:
    tasks = [asyncio.create_task(queue.submit(COMMAND, key, UNKNOWN)) for key in keys]
    # Each runs up to where it waits for its answer.
    await asyncio.sleep(0)
    assert queue.waiting == len(keys)
    return tasks


async def outcomes(tasks: Sequence[asyncio.Task[CommandResult]]) -> list[str]:
    results = await asyncio.gather(*tasks, return_exceptions=True)
    return [type(result).__name__ for result in results]


async def test_what_waits_together_is_handled_together_in_its_order() -> None:
    writing = Writing()
    async with queued(writing) as queue:
        first = await writing.hold(queue)
        rest = await submitted(queue, *"abcdef")
        writing.free.set()
        assert await outcomes([first, *rest]) == ["CommandResult"] * 7
    assert writing.batches == [["first"], list("abcdef")]


async def test_no_more_share_a_commit_than_the_bound_says() -> None:
    writing = Writing()
    async with queued(writing, batch_max=4) as queue:
        await writing.hold(queue)
        rest = await submitted(queue, *"abcdef")
        writing.free.set()
        await asyncio.gather(*rest)
    assert writing.batches == [["first"], list("abcd"), list("ef")]


async def test_more_than_may_wait_are_turned_away() -> None:
    writing = Writing()
    async with queued(writing, waiting_max=3) as queue:
        await writing.hold(queue)
        waiting = await submitted(queue, *"abc")
        with pytest.raises(QueueFull):
            await queue.submit(COMMAND, "d", UNKNOWN)
        writing.free.set()
        assert await outcomes(waiting) == ["CommandResult"] * 3
        assert (await queue.submit(COMMAND, "e", UNKNOWN)).position == 0


async def test_a_refusal_reaches_its_own_caller_alone() -> None:
    writing = Writing()
    async with queued(writing) as queue:
        await writing.hold(queue)
        rest = await submitted(queue, "a", "refused", "b")
        writing.free.set()
        assert await outcomes(rest) == ["CommandResult", "Refused", "CommandResult"]


async def test_a_command_that_breaks_the_handler_hurts_nobody_else() -> None:
    writing = Writing()
    async with queued(writing) as queue:
        await writing.hold(queue)
        rest = await submitted(queue, "a", "poison", "b")
        writing.free.set()
        assert await outcomes(rest) == ["CommandResult", "LookupError", "CommandResult"]
    assert writing.batches == [["first"], ["a", "poison", "b"], ["a"], ["poison"], ["b"]]


async def test_when_it_is_not_the_commands_fault_not_every_one_is_tried() -> None:
    writing = Writing()
    keys = [f"down {number}" for number in range(20)]
    async with queued(writing) as queue:
        await writing.hold(queue)
        rest = await submitted(queue, *keys)
        writing.free.set()
        assert await outcomes(rest) == ["ConnectionError"] * 20
        assert len(writing.batches) == 1 + 1 + 2
        assert await queue.submit(COMMAND, "and on it goes", UNKNOWN)


async def test_a_caller_who_goes_away_does_not_take_the_command_back() -> None:
    writing = Writing()
    async with queued(writing) as queue:
        await writing.hold(queue)
        gone, stays = await submitted(queue, "gone", "stays")
        gone.cancel()
        writing.free.set()
        assert await outcomes([gone, stays]) == ["CancelledError", "CommandResult"]
    assert writing.batches == [["first"], ["gone", "stays"]]


async def test_closing_finishes_what_waits_and_takes_no_more() -> None:
    writing = Writing()
    queue = CommandQueue(writing.handle_many, waiting_max=10, batch_max=1)
    queue.start()
    await writing.hold(queue)
    waiting = await submitted(queue, *"abc")
    closing = asyncio.create_task(queue.close(WITHIN_SECONDS))
    await asyncio.sleep(0)
    with pytest.raises(QueueClosed):
        await queue.submit(COMMAND, "d", UNKNOWN)
    writing.free.set()
    await closing
    assert await outcomes(waiting) == ["CommandResult"] * 3


async def test_closing_does_not_wait_for_ever_and_tells_those_who_do() -> None:
    writing = Writing()
    queue = CommandQueue(writing.handle_many, waiting_max=10, batch_max=1)
    queue.start()
    first = await writing.hold(queue)
    waiting = await submitted(queue, *"ab")
    await queue.close(0.01)
    assert await outcomes(waiting) == ["QueueClosed"] * 2
    writing.free.set()
    assert await outcomes([first]) == ["CommandResult"]
