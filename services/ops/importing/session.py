"""One import as people see it: progress while it runs, then what came of it and what to know about it."""

import time
from collections.abc import Sequence

from infra.garbage import seldom_collected
from services.ops.catch_up import catch_up
from services.ops.importing.account import UNREADABLE, Account, Summary
from services.ops.importing.files import UnusableFile
from services.ops.importing.importer import CHANGED, Importer
from services.ops.importing.reading_ahead import read_ahead
from services.ops.importing.run import ImportRefused
from services.ops.importing.slips import Format
from services.ops.importing.words import LEFT_OUT_WORDS
from services.ops.output import complain, document, err, money, progress, remark, table
from services.ops.shop import Shop

UNREADABLE_SHOWN_MAX = 20
CHANGED_SHOWN_MAX = 10
DOES_NOT_HOLD, INTERRUPTED = 1, 130


def imported(shop: Shop, source: Format, account: Account, *, json: bool, currency: str = "") -> int:
    """Import a source, bring what people read up to date, and say what came of it; the exit code."""
    started = time.monotonic()
    quiet = json and not err.is_terminal
    importer = Importer(source, account, shop.log, read=read_ahead)
    try:
        _run(shop, source, importer, account, quiet=quiet)
    except (UnusableFile, ImportRefused) as error:
        complain(str(error))
        return DOES_NOT_HOLD
    except KeyboardInterrupt:
        remark("Stopped. What was imported stays; run the same command again to go on.")
        return INTERRUPTED
    summary = account.close()
    _warn(account, importer.changed)
    caught_up = catch_up(shop, quiet=quiet)
    summary.seconds = round(time.monotonic() - started, 3)
    if json:
        document(summary)
    else:
        show(summary, currency)
        remark(
            f"{summary.customers:,} customers. {summary.events:,} facts written in {summary.seconds:,.1f} seconds"
            + (
                f"; {summary.already_imported:,} entries had been imported before"
                if summary.already_imported
                else ""
            )
            + "."
        )
    return 0 if caught_up else DOES_NOT_HOLD


def _run(shop: Shop, source: Format, importer: Importer, account: Account, *, quiet: bool) -> None:
    started = time.monotonic()
    with progress(quiet=quiet) as bar:
        task = bar.add_task("importing", total=source.size_bytes, rate="bytes")

        def on_batch(events: int, passed_over: int) -> None:
            summary = account.summary
            summary.events += events
            summary.already_imported += passed_over
            per_second = summary.rows / max(time.monotonic() - started, 0.001)
            bar.update(
                task, rate=f"bytes, {summary.rows:,} rows, {summary.events:,} facts, {per_second:,.0f} rows/s"
            )

        with seldom_collected():
            importer.run(
                shop.handler,
                batch_entries_max=shop.settings.import_batch_commands_max,
                on_progress=lambda read: bar.update(task, completed=read),
                on_batch=on_batch,
            )


def _warn(account: Account, changed: Sequence[str]) -> None:
    unreadable = account.summary.left_out.get(UNREADABLE)
    for complaint in account.unreadable[:UNREADABLE_SHOWN_MAX]:
        complain(complaint)
    count = max(unreadable.rows if unreadable else 0, len(account.unreadable))
    if count > UNREADABLE_SHOWN_MAX:
        complain(f"and {count - UNREADABLE_SHOWN_MAX:,} more that cannot be read")
    if changed:
        numbers = ", ".join(changed[:CHANGED_SHOWN_MAX])
        more_of_them = (
            f" and {len(changed) - CHANGED_SHOWN_MAX} more" if len(changed) > CHANGED_SHOWN_MAX else ""
        )
        complain(
            f"{len(changed)} slips were imported before with other lines and stay as they are: {numbers}{more_of_them}"
        )


def show(summary: Summary, currency: str) -> None:
    """The sums as a shopkeeper adds them up."""
    left_minor = sum(left.amount_minor for left in summary.left_out.values())
    file_minor = summary.sold_minor - summary.returned_minor + summary.rounding_minor + left_minor
    rows = [
        (f"{summary.sales:,} sales", money(summary.sold_minor, currency)),
        (f"{summary.returns:,} returns", money(-summary.returned_minor, currency)),
        *(
            (f"left out: {left.rows:,} rows, {LEFT_OUT_WORDS.get(reason, reason.replace('_', ' '))}",
             money(left.amount_minor, currency))
            for reason, left in summary.left_out.items()
        ),
        ("rounded to whole cents", money(summary.rounding_minor, currency)),
        (f"{summary.rows:,} rows of the file, together", money(file_minor, currency)),
    ]  # fmt: skip
    table("What the file came to", ("what", ("amount", "right")), rows)
    if CHANGED in summary.left_out:
        remark("A history is never changed: correct what was imported with commands of the API instead.")
