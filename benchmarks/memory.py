"""How much memory a rebuild takes at most: its processes and PostgreSQL's that work for it."""

import multiprocessing
import threading
from pathlib import Path
from types import TracebackType

import psycopg

LOOK_SECONDS = 0.5
_BACKENDS = "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'clienteling rebuild%'"


class PeakMemory:
    """A context manager that looks twice a second; `mb` is the most that was seen, 0 where there is no /proc.

    Counted are the child processes of this one with their share of what they share, and the memory that
    PostgreSQL's processes have for themselves: the shared buffers are the server's.
    """

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.mb = 0.0

    def __enter__(self) -> "PeakMemory":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def _look(self) -> None:
        with psycopg.connect(self._database_url, autocommit=True) as connection:
            while not self._done.wait(LOOK_SECONDS):
                ours = [kilobytes(child.pid, "Pss") for child in multiprocessing.active_children()]
                theirs = [kilobytes(pid, "Pss_Anon") for (pid,) in connection.execute(_BACKENDS)]
                self.mb = max(self.mb, (sum(ours) + sum(theirs)) / 1024)


def kilobytes(pid: int | None, word: str) -> int:
    """What /proc says of a process' memory under a word (Rss, Pss, …); 0 where it says nothing."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith(f"{word}:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0
