"""Stores of an imported history: their days are those of the file's time zone."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from domain.store.commands import OpenStore
from services.importing.formats.mapped_csv.mapping import mapping_of
from services.importing.formats.mapped_csv.reader import MappedCsv
from services.importing.pipeline.reconciliation import Reconciliation
from services.importing.pipeline.stores import WithStores
from tests.services.importing.builders import House, import_into

NEW_YORK = "America/New_York"
MAPPING = f"""
name = "till"
currency = "USD"
time_zone = "{NEW_YORK}"
[columns]
date = "date"
invoice = "invoice"
customer = "customer"
sku = "sku"
quantity = "quantity"
amount = "amount"
store = "store"
"""
A_SATURDAY = datetime(2025, 3, 8, 21, 30)  # noqa: DTZ001 - local times, as the file has them
ROWS = "date,invoice,customer,sku,quantity,amount,store\n" + "".join(
    f"{A_SATURDAY + timedelta(weeks=week):%Y-%m-%d %H:%M},{week},C1,SCARF,1,10.00,soho\n" for week in range(4)
)


def imported(house: House, folder: Path) -> None:
    (folder / "map.toml").write_text(MAPPING)
    (folder / "till.csv").write_text(ROWS)
    reconciliation = Reconciliation()
    now = datetime(2026, 1, 1, tzinfo=UTC)
    source = MappedCsv([folder / "till.csv"], mapping_of(folder / "map.toml"), reconciliation, now=now)
    import_into(house, WithStores(source, NEW_YORK), reconciliation)


def test_a_saturday_evening_is_a_saturday_also_after_the_clocks_went_forward(
    tmp_path: Path, house: House
) -> None:
    imported(house, tmp_path)
    [store] = house.events("store.opened.v1")
    assert (store.store_id, store.time_zone, store.currency, store.channel) == (
        "soho",
        NEW_YORK,
        "USD",
        "store",
    )
    days = [sale.sold_on or sale.occurred_at.date() for sale in house.events("sale.recorded.v1")]
    assert days == [date(2025, 3, 8) + timedelta(weeks=week) for week in range(4)]
    before = house.log.last_position()
    imported(house, tmp_path)
    assert house.log.last_position() == before


def test_a_store_that_somebody_has_opened_stays_as_they_said(tmp_path: Path, house: House) -> None:
    own = OpenStore(store_id="soho", name="SoHo", time_zone="America/Chicago", currency="USD")
    house.handler.handle_many([(own, "by hand")])
    imported(house, tmp_path)
    assert [store.name for store in house.events("store.opened.v1")] == ["SoHo"]
