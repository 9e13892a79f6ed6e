"""UCI Online Retail and Online Retail II: invoices, cancellations without a reference, dirt of every kind.

Chen, Sain & Guo (2012), doi:10.1057/dbm.2012.17. Times are local UK times without a zone. An invoice number that starts with C is a
cancellation, with A a bad-debt adjustment. Nobody sold anything in these files: associates are made up.
"""

from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from domain.associate.commands import HireAssociate, PayPlan
from domain.customer.commands import AssignOwner, RegisterCustomer
from domain.ids import ASSOCIATE, CUSTOMER, RETURN, SALE, derived_id
from domain.messages import Refused
from domain.money import half_up
from domain.return_.commands import AcceptReturn, LineToReturn, MatchReturn
from domain.sale.commands import LineToSell, RecordSale, Share
from infra.event_store.handler import Handler
from services.ops.importing.account import Account, minor
from services.ops.importing.files import CsvFile
from services.ops.importing.run import KeyedCommand

SOURCE = "online-retail"
CURRENCY = "GBP"
LONDON = ZoneInfo("Europe/London")
LINES_MAX = 5000
QUANTITY_MAX = 10**7
ASSOCIATES_MAX = 1000

COLUMNS = {
    "invoice": ("InvoiceNo", "Invoice"),
    "stock code": ("StockCode",),
    "description": ("Description",),
    "quantity": ("Quantity",),
    "time": ("InvoiceDate",),
    "unit price": ("UnitPrice", "Price"),
    "customer": ("CustomerID", "Customer ID"),
}

#: The plan of a made-up associate; the files say nothing about pay.
MADE_UP_PLAN = PayPlan(currency=CURRENCY, base_rate_minor=0, rate_bp=675, deficit_policy="carry")


class Row(NamedTuple):
    """One invoice line. `price` is pounds; `customer` is empty when nobody is named."""

    invoice: str
    sku: str
    description: str
    quantity: int
    at: datetime
    price: Decimal
    customer: str


class SoldUnits:
    """Units of one sale line that have not been cancelled yet."""

    __slots__ = ("left", "line_no", "sale_id", "unit_price_minor")

    def __init__(self, sale_id: str, line_no: int, left: int, unit_price_minor: int | None) -> None:
        self.sale_id = sale_id
        self.line_no = line_no
        self.left = left
        self.unit_price_minor = unit_price_minor


class TakenBack(NamedTuple):
    """Units of a cancellation line traced to a sale line, or to none (`source` None); `refund_minor` is the file's amount."""

    row: Row
    source: SoldUnits | None
    quantity: int
    refund_minor: int


def key_of(*parts: str) -> str:
    """The idempotency key of one command of this import."""
    return ":".join(("import", SOURCE, *parts))


def refuse_other_number_of_associates(handler: Handler, associates: int) -> None:
    """A history that was spread over so many made-up associates cannot go on with another number of them."""
    keys = [key_of("made-up", str(number)) for number in range(1, ASSOCIATES_MAX + 1)]
    before = len(handler.known_keys(keys))
    if before not in (0, associates):
        raise Refused(
            "other_number_of_associates",
            f"this history was imported with --associates {before}; give the same number to go on with it",
            "--associates",
        )


