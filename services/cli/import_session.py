"""Run one import with a progress bar, and show its summary."""

import time
from collections.abc import Sequence

from infra.garbage import seldom_collected
from infra.runtime import Runtime
from services.cli.catch_up import catch_up
from services.cli.output import complain, document, err, money, progress, remark, table
from services.importing.pipeline.command_batches import ImportRefused
from services.importing.pipeline.csv_files import UnusableFile
from services.importing.pipeline.importer import CHANGED_CONTENT, Importer
from services.importing.pipeline.prefetch import prefetch
from services.importing.pipeline.reconciliation import UNREADABLE, ImportSummary, Reconciliation
from services.importing.pipeline.skip_reasons import SKIP_REASONS
from services.importing.pipeline.source_documents import SourceFormat

UNREADABLE_SHOWN_MAX = 20
CHANGED_SHOWN_MAX = 10
DOES_NOT_HOLD, INTERRUPTED = 1, 130


def imported(
    runtime: Runtime, source: SourceFormat, reconciliation: Reconciliation, *, json: bool, currency: str = ""
) -> int:
    """Import a source, let the projections catch up and show the summary; returns the exit code."""
    started = time.monotonic()
    quiet = json and not err.is_terminal
    importer = Importer(source, reconciliation, runtime.log, read=prefetch)
    try:
        _run(runtime, source, importer, reconciliation, quiet=quiet)
    except (UnusableFile, ImportRefused) as error:
        complain(str(error))
        return DOES_NOT_HOLD
    except KeyboardInterrupt:
        remark("Stopped. What was imported stays; run the same command again to go on.")
        return INTERRUPTED
    summary = reconciliation.close()
    _warn(reconciliation, importer.changed)
    caught_up = catch_up(runtime, quiet=quiet)
    summary.seconds = round(time.monotonic() - started, 3)
    if json:
        document(summary)
    else:
        show(summary, currency)
        remark(
            f"{summary.customers:,} customers. {summary.events:,} events written in {summary.seconds:,.1f} seconds"
            + (
                f"; {summary.already_imported:,} entries had been imported before"
                if summary.already_imported
                else ""
            )
            + "."
        )
    return 0 if caught_up else DOES_NOT_HOLD


def _run(
    runtime: Runtime, source: SourceFormat, importer: Importer, reconciliation: Reconciliation, *, quiet: bool
) -> None:
    started = time.monotonic()
    with progress(quiet=quiet) as bar:
        task = bar.add_task("importing", total=source.size_bytes, rate="bytes")

        def on_batch(events: int, already_imported: int) -> None:
            summary = reconciliation.summary
            summary.events += events
            summary.already_imported += already_imported
            per_second = summary.rows / max(time.monotonic() - started, 0.001)
            bar.update(
                task,
                rate=f"bytes, {summary.rows:,} rows, {summary.events:,} events, {per_second:,.0f} rows/s",
            )

        with seldom_collected():
            importer.run(
                runtime.handler,
                batch_entries_max=runtime.settings.import_batch_commands_max,
                on_progress=lambda read: bar.update(task, completed=read),
                on_batch=on_batch,
            )


def _warn(reconciliation: Reconciliation, changed: Sequence[str]) -> None:
    unreadable = reconciliation.summary.skipped.get(UNREADABLE)
    for complaint in reconciliation.unreadable[:UNREADABLE_SHOWN_MAX]:
        complain(complaint)
    count = max(unreadable.rows if unreadable else 0, len(reconciliation.unreadable))
    if count > UNREADABLE_SHOWN_MAX:
        complain(f"and {count - UNREADABLE_SHOWN_MAX:,} more that cannot be read")
    if changed:
        numbers = ", ".join(changed[:CHANGED_SHOWN_MAX])
        more = f" and {len(changed) - CHANGED_SHOWN_MAX} more" if len(changed) > CHANGED_SHOWN_MAX else ""
        complain(
            f"{len(changed)} documents were imported before with other lines and stay as they are: "
            f"{numbers}{more}"
        )


def show(summary: ImportSummary, currency: str) -> None:
    """Show the sums."""
    left_minor = sum(left.amount_minor for left in summary.skipped.values())
    file_minor = summary.sold_minor - summary.returned_minor + summary.rounding_minor + left_minor
    rows = [
        (f"{summary.sales:,} sales", money(summary.sold_minor, currency)),
        (f"{summary.returns:,} returns", money(-summary.returned_minor, currency)),
        *(
            (f"skipped: {left.rows:,} rows, {SKIP_REASONS.get(reason, reason.replace('_', ' '))}",
             money(left.amount_minor, currency))
            for reason, left in summary.skipped.items()
        ),
        ("rounded to whole cents", money(summary.rounding_minor, currency)),
        (f"{summary.rows:,} rows of the file, together", money(file_minor, currency)),
    ]  # fmt: skip
    table("What the file came to", ("what", ("amount", "right")), rows)
    if CHANGED_CONTENT in summary.skipped:
        remark("A history is never changed: correct what was imported with commands of the API instead.")
