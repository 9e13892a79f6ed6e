"""`--check`: show what an import would do and which rows are wrong, without writing anything."""

import time
from collections import Counter
from collections.abc import Sequence

import msgspec

from services.cli.import_session import Import, draw_sums, wrong_usage
from services.cli.output import Output, complain, counted, remark, say
from services.cli.tables import table
from services.importing.formats.mapped_csv.reader import MappedCsv
from services.importing.formats.mapped_csv.row_problems import RowProblem
from services.importing.pipeline.importer import Importer
from services.importing.pipeline.reconciliation import ImportSummary

PROBLEMS_SHOWN_MAX = 100
DOES_NOT_HOLD = 1


class ImportCheck(msgspec.Struct, kw_only=True):
    """What an import into an empty log would do (commands by name, the summary) and which rows are wrong."""

    would: ImportSummary
    commands: dict[str, int]
    problems: Sequence[RowProblem]


def check_import(job: Import[MappedCsv], output: Output) -> int:
    """Read everything and show the result; returns the exit code. Raises WrongUsage."""
    source, reconciliation, currency = job
    started = time.monotonic()
    counts: Counter[str] = Counter()
    with wrong_usage():
        for _, command in Importer(source, reconciliation, None).commands():
            counts[type(command).__name__] += 1
    summary = reconciliation.close()
    summary.seconds = round(time.monotonic() - started, 3)
    found = ImportCheck(would=summary, commands=dict(sorted(counts.items())), problems=source.problems)
    output.show(found, lambda found: _draw(found, currency))
    if source.problems:
        complain(f"{counted(len(source.problems), 'row')} cannot be read; nothing was written")
        return DOES_NOT_HOLD
    remark("Nothing is wrong with it. Nothing was written: leave --check out to import it.")
    return 0


def _draw(found: ImportCheck, currency: str) -> None:
    if problems := found.problems:
        rows = [(p.file, p.line, p.column, p.found, p.reason) for p in problems[:PROBLEMS_SHOWN_MAX]]
        table(
            "Rows that cannot be read", ("file", ("line", "right"), "column", "found", "what is wrong"), rows
        )
        if len(problems) > PROBLEMS_SHOWN_MAX:
            say(f"and {len(problems) - PROBLEMS_SHOWN_MAX:,} more (--json lists all of them)")
    table("An import would", ("do", ("times", "right")), found.commands.items())
    draw_sums(found.would, currency)
