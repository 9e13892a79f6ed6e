"""A return without a reference is traced to the oldest unreturned units of the customer."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from domain.ids import derived_id
from domain.messages import Event
from domain.sale.commands import LineToSell, RecordSale
from domain.sale.events import SaleRecorded, SoldLine, UnitsReturned, UnitsTakenBack
from services.importing.pipeline.unreturned_units import UnreturnedUnits

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def customer(number: int) -> str:
    return derived_id("cus", str(number))


def sale(number: int, of: int, days: int = 0, *skus: str) -> RecordSale:
    lines = tuple(LineToSell(sku=sku, quantity=2, unit_price_minor=500) for sku in skus)
    return RecordSale(
        sale_id=derived_id("sal", str(number)),
        customer_id=customer(of),
        store_id="downtown",
        currency="GBP",
        lines=lines,
        occurred_at=NOON + timedelta(days=days),
    )


def recorded(command: RecordSale) -> SaleRecorded:
    lines = tuple(
        SoldLine(line_no=number, sku=line.sku, quantity=2, unit_price_minor=500, net_minor=1_000, credits=())
        for number, line in enumerate(command.lines, start=1)
    )
    return SaleRecorded(
        occurred_at=command.occurred_at or NOON,
        sale_id=command.sale_id or "",
        customer_id=command.customer_id,
        store_id="downtown",
        channel="store",
        currency="GBP",
        lines=lines,
        net_minor=1_000 * len(lines),
    )


class Log:
    """The events of customers, and the customers asked for."""

    def __init__(self, *facts: Event) -> None:
        self.facts = facts
        self.asked: list[str] = []

    def read(self, customer_ids: Sequence[str]) -> Iterable[Event]:
        self.asked += customer_ids
        return [fact for fact in self.facts if getattr(fact, "customer_id", None) in (*customer_ids, None)]


def taken(units: UnreturnedUnits, of: int, sku: str, quantity: int) -> list[tuple[str, int]]:
    """The sales and how many units of each."""
    found = units.take(customer(of), sku, quantity, NOON + timedelta(days=100), "GBP")
    return [(source.sale_id if source else "", number) for source, number in found]


def test_the_oldest_units_come_back_first_in_whatever_order_they_were_sold():
    units = UnreturnedUnits(None)
    late, early, again = (
        sale(1, 1, 5, "hat", "scarf"),
        sale(2, 1, 3, "hat", "hat"),
        sale(3, 1, 4, "hat"),
    )
    units.sold(late)
    assert taken(units, 1, "hat", 1) == [(late.sale_id, 1)]
    units.sold(early)
    units.sold(again)
    assert taken(units, 1, "hat", 8) == [
        (early.sale_id, 2),
        (early.sale_id, 2),
        (again.sale_id, 2),
        (late.sale_id, 1),
        ("", 1),
    ]
    assert taken(units, 1, "scarf", 1) == [(late.sale_id, 1)]


def test_what_came_back_before_is_not_traced_to_again():
    hats = sale(1, 1, 0, "scarf", "hat")
    returned = UnitsReturned(
        occurred_at=NOON,
        sale_id=hats.sale_id or "",
        return_id=derived_id("ret", "1"),
        lines=(UnitsTakenBack(line_no=2, quantity=1, refund_minor=500),),
    )
    units = UnreturnedUnits(Log(recorded(hats), returned).read)
    units.begin_batch([customer(1)])
    assert taken(units, 1, "scarf", 2) == [(hats.sale_id, 2)]
    assert taken(units, 1, "hat", 2) == [(hats.sale_id, 1), ("", 1)]


def test_the_customer_not_seen_for_longest_is_evicted_and_read_again():
    first, second = sale(1, 1, 0, "hat", "scarf"), sale(2, 2, 0, "hat", "scarf")
    log = Log(recorded(first), recorded(second))
    units = UnreturnedUnits(log.read, lines_max=2)
    for each in (first, second):
        units.track_new(each.customer_id or "")
        units.sold(each)
        units.evict()
        units.begin_batch([])
    units.evict()
    units.begin_batch([customer(2)])
    assert log.asked == []
    assert taken(units, 2, "hat", 1) == [(second.sale_id, 1)]
    units.begin_batch([customer(1)])
    assert log.asked == [customer(1)]
    assert taken(units, 1, "hat", 1) == [(first.sale_id, 1)]
