"""Reading a source in a process of its own, somewhat ahead of the one that decides and writes.

Taking a file apart costs about as much as deciding what its slips lead to; on two cores both go on at once.
"""

import multiprocessing
import os
import queue
from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any

import msgspec

from infra.child_processes import belong_to_parent, without_main
from infra.garbage import seldom_collected
from services.ops.importing.account import Account, Tally
from services.ops.importing.documents import Document, documents
from services.ops.importing.files import UnusableFile
from services.ops.importing.grouping import batches
from services.ops.importing.slips import Format

#: How much is handed over at once, and how much of it may wait to be taken.
ROWS_AT_ONCE_MAX = 4_000
DOCUMENTS_AT_ONCE_MAX = 1_000
WAITING_MAX = 8
LOOK_SECONDS = 1.0
LESS_URGENT = 10


class Piece(msgspec.Struct, frozen=True, array_like=True):
    """Documents as they were read, what was counted on the way, and how many bytes that took; the last one says so."""

    documents: list[Document]
    tally: Tally
    read_bytes: int
    last: bool = False


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Piece).decode


def read_ahead(
    format: Format, account: Account, on_progress: Callable[[int], None] | None
) -> Iterator[Document]:
    """The documents of a source as another process reads them; they and the account come out the same.

    Raises what reading raises, and UnusableFile when the reading process is lost.
    """
    spawn = multiprocessing.get_context("spawn")
    pieces: Any = spawn.Queue(WAITING_MAX)
    # Format and account go over together, so that the one still counts in the other there.
    reader = spawn.Process(target=_read, args=(format, account, pieces), daemon=True)
    with without_main():
        reader.start()
    try:
        last = False
        while not last:
            piece = _next(pieces, reader)
            last = piece.last
            account.add(piece.tally)
            if on_progress is not None:
                on_progress(piece.read_bytes)
            yield from piece.documents
    finally:
        reader.terminate()
        reader.join()


def _next(pieces: Any, reader: Any) -> Piece:
    while True:
        gone = not reader.is_alive()
        try:
            piece = pieces.get(timeout=LOOK_SECONDS)
        except queue.Empty:
            if gone:
                raise UnusableFile(
                    f"the process that reads the file ended with code {reader.exitcode}; run the import again to go on"
                ) from None
            continue
        if isinstance(piece, Exception):
            raise piece
        return _decode(piece)


def _read(format: Format, account: Account, pieces: Any) -> None:
    belong_to_parent()
    # It is ahead anyway: where processors are short, whoever decides goes first.
    os.nice(LESS_URGENT)
    read_bytes = 0

    def reached(so_far: int) -> None:
        nonlocal read_bytes
        read_bytes = so_far

    def hand_over(some: list[Document], *, last: bool = False) -> None:
        pieces.put(_encode(Piece(some, account.take(), read_bytes, last)))

    try:
        with seldom_collected():
            read = documents(format, account, reached)
            for some in batches(
                read, attrgetter("rows"), items_max=DOCUMENTS_AT_ONCE_MAX, size_max=ROWS_AT_ONCE_MAX
            ):
                hand_over(some)
        read_bytes = format.size_bytes
        hand_over([], last=True)
    except Exception as error:
        hand_over([])
        pieces.put(error)
