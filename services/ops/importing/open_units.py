"""Units sold and not come back, by customer and stock code: what a return without a reference is traced to, oldest first.

Customers are followed from their first sale on where this run brings them in, and otherwise from their first return on. Whoever returns and
is not followed is read from the log, so that the tracing knows everything that was ever sold to her, by this run, an earlier one or the
till; and nobody's units are traced twice. Who was not met for long is let go and read again when she comes back. While a batch is
made, the one before it may still be being written: what it sold is remembered until then.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from domain.messages import Event
from domain.sale.commands import RecordSale
from domain.sale.events import SaleRecorded, UnitsReturned

LINES_FOLLOWED_MAX = 500_000

#: The facts of these customers, in the order of the log; only SaleRecorded and UnitsReturned matter.
ReadCustomers = Callable[[Sequence[str]], Iterable[Event]]


class SoldUnits:
    """What is left of one sale line. `unit_minor` is what each unit was sold for, None where they do not come to the same."""

    __slots__ = ("currency", "left", "line_no", "sale_id", "sold_at", "unit_minor")

    def __init__(
        self, sale_id: str, line_no: int, quantity: int, net_minor: int, sold_at: datetime, currency: str
    ) -> None:
        self.sale_id = sale_id
        self.line_no = line_no
        self.left = quantity
        self.unit_minor = net_minor // quantity if net_minor % quantity == 0 else None
        self.sold_at = sold_at
        self.currency = currency


class _Followed:
    """One customer's units by stock code, oldest first."""

    def __init__(self) -> None:
        self.lines = 0
        self.of_sku: dict[str, list[SoldUnits]] = {}

    def add(self, sold: Sequence[tuple[str, SoldUnits]]) -> None:
        self.lines += len(sold)
        for sku, units in sold:
            waiting = self.of_sku.setdefault(sku, [])
            waiting.append(units)
            if len(waiting) > 1 and waiting[-2].sold_at > units.sold_at:
                waiting.sort(key=lambda each: each.sold_at)


class OpenUnits:
    """Follows customers. With `read` None there is no log: everyone is followed from her first sale on."""

    def __init__(self, read: ReadCustomers | None, *, lines_max: int = LINES_FOLLOWED_MAX) -> None:
        self._read = read
        self._lines_max = lines_max
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
        sales: dict[str, list[SoldUnits]] = {}
        for event in self._read(new):
            if isinstance(event, SaleRecorded) and event.customer_id is not None:
                lines = [(line.sku, line.quantity, line.net_minor) for line in event.lines]
                units = _units(event.sale_id, event.occurred_at, event.currency, lines)
                sales[event.sale_id] = [each for _, each in units]
                self._followed[event.customer_id].add(units)
            elif isinstance(event, UnitsReturned) and event.sale_id in sales:
                for line in event.lines:
                    sales[event.sale_id][line.line_no - 1].left -= line.quantity

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
            lines = [
                (line.sku, line.quantity, line.quantity * line.unit_price_minor - line.discount_minor)
                for line in sale.lines
            ]
            followed.add(_units(sale.sale_id, sale.occurred_at, sale.currency, lines))

    def take(
        self, customer_id: str | None, sku: str, quantity: int, at: datetime, currency: str
    ) -> Iterator[tuple[SoldUnits | None, int]]:
        """The sale lines that so many units came from, and how many from each; None for those that match nothing."""
        followed = self._followed.get(customer_id) if customer_id is not None else None
        if customer_id is not None and followed is not None:
            self._followed.move_to_end(customer_id)
            waiting = followed.of_sku.get(sku, [])
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
        if self._read is None:
            return
        lines = sum(followed.lines for followed in self._followed.values())
        met = {*self._returning, *(sale.customer_id for sale in self._sold)}
        for customer_id in [each for each in self._followed if each not in met]:
            if lines <= self._lines_max:
                break
            lines -= self._followed.pop(customer_id).lines


def _units(
    sale_id: str, sold_at: datetime, currency: str, lines: Sequence[tuple[str, int, int]]
) -> list[tuple[str, SoldUnits]]:
    return [
        (sku, SoldUnits(sale_id, line_no, quantity, net_minor, sold_at, currency))
        for line_no, (sku, quantity, net_minor) in enumerate(lines, start=1)
    ]
