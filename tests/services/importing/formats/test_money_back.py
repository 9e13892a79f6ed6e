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
