"""What a child made by `multiprocessing` owes its parent: to end when the parent does, also when that was killed."""

import multiprocessing
import os
import signal
import threading
from multiprocessing.connection import wait


def belong_to_parent() -> None:
    """For work that the parent alone stops: Ctrl-C, which reaches every process of the terminal, is left to it."""
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
