"""Run one import with a progress bar, and show its summary."""

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Generic, NamedTuple, TypeVar

from infra.clock import SYSTEM_CLOCK
from infra.garbage import seldom_collected
from infra.runtime import Runtime, open_runtime
from services.cli.catch_up import catch_up
from services.cli.output import Output, WrongUsage, complain, counted, money, progress, remark
from services.cli.tables import table
from services.importing.pipeline.csv_files import UnusableFile
from services.importing.pipeline.importer import CHANGED_CONTENT, Importer
from services.importing.pipeline.made_up_associates import refuse_other_number_of_associates
from services.importing.pipeline.pay_periods import PeriodLength, WithPayPeriods
from services.importing.pipeline.prefetch import prefetch
from services.importing.pipeline.reconciliation import UNREADABLE, ImportSummary, Reconciliation
from services.importing.pipeline.skip_reasons import SKIP_REASONS
from services.importing.pipeline.source_documents import SourceFormat
from services.importing.pipeline.stores import WithStores
from services.rebuild.left_out_events import in_words

UNREADABLE_SHOWN_MAX = 20
SOME_REFUSED = 1
INTERRUPTED = 130
NO_PAY_PERIODS = (
    "No pay periods were opened: what was earned goes into the first statement that is issued. On an empty "
    "log, "
    "--pay-periods monthly|semimonthly|biweekly opens them over the history and closes them with statements."
)

Source_co = TypeVar("Source_co", bound=SourceFormat, covariant=True)


class Import(NamedTuple, Generic[Source_co]):
    """A source, what is counted of it, and the currency of its sums."""

    source: Source_co
    reconciliation: Reconciliation
    currency: str


@contextmanager
def wrong_usage() -> Generator[None]:
    """A file that cannot be used at all, found before anything is opened, is wrong usage."""
    try:
        yield
    except UnusableFile as error:
        raise WrongUsage(str(error)) from error


def opened(
    reader: Callable[[Reconciliation], Source_co], *, currency: str, minor_digits: int = 2
) -> Import[Source_co]:
    """Open a source. Raises WrongUsage."""
    reconciliation = Reconciliation(minor_digits)
    with wrong_usage():
        return Import(reader(reconciliation), reconciliation, currency)


class PayPeriodsAsked(NamedTuple):
    """The pay periods to open over a history, if any, and the time zone of their days and of the stores'."""

    length: PeriodLength | None
    time_zone: str


def run_import(
    job: Import[SourceFormat],
    output: Output,
    *,
    pay_periods: PayPeriodsAsked,
    associates: int | None = None,
    prepare: Callable[[Runtime], None] | None = None,
) -> int:
    """Import a source, let the projections catch up and show the summary; returns the exit code.

    `associates`: over how many made-up ones the customers are spread, in this import and those before.
    `prepare` is called before anything is read.
    """
    source, reconciliation, currency = job
    started = time.monotonic()
    length, time_zone = pay_periods
    source = WithStores(source, time_zone)
    if length is not None:
        source = WithPayPeriods(source, length, time_zone, SYSTEM_CLOCK.now())
    with open_runtime() as runtime:
        if associates is not None:
            refuse_other_number_of_associates(runtime.handler.known_keys, source.source, associates)
        if prepare is not None:
            prepare(runtime)
        importer = Importer(source, reconciliation, runtime.log, read=prefetch)
        try:
            _run(runtime, source, importer, reconciliation, quiet=output.quiet)
        except KeyboardInterrupt:
            remark("Stopped. What was imported stays; run the same command again to go on.")
            return INTERRUPTED
        summary = reconciliation.close()
        _warn(reconciliation, importer.changed)
        _tell("refused", importer.refused)
        if summary.quarantined:
            complain(f"returns were traced without what is in quarantine: {in_words(summary.quarantined)}")
        catch_up(runtime, quiet=output.quiet)
    summary.seconds = round(time.monotonic() - started, 3)
    output.show(summary, lambda _: _draw(summary, currency))
    if length is None:
        remark(NO_PAY_PERIODS)
    return SOME_REFUSED if importer.refused else 0


def _draw(summary: ImportSummary, currency: str) -> None:
    draw_sums(summary, currency)
    before = summary.already_imported
    again = f"; {counted(before, 'entry', 'entries')} had been imported before" if before else ""
    remark(
        f"{counted(summary.customers, 'customer')}. {counted(summary.events, 'event')} written "
        f"in {summary.seconds:,.1f} seconds{again}."
    )


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
    for problem in reconciliation.problems[:UNREADABLE_SHOWN_MAX]:
        complain(str(problem))
    count = max(unreadable.rows if unreadable else 0, len(reconciliation.problems))
    if count > UNREADABLE_SHOWN_MAX:
        complain(f"and {count - UNREADABLE_SHOWN_MAX:,} more that cannot be read")
    _tell("imported before with other lines, stays as it is", changed)


def _tell(what: str, documents: Sequence[str]) -> None:
    for sentence in documents[:UNREADABLE_SHOWN_MAX]:
        complain(f"{what}: {sentence}")
    if len(documents) > UNREADABLE_SHOWN_MAX:
        complain(f"{what}: and {len(documents) - UNREADABLE_SHOWN_MAX:,} more")


def draw_sums(summary: ImportSummary, currency: str) -> None:
    """Print the sums."""
    left_minor = sum(left.amount_minor for left in summary.skipped.values())
    file_minor = summary.sold_minor - summary.returned_minor + summary.rounding_minor + left_minor
    rows = [
        (counted(summary.sales, "sale"), money(summary.sold_minor, currency)),
        (counted(summary.returns, "return"), money(-summary.returned_minor, currency)),
        *(
            (f"skipped: {counted(left.rows, 'row')}, {SKIP_REASONS.get(reason, reason.replace('_', ' '))}",
             money(left.amount_minor, currency))
            for reason, left in summary.skipped.items()
        ),
        ("rounded to whole cents", money(summary.rounding_minor, currency)),
        (f"{counted(summary.rows, 'row')} of the file, together", money(file_minor, currency)),
    ]  # fmt: skip
    table("What the file came to", ("what", ("amount", "right")), rows)
    if CHANGED_CONTENT in summary.skipped:
        remark("A history is never changed: correct what was imported with commands of the API instead.")