class OnlineRetail:
    """Turns the rows of one file into commands, in the order of the file, keeping account of each row."""

    def __init__(self, path: Path, associates: int, account: Account) -> None:
        self._file = CsvFile(path, COLUMNS)
        self.size_bytes = self._file.size_bytes
        self._associates = associates
        self._account = account
        self._customers: dict[str, bool] = {}
        self._sold: dict[tuple[str, str], deque[SoldUnits]] = {}
        self._groups: dict[str, int] = {}
        self._last_at: datetime | None = None

    def commands(self, on_progress: Callable[[int], None] | None = None) -> Iterator[KeyedCommand]:
        """Every command of the import."""
        hired = False
        group: list[Row] = []
        for row in self._rows(on_progress):
            if not hired:
                yield from self._hired(row.at)
                hired = True
            if group and (not _same_invoice(group[0], row) or len(group) == LINES_MAX):
                yield from self._invoice(group)
                group = []
            group.append(row)
            self._last_at = row.at
        if group:
            yield from self._invoice(group)
        yield from self._without_owner()
        self._account.summary.customers = len(self._customers)

    def associate_id_of(self, customer: str) -> str:
        """The made-up associate of a customer: spread evenly, the same on every run."""
        return self._associate_id(int(derived_id(CUSTOMER, SOURCE, customer)[4:12], 16) % self._associates)

    def _associate_id(self, number: int) -> str:
        return derived_id(ASSOCIATE, SOURCE, "made-up", str(number + 1))

    def _rows(self, on_progress: Callable[[int], None] | None) -> Iterator[Row]:
        for number, cells in self._file.rows(on_progress):
            self._account.row()
            if cells is None:
                self._account.cannot_read(f"line {number}: another number of columns than the header")
                continue
            try:
                row = Row(
                    cells[0].strip(),
                    cells[1].strip(),
                    cells[2].strip(),
                    int(cells[3]),
                    _instant(cells[4]),
                    Decimal(cells[5].strip()),
                    cells[6].strip().removesuffix(".0"),
                )
            except (ValueError, InvalidOperation):
                self._account.cannot_read(f"line {number}: quantity, time or price cannot be read")
                continue
            if (reason := _reason_to_leave_out(row)) is not None:
                self._account.leave_out(
                    reason, row.quantity * row.price if row.price.is_finite() else Decimal(0)
                )
                continue
            yield row

    def _hired(self, at: datetime) -> Iterator[KeyedCommand]:
        for number in range(self._associates):
            label = f"{number + 1:0{len(str(self._associates))}d}"
            yield (
                key_of("made-up", str(number + 1)),
                HireAssociate(
                    associate_id=self._associate_id(number),
                    reference=f"made-up {label}",
                    name=f"Made-up associate {label}",
                    store_id=SOURCE,
                    plan=MADE_UP_PLAN,
                    hired_on=at.astimezone(LONDON).date(),
                    made_up=True,
                    occurred_at=at,
                ),
            )

    def _invoice(self, rows: list[Row]) -> Iterator[KeyedCommand]:
        first = rows[0]
        # An invoice can be spread over the file; each of its runs of rows is imported under a number of its own.
        number = self._groups[first.invoice] = self._groups.get(first.invoice, 0) + 1
        name = first.invoice if number == 1 else f"{first.invoice}/{number}"
        if first.customer and first.customer not in self._customers:
            self._customers[first.customer] = False
            yield (
                key_of("customer", first.customer),
                RegisterCustomer(
                    customer_id=derived_id(CUSTOMER, SOURCE, first.customer),
                    reference=first.customer,
                    store_id=SOURCE,
                    occurred_at=first.at,
                ),
            )
        yield from (self._cancellation(name, rows) if _is_cancellation(first) else self._sale(name, rows))

    def _sale(self, name: str, rows: list[Row]) -> Iterator[KeyedCommand]:
        first = rows[0]
        sale_id = derived_id(SALE, SOURCE, name)
        attribution: tuple[Share, ...] = ()
        if first.customer:
            self._customers[first.customer] = True
            attribution = (Share(self.associate_id_of(first.customer)),)
        lines: list[LineToSell] = []
        for line_no, row in enumerate(rows, start=1):
            exact = row.quantity * row.price
            net_minor = minor(exact)
            # A price finer than a minor unit is rounded up and the line brought down to its amount by a discount.
            unit_price_minor = -int(-row.price * 100 // 1)
            discount_minor = row.quantity * unit_price_minor - net_minor
            whole = discount_minor == 0
            lines.append(
                LineToSell(
                    sku=row.sku,
                    description=row.description[:500],
                    quantity=row.quantity,
                    unit_price_minor=unit_price_minor,
                    discount_minor=discount_minor,
                    attribution=attribution,
                )
            )
            self._account.sold(exact, net_minor)
            if first.customer:
                self._sold.setdefault((row.customer, row.sku), deque()).append(
                    SoldUnits(sale_id, line_no, row.quantity, unit_price_minor if whole else None)
                )
        self._account.summary.sales += 1
        yield (
            key_of("invoice", name),
            RecordSale(
                sale_id=sale_id,
                customer_id=derived_id(CUSTOMER, SOURCE, first.customer) if first.customer else None,
                store_id=SOURCE,
                channel="online",
                currency=CURRENCY,
                lines=tuple(lines),
                receipt_no=name,
                occurred_at=first.at,
            ),
        )

    def _cancellation(self, name: str, rows: list[Row]) -> Iterator[KeyedCommand]:
        parts: dict[tuple[str, bool], list[TakenBack]] = {}
        for row in rows:
            for part in self._traced(row):
                source = part.source
                at_its_price = source is not None and source.unit_price_minor == row.price * 100
                parts.setdefault((source.sale_id if source else "", at_its_price), []).append(part)
        for (sale_id, at_its_price), taken in parts.items():
            self._account.summary.returns += 1
            which = ":".join((name, sale_id[4:] or "no-receipt", "receipt" if at_its_price else "matched"))
            if sale_id and at_its_price:
                yield (
                    key_of("cancellation", which),
                    self._return(which, rows[0], _with_receipt(taken), sale_id),
                )
                continue
            accepted = self._return(which, rows[0], _without_receipt(taken), None)
            yield key_of("cancellation", which), accepted
            if sale_id:
                # The price differs from what was paid: the refund is the file's, the difference is goodwill.
                yield (
                    key_of("match", which),
                    MatchReturn(
                        return_id=accepted.return_id or "",
                        sale_id=sale_id,
                        lines=tuple(part.source.line_no for part in taken if part.source),
                        occurred_at=rows[0].at,
                    ),
                )

    def _return(
        self, which: str, first: Row, lines: tuple[LineToReturn, ...], sale_id: str | None
    ) -> AcceptReturn:
        return AcceptReturn(
            return_id=derived_id(RETURN, SOURCE, which),
            sale_id=sale_id,
            customer_id=derived_id(CUSTOMER, SOURCE, first.customer) if first.customer else None,
            store_id=SOURCE,
            currency=CURRENCY,
            lines=lines,
            occurred_at=first.at,
        )

    def _traced(self, row: Row) -> Iterator[TakenBack]:
        """The units of a cancelled row by the sale lines they came from, oldest first, then what matches nothing."""
        of = left = -row.quantity
        exact = of * row.price
        refunded = 0
        waiting = self._sold.get((row.customer, row.sku)) if row.customer else None
        total_minor = minor(exact)
        while left:
            source = waiting[0] if waiting else None
            taken = min(left, source.left) if source else left
            left -= taken
            up_to_here = half_up(total_minor * (of - left), of)
            yield TakenBack(row, source, taken, up_to_here - refunded)
            refunded = up_to_here
            if source and waiting:
                source.left -= taken
                if source.left == 0:
                    waiting.popleft()
        self._account.returned(exact, total_minor)

    def _without_owner(self) -> Iterator[KeyedCommand]:
        """Who only ever cancelled has no first sale to give her an owner."""
        for customer, bought in self._customers.items():
            if not bought:
                yield (
                    key_of("owner", customer),
                    AssignOwner(
                        customer_id=derived_id(CUSTOMER, SOURCE, customer),
                        associate_id=self.associate_id_of(customer),
                        occurred_at=self._last_at,
                    ),
                )


def _with_receipt(taken: list[TakenBack]) -> tuple[LineToReturn, ...]:
    # One line of a sale may be cancelled by several rows of one cancellation; it comes back as one line.
    quantities: dict[int, int] = {}
    for part in taken:
        if part.source:
            quantities[part.source.line_no] = quantities.get(part.source.line_no, 0) + part.quantity
    return tuple(LineToReturn(line_no=line_no, quantity=quantity) for line_no, quantity in quantities.items())


def _without_receipt(taken: list[TakenBack]) -> tuple[LineToReturn, ...]:
    return tuple(
        LineToReturn(
            sku=part.row.sku,
            description=part.row.description[:500],
            quantity=part.quantity,
            refund_minor=part.refund_minor,
        )
        for part in taken
    )


def _same_invoice(row: Row, other: Row) -> bool:
    return (row.invoice, row.customer) == (other.invoice, other.customer)


def _is_cancellation(row: Row) -> bool:
    return row.invoice[:1] in ("C", "c")


def _reason_to_leave_out(row: Row) -> str | None:
    if not row.price.is_finite() or abs(row.quantity) > QUANTITY_MAX or abs(row.price) > 10**9:
        return "out_of_range"
    if not row.invoice or not row.sku:
        return "no_invoice_or_stock_code"
    if row.invoice[:1] in ("A", "a"):
        return "bad_debt_adjustment"
    if row.quantity == 0:
        return "quantity_zero"
    if _is_cancellation(row):
        if row.quantity > 0:
            return "cancellation_of_nothing"
        return "price_not_positive" if row.price <= 0 else None
    if row.quantity < 0:
        return "stock_write_off"
    if row.price < 0:
        return "price_not_positive"
    # Nobody got what has no price and no customer (stock found, samples, typing errors); with one it was a gift.
    return "price_zero" if row.price == 0 and not row.customer else None


def _instant(text: str) -> datetime:
    text = text.strip()
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        # The spreadsheet's own way of writing a time: month/day/year.
        local = datetime.strptime(text, "%m/%d/%Y %H:%M")  # noqa: DTZ007 - the zone is set below
    return local.replace(tzinfo=LONDON).astimezone(UTC)
