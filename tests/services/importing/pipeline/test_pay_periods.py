"""Pay periods over an imported history."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from services.importing.formats.mapped_csv.mapping import mapping_of
from services.importing.formats.mapped_csv.reader import MappedCsv
from services.importing.pipeline.pay_periods import PeriodLength, WithPayPeriods, period_of
from services.importing.pipeline.reconciliation import Reconciliation
from tests.services.importing.builders import House, import_into

MAPPING = """
name = "till"
currency = "USD"
[columns]
date = "date"
invoice = "invoice"
customer = "customer"
sku = "sku"
quantity = "quantity"
amount = "amount"
associate = "associate"
"""
ROWS = """date,invoice,customer,sku,quantity,amount,associate
2025-01-06,1,C1,SCARF,1,1000.00,Mo
2025-01-20,2,C2,BELT,1,200.00,Lin
2025-03-09,3,C1,SCARF,-1,-1000.00,Mo
2025-03-10,4,C2,BELT,1,400.00,Mo
"""


@pytest.mark.parametrize(
    ("length", "name", "starts_on", "ends_on"),
    [
        ("monthly", "2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("semimonthly", "2024-02-2", date(2024, 2, 16), date(2024, 2, 29)),
        ("biweekly", "2024-02-12", date(2024, 2, 12), date(2024, 2, 25)),
    ],
)
def test_a_day_has_one_period_of_each_length(
    length: PeriodLength, name: str, starts_on: date, ends_on: date
) -> None:
    assert period_of(date(2024, 2, 20), length) == (name, starts_on, ends_on)
    assert period_of(starts_on, length) == period_of(ends_on, length)


def imported(house: House, folder: Path, now: datetime) -> None:
    (folder / "map.toml").write_text(MAPPING)
    (folder / "till.csv").write_text(ROWS)
    reconciliation = Reconciliation()
    source = MappedCsv([folder / "till.csv"], mapping_of(folder / "map.toml"), reconciliation, now=now)
    import_into(house, WithPayPeriods(source, "monthly", "America/New_York", now), reconciliation)


def test_each_month_of_a_history_is_paid_and_a_later_return_comes_off_its_own(
    tmp_path: Path, house: House
) -> None:
    imported(house, tmp_path, datetime(2026, 1, 1, tzinfo=UTC))
    hired = [event.associate_id for event in house.events("associate.hired.v1")]
    names = dict(zip(hired, ("Mo", "Lin"), strict=True))
    assert [event.period_id for event in house.events("pay_period.closed.v1")] == [
        "2025-01",
        "2025-02",
        "2025-03",
    ]
    statements = house.events("commission_account.statement_issued.v1")
    assert [(each.period_id, names[each.associate_id], each.net_minor) for each in statements] == [
        ("2025-01", "Mo", 6_750),
        ("2025-01", "Lin", 1_350),
        ("2025-02", "Mo", 0),
        ("2025-02", "Lin", 0),
        ("2025-03", "Mo", 2_700 - 6_750),
        ("2025-03", "Lin", 0),
    ]
    before = house.log.last_position()
    imported(house, tmp_path, datetime(2026, 1, 1, tzinfo=UTC))
    assert house.log.last_position() == before


def test_a_period_that_is_not_over_stays_open(tmp_path: Path, house: House) -> None:
    imported(house, tmp_path, datetime(2025, 3, 20, tzinfo=UTC))
    assert len(house.events("pay_period.opened.v1")) == 3
    assert [event.period_id for event in house.events("pay_period.closed.v1")] == ["2025-01", "2025-02"]
