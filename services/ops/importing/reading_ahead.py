"""Reading a source in a process of its own, somewhat ahead of the one that decides and writes.

Taking a file apart costs about as much as deciding what its slips lead to; on two cores both go on at once.
"""

import fcntl
import multiprocessing
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from operator import attrgetter

import msgspec

from infra.child_processes import belong_to_parent, without_main
from infra.garbage import seldom_collected
from services.ops.importing.account import Account, Tally
from services.ops.importing.documents import Document, documents
from services.ops.importing.files import UnusableFile
from services.ops.importing.grouping import batches
from services.ops.importing.slips import Format

#: How much is handed over at once.
ROWS_AT_ONCE_MAX = 4_000
DOCUMENTS_AT_ONCE_MAX = 1_000
#: What may wait in the pipe: some pieces, so that whoever takes one has it at once. Linux gives 64 KiB unless it is asked for more.
PIPE_BYTES = 1 << 20
LESS_URGENT = 10
#: Comes instead of a piece; behind it comes the error that reading ended with.
FAILED = b""


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
    pieces, handed_over = spawn.Pipe(duplex=False)
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        # A user who has many pipes already gets no larger one; then it takes longer.
        with suppress(OSError):
            fcntl.fcntl(pieces.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    # Format and account go over together, so that the one still counts in the other there.
    reader = spawn.Process(target=_read, args=(format, account, handed_over), daemon=True)
    with without_main():
        reader.start()
    # Only the reader holds this end now: the pipe ends when the reader does.
    handed_over.close()
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
        pieces.close()


def _next(pieces: Connection, reader: SpawnProcess) -> Piece:
    try:
        piece = pieces.recv_bytes()
        error = pieces.recv() if piece == FAILED else None
    except (EOFError, OSError):
        reader.join()
        raise UnusableFile(
            f"the process that reads the file ended with code {reader.exitcode}; run the import again to go on"
        ) from None
    if error is not None:
        raise error
    return _decode(piece)


def _read(format: Format, account: Account, pieces: Connection) -> None:
    belong_to_parent()
    # It is ahead anyway: where processors are short, whoever decides goes first.
    os.nice(LESS_URGENT)
    read_bytes = 0

    def reached(so_far: int) -> None:
        nonlocal read_bytes
        read_bytes = so_far

    def hand_over(some: list[Document], *, last: bool = False) -> None:
        pieces.send_bytes(_encode(Piece(some, account.take(), read_bytes, last)))

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
        pieces.send_bytes(FAILED)
        pieces.send(error)
