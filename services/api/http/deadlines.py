"""Deadlines that hold also for what cannot be cancelled, as a query to a server that hangs."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Answer = TypeVar("Answer")

#: Tasks that were given up and have not ended yet. The event loop alone would let them be collected.
_abandoned: set["asyncio.Task[Any]"] = set()


async def within(seconds: float, asked: "Coroutine[Any, Any, Answer]") -> Answer:
    """What a coroutine returns, or TimeoutError after so many seconds; then it is cancelled and not waited
    for.
    """
    task = asyncio.ensure_future(asked)
    try:
        done, _ = await asyncio.wait({task}, timeout=seconds)
    except asyncio.CancelledError:
        abandon(task)
        raise
    if not done:
        abandon(task)
        raise TimeoutError
    return task.result()


def abandon(task: "asyncio.Task[Any]") -> None:
    """Cancel a task that nobody waits for any more, whatever becomes of it."""
    task.cancel()
    _abandoned.add(task)
    task.add_done_callback(_ended)


def _ended(task: "asyncio.Task[Any]") -> None:
    _abandoned.discard(task)
    if not task.cancelled():
        # Asked for, so that nobody complains of an error that was never looked at.
        task.exception()
