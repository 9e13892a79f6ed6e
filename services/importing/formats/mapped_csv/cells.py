"""The cells of a mapped row by the names of the mapping: columns that stand in for others, constants, and
blanks that the row above fills.
"""

from collections.abc import Iterator, Sequence

import msgspec

from services.importing.formats.mapped_csv.mapping import Columns, Mapping

Cells = Sequence[str]

NUMBERS = (
    "quantity", "unit_price", "amount", "discount", "discount_percent", "tax", "shipping", "order_discount",
    "refunded",
)  # fmt: skip


class MappedCells:
    """Finds the texts of a row. `headings` are the columns wanted of the file, in the order of its cells."""

    def __init__(self, mapping: Mapping) -> None:
        self.headings: dict[str, tuple[str]] = {}
        self._places: dict[str, tuple[int, ...]] = {}
        for name in (field.name for field in msgspec.structs.fields(Columns)):
            said: str | tuple[str, ...] | None = getattr(mapping.columns, name)
            headings = (said,) if isinstance(said, str) else said or ()
            if headings:
                self._places[name] = tuple(self._place(heading) for heading in headings)
        self._skipped = [
            (self._place(heading), {value.strip().casefold() for value in values})
            for heading, values in mapping.skip.items()
        ]
        self._constants: dict[str, str | None] = msgspec.structs.asdict(mapping.constants)
        self._inherited = [place for name in mapping.file.inherit for place in self._places.get(name, ())]
        self._restarts = mapping.invoice_numbers_restart != "never"

    def _place(self, heading: str) -> int:
        self.headings.setdefault(heading, (heading,))
        return list(self.headings).index(heading)

    def has(self, name: str) -> bool:
        """Whether the mapping names a column for it."""
        return name in self._places

    def heading(self, name: str) -> str:
        """The heading of a column of the mapping, for people."""
        places = self._places.get(name)
        return list(self.headings)[places[0]] if places else name

    def text(self, cells: Cells, name: str) -> str:
        """The first text of its columns that is not blank, else the constant, else nothing.

        Several columns of a name are its parts.
        """
        if name == "customer_name":
            parts = (cells[place].strip() for place in self._places.get(name, ()))
            return " ".join(part for part in parts if part)
        for place in self._places.get(name, ()):
            if text := cells[place].strip():
                return text
        return self._constants.get(name) or ""

    def time_text(self, cells: Cells) -> str:
        """The row's time as the file writes it: date and time of day may be two columns."""
        return f"{self.text(cells, 'date')} {self.text(cells, 'time')}".strip()

    def numbers(self, cells: Cells) -> Iterator[tuple[str, str]]:
        """Heading and text of every number of a row."""
        for name in NUMBERS:
            if name in self._places and (text := self.text(cells, name)):
                yield name, text

    def is_skipped(self, cells: Cells) -> bool:
        """Whether the mapping says to skip the row."""
        return any(cells[place].strip().casefold() in values for place, values in self._skipped)

    def filled(self, cells: Cells, above: Cells | None) -> Cells:
        """The row with its blanks filled from the row above, where both are of the same invoice.

        Shops' exports often have the customer, the seller and so on in the first row of an order only.
        """
        if above is None or not self._inherited or not self._are_of_one_invoice(cells, above):
            return cells
        blank = [place for place in self._inherited if above[place] and not cells[place].strip()]
        if not blank:
            return cells
        together = list(cells)
        for place in blank:
            together[place] = above[place]
        return together

    def _are_of_one_invoice(self, cells: Cells, above: Cells) -> bool:
        invoice = self.text(cells, "invoice")
        if not invoice or invoice != self.text(above, "invoice"):
            return False
        names = ("store", "date") if self._restarts else ("store",)
        texts = ((self.text(cells, name), self.text(above, name)) for name in names)
        return all(not text or text == text_above for text, text_above in texts)
