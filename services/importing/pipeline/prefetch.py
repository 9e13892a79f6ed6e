"""Prefetch: another process reads the source ahead of the one that decides and writes.

Parsing a file costs about as much as deciding its commands; on two cores both run at once
(benchmarks/imports.py).
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
from services.importing.pipeline.csv_files import UnusableFile
from services.importing.pipeline.grouping import in_batches
from services.importing.pipeline.keyed_entries import KeyedEntry, keyed_entries
from services.importing.pipeline.reconciliation import Reconciliation, RowCounts
from services.importing.pipeline.source_documents import SourceFormat

#: The size of a chunk that goes from process to process.
ROWS_PER_CHUNK_MAX = 4_000
ENTRIES_PER_CHUNK_MAX = 1_000
#: The capacity of the pipe: several chunks, so that the reading process does not block. Linux gives 64 KiB by
#: default.
PIPE_BYTES = 1 << 20
LESS_URGENT = 10
#: Stands in place of a chunk and announces the error that ended the reading.
FAILED = b""


class Chunk(msgspec.Struct, frozen=True, array_like=True):
    """Entries, the rows counted on the way and the bytes read so far; `last` ends the stream."""

    keyed_entries: list[KeyedEntry]
    counts: RowCounts
    read_bytes: int
    last: bool = False


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Chunk).decode


def prefetch(
    format: SourceFormat, reconciliation: Reconciliation, on_progress: Callable[[int], None] | None
) -> Iterator[KeyedEntry]:
    """Read the entries of a source in another process; entries and reconciliation equal a direct read.

    Raises what reading raises, and UnusableFile when the reading process is lost.
    """
    spawn = multiprocessing.get_context("spawn")
    chunks, handed_over = spawn.Pipe(duplex=False)
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        # A user who has many pipes already gets no larger one; then it takes longer.
        with suppress(OSError):
            fcntl.fcntl(chunks.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    # Format and reconciliation go over together: the format still counts in it there.
    reader = spawn.Process(target=_read, args=(format, reconciliation, handed_over), daemon=True)
    with without_main():
        reader.start()
    # Only the reader holds this end now: the pipe ends when the reader does.
    handed_over.close()
    try:
        last = False
        while not last:
            chunk = _next(chunks, reader)
            last = chunk.last
            reconciliation.add(chunk.counts)
            if on_progress is not None:
                on_progress(chunk.read_bytes)
            yield from chunk.keyed_entries
    finally:
        reader.terminate()
        reader.join()
        chunks.close()


def _next(chunks: Connection, reader: SpawnProcess) -> Chunk:
    try:
        chunk = chunks.recv_bytes()
        error = chunks.recv() if chunk == FAILED else None
    except (EOFError, OSError):
        reader.join()
        raise UnusableFile(
            f"the process that reads the file ended with code {reader.exitcode}; "
            "run the import again to go on"
        ) from None
    if error is not None:
        raise error
    return _decode(chunk)


def _read(format: SourceFormat, reconciliation: Reconciliation, chunks: Connection) -> None:
    belong_to_parent()
    # Where processors are short, the process that decides goes first.
    os.nice(LESS_URGENT)
    read_bytes = 0

    def reached(so_far: int) -> None:
        nonlocal read_bytes
        read_bytes = so_far

    def hand_over(some: list[KeyedEntry], *, last: bool = False) -> None:
        chunks.send_bytes(_encode(Chunk(some, reconciliation.take(), read_bytes, last)))

    try:
        with seldom_collected():
            read = keyed_entries(format, reconciliation, reached)
            for some in in_batches(
                read, attrgetter("rows"), items_max=ENTRIES_PER_CHUNK_MAX, size_max=ROWS_PER_CHUNK_MAX
            ):
                hand_over(some)
        read_bytes = format.size_bytes
        hand_over([], last=True)
    except Exception as error:
        hand_over([])
        chunks.send_bytes(FAILED)
        chunks.send(error)
