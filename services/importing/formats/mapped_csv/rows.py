"""Parse one row of a mapped file."""

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, TypeVar

import msgspec

from domain.money import minor_digits_of
from services.importing.formats.mapped_csv.mapping import Columns, Mapping
from services.importing.pipeline.amounts import EXACT, ONE, ZERO, decimal_of, minor, whole_of
from services.importing.pipeline.local_times import LocalTimes
from services.importing.pipeline.source_documents import (
    AMOUNT_MINOR_MAX,
    CODE_LENGTH_MAX,
    NAME_LENGTH_MAX,
    QUANTITY_MAX,
    DocumentKind,
    Line,
)

Value = TypeVar("Value")

COLUMN_NAMES = tuple(field.name for field in msgspec.structs.fields(Columns))
SHORT = ("invoice", "customer", "associate", "store")
LONG = ("sku", "department", "label", "size")


class MappedRow(NamedTuple):
    """A readable row. `line` has no seller yet; `skipped` is the reason why the row is not imported."""

    place: int
    file: int
    invoice: str
    kind: DocumentKind
    at: datetime
    store: str
    line: Line
    customer: str | None = None
    customer_name: str = ""
    phone: str = ""
    email: str = ""
    associate: str | None = None
    skipped: str | None = None

    @property
    def signed(self) -> Decimal:
        """The amount of the row: positive for a sale, negative for a return."""
        return self.line.exact if self.kind == "sale" else -self.line.exact


