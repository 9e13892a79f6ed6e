"""Rows of one invoice brought together, and invoices into the order of time, without holding a file in memory.

Files mostly are in order, and then an invoice goes on as soon as its last row was read. Where invoices are scattered over the file,
or are not in the order of time, the rows are sorted first: in memory while they are few, else on disk.
"""

import heapq
import pickle
import tempfile
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby, islice
from operator import attrgetter
from typing import IO, Any, Protocol, TypeVar

#: Invoices that come in several pieces are waited for; with more of them than this, the file counts as scattered.
PIECES_WAITED_FOR_MAX = 1000
SORTED_IN_MEMORY_MAX = 250_000

NEVER = datetime.max.replace(tzinfo=UTC)


class Row(Protocol):
    """What is to be grouped: `place` counts through all rows, `invoice` names what it belongs to."""

    @property
    def place(self) -> int: ...
    @property
    def invoice(self) -> str: ...


class RowOfFile(Row, Protocol):
    """A row that knows which of the files it came from."""

    @property
    def file(self) -> int: ...


Item = TypeVar("Item")
AnyRow = TypeVar("AnyRow", bound=Row)
FiledRow = TypeVar("FiledRow", bound=RowOfFile)


#: The little of a row that the order depends on: its place, its invoice, and its time as the file writes it.
Glance = tuple[int, str, str]
TimeOf = Callable[[str], datetime | None]


def grouped(
    glances: Callable[[], Iterable[Glance]],
    time_of: TimeOf,
    rows: Callable[[], Iterator[AnyRow]],
    *,
    beginnings: Callable[[], Iterable[Glance]] | None = None,
) -> Iterator[list[AnyRow]]:
    """The rows of each invoice together, invoices by time (their earliest row's), rows in the order of the file.

    `glances` goes through the file once or twice, `rows` once; rows may be fewer, but keep their place. Of rows that follow each other
    with the same invoice and time, glances at the first and the last are enough. `beginnings` may go through it the first time, if it is
    quicker: of rows with the same invoice, whatever their times. `time_of` gives None for what cannot be read.
    """
    pieces = _pieces((beginnings or glances)(), time_of)
    if pieces is not None:
        yield from _waiting_for_pieces(rows(), pieces)
        return
    places: dict[str, tuple[datetime, int]] = {}
    for index, invoice, text in glances():
        at = time_of(text) or NEVER
        before = places.get(invoice)
        if before is None or at < before[0]:
            places[invoice] = (at, before[1] if before else index)
    ranks = {invoice: rank for rank, invoice in enumerate(sorted(places, key=places.__getitem__))}
    last = len(ranks)
    in_order = sorted_on_disk(rows(), key=lambda row: (ranks.get(row.invoice, last), row.place))
    for _, group in groupby(in_order, key=attrgetter("invoice")):
        yield list(group)


def _pieces(glances: Iterable[Glance], time_of: TimeOf) -> dict[str, int] | None:
    """Invoices that come in several pieces, with the place of their last row; None when there is no order to speak of."""
    seen: set[str] = set()
    pieces: dict[str, int] = {}
    current, newest = "", None
    for index, invoice, text in glances:
        if invoice == current:
            if pieces and current in pieces:
                pieces[current] = index
            continue
        current = invoice
        at = time_of(text)
        if current in seen:
            pieces[current] = index
        elif at is not None and newest is not None and at < newest:
            return None
        if len(pieces) > PIECES_WAITED_FOR_MAX:
            return None
        newest = at if newest is None else max(newest, at or newest)
        seen.add(current)
    return pieces


def _waiting_for_pieces(rows: Iterable[AnyRow], pieces: dict[str, int]) -> Iterator[list[AnyRow]]:
    waiting: dict[str, list[AnyRow]] = {}
    for invoice, group in groupby(rows, key=attrgetter("invoice")):
        together = list(group)
        if pieces:
            for other in [
                other for other in waiting if pieces[other] < together[0].place and other != invoice
            ]:
                yield waiting.pop(other)
            together = waiting.pop(invoice, []) + together
            if pieces.get(invoice, -1) > together[-1].place:
                waiting[invoice] = together
                continue
        yield together
    yield from waiting.values()


def once(
    rows: Sequence[FiledRow], same: Callable[[FiledRow], Hashable], again: Callable[[FiledRow], None]
) -> list[FiledRow]:
    """The rows without those that an earlier file has, too; `again` is told of each. Rows that one file repeats are rows."""
    if len({row.file for row in rows}) == 1:
        return list(rows)
    kept: list[FiledRow] = []
    before: Counter[Hashable] = Counter()
    for file in sorted({row.file for row in rows}):
        here: Counter[Hashable] = Counter()
        for row in (row for row in rows if row.file == file):
            here[same(row)] += 1
            if here[same(row)] > before[same(row)]:
                kept.append(row)
            else:
                again(row)
        before |= here
    return kept


def sorted_on_disk(
    items: Iterable[AnyRow], key: Callable[[AnyRow], Any], *, in_memory_max: int = SORTED_IN_MEMORY_MAX
) -> Iterator[AnyRow]:
    """The items in the order of their keys. At most `in_memory_max` of them are held; the others wait in temporary files."""
    source = iter(items)
    files: list[IO[bytes]] = []
    try:
        while chunk := sorted(islice(source, in_memory_max), key=key):
            if not files and len(chunk) < in_memory_max:
                yield from chunk
                return
            file = tempfile.TemporaryFile()  # noqa: SIM115 - closed below, after the last item
            files.append(file)
            for item in chunk:
                pickle.dump(item, file, pickle.HIGHEST_PROTOCOL)
            file.seek(0)
        yield from heapq.merge(*(_items_of(file) for file in files), key=key)
    finally:
        for file in files:
            file.close()


def _items_of(file: IO[bytes]) -> Iterator[Any]:
    while True:
        try:
            # These bytes were written by ourselves a moment ago, into a file that has no name.
            yield pickle.load(file)  # noqa: S301
        except EOFError:
            return


def batches(
    items: Iterable[Item], size_of: Callable[[Item], int], *, items_max: int, size_max: int
) -> Iterator[list[Item]]:
    """The items in batches that are neither longer than `items_max` nor, with more than one in it, larger than `size_max`."""
    batch: list[Item] = []
    size = 0
    for item in items:
        item_size = size_of(item)
        if batch and (len(batch) == items_max or size + item_size > size_max):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += item_size
    if batch:
        yield batch
