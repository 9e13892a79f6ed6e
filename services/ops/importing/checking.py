"""`--check`: what an import would do, and what is wrong with which row, without writing anything."""

import time
from collections import Counter
from collections.abc import Sequence

import msgspec

from services.ops.importing.account import Account, Summary
from services.ops.importing.importer import Importer
from services.ops.importing.mapped_csv import MappedCsv
from services.ops.importing.problems import Problem
from services.ops.importing.session import show
from services.ops.output import complain, document, err, remark, table

PROBLEMS_SHOWN_MAX = 100
DOES_NOT_HOLD = 1


class Checked(msgspec.Struct, kw_only=True):
    """What would be done (`commands` by name, and the summary an import of nothing before would end with) and what is wrong."""

    would: Summary
    commands: dict[str, int]
    problems: Sequence[Problem]


def checked(source: MappedCsv, account: Account, *, json: bool, currency: str) -> int:
    """Read everything and say what came of it; the exit code. Raises UnusableFile."""
    started = time.monotonic()
    counts: Counter[str] = Counter()
    for _, command in Importer(source, account, None).commands():
        counts[type(command).__name__] += 1
    summary = account.close()
    summary.seconds = round(time.monotonic() - started, 3)
    if json:
        document(Checked(would=summary, commands=dict(sorted(counts.items())), problems=source.problems))
    else:
        _show(source.problems, counts)
        show(summary, currency)
    if source.problems:
        complain(f"{len(source.problems):,} rows cannot be read; nothing was written")
        return DOES_NOT_HOLD
    remark("Nothing is wrong with it. Nothing was written: leave --check out to import it.")
    return 0


def _show(problems: Sequence[Problem], counts: Counter[str]) -> None:
    if problems:
        rows = [(p.file, p.line, p.column, p.found, p.reason) for p in problems[:PROBLEMS_SHOWN_MAX]]
        table(
            "Rows that cannot be read", ("file", ("line", "right"), "column", "found", "what is wrong"), rows
        )
        if len(problems) > PROBLEMS_SHOWN_MAX:
            err.print(f"and {len(problems) - PROBLEMS_SHOWN_MAX:,} more (--json lists all of them)")
    table("An import would", ("do", ("times", "right")), sorted(counts.items()))
