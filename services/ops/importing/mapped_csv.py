"""Anybody's own CSV files, read by a mapping: each row a line of a slip, rows of one invoice together."""

import hashlib
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from domain.associate.commands import PayPlan
from domain.customer.commands import ContactKind
from services.ops.importing.account import AGAIN, Account
from services.ops.importing.files import CsvFile
from services.ops.importing.grouping import grouped, once
from services.ops.importing.made_up import MadeUpAssociates
from services.ops.importing.mapped_rows import COLUMN_NAMES, MappedRow, RowReader, Unreadable
from services.ops.importing.mapping import Mapping
from services.ops.importing.most_sold import MostSold
from services.ops.importing.problems import Problem, kind_of
from services.ops.importing.slips import LINES_MAX, Entry, Hire, Line, Patron, Slip, SlipKind

Cells = Sequence[str]


class _SlipKey(NamedTuple):
    """What the lines of one slip have in common."""

    kind: SlipKind
    customer: str | None
    taken_in_by: str | None


class MappedCsv:
    """Reads files into slips, in the order of time, keeping account of each row. `problems` names the rows that cannot be read."""

    def __init__(
        self, paths: Sequence[Path], mapping: Mapping, account: Account, *, now: datetime, associates: int = 0
    ) -> None:
        wanted = {name: (heading,) for name in COLUMN_NAMES if (heading := getattr(mapping.columns, name))}
        shape = mapping.file
        self._files = [
            CsvFile(path, wanted, delimiter=shape.delimiter, encoding=shape.encoding) for path in paths
        ]
        self.source = mapping.name
        self.size_bytes = sum(file.size_bytes for file in self._files)
        self.problems: list[Problem] = []
        self._mapping = mapping
        self._account = account
        self._reader = RowReader(mapping, tuple(wanted), now)
        self._made_up = MadeUpAssociates(mapping.name, associates, mapping.currency) if associates else None
        self._hired: set[str] = set()
        self._met: set[str] = set()
        self._most_sold = MostSold()

    def owner_of(self, customer: str) -> str | None:
        """Made-up associates own their customers from the first slip on; real ones sold to theirs."""
        return self._made_up.of(customer) if self._made_up else None

    def entries(self, on_progress: Callable[[int], None] | None = None) -> Iterator[Entry]:
        """Associates and customers when they are first met, the slips, and at last the owners."""
        at: datetime | None = None
        for rows in grouped(self._glances, self._reader.time_of, partial(self._rows, on_progress)):
            if at is None and self._made_up is not None:
                first = rows[0].at
                yield from self._made_up.hires(first, first.astimezone(self._mapping.zone()).date())
            for slip, of_slip in self._slips(once(rows, _same, self._again)):
                yield from self._hires(slip, of_slip)
                yield from self._patron(slip, of_slip[0])
                self._most_sold.add(slip)
                at = max(at or slip.at, slip.at)
                yield slip
        if at is not None:
            yield from self._most_sold.hand_overs(at)

    def _cells(
        self, on_progress: Callable[[int], None] | None = None
    ) -> Iterator[tuple[int, int, Cells | None]]:
        done_bytes = 0
        for number, file in enumerate(self._files):
            before = done_bytes
            report = (lambda read, before=before: on_progress(before + read)) if on_progress else None
            for line, cells in file.rows(report):
                yield number, line, cells
            done_bytes += file.size_bytes

    def _glances(self) -> Iterator[tuple[int, str, str]]:
        names = _Names()
        for place, (_, _, cells) in enumerate(self._cells()):
            if cells is not None:
                invoice = self._reader.invoice_of(cells) or names.of(cells)
                yield place, invoice, self._reader.time_text(cells)

    def _rows(self, on_progress: Callable[[int], None] | None) -> Iterator[MappedRow]:
        names = _Names()
        for place, (file, line, cells) in enumerate(self._cells(on_progress)):
            self._account.row()
            name = self._files[file].path.name
            if cells is None:
                self._complain(Problem(name, line, "", "", "has another number of columns than the header"))
                continue
            invoice = self._reader.invoice_of(cells) or names.of(cells)
            try:
                row = self._reader.read(place, file, invoice, cells)
            except Unreadable as error:
                heading = getattr(self._mapping.columns, error.column, None) or error.column
                self._complain(Problem(name, line, heading, kind_of(error.text), error.reason))
                continue
            if row.left_out is None:
                yield row
            else:
                self._account.leave_out(row.left_out, row.signed)

    def _complain(self, problem: Problem) -> None:
        self.problems.append(problem)
        self._account.cannot_read(str(problem))

    def _again(self, row: MappedRow) -> None:
        self._account.leave_out(AGAIN, row.signed)

    def _slips(self, rows: list[MappedRow]) -> Iterator[tuple[Slip, list[MappedRow]]]:
        """An invoice is one slip for each customer and kind that it names; very long ones are several."""
        together: dict[_SlipKey, list[MappedRow]] = {}
        for row in rows:
            taken_in_by = row.associate if row.kind == "return" else None
            together.setdefault(_SlipKey(row.kind, row.customer, taken_in_by), []).append(row)
        numbers: Counter[SlipKind] = Counter()
        for (kind, customer, taken_in_by), of_slip in together.items():
            for start in range(0, len(of_slip), LINES_MAX):
                part = of_slip[start : start + LINES_MAX]
                first = part[0]
                numbers[kind] += 1
                slip = Slip(
                    kind=kind,
                    name=first.invoice if numbers[kind] == 1 else f"{first.invoice}/{numbers[kind]}",
                    customer=customer,
                    at=min(row.at for row in part),
                    lines=tuple(self._line(row) for row in part),
                    store=first.store,
                    currency=self._mapping.currency,
                    channel=self._mapping.channel,
                    taken_in_by=taken_in_by,
                )
                yield slip, part

    def _line(self, row: MappedRow) -> Line:
        seller = None
        if row.kind == "sale":
            made_up = self._made_up.of(row.customer) if self._made_up and row.customer else None
            seller = row.associate or made_up
        return replace(row.line, seller=seller)

    def _hires(self, slip: Slip, rows: Sequence[MappedRow]) -> Iterator[Hire]:
        for reference in dict.fromkeys(row.associate for row in rows):
            if reference is not None and reference not in self._hired:
                self._hired.add(reference)
                yield self._hire(reference, slip)

    def _patron(self, slip: Slip, row: MappedRow) -> Iterator[Patron]:
        if slip.customer is None or slip.customer in self._met:
            return
        self._met.add(slip.customer)
        points: tuple[tuple[ContactKind, str], ...] = (("phone", row.phone), ("email", row.email))
        contact_points = tuple(point for point in points if point[1])
        if row.customer_name or contact_points:
            yield Patron(
                slip.customer,
                slip.at,
                slip.store,
                name=row.customer_name or None,
                contact_points=contact_points,
            )

    def _hire(self, reference: str, slip: Slip) -> Hire:
        pay = self._mapping.pay
        plan = PayPlan(
            currency=self._mapping.currency,
            base_rate_minor=pay.base_rate_minor,
            rate_bp=pay.rates_bp.get(reference, pay.rate_bp),
            deficit_policy=pay.deficit_policy,
        )
        day = slip.at.astimezone(self._mapping.zone()).date()
        return Hire(reference, slip.at, slip.store, plan, name=reference, hired_on=day)


def _same(row: MappedRow) -> Hashable:
    return row.customer, row.kind, row.at, row.associate, row.line


class _Names:
    """Names for rows without an invoice number: the same row has the same one in every run."""

    def __init__(self) -> None:
        self._met: Counter[bytes] = Counter()

    def of(self, cells: Cells) -> str:
        digest = hashlib.blake2b("\x1f".join(cells).encode(), digest_size=12).digest()
        self._met[digest] += 1
        number = self._met[digest]
        return f"row-{digest.hex()}" if number == 1 else f"row-{digest.hex()}-{number}"
