"""`--check`: show what an import would do and which rows are wrong, without writing anything."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from domain.associate.commands import HireAssociate
from domain.messages import Command
from domain.return_.commands import AcceptReturn
from domain.sale.commands import AllowPrice, RecordSale
from services.cli.import_session import Import, draw_sums, wrong_usage
from services.cli.output import Output, complain, counted, remark, say
from services.cli.tables import table
from services.importing.formats.mapped_csv.kinds import REFUND_NOT_MAPPED
from services.importing.pipeline.importer import Importer
from services.importing.pipeline.reconciliation import ImportSummary, Reconciliation
from services.importing.pipeline.row_problems import RowProblem
from services.importing.pipeline.source_documents import SourceFormat

#: So many names of one sort are shown; more are counted.
SHOWN_MAX = 20
DOES_NOT_HOLD = 1


class ProblemGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Rows with the same problem in the same column, and the first of them."""

    column: str
    reason: str
    rows: int
    first: RowProblem | None


class ImportCheck(msgspec.Struct, kw_only=True):
    """What an import into an empty log would do, how the file was read, and which rows are wrong.

    `read` names kinds, associates, stores, dates and how numbers and dates were taken.
    """

    would: ImportSummary
    commands: dict[str, int]
    read: dict[str, Any]
    problem_groups: Sequence[ProblemGroup]
    problems: Sequence[RowProblem]


#: What happened on the days of the file.
_DATED = (RecordSale, AcceptReturn, AllowPrice)


class _Seen:
    """What the commands of an import name."""

    def __init__(self) -> None:
        self.commands: Counter[str] = Counter()
        self._stores: Counter[str] = Counter()
        self._associates: list[str] = []
        self._first: datetime | None = None
        self._last: datetime | None = None

    def add(self, command: Command) -> None:
        self.commands[type(command).__name__] += 1
        if isinstance(command, HireAssociate):
            self._associates.append(command.name or command.reference or "")
            return
        if isinstance(command, RecordSale | AcceptReturn):
            self._stores[command.store_id] += 1
        if isinstance(command, _DATED) and (at := command.occurred_at) is not None:
            self._first = min(self._first or at, at)
            self._last = max(self._last or at, at)

    def names(self, zone: ZoneInfo) -> dict[str, Any]:
        return {
            "from": self._first and self._first.astimezone(zone),
            "until": self._last and self._last.astimezone(zone),
            "time_zone": zone.key,
            "stores": dict(self._stores.most_common()),
            "associates": self._associates,
        }


def check_import(
    job: Import[SourceFormat],
    output: Output,
    *,
    readings: Mapping[str, str],
    time_zone: str,
    kinds: Counter[tuple[str, str]] | None = None,
) -> int:
    """Read everything and show the result; returns the exit code. Raises WrongUsage.

    `readings` says how numbers and dates were taken, at the latest when everything is read; `kinds` counts
    the rows of each kind while they are read. Days are those of the time zone.
    """
    source, reconciliation, currency = job
    started = time.monotonic()
    seen = _Seen()
    with wrong_usage():
        for _, command in Importer(source, reconciliation, None).commands():
            seen.add(command)
    summary = reconciliation.close()
    summary.seconds = round(time.monotonic() - started, 3)
    met = [{"kind": kind, "taken_for": taken, "rows": rows} for (kind, taken), rows in (kinds or {}).items()]
    read = {**readings, "kinds": met, **seen.names(ZoneInfo(time_zone))}
    found = ImportCheck(
        would=summary,
        commands=dict(sorted(seen.commands.items())),
        read=read,
        problem_groups=_groups(reconciliation),
        problems=reconciliation.problems,
    )
    output.show(found, lambda found: _draw(found, currency))
    if any(taken == REFUND_NOT_MAPPED for _, taken in kinds or ()):
        complain("money was refunded on some sales, and no column says how much: map `refunded`")
    return _verdict(summary, found.problem_groups)


def _verdict(summary: ImportSummary, groups: Sequence[ProblemGroup]) -> int:
    if groups:
        rows = sum(group.rows for group in groups)
        complain(f"{counted(rows, 'row')} cannot be read; nothing was written")
        return DOES_NOT_HOLD
    if not summary.sales and not summary.returns:
        complain("no row of it is a sale or a return; nothing was written")
        return DOES_NOT_HOLD
    left_out = sum(left.rows for left in summary.skipped.values())
    if left_out:
        remark(f"Every row can be read, and {left_out:,} would be left out, for the reasons above.")
    else:
        remark("Nothing is wrong with it.")
    remark("Nothing was written: leave --check out to import it.")
    return 0


def _groups(reconciliation: Reconciliation) -> list[ProblemGroup]:
    first: dict[tuple[str, str], RowProblem] = {}
    for problem in reconciliation.problems:
        first.setdefault((problem.column, problem.reason), problem)
    return [
        ProblemGroup(column=column, reason=reason, rows=rows, first=first.get((column, reason)))
        for (column, reason), rows in reconciliation.problem_counts.most_common()
    ]


def _draw(found: ImportCheck, currency: str) -> None:
    if groups := found.problem_groups:
        table(
            "Rows that cannot be read",
            ("column", "what is wrong", ("rows", "right"), "the first of them"),
            [(group.column, group.reason, group.rows, _place(group.first)) for group in groups],
        )
        say("--json lists the rows one by one")
    table("How it was read", ("what", "how"), list(_lines(found.read)))
    table("An import would", ("do", ("times", "right")), found.commands.items())
    draw_sums(found.would, currency)


def _place(first: RowProblem | None) -> str:
    if first is None:
        return ""
    where = f"{first.file} line {first.line}" if first.line else first.file
    return f"{where}: {first.found}" if first.found else where


def _lines(read: Mapping[str, Any]) -> list[tuple[str, str]]:
    lines = [(name, str(read[name])) for name in ("numbers", "dates") if name in read]
    if read["from"] is not None:
        lines.append(("days", f"{read['from']:%Y-%m-%d} to {read['until']:%Y-%m-%d} ({read['time_zone']})"))
    kinds = [
        f"{met['kind']}: {met['taken_for'].replace('_', ' ')} ({met['rows']:,})" for met in read["kinds"]
    ]
    stores = [f"{store} ({count:,})" for store, count in read["stores"].items()]
    for name, found in (("kinds", kinds), ("stores", stores), ("associates", read["associates"])):
        if found:
            more = f" and {len(found) - SHOWN_MAX:,} more" if len(found) > SHOWN_MAX else ""
            lines.append((name, ", ".join(found[:SHOWN_MAX]) + more))
    return lines