class Unreadable(ValueError):
    """Raised for a cell that cannot be read: its column (as the mapping calls it), its text and the
    reason.
    """

    def __init__(self, column: str, text: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column
        self.text = text
        self.reason = reason


class RowReader:
    """Parses rows whose cells are in the order of `names` (columns of the mapping)."""

    def __init__(self, mapping: Mapping, names: Sequence[str], now: datetime) -> None:
        self._mapping = mapping
        self._places = {name: place for place, name in enumerate(names)}
        self._comma = mapping.file.decimal_comma
        self._digits = minor_digits_of(mapping.currency)
        self._kinds = {kind.casefold() for kind in mapping.returns.kinds}
        self._times = LocalTimes(
            mapping.zone(), day_first=mapping.file.day_first, pattern=mapping.file.date_format, now=now
        )

    def time_text(self, cells: Sequence[str]) -> str:
        """The row's time as the file writes it: date and time of day may be two columns."""
        return f"{self._text(cells, 'date')} {self._text(cells, 'time')}".strip()

    def time_of(self, text: str) -> datetime | None:
        """The instant, or None where a text names none."""
        try:
            return self._times.instant(text)
        except ValueError:
            return None

    def invoice_of(self, cells: Sequence[str]) -> str:
        """The invoice of a row, with its store where there are several, and its day or year where numbers
        restart.
        """
        invoice = self._text(cells, "invoice")
        if not invoice:
            return ""
        parts = [invoice]
        if "store" in self._places:
            parts.insert(0, self._text(cells, "store"))
        restart = self._mapping.invoice_numbers_restart
        if restart != "never" and (at := self.time_of(self.time_text(cells))) is not None:
            day = at.astimezone(self._mapping.zone())
            parts.insert(0, f"{day:%Y}" if restart == "yearly" else f"{day:%Y-%m-%d}")
        return "/".join(part for part in parts if part)

    def read(self, place: int, file: int, invoice: str, cells: Sequence[str]) -> MappedRow:
        """The row. Raises Unreadable."""
        for name in (*SHORT, *LONG):
            text = self._text(cells, name)
            if len(text) > (NAME_LENGTH_MAX if name in SHORT else CODE_LENGTH_MAX):
                raise Unreadable(name, text, "is too long")
        if "@" in (customer := self._text(cells, "customer")):
            # A customer number is stored unencrypted; personal data belongs into the columns that are
            # encrypted.
            raise Unreadable("customer", customer, "is a mail address and no number of a customer")
        at = self._read("date", self.time_text(cells), self._times.instant)
        if not self._text(cells, "sku"):
            raise Unreadable("sku", "", "says what was sold")
        quantity, exact, unit_price = self._amounts(cells)
        is_return = quantity < 0 or exact < 0 or self._is_marked(cells)
        tax_minor = self._tax_minor(cells)
        if self._mapping.prices_include_tax:
            exact = EXACT.subtract(abs(exact), Decimal(tax_minor).scaleb(-self._digits))
            if exact < 0:
                raise Unreadable("tax", self._text(cells, "tax"), "is more than the line comes to")
        line = self._line(cells, abs(quantity), abs(exact), unit_price, 0 if is_return else tax_minor)
        currency = self._text(cells, "currency")
        skipped = "quantity_zero" if quantity == 0 else None
        if currency and currency.upper() != self._mapping.currency:
            skipped = "other_currency"
        return MappedRow(
            place=place,
            file=file,
            invoice=invoice,
            kind="return" if is_return else "sale",
            at=at,
            store=self._text(cells, "store") or self._mapping.store or self._mapping.name,
            line=line,
            customer=customer or None,
            customer_name=self._text(cells, "customer_name"),
            phone=self._text(cells, "phone"),
            email=self._text(cells, "email"),
            associate=self._text(cells, "associate") or None,
            skipped=skipped,
        )

    def _amounts(self, cells: Sequence[str]) -> tuple[int, Decimal, Decimal | None]:
        """Quantity, amount of the line, and unit price where the file has it; with the signs of the file."""
        quantity = 1
        if "quantity" in self._places:
            quantity = self._read("quantity", self._text(cells, "quantity"), self._whole)
        unit_price = self._number(cells, "unit_price")
        amount = self._number(cells, "amount")
        if amount is None:
            if unit_price is None:
                raise Unreadable(
                    "unit_price" if "unit_price" in self._places else "amount", "", "is no price"
                )
            amount = EXACT.multiply(unit_price, Decimal(quantity))
            amount = self._discounted(cells, amount)
        largest = max(abs(amount), abs(unit_price or ZERO) * abs(quantity))
        if abs(quantity) > QUANTITY_MAX or EXACT.scaleb(largest, self._digits) > AMOUNT_MINOR_MAX:
            raise Unreadable("quantity", self._text(cells, "quantity"), "is too large to be true")
        return quantity, amount, abs(unit_price) if unit_price is not None else None

    def _discounted(self, cells: Sequence[str], amount: Decimal) -> Decimal:
        percent = self._number(cells, "discount_percent")
        off = self._number(cells, "discount")
        if percent is not None:
            off = EXACT.divide(EXACT.multiply(abs(amount), percent), Decimal(100))
        if not off:
            return amount
        if abs(off) > abs(amount):
            name = "discount" if percent is None else "discount_percent"
            raise Unreadable(name, self._text(cells, name), "is more than the line comes to")
        return EXACT.copy_sign(EXACT.subtract(abs(amount), abs(off)), amount)

    def _tax_minor(self, cells: Sequence[str]) -> int:
        return minor(abs(self._number(cells, "tax") or ZERO), self._digits)

    def _line(
        self, cells: Sequence[str], quantity: int, exact: Decimal, unit_price: Decimal | None, tax_minor: int
    ) -> Line:
        net_minor = minor(exact, self._digits)
        # A price finer than a minor unit is rounded up; the difference to the line's amount is a discount.
        unit_price_minor = -int(-EXACT.scaleb(unit_price or ZERO, self._digits) // ONE)
        if unit_price_minor * quantity < net_minor:
            unit_price_minor = -(-net_minor // max(quantity, 1))
        return Line(
            sku=self._text(cells, "sku"),
            quantity=quantity,
            exact=exact,
            net_minor=net_minor,
            unit_price_minor=unit_price_minor,
            description=self._text(cells, "description"),
            department=self._text(cells, "department") or None,
            label=self._text(cells, "label") or None,
            size=self._text(cells, "size") or None,
            tax_minor=tax_minor,
        )

    def _is_marked(self, cells: Sequence[str]) -> bool:
        prefix = self._mapping.returns.invoice_prefix
        if prefix is not None and self._text(cells, "invoice").startswith(prefix):
            return True
        return self._text(cells, "kind").casefold() in self._kinds

    def _whole(self, text: str) -> int:
        return whole_of(text, self._comma)

    def _number(self, cells: Sequence[str], name: str) -> Decimal | None:
        text = self._text(cells, name)
        return self._read(name, text, lambda each: decimal_of(each, self._comma)) if text else None

    def _read(self, name: str, text: str, read: Callable[[str], Value]) -> Value:
        try:
            return read(text)
        except ValueError as error:
            reason = str(error)
            raise Unreadable(name, text, reason if reason.startswith("is ") else "cannot be read") from error

    def _text(self, cells: Sequence[str], name: str) -> str:
        place = self._places.get(name)
        return "" if place is None else cells[place].strip()
