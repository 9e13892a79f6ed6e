"""Parse one row of a mapped file."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, TypeVar

from domain.currencies import CURRENCIES
from domain.money import minor_digits_of
from services.importing.formats.mapped_csv.cells import Cells, MappedCells
from services.importing.formats.mapped_csv.kinds import Kinds
from services.importing.formats.mapped_csv.mapping import Mapping
from services.importing.formats.mapped_csv.references import reference_of
from services.importing.formats.mapped_csv.row_amounts import Amounts, Unreadable, amounts_of
from services.importing.pipeline.amounts import EXACT, ONE, ZERO, minor
from services.importing.pipeline.local_times import LocalTimes
from services.importing.pipeline.source_documents import CODE_LENGTH_MAX, NAME_LENGTH_MAX, DocumentKind, Line

Value = TypeVar("Value")

#: The skip reason of rows that [skip] names.
LEFT_OUT = "left_out_by_mapping"
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
    associates: tuple[str, ...] = ()
    order_discount: Decimal = ZERO
    refunded: Decimal = ZERO
    line_of_file: int = 0
    skipped: str | None = None

    @property
    def signed(self) -> Decimal:
        """The amount of the row: positive for a sale, negative for a return."""
        return self.line.exact if self.kind == "sale" else -self.line.exact


class RowReader:
    """Parses rows of cells, and their `times`. `key` is for the hashes of customers without a number."""

    def __init__(
        self,
        mapping: Mapping,
        cells: MappedCells,
        now: datetime,
        *,
        decimal_comma: bool,
        day_first: bool | None,
    ) -> None:
        self._mapping = mapping
        self._cells = cells
        self.key = b""
        #: What the file calls the associates, by their references.
        self.names: dict[str, str] = {}
        self._comma = decimal_comma
        self._digits = minor_digits_of(mapping.currency)
        self.kinds = Kinds(mapping)
        self.times = LocalTimes(
            mapping.zone(), day_first=day_first, pattern=mapping.file.date_format, now=now
        )

    def invoice_of(self, cells: Cells) -> str:
        """The invoice of a row, with its store where there are several, and its day or year where numbers
        restart.
        """
        invoice = self._cells.text(cells, "invoice")
        if not invoice:
            return ""
        parts = [invoice]
        if self._cells.has("store"):
            parts.insert(0, self._cells.text(cells, "store"))
        restart = self._mapping.invoice_numbers_restart
        if restart != "never" and (at := self.times.instant_if_any(self._cells.time_text(cells))) is not None:
            day = at.astimezone(self._mapping.zone())
            parts.insert(0, f"{day:%Y}" if restart == "yearly" else f"{day:%Y-%m-%d}")
        return "/".join(part for part in parts if part)

    def read(self, place: int, file: int, line: int, invoice: str, cells: Cells) -> MappedRow:
        """The row. Raises Unreadable."""
        for name in (*SHORT, *LONG):
            text = self._cells.text(cells, name)
            if len(text) > (NAME_LENGTH_MAX if name in SHORT else CODE_LENGTH_MAX):
                raise Unreadable(name, text, "is too long")
        at = self._read("date", self._cells.time_text(cells), self.times.instant)
        is_skipped = self._cells.is_skipped(cells)
        marked = None if is_skipped else self._read("kind", self._cells.text(cells, "kind"), self.kinds.of)
        sku = self._cells.text(cells, "sku")
        if not sku and not is_skipped:
            raise Unreadable("sku", "", "says what was sold")
        amounts = amounts_of(cells, self._cells, self._mapping, decimal_comma=self._comma)
        kind = self._kind(cells, marked, amounts)
        customer, name, email = self._customer(cells)
        return MappedRow(
            place=place,
            file=file,
            invoice=invoice,
            kind=kind,
            at=at,
            store=self._cells.text(cells, "store") or self._mapping.store or self._mapping.name,
            line=self._line(cells, sku, amounts, taxed=kind == "sale"),
            customer=customer,
            customer_name=name,
            phone=self._cells.text(cells, "phone"),
            email=email,
            associates=self._associates(cells),
            order_discount=amounts.order_discount,
            refunded=amounts.refunded,
            line_of_file=line,
            skipped=LEFT_OUT if is_skipped else self._skip_reason(cells, marked, amounts),
        )

    def _kind(self, cells: Cells, marked: str | None, amounts: Amounts) -> DocumentKind:
        prefix = self._mapping.returns.invoice_prefix
        has_prefix = prefix is not None and self._cells.text(cells, "invoice").startswith(prefix)
        is_return = marked == "return" or has_prefix or amounts.quantity < 0 or amounts.exact < 0
        return "return" if is_return else "sale"

    def _skip_reason(self, cells: Cells, marked: str | None, amounts: Amounts) -> str | None:
        currency = self._cells.text(cells, "currency").upper()
        if currency and currency not in CURRENCIES:
            raise Unreadable("currency", currency, "is no currency")
        if currency and currency != self._mapping.currency:
            return "other_currency"
        if marked == "not_sold":
            return "not_sold"
        if amounts.quantity == 0 and amounts.exact >= 0:
            return "quantity_zero"
        return "nothing_sold" if not amounts.exact and not self._cells.has("quantity") else None

    def _customer(self, cells: Cells) -> tuple[str | None, str, str]:
        """The customer's reference, name and mail address.

        A name or an address in the column of the customer is kept where it is encrypted.
        """
        text = self._cells.text(cells, "customer")
        name, email = self._cells.text(cells, "customer_name"), self._cells.text(cells, "email")
        if not text or text in self._mapping.walk_ins:
            return None, name, email
        reference = reference_of(text, self.key)
        if reference != text:
            if "@" in text:
                email = email or text
            elif any(letter.isalpha() for letter in text):
                name = name or text
        return reference, name, email

    def _associates(self, cells: Cells) -> tuple[str, ...]:
        text = self._cells.text(cells, "associate")
        separator = self._mapping.split_separator
        names = [name.strip() for name in (text.split(separator) if separator else [text]) if name.strip()]
        named = {reference_of(name, self.key): name for name in names}
        for reference, name in named.items():
            self.names.setdefault(reference, name)
        return tuple(named)

    def _line(self, cells: Cells, sku: str, amounts: Amounts, *, taxed: bool) -> Line:
        exact, quantity = abs(amounts.exact), abs(amounts.quantity)
        net_minor = minor(exact, self._digits)
        # A price finer than a minor unit is rounded up; the difference to the line's amount is a discount.
        unit_price_minor = -int(-EXACT.scaleb(amounts.unit_price, self._digits) // ONE)
        if unit_price_minor * quantity < net_minor:
            unit_price_minor = -(-net_minor // max(quantity, 1))
        return Line(
            sku=sku,
            quantity=quantity,
            exact=exact,
            net_minor=net_minor,
            unit_price_minor=unit_price_minor,
            description=self._cells.text(cells, "description"),
            department=self._cells.text(cells, "department") or None,
            label=self._cells.text(cells, "label") or None,
            size=self._cells.text(cells, "size") or None,
            tax_minor=minor(amounts.tax, self._digits) if taxed else 0,
            counted=self._cells.has("quantity"),
        )

    def _read(self, name: str, text: str, read: Callable[[str], Value]) -> Value:
        try:
            return read(text)
        except ValueError as error:
            reason = str(error)
            raise Unreadable(name, text, reason if reason.startswith("is ") else "cannot be read") from error
