"""Reading a source in a process of its own, somewhat ahead of the one that decides and writes.

Taking a file apart costs about as much as deciding what its slips lead to; on two cores both go on at once.
"""

import multiprocessing
import queue
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from infra.child_processes import belong_to_parent
from infra.garbage import seldom_collected
from services.ops.importing.account import Account, Tally
from services.ops.importing.files import UnusableFile
from services.ops.importing.grouping import batches
from services.ops.importing.slips import Entry, Format, Slip

#: How much is handed over at once, and how much of it may wait to be taken.
LINES_AT_ONCE_MAX = 4_000
ENTRIES_AT_ONCE_MAX = 1_000
WAITING_MAX = 8
LOOK_SECONDS = 1.0


class Piece(NamedTuple):
    """Entries as they were read, what was counted on the way, and how many bytes that took; the last one says so."""

    entries: list[Entry]
    tally: Tally
    read_bytes: int
    last: bool = False
    error: Exception | None = None


class ReadAhead:
    """A source that is read by another process; entries and account come out the same."""

    def __init__(self, format: Format, account: Account) -> None:
        self._format = format
        self._account = account
        self.source = format.source
        self.size_bytes = format.size_bytes

    def owner_of(self, customer: str) -> str | None:
        return self._format.owner_of(customer)

    def entries(self, on_progress: Callable[[int], None] | None = None) -> Iterator[Entry]:
        """As the source gives them. Raises what reading raises, and UnusableFile when the reading process is lost."""
        spawn = multiprocessing.get_context("spawn")
        pieces: Any = spawn.Queue(WAITING_MAX)
        # Format and account go over together, so that the one still counts in the other there.
        reader = spawn.Process(target=_read, args=(self._format, self._account, pieces), daemon=True)
        reader.start()
        try:
            while True:
                piece = _next(pieces, reader)
                self._account.add(piece.tally)
                if on_progress is not None:
                    on_progress(piece.read_bytes)
                yield from piece.entries
                if piece.error is not None:
                    raise piece.error
                if piece.last:
                    return
        finally:
            reader.terminate()
            reader.join()


def _next(pieces: Any, reader: Any) -> Piece:
    while True:
        gone = not reader.is_alive()
        try:
            return pieces.get(timeout=LOOK_SECONDS)
        except queue.Empty:
            if gone:
                raise UnusableFile(
                    f"the process that reads the file ended with code {reader.exitcode}; run the import again to go on"
                ) from None


def _read(format: Format, account: Account, pieces: Any) -> None:
    belong_to_parent()
    read_bytes = 0

    def reached(so_far: int) -> None:
        nonlocal read_bytes
        read_bytes = so_far

    try:
        with seldom_collected():
            entries = format.entries(reached)
            for some in batches(
                entries, _lines_of, items_max=ENTRIES_AT_ONCE_MAX, size_max=LINES_AT_ONCE_MAX
            ):
                pieces.put(Piece(some, account.take(), read_bytes))
        pieces.put(Piece([], account.take(), format.size_bytes, last=True))
    except Exception as error:
        pieces.put(Piece([], account.take(), read_bytes, error=error))


def _lines_of(entry: Entry) -> int:
    return len(entry.lines) if isinstance(entry, Slip) else 1
