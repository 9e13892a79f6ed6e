"""Laws that hold for any file of Online Retail, however dirty, and for any order of its rows."""

import csv
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.return_.commands import AcceptReturn, MatchReturn
from domain.sale.commands import RecordSale
from tests.services.importing.builders import Cells, dry_retail, retail_file, row, sum_of

rows = st.builds(
    row,
    invoice=st.sampled_from(["1", "2", "3", "4", "C5", "C6", "C7", "A8", "", "c9"]),
    sku=st.sampled_from(["A", "B", ""]),
    quantity=st.one_of(st.integers(-12, 12), st.sampled_from(["x", "", "3.0", 10**8])),
    at=st.builds(lambda day: f"2011-03-{day:02d} 10:00:00", st.integers(1, 28)),
    price=st.sampled_from(["0", "0.01", "0.333", "2.55", "2.555", "-3.00", "10", "1,000.005", "x"]),
    customer=st.sampled_from(["", "1", "2", "2.0"]),
)

#: Little dirt and few names, so that much of it is sold, cancelled and cancelled again.
busy_rows = st.builds(
    row,
    invoice=st.sampled_from(["1", "2", "C5", "C6", "C7"]),
    sku=st.sampled_from(["A", "B"]),
    quantity=st.integers(-6, 6),
    at=st.builds(lambda day: f"2011-03-{day:02d} 10:00:00", st.integers(1, 9)),
    price=st.sampled_from(["1.00", "1.00", "1.005", "2.00"]),
    customer=st.sampled_from(["1", "1", "2"]),
)


def exact_sum(path: Path) -> Decimal:
    """What the file comes to, by a reader of its own: rows that cannot be read come to nothing."""
    total = Decimal(0)
    with path.open(newline="") as file:
        for cells in csv.DictReader(file):
            try:
                quantity, price = Decimal(cells["Quantity"]), Decimal(cells["UnitPrice"].replace(",", ""))
            except ArithmeticError:
                continue
            total += quantity * price
    return total


@settings(max_examples=150, deadline=None)
@given(st.lists(rows | busy_rows, max_size=30))
def test_every_row_is_counted_and_the_sums_equal_the_files_to_the_penny(given_rows: list[Cells]) -> None:
    with TemporaryDirectory() as folder:
        path = retail_file(Path(folder), given_rows)
        commands, summary, _ = dry_retail(path)
        pennies = int((exact_sum(path) * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    assert sum_of(summary) == pennies
    sold_lines = sum(len(command.lines) for command in commands if isinstance(command, RecordSale))
    skipped = sum(left.rows for left in summary.skipped.values())
    assert summary.rows == len(given_rows)
    assert sold_lines + skipped <= summary.rows
    sold = sum(
        line.quantity * line.unit_price_minor - line.discount_minor
        for command in commands
        if isinstance(command, RecordSale)
        for line in command.lines
    )
    refunds = [line.refund_minor for c in commands if isinstance(c, AcceptReturn) for line in c.lines]
    assert (sold, sum(refund or 0 for refund in refunds)) == (summary.sold_minor, summary.returned_minor)


@settings(max_examples=100, deadline=None)
@given(st.lists(busy_rows, max_size=30))
def test_no_unit_is_traced_twice_and_none_before_it_was_sold(given_rows: list[Cells]) -> None:
    with TemporaryDirectory() as folder:
        commands, _, _ = dry_retail(retail_file(Path(folder), given_rows))
    sold: dict[tuple[str | None, int], int] = {}
    back: Counter[tuple[str | None, int]] = Counter()
    without_receipt: dict[str | None, AcceptReturn] = {}
    for command in commands:
        if isinstance(command, RecordSale):
            sold.update(
                {(command.sale_id, number): line.quantity for number, line in enumerate(command.lines, 1)}
            )
        elif isinstance(command, AcceptReturn) and command.sale_id is not None:
            back.update({(command.sale_id, line.line_no or 0): line.quantity for line in command.lines})
        elif isinstance(command, AcceptReturn):
            without_receipt[command.return_id] = command
        elif isinstance(command, MatchReturn):
            for number, line in zip(command.lines, without_receipt[command.return_id].lines, strict=True):
                back[command.sale_id, number or 0] += line.quantity
        assert all(quantity <= sold.get(line, 0) for line, quantity in back.items())


@settings(max_examples=60, deadline=None)
@given(st.data(), st.lists(rows, max_size=20))
def test_scattering_the_rows_changes_no_sum(data: st.DataObject, given_rows: list[Cells]) -> None:
    scattered = data.draw(st.permutations(given_rows))
    with TemporaryDirectory() as folder:
        _, summary, _ = dry_retail(retail_file(Path(folder), given_rows, "a.csv"))
        _, other, _ = dry_retail(retail_file(Path(folder), scattered, "b.csv"))
    assert (
        summary.sold_minor,
        summary.returned_minor,
        summary.skipped,
        summary.customers,
        summary.sales,
    ) == (
        other.sold_minor,
        other.returned_minor,
        other.skipped,
        other.customers,
        other.sales,
    )
