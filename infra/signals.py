"""Ending a process in good order when it is told to by SIGINT (Ctrl-C) or SIGTERM, at any moment and once.

The first signal raises KeyboardInterrupt in plain code; inside `run` it cancels the coroutine, and KeyboardInterrupt is raised when
that has ended. Further signals change nothing: what is being given back is given back.
"""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar

T = TypeVar("T")

END_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
AGAIN_SECONDS: Final = 0.05


@dataclass
class _Told:
    number: int | None = None
    #: Blocks that finish before the signal counts.
    deferring: int = 0
    #: Cancels the coroutine that runs.
    cancel: Callable[[], object] | None = None


_told = _Told()


def take_over() -> None:
    """Handle both signals from now on. To be called once, in the main thread of a process of ours."""
    for number in END_SIGNALS:
        signal.signal(number, _tell)
    sys.unraisablehook = _unraisable


def told() -> int | None:
    """The signal that ended this process's work, if one has."""
    return _told.number


@contextmanager
def deferred() -> Generator[None]:
    """Finish the block first when the signal comes; then it counts."""
    _told.deferring += 1
    was_told = _told.number is not None
    try:
        yield
    finally:
        _told.deferring -= 1
    if not was_told:
        _raise_if_told()


def run(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine as `asyncio.run` does. Raises KeyboardInterrupt once it has ended after it was told to."""
    before = _told.number
    try:
        with deferred():
            return asyncio.run(_cancelled_when_told(work, before))
    except BaseException:
        if before is None:
            _raise_if_told()
        raise


async def _cancelled_when_told(work: Callable[[], Coroutine[Any, Any, T]], before: int | None) -> T:
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work())
    _told.cancel = lambda: loop.call_soon_threadsafe(task.cancel)
    if _told.number != before:
        # Told in the moment between; cancelled before its first step.
        task.cancel()
    try:
        return await task
    finally:
        _told.cancel = None


def _tell(number: int, _frame: Any) -> None:
    if _told.number is not None:
        return
    _told.number = number
    if _told.cancel is not None:
        _told.cancel()
    elif not _told.deferring:
        raise KeyboardInterrupt


def _unraisable(unraisable: Any) -> None:
    number = _told.number
    if number is None or not isinstance(unraisable.exc_value, KeyboardInterrupt):
        sys.__unraisablehook__(unraisable)
        return
    # It came up where Python cannot raise anything, in a destructor for example: it comes once more.
    _told.number = None
    threading.Timer(AGAIN_SECONDS, os.kill, (os.getpid(), number)).start()


def _raise_if_told() -> None:
    if _told.number is not None and not _told.deferring:
        raise KeyboardInterrupt
