"""Invoices brought together and into the order of time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.importing.pipeline.grouping import by_invoice, sorted_on_disk, without_duplicates

START = datetime(2010, 1, 1, tzinfo=UTC)


class Scrap(NamedTuple):
    place: int
    invoice: str
    minute: int
    file: int = 0


def together(scraps: list[Scrap]) -> list[list[int]]:
    def sort_keys() -> Iterator[tuple[int, str, str]]:
        return ((scrap.place, scrap.invoice, str(scrap.minute)) for scrap in scraps)

    def time_of(text: str) -> datetime:
        return START + timedelta(minutes=int(text))

    return [[row.place for row in rows] for rows in by_invoice(sort_keys, time_of, lambda: iter(scraps))]


def scraps(*invoices_and_minutes: tuple[str, int]) -> list[Scrap]:
    return [Scrap(place, invoice, minute) for place, (invoice, minute) in enumerate(invoices_and_minutes)]


def test_rows_in_order_stay_in_order() -> None:
    assert together(scraps(("a", 0), ("a", 1), ("b", 1), ("c", 2))) == [[0, 1], [2], [3]]


def test_an_invoice_in_two_pieces_waits_for_its_last_row() -> None:
    assert together(scraps(("a", 0), ("b", 0), ("a", 0), ("c", 1))) == [[1], [0, 2], [3]]


def test_invoices_that_are_not_in_the_order_of_time_are_sorted() -> None:
    assert together(scraps(("c", 5), ("a", 0), ("c", 6), ("b", 3), ("a", 9))) == [[1, 4], [3], [0, 2]]


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 5))))
def test_every_row_comes_out_once_with_all_of_its_invoice(rows: list[tuple[str, int]]) -> None:
    given_rows = scraps(*rows)
    groups = together(given_rows)
    assert sorted(place for group in groups for place in group) == list(range(len(rows)))
    names = [{given_rows[place].invoice for place in group} for group in groups]
    assert all(len(name) == 1 for name in names)
    assert len(names) == len({invoice for invoice, _ in rows})
    assert all(group == sorted(group) for group in groups)


def test_many_split_invoices_are_sorted_rather_than_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.importing.pipeline.grouping.SPLIT_INVOICES_MAX", 1)
    assert together(scraps(("a", 0), ("b", 0), ("a", 0), ("b", 0))) == [[0, 2], [1, 3]]


@given(st.lists(st.integers(0, 50)), st.integers(1, 7))
def test_sorting_on_disk_gives_what_sorting_in_memory_gives(minutes: list[int], in_memory_max: int) -> None:
    items = [Scrap(place, "", minute) for place, minute in enumerate(minutes)]
    on_disk = sorted_on_disk(items, lambda each: (each.minute, each.place), in_memory_max=in_memory_max)
    assert list(on_disk) == sorted(items, key=lambda each: (each.minute, each.place))


def test_a_row_of_an_earlier_file_counts_once_and_a_repeated_row_stays() -> None:
    first = [Scrap(0, "a", 1, 0), Scrap(1, "a", 1, 0), Scrap(2, "a", 2, 0)]
    second = [Scrap(3, "a", 1, 1), Scrap(4, "a", 1, 1), Scrap(5, "a", 1, 1), Scrap(6, "a", 3, 1)]
    again: list[int] = []
    kept = without_duplicates([*first, *second], lambda row: row.minute, lambda row: again.append(row.place))
    assert ([row.place for row in kept], again) == ([0, 1, 2, 5, 6], [3, 4])
