"""A source read by another process gives the same documents and the same account, and says why where it cannot."""

import multiprocessing
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.ops.importing.account import Account
from services.ops.importing.documents import documents
from services.ops.importing.files import UnusableFile
from services.ops.importing.northwind import Northwind
from services.ops.importing.online_retail import OnlineRetail
from services.ops.importing.reading_ahead import read_ahead
from services.ops.importing.slips import Entry
from tests.services.ops.importing.controls import Cells, retail_file, row

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


def test_documents_and_account_are_the_same(tmp_path: Path) -> None:
    file = retail_file(tmp_path, many_rows(9_000))
    here, there = Account(), Account()
    read: list[int] = []
    plain = list(documents(OnlineRetail([file], 3, here), here, None))
    ahead = list(read_ahead(OnlineRetail([file], 3, there), there, read.append))
    assert ahead == plain
    assert len(plain) > 1_000
    assert there.close() == here.close()
    assert there.summary.left_out["price_zero"].rows == 900
    assert there.summary.customers == 1
    assert read == sorted(read)
    assert read[-1] == file.stat().st_size


def test_what_is_wrong_with_a_file_is_said_as_if_it_had_been_read_here() -> None:
    with pytest.raises(UnusableFile, match="the end of the file is missing"):
        list(read_ahead(Torn(), Account(), None))


def test_a_reading_process_that_is_killed_is_reported() -> None:
    with pytest.raises(UnusableFile, match="ended with code -9"):
        list(read_ahead(Killed(), Account(), None))


def test_whoever_stops_in_the_middle_leaves_no_process_behind(tmp_path: Path) -> None:
    account = Account()
    read = read_ahead(OnlineRetail([retail_file(tmp_path, many_rows(9_000))], 3, account), account, None)
    next(read)
    read.close()  # type: ignore[attr-defined]
    assert multiprocessing.active_children() == []


@pytest.mark.real_data
def test_a_folder_is_read_ahead_too() -> None:
    if not NORTHWIND.is_dir():
        pytest.skip("../shared/data/northwind is not here")
    here, there = Account(), Account()
    plain = list(documents(Northwind(NORTHWIND, here), here, None))
    assert list(read_ahead(Northwind(NORTHWIND, there), there, None)) == plain
