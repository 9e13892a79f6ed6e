"""Ending a process in good order on SIGINT (Ctrl-C) or SIGTERM, at any moment and once.

The first signal raises KeyboardInterrupt in plain code; inside `run` it cancels the coroutine, and
KeyboardInterrupt is raised when that has ended. Further signals change nothing: what is being released is
released.
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
class _State:
    number: int | None = None
    #: Blocks that finish before the signal counts.
    deferring: int = 0
    #: Cancels the coroutine that runs.
    cancel: Callable[[], object] | None = None


_state = _State()


def take_over() -> None:
    """Handle both signals from now on. To be called once, in the main thread of a process of ours."""
    for number in END_SIGNALS:
        signal.signal(number, _receive)
    sys.unraisablehook = _unraisable


def received() -> int | None:
    """The signal that ended this process's work, if one has."""
    return _state.number


@contextmanager
def deferred() -> Generator[None]:
    """Finish the block first when the signal comes; then it counts."""
    _state.deferring += 1
    was_received = _state.number is not None
    try:
        yield
    finally:
        _state.deferring -= 1
    if not was_received:
        _raise_if_received()


def run(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine as `asyncio.run` does.

    Raises KeyboardInterrupt once it has ended on a signal.
    """
    before = _state.number
    try:
        with deferred():
            return asyncio.run(_cancelled_by_signal(work, before))
    except BaseException:
        if before is None:
            _raise_if_received()
        raise


async def _cancelled_by_signal(work: Callable[[], Coroutine[Any, Any, T]], before: int | None) -> T:
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work())
    _state.cancel = lambda: loop.call_soon_threadsafe(task.cancel)
    if _state.number != before:
        # A signal in the moment between; cancelled before its first step.
        task.cancel()
    try:
        return await task
    finally:
        _state.cancel = None


def _receive(number: int, _frame: Any) -> None:
    if _state.number is not None:
        return
    _state.number = number
    if _state.cancel is not None:
        _state.cancel()
    elif not _state.deferring:
        raise KeyboardInterrupt


def _unraisable(unraisable: Any) -> None:
    number = _state.number
    if number is None or not isinstance(unraisable.exc_value, KeyboardInterrupt):
        sys.__unraisablehook__(unraisable)
        return
    # It came up where Python cannot raise anything, in a destructor for example: it comes once more.
    _state.number = None
    threading.Timer(AGAIN_SECONDS, os.kill, (os.getpid(), number)).start()


def _raise_if_received() -> None:
    if _state.number is not None and not _state.deferring:
        raise KeyboardInterrupt
