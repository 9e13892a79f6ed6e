"""Units sold and not returned, by customer and stock code: a return without a reference is traced to the
oldest.

A customer is tracked from their first sale where this run registers them, and otherwise from their first
return. A customer who returns something and is not tracked is read from the log, so that tracing knows
everything ever sold to them, by this run, an earlier one or the till; no unit is traced twice. The customers
not seen for longest are evicted and read again when they return something. While a batch is decided, the
batch before it may not be written yet: its sales are remembered until then.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from domain.messages import Event
from domain.sale.commands import LineToSell, RecordSale
from domain.sale.events import PriceAllowed, SaleRecorded, SoldLine, UnitsReturned
from domain.sale.pricing import before_order_minor

LINES_TRACKED_MAX = 150_000

#: The events of these customers, in the order of the log; SaleRecorded, UnitsReturned, PriceAllowed matter.
ReadCustomerEvents = Callable[[Sequence[str]], Iterable[Event]]

Sold = RecordSale | SaleRecorded


class SoldUnits:
    """What is left of one sale line.

    `unit_minor` is the price paid per unit, None where it is no whole minor unit.
    """

    __slots__ = ("_exact_minor", "currency", "left", "line_no", "sale_id", "sold_at", "unit_minor")

    def __init__(
        self,
        sale_id: str,
        line_no: int,
        line: LineToSell | SoldLine,
        left: int,
        sold_at: datetime,
        currency: str,
    ) -> None:
        net_minor = line.net_minor if isinstance(line, SoldLine) else before_order_minor(line)
        self.sale_id = sale_id
        self.line_no = line_no
        self.left = left
        self.unit_minor = net_minor // line.quantity if net_minor % line.quantity == 0 else None
        #: Numerator and denominator of the price per unit.
        self._exact_minor = (net_minor, line.quantity)
        self.sold_at = sold_at
        self.currency = currency

    def allow(self, amount_minor: int) -> bool:
        """Take money off the units that are left; False where it is more than they cost."""
        numerator, denominator = self._exact_minor
        left_minor = numerator * self.left // denominator - amount_minor
        if not self.left or left_minor < 0:
            return False
        self._exact_minor = (left_minor, self.left)
        self.unit_minor = left_minor // self.left if left_minor % self.left == 0 else None
        return True


class _TrackedSale(NamedTuple):
    sale_id: str
    sold_at: datetime
    sale: Sold


class _TrackedCustomer:
    """One customer's units by stock code, oldest first.

    Indexed on their first return; most customers never return.
    """

    def __init__(self) -> None:
        self.lines = 0
        self._sales: list[_TrackedSale] = []
        self._came_back: Counter[tuple[str, int]] = Counter()
        self._allowed_minor: Counter[tuple[str, int]] = Counter()
        self._places: dict[str, list[tuple[_TrackedSale, int]]] = {}
        self._of_sku: dict[str, list[SoldUnits]] = {}

    def add(self, sale_id: str, sold_at: datetime, sale: Sold) -> None:
        self.lines += len(sale.lines)
        self._sales.append(_TrackedSale(sale_id, sold_at, sale))

    def of_sku(self, sku: str) -> list[SoldUnits]:
        self._look_through()
        waiting = self._of_sku.setdefault(sku, [])
        if sku in self._places:
            waiting += [self._units(sale, line_no) for sale, line_no in self._places.pop(sku)]
            waiting.sort(key=lambda each: each.sold_at)
        return waiting

    def came_back(self, returned: UnitsReturned) -> None:
        """Note units that the log says came back. Call it before `of_sku`."""
        for line in returned.lines:
            self._came_back[returned.sale_id, line.line_no] += line.quantity

    def allowed(self, allowed: PriceAllowed) -> None:
        """Note money that the log says was allowed on a line. Call it before `of_sku`."""
        self._allowed_minor[allowed.sale_id, allowed.line_no] += allowed.amount_minor

    def _look_through(self) -> None:
        for sale in self._sales:
            for line_no, line in enumerate(sale.sale.lines, start=1):
                self._places.setdefault(line.sku, []).append((sale, line_no))
        self._sales.clear()

    def _units(self, sale: _TrackedSale, line_no: int) -> SoldUnits:
        line = sale.sale.lines[line_no - 1]
        left = line.quantity - self._came_back[sale.sale_id, line_no]
        units = SoldUnits(sale.sale_id, line_no, line, left, sale.sold_at, sale.sale.currency)
        if allowed_minor := self._allowed_minor[sale.sale_id, line_no]:
            units.allow(allowed_minor)
        return units


class UnreturnedUnits:
    """Tracks customers. With `read` None there is no log: everyone is tracked from their first sale."""

    def __init__(self, read: ReadCustomerEvents | None, *, lines_max: int = LINES_TRACKED_MAX) -> None:
        self._read = read
        self._lines_max = lines_max
        self._lines = 0
        self._tracked: OrderedDict[str, _TrackedCustomer] = OrderedDict()
        self._sold: list[RecordSale] = []
        self._returning: list[str] = []

    def begin_batch(self, returning: Iterable[str]) -> None:
        """Load the units of these customers. Every sale to them before the last batch must be in the log."""
        last_sold, self._sold = self._sold, []
        self._returning = list(dict.fromkeys(returning))
        new = [customer_id for customer_id in self._returning if customer_id not in self._tracked]
        if new:
            self._track(new)
            for sale in last_sold:
                if sale.customer_id in new:
                    self._add(sale)

    def track_new(self, customer_id: str) -> None:
        """Track a customer who is not in the log yet."""
        self._tracked.setdefault(customer_id, _TrackedCustomer())

    def _track(self, new: Sequence[str]) -> None:
        if self._read is None:
            return
        for customer_id in new:
            self._tracked[customer_id] = _TrackedCustomer()
        of_sale: dict[str, _TrackedCustomer] = {}
        for event in self._read(new):
            if isinstance(event, SaleRecorded) and event.customer_id is not None:
                tracked = of_sale[event.sale_id] = self._tracked[event.customer_id]
                self._add_to(tracked, event.sale_id, event.occurred_at, event)
            elif isinstance(event, UnitsReturned) and event.sale_id in of_sale:
                of_sale[event.sale_id].came_back(event)
            elif isinstance(event, PriceAllowed) and event.sale_id in of_sale:
                of_sale[event.sale_id].allowed(event)

    def sold(self, sale: RecordSale) -> None:
        """Remember a sale that is about to be written."""
        if self._read is not None:
            self._sold.append(sale)
        self._add(sale)

    def _add(self, sale: RecordSale) -> None:
        customer_id = sale.customer_id
        if customer_id is None or sale.sale_id is None or sale.occurred_at is None:
            return
        if self._read is None:
            self._tracked.setdefault(customer_id, _TrackedCustomer())
        if (tracked := self._tracked.get(customer_id)) is not None:
            self._add_to(tracked, sale.sale_id, sale.occurred_at, sale)

    def _add_to(self, tracked: _TrackedCustomer, sale_id: str, sold_at: datetime, sale: Sold) -> None:
        tracked.add(sale_id, sold_at, sale)
        self._lines += len(sale.lines)

    def take(
        self, customer_id: str | None, sku: str, quantity: int, at: datetime, currency: str
    ) -> Iterator[tuple[SoldUnits | None, int]]:
        """Trace units to sale lines: each line with its number of units; None for units that match no
        sale.
        """
        tracked = self._tracked.get(customer_id) if customer_id is not None else None
        if customer_id is not None and tracked is not None:
            self._tracked.move_to_end(customer_id)
            waiting = tracked.of_sku(sku)
            for units in waiting:
                if quantity == 0 or units.sold_at > at:
                    break
                taken = min(quantity, units.left)
                if taken and units.currency == currency:
                    units.left -= taken
                    quantity -= taken
                    yield units, taken
            while waiting and waiting[0].left == 0:
                del waiting[0]
        if quantity:
            yield None, quantity

    def allow(
        self, customer_id: str | None, sku: str, amount_minor: int, at: datetime, currency: str
    ) -> SoldUnits | None:
        """Take money off the oldest sale line that it fits on, and no unit; None where there is none."""
        tracked = self._tracked.get(customer_id) if customer_id is not None else None
        for units in tracked.of_sku(sku) if tracked is not None else ():
            if units.sold_at <= at and units.currency == currency and units.allow(amount_minor):
                return units
        return None

    def evict(self) -> None:
        """Evict the customers not seen for longest; keep those of the last batch, which may not be written
        yet.
        """
        if self._read is None or self._lines <= self._lines_max:
            return
        met = {*self._returning, *(sale.customer_id for sale in self._sold)}
        for customer_id in [each for each in self._tracked if each not in met]:
            if self._lines <= self._lines_max:
                break
            self._lines -= self._tracked.pop(customer_id).lines
