"""Units sold and not come back, by customer and stock code: what a return without a reference is traced to, oldest first.

Customers are followed from their first sale on where this run brings them in, and otherwise from their first return on. Whoever returns and
is not followed is read from the log, so that the tracing knows everything that was ever sold to her, by this run, an earlier one or the
till; and nobody's units are traced twice. Who was not met for long is let go and read again when she comes back. While a batch is
made, the one before it may still be being written: what it sold is remembered until then.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from domain.messages import Event
from domain.sale.commands import LineToSell, RecordSale
from domain.sale.events import SaleRecorded, SoldLine, UnitsReturned
from domain.sale.pricing import before_order_minor

LINES_FOLLOWED_MAX = 500_000

#: The facts of these customers, in the order of the log; only SaleRecorded and UnitsReturned matter.
ReadCustomers = Callable[[Sequence[str]], Iterable[Event]]

Sold = RecordSale | SaleRecorded


class SoldUnits:
    """What is left of one sale line. `unit_minor` is what each unit was sold for, None where they do not come to the same."""

    __slots__ = ("currency", "left", "line_no", "sale_id", "sold_at", "unit_minor")

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
        self.sold_at = sold_at
        self.currency = currency


class _SaleOfHers(NamedTuple):
    sale_id: str
    sold_at: datetime
    sale: Sold


class _Followed:
    """One customer's units by stock code, oldest first. They are looked up when she brings something back; most never are."""

    def __init__(self) -> None:
        self.lines = 0
        self._sales: list[_SaleOfHers] = []
        self._came_back: Counter[tuple[str, int]] = Counter()
        self._places: dict[str, list[tuple[_SaleOfHers, int]]] = {}
        self._of_sku: dict[str, list[SoldUnits]] = {}

    def add(self, sale_id: str, sold_at: datetime, sale: Sold) -> None:
        self.lines += len(sale.lines)
        self._sales.append(_SaleOfHers(sale_id, sold_at, sale))

    def of_sku(self, sku: str) -> list[SoldUnits]:
        self._look_through()
        waiting = self._of_sku.setdefault(sku, [])
        if sku in self._places:
            waiting += [self._units(sale, line_no) for sale, line_no in self._places.pop(sku)]
            waiting.sort(key=lambda each: each.sold_at)
        return waiting

    def came_back(self, returned: UnitsReturned) -> None:
        """What the log says of a sale that was added; it has to be said before anything is asked for."""
        for line in returned.lines:
            self._came_back[returned.sale_id, line.line_no] += line.quantity

    def _look_through(self) -> None:
        for sale in self._sales:
            for line_no, line in enumerate(sale.sale.lines, start=1):
                self._places.setdefault(line.sku, []).append((sale, line_no))
        self._sales.clear()

    def _units(self, sale: _SaleOfHers, line_no: int) -> SoldUnits:
        line = sale.sale.lines[line_no - 1]
        left = line.quantity - self._came_back[sale.sale_id, line_no]
        return SoldUnits(sale.sale_id, line_no, line, left, sale.sold_at, sale.sale.currency)


class OpenUnits:
    """Follows customers. With `read` None there is no log: everyone is followed from her first sale on."""

    def __init__(self, read: ReadCustomers | None, *, lines_max: int = LINES_FOLLOWED_MAX) -> None:
        self._read = read
        self._lines_max = lines_max
        self._lines = 0
        self._followed: OrderedDict[str, _Followed] = OrderedDict()
        self._sold: list[RecordSale] = []
        self._returning: list[str] = []

    def begin_batch(self, returning: Iterable[str]) -> None:
        """From here on these customers' units are known. All that was sold to them before the last batch has to stand in the log."""
        last_sold, self._sold = self._sold, []
        self._returning = list(dict.fromkeys(returning))
        new = [customer_id for customer_id in self._returning if customer_id not in self._followed]
        if new:
            self._follow(new)
            for sale in last_sold:
                if sale.customer_id in new:
                    self._add(sale)

    def follow_new(self, customer_id: str) -> None:
        """Follow a customer of whom the log knows nothing yet."""
        self._followed.setdefault(customer_id, _Followed())

    def _follow(self, new: Sequence[str]) -> None:
        if self._read is None:
            return
        for customer_id in new:
            self._followed[customer_id] = _Followed()
        of_sale: dict[str, _Followed] = {}
        for event in self._read(new):
            if isinstance(event, SaleRecorded) and event.customer_id is not None:
                followed = of_sale[event.sale_id] = self._followed[event.customer_id]
                self._add_to(followed, event.sale_id, event.occurred_at, event)
            elif isinstance(event, UnitsReturned) and event.sale_id in of_sale:
                of_sale[event.sale_id].came_back(event)

    def sold(self, sale: RecordSale) -> None:
        """A sale that is about to be written."""
        if self._read is not None:
            self._sold.append(sale)
        self._add(sale)

    def _add(self, sale: RecordSale) -> None:
        customer_id = sale.customer_id
        if customer_id is None or sale.sale_id is None or sale.occurred_at is None:
            return
        if self._read is None:
            self._followed.setdefault(customer_id, _Followed())
        if (followed := self._followed.get(customer_id)) is not None:
            self._add_to(followed, sale.sale_id, sale.occurred_at, sale)

    def _add_to(self, followed: _Followed, sale_id: str, sold_at: datetime, sale: Sold) -> None:
        followed.add(sale_id, sold_at, sale)
        self._lines += len(sale.lines)

    def take(
        self, customer_id: str | None, sku: str, quantity: int, at: datetime, currency: str
    ) -> Iterator[tuple[SoldUnits | None, int]]:
        """The sale lines that so many units came from, and how many from each; None for those that match nothing."""
        followed = self._followed.get(customer_id) if customer_id is not None else None
        if customer_id is not None and followed is not None:
            self._followed.move_to_end(customer_id)
            waiting = followed.of_sku(sku)
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

    def let_go(self) -> None:
        """Forget those who were not met for longest; not who was met in the last batch, of which nothing may be written yet."""
        if self._read is None or self._lines <= self._lines_max:
            return
        met = {*self._returning, *(sale.customer_id for sale in self._sold)}
        for customer_id in [each for each in self._followed if each not in met]:
            if self._lines <= self._lines_max:
                break
            self._lines -= self._followed.pop(customer_id).lines
