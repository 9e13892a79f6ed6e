"""Money back in an export: what it takes back, and a document of it that comes again in another form."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.importing.formats.mapped_csv.mapping import mapping_of
from services.importing.formats.mapped_csv.reader import MappedCsv
from services.importing.pipeline.reconciliation import Reconciliation
from tests.services.importing.builders import House, import_into

EXPORTS = Path(__file__).parents[1] / "exports"
NOW = datetime(2026, 11, 29, tzinfo=UTC)


def test_money_back_without_goods_takes_back_what_the_money_had_earned(house: House) -> None:
    for _ in range(2):
        reconciliation = Reconciliation()
        source = MappedCsv(
            [EXPORTS / "amount-refund.csv"],
            mapping_of(EXPORTS / "amount-refund.toml"),
            reconciliation,
            now=NOW,
        )
        summary = import_into(house, source, reconciliation)
        assert (summary.returns, summary.returned_minor) == (2, 8_000)
    assert [event.amount_minor for event in house.events("commission_account.earned.v1")] == [8_370]
    taken_back = house.events("commission_account.allowance_clawed_back.v1")
    assert [event.amount_minor for event in taken_back] == [270, 270]


WITH_GOODS = "2025-01-09,2,C1,HAT,-1,-50.00,Mo\n"


@pytest.mark.parametrize(
    ("more", "changed", "skipped_minor"),
    [
        ("", "0,-50.00", -5_000),
        ("", "-1,-1240.00", -124_000),
        (WITH_GOODS, "0,-60.00", -11_000),
    ],
    ids=["another amount", "goods after all", "beside goods"],
)
def test_money_back_imported_again_otherwise_stays_as_it_was(
    tmp_path: Path, house: House, more: str, changed: str, skipped_minor: int
) -> None:
    file = tmp_path / "amount-refund.csv"
    text = (EXPORTS / "amount-refund.csv").read_text() + more
    mapping = mapping_of(EXPORTS / "amount-refund.toml")
    for content in (text, text.replace("0,-40.00", changed)):
        file.write_text(content)
        reconciliation = Reconciliation()
        summary = import_into(house, MappedCsv([file], mapping, reconciliation, now=NOW), reconciliation)
    assert summary.skipped["imported_before_otherwise"].amount_minor == skipped_minor
    taken_back = house.events("commission_account.allowance_clawed_back.v1")
    assert [event.amount_minor for event in taken_back] == [270, 270]
    assert house.events("commission_account.clawed_back.v1") == []


@pytest.mark.parametrize("later", ["50.00", "1240.00"])
def test_an_order_of_which_more_was_refunded_by_a_later_export_is_named(
    tmp_path: Path, house: House, later: str
) -> None:
    """The column has all that was refunded so far: the 40.00 of the first export are part of it."""
    file, toml = tmp_path / "orders.csv", tmp_path / "orders.toml"
    toml.write_text((EXPORTS / "amount-refund.toml").read_text() + 'refunded = "refunded"\n')
    header = "date,invoice,customer,sku,quantity,amount,associate,refunded\n"
    for refunded in ("40.00", later):
        file.write_text(f"{header}2025-01-06,1,C1,SCARF,1,1240.00,Mo,{refunded}\n")
        reconciliation = Reconciliation()
        source = MappedCsv([file], mapping_of(toml), reconciliation, now=NOW)
        summary = import_into(house, source, reconciliation)
    assert summary.skipped["imported_before_otherwise"].amount_minor == -int(later.replace(".", ""))
    assert [event.amount_minor for event in house.events("sale.price_allowed.v1")] == [4_000]
    assert house.events("return.accepted.v1") == []


SALES = """date,invoice,customer,sku,quantity,amount,associate
2025-01-06,1,C1,SCARF,2,248.00,Mo
2025-01-06,1,C1,HAT,1,50.00,Mo
2025-01-07,2,C1,BAG,1,90.00,Mo
"""


@pytest.mark.parametrize(
    ("was", "corrected", "skipped_minor"),
    [
        (("BAG,1,90.00",), ("BAG,-1,-90.00",), -9_000),
        (("HAT,1,50.00",), ("HAT,-1,-50.00",), 24_800 - 5_000),
        (("BAG,-1,-90.00",), ("BAG,1,90.00",), 9_000),
    ],
    ids=["a sale", "a line of a sale", "a return"],
)
def test_a_document_that_comes_again_with_other_signs_stays_as_it_was(
    tmp_path: Path, house: House, was: tuple[str], corrected: tuple[str], skipped_minor: int
) -> None:
    file, mapping = tmp_path / "orders.csv", mapping_of(EXPORTS / "amount-refund.toml")
    first = SALES if was[0] in SALES else SALES.replace(corrected[0], was[0])
    events: list[int] = []
    for content in (first, first, first.replace(was[0], corrected[0])):
        file.write_text(content)
        reconciliation = Reconciliation()
        summary = import_into(house, MappedCsv([file], mapping, reconciliation, now=NOW), reconciliation)
        events.append(summary.events)
    assert events[1:] == [0, 0]
    assert summary.skipped["imported_before_otherwise"].amount_minor == skipped_minor


def test_goods_that_come_back_in_a_later_export_are_a_new_return(tmp_path: Path, house: House) -> None:
    """Under the number of their order, beside it or alone, on another day."""
    file, mapping = tmp_path / "orders.csv", mapping_of(EXPORTS / "amount-refund.toml")
    header, *sold = SALES.splitlines(keepends=True)
    back = ["2025-01-09,1,C1,HAT,-1,-50.00,Mo\n", "2025-01-09,2,C1,BAG,-1,-90.00,Mo\n"]
    for rows in (sold, [*sold, back[0]], [back[1]]):
        file.write_text(header + "".join(rows))
        reconciliation = Reconciliation()
        summary = import_into(house, MappedCsv([file], mapping, reconciliation, now=NOW), reconciliation)
        assert "imported_before_otherwise" not in summary.skipped
    assert len(house.events("return.accepted.v1")) == 2
