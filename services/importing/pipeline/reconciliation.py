"""Reconciliation: every row is imported or skipped for a reason, and the sums equal the file's to the
cent.
"""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

import msgspec

from services.importing.pipeline.amounts import EXACT, ZERO, minor
from services.importing.pipeline.csv_files import BLANK_ROW, BrokenRow
from services.importing.pipeline.row_problems import RowProblem
from services.importing.pipeline.source_documents import DocumentKind

UNREADABLE = "unreadable"
BLANK = "blank_row"
REFUSED = "refused"
DUPLICATE = "in_an_earlier_file"
PROBLEMS_KEPT_MAX = 1000


class SkippedRows(msgspec.Struct):
    """Rows skipped for one reason, and their sum (minor units, with the sign of the file)."""

    rows: int = 0
    amount_minor: int = 0


class ImportSummary(msgspec.Struct, kw_only=True):
    """The result of an import. Amounts are minor units.

    `sold_minor` - `returned_minor` + `rounding_minor` + the skipped amounts = the sum of the file.
    """

    rows: int = 0
    sales: int = 0
    returns: int = 0
    customers: int = 0
    sold_minor: int = 0
    returned_minor: int = 0
    rounding_minor: int = 0
    #: `left_out` is its name in `--json`.
    skipped: dict[str, SkippedRows] = msgspec.field(name="left_out", default_factory=dict[str, SkippedRows])
    already_imported: int = 0
    #: Positions of events in quarantine, without which returns were traced.
    quarantined: list[int] = []
    events: int = 0
    seconds: float = 0.0


class RowCounts(NamedTuple):
    """Counts of a part of the file: rows, customers, skipped (reason to rows and exact amount), problems."""

    rows: int
    customers: int
    skipped: dict[str, tuple[int, Decimal]]
    problems: list[RowProblem]


class Reconciliation:
    """Adds up a summary row by row. Amounts are exact (Decimal, major units) and rounded once, at the end."""

    def __init__(self, minor_digits: int = 2) -> None:
        self.summary = ImportSummary()
        self.problems: list[RowProblem] = []
        #: How many rows have the same problem, by column and reason.
        self.problem_counts: Counter[tuple[str, str]] = Counter()
        self.minor_digits = minor_digits
        self._exact = ZERO
        self._skipped: dict[str, tuple[int, Decimal]] = {}

    def row(self) -> None:
        """Count one more row."""
        self.summary.rows += 1

    def skip(self, reason: str, amount: Decimal = ZERO, rows: int = 1) -> None:
        """Count a row as skipped; or several, which come to the amount together."""
        rows_before, before = self._skipped.get(reason, (0, ZERO))
        self._skipped[reason] = (rows_before + rows, EXACT.add(before, amount))

    def skip_unreadable(self, problem: RowProblem, amount: Decimal = ZERO) -> None:
        """Count a row that cannot be read; `problem` says which and why, without repeating personal data."""
        self.skip(UNREADABLE, amount)
        self.report(problem)

    def skip_broken(self, file: str, line: int, row: BrokenRow) -> None:
        """Count a row that is none of its file. One of blanks alone is no problem: it says nothing."""
        if row is BLANK_ROW:
            self.skip(BLANK)
        else:
            self.skip_unreadable(RowProblem(file, line, "", "", row.reason))

    def report(self, problem: RowProblem) -> None:
        """Keep a problem of a row that is counted elsewhere, or not at all."""
        self.problem_counts[problem.column, problem.reason] += 1
        if len(self.problems) < PROBLEMS_KEPT_MAX:
            self.problems.append(problem)

    def leave_out(self, positions: Sequence[int]) -> None:
        """Report events of the log that are in quarantine."""
        self.summary.quarantined = sorted({*self.summary.quarantined, *positions})

    def take(self) -> RowCounts:
        """Return what was counted since the last call, and start counting anew."""
        summary = self.summary
        counts = RowCounts(summary.rows, summary.customers, self._skipped, self.problems)
        summary.rows = summary.customers = 0
        self._skipped, self.problems = {}, []
        return counts

    def add(self, counts: RowCounts) -> None:
        """Add what was counted elsewhere."""
        self.summary.rows += counts.rows
        self.summary.customers += counts.customers
        for reason, (rows, amount) in counts.skipped.items():
            self.skip(reason, amount, rows)
        self.problems += counts.problems[: max(PROBLEMS_KEPT_MAX - len(self.problems), 0)]

    def imported(self, kind: DocumentKind, exact: Decimal, net_minor: int) -> None:
        """Count a source document that is in the log, from this run or an earlier one.

        It comes to `exact` in the file and `net_minor` in the log (both positive).
        """
        if kind == "sale":
            self._exact = EXACT.add(self._exact, exact)
            self.summary.sold_minor += net_minor
        else:
            self._exact = EXACT.subtract(self._exact, exact)
            self.summary.returned_minor += net_minor

    def refused(self, kind: DocumentKind, net_minor: int, rows: int) -> None:
        """Count rows that `imported` had counted, and that a rule has refused, as skipped."""
        exact = Decimal(net_minor).scaleb(-self.minor_digits)
        self.imported(kind, -exact, -net_minor)
        self.skip(REFUSED, exact if kind == "sale" else -exact, rows)

    def close(self) -> ImportSummary:
        """Round the summary: `rounding_minor` is what the parts differ from the rounded sum of the file."""
        summary = self.summary
        whole, left_minor = self._exact, 0
        summary.skipped = {}
        for reason, (rows, total) in sorted(self._skipped.items()):
            left = summary.skipped[reason] = SkippedRows(rows, minor(total, self.minor_digits))
            left_minor += left.amount_minor
            whole = EXACT.add(whole, total)
        imported_minor = summary.sold_minor - summary.returned_minor
        summary.rounding_minor = minor(whole, self.minor_digits) - imported_minor - left_minor
        return summary
