"""Prefetch gives the same entries and the same reconciliation as a direct read, or the reason why not."""

import multiprocessing
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.importing.formats.northwind import Northwind
from services.importing.formats.online_retail.reader import OnlineRetail
from services.importing.pipeline.csv_files import UnusableFile
from services.importing.pipeline.keyed_entries import keyed_entries
from services.importing.pipeline.prefetch import prefetch
from services.importing.pipeline.reconciliation import Reconciliation
from services.importing.pipeline.source_documents import Entry
from tests.services.importing.builders import Cells, retail_file, row

NORTHWIND = Path(__file__).parents[5] / "shared" / "data" / "northwind"


def many_rows(count: int) -> list[Cells]:
    return [
        row(
            invoice=f"{536000 + n // 5}",
            sku=f"S{n % 7}",
            price="0" if n % 10 == 0 else "2.55",
            customer="" if n % 10 == 0 else "17850",
        )
        for n in range(count)
    ]


class Torn:
    """A source that breaks in the middle."""

    source = "torn"
    size_bytes = 1

    def owner_of(self, customer: str) -> None:
        del customer

    def entries(self, on_progress: object = None) -> Iterator[Entry]:
        yield from ()
        raise UnusableFile("torn.csv: the end of the file is missing")


class Killed(Torn):
    """A source whose process is killed while it reads."""

    def entries(self, on_progress: object = None) -> Iterator[Entry]:
        yield from ()
        os.kill(os.getpid(), signal.SIGKILL)


def test_entries_and_reconciliation_equal_a_direct_read(tmp_path: Path) -> None:
    file = retail_file(tmp_path, many_rows(9_000))
    here, there = Reconciliation(), Reconciliation()
    read: list[int] = []
    plain = list(keyed_entries(OnlineRetail([file], 3, here), here, None))
    ahead = list(prefetch(OnlineRetail([file], 3, there), there, read.append))
    assert ahead == plain
    assert len(plain) > 1_000
    assert there.close() == here.close()
    assert there.summary.skipped["price_zero"].rows == 900
    assert there.summary.customers == 1
    assert read == sorted(read)
    assert read[-1] == file.stat().st_size


def test_a_broken_file_raises_the_same_error_as_a_direct_read() -> None:
    with pytest.raises(UnusableFile, match="the end of the file is missing"):
        list(prefetch(Torn(), Reconciliation(), None))


def test_a_reading_process_that_is_killed_is_reported() -> None:
    with pytest.raises(UnusableFile, match="ended with code -9"):
        list(prefetch(Killed(), Reconciliation(), None))


def test_stopping_in_the_middle_leaves_no_process_behind(tmp_path: Path) -> None:
    reconciliation = Reconciliation()
    read = prefetch(
        OnlineRetail([retail_file(tmp_path, many_rows(9_000))], 3, reconciliation), reconciliation, None
    )
    next(read)
    read.close()  # type: ignore[attr-defined]
    assert multiprocessing.active_children() == []


@pytest.mark.real_data
def test_a_folder_is_prefetched_too() -> None:
    if not NORTHWIND.is_dir():
        pytest.skip("../shared/data/northwind is not here")
    here, there = Reconciliation(), Reconciliation()
    plain = list(keyed_entries(Northwind(NORTHWIND, here), here, None))
    assert list(prefetch(Northwind(NORTHWIND, there), there, None)) == plain
