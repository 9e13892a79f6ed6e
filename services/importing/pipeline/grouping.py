"""Group rows by invoice and order invoices by time, without holding a file in memory.

Most files are in order; then an invoice is yielded as soon as its last row is read. Where invoices are
scattered over the file or out of order, the rows are sorted first: in memory while they are few, else on
disk.
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

#: Invoices split over the file are joined in memory; with more of them than this, the rows are sorted.
SPLIT_INVOICES_MAX = 1000
SORTED_IN_MEMORY_MAX = 250_000

NEVER = datetime.max.replace(tzinfo=UTC)


class Row(Protocol):
    """A row to group: `place` counts through all rows, `invoice` names the group."""

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


#: What the order of a row depends on: its place, its invoice, and its time as the file writes it.
RowSortKey = tuple[int, str, str]
TimeOf = Callable[[str], datetime | None]


def by_invoice(
    sort_keys: Callable[[], Iterable[RowSortKey]],
    time_of: TimeOf,
    rows: Callable[[], Iterator[AnyRow]],
    *,
    first_sort_keys: Callable[[], Iterable[RowSortKey]] | None = None,
) -> Iterator[list[AnyRow]]:
    """The rows of each invoice together, invoices by time (their earliest row's), rows in the order of the
    file.

    `sort_keys` reads the file once or twice, `rows` once; rows may be fewer, but keep their place. Of
    consecutive rows with the same invoice and time, the keys of the first and the last are enough.
    `first_sort_keys` may read the file the first time, where it is quicker: of rows with the same invoice,
    whatever their times. `time_of` gives None for a time that cannot be read.
    """
    split_invoices = _split_invoices((first_sort_keys or sort_keys)(), time_of)
    if split_invoices is not None:
        yield from _joined(rows(), split_invoices)
        return
    places: dict[str, tuple[datetime, int]] = {}
    for index, invoice, text in sort_keys():
        at = time_of(text) or NEVER
        before = places.get(invoice)
        if before is None or at < before[0]:
            places[invoice] = (at, before[1] if before else index)
    ranks = {invoice: rank for rank, invoice in enumerate(sorted(places, key=places.__getitem__))}
    last = len(ranks)
    in_order = sorted_on_disk(rows(), key=lambda row: (ranks.get(row.invoice, last), row.place))
    for _, group in groupby(in_order, key=attrgetter("invoice")):
        yield list(group)


def _split_invoices(sort_keys: Iterable[RowSortKey], time_of: TimeOf) -> dict[str, int] | None:
    """Invoices split over the file, with the place of their last row; None when the file is not in order."""
    seen: set[str] = set()
    split_invoices: dict[str, int] = {}
    current, newest = "", None
    for index, invoice, text in sort_keys:
        if invoice == current:
            if split_invoices and current in split_invoices:
                split_invoices[current] = index
            continue
        current = invoice
        at = time_of(text)
        if current in seen:
            split_invoices[current] = index
        elif at is not None and newest is not None and at < newest:
            return None
        if len(split_invoices) > SPLIT_INVOICES_MAX:
            return None
        newest = at if newest is None else max(newest, at or newest)
        seen.add(current)
    return split_invoices


def _joined(rows: Iterable[AnyRow], split_invoices: dict[str, int]) -> Iterator[list[AnyRow]]:
    waiting: dict[str, list[AnyRow]] = {}
    for invoice, group in groupby(rows, key=attrgetter("invoice")):
        together = list(group)
        if split_invoices:
            for other in [
                other for other in waiting if split_invoices[other] < together[0].place and other != invoice
            ]:
                yield waiting.pop(other)
            together = waiting.pop(invoice, []) + together
            if split_invoices.get(invoice, -1) > together[-1].place:
                waiting[invoice] = together
                continue
        yield together
    yield from waiting.values()


def without_duplicates(
    rows: Sequence[FiledRow], same: Callable[[FiledRow], Hashable], again: Callable[[FiledRow], None]
) -> list[FiledRow]:
    """Drop rows that an earlier file has, too, calling `again` with each.

    Rows repeated within a file stay.
    """
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
    """Sort items by key, holding at most `in_memory_max` in memory and the others in temporary files."""
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


def in_batches(
    items: Iterable[Item], size_of: Callable[[Item], int], *, items_max: int, size_max: int
) -> Iterator[list[Item]]:
    """Cut items into batches of at most `items_max` items and, unless one item is larger, size `size_max`."""
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
