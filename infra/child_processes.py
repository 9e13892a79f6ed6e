"""Children made by `multiprocessing`: quick to start, and gone when their parent is, also when that was
killed.
"""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from multiprocessing.connection import wait
from types import ModuleType


@contextmanager
def without_main() -> Generator[None]:
    """What is spawned in here imports what it runs and nothing else.

    A spawned process would first import its parent's main module: half a second of command line that it has
    no use for.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def belong_to_parent() -> None:
    """For work that the parent alone stops: Ctrl-C, which reaches every process of the terminal, is left
    to it.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent(signal.SIGKILL)


def end_with_parent(number: signal.Signals) -> None:
    """Send this process a signal once its parent is gone."""
    threading.Thread(target=_watch_parent, args=(number,), daemon=True).start()


def _watch_parent(number: signal.Signals) -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os.kill(os.getpid(), number)
