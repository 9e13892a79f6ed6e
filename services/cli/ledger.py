"""`clienteling ledger`: statements, where every cent of them comes from, and the whole journal for other
programs.
"""

import csv
import sys
from typing import Annotated, Final, Literal

import msgspec
from cyclopts import App, Parameter

from infra.runtime import Runtime, open_runtime
from projections.commission_ledger.account import Statement
from projections.commission_ledger.queries import LedgerEntry
from services.analysis import statements
from services.analysis.beancount_export import beancount
from services.analysis.statement_trace import TracedEntry, describe_rates, trace_entries
from services.cli.as_of_options import AsOf
from services.cli.associate_argument import associate_id_of
from services.cli.ledger_what_if import what_if
from services.cli.output import Output, money, remark
from services.cli.tables import table
from services.rebuild.left_out_events import in_words

app = App(name="ledger", help_format="plaintext")

#: The text of each command that is imported only when it is run, by its name and where it is.
PAGES: Final[dict[tuple[str, str], str]] = {
    ("account", "services.cli.ledger_account:account"): """\
Show where an associate's account stands, now or as of any past date or position.

Its balance, what is owed, the open periods, and the latest statements.

For example:

    clienteling ledger account ass_...
    clienteling ledger account "staff 03" --as-of 2026-03-01""",
    ("statements", "services.cli.ledger_periods:statements"): """\
List everybody's statements of a pay period.

For example:

    clienteling ledger statements P08
    clienteling ledger statements P08 --json""",
    ("missing-hours", "services.cli.ledger_periods:missing_hours"): """\
List who has sales in a pay period and no hours, before it is closed.

Somebody without hours has no guarantee; hours that come after their statement
are made up for in the next one.

For example:

    clienteling ledger missing-hours P08
    clienteling ledger missing-hours P08 --scope downtown""",
    ("deficits", "services.cli.ledger_periods:deficits"): """\
List deficits while they build up: whose, since when, and by which returns.

For example:

    clienteling ledger deficits
    clienteling ledger deficits --store downtown""",
}

app.command(what_if, name="what-if")
for (name, where), text in PAGES.items():
    app.command(where, name=name, help=text)

StatementName = Annotated[
    str,
    Parameter(
        help="ass_.../P08, the position of its event in the log, or an associate (ass_... or a reference).",
    ),
]
Period = Annotated[str | None, Parameter(help="The pay period; the latest statement when left out.")]


@app.command
def statement(
    statement: StatementName,
    period: Period = None,
    *,
    as_of: AsOf = AsOf(),
    output: Output = Output(),
) -> int:
    """Show what an associate was paid for a period, and how it came about.

    In the past: the statement of the period, or the latest one, that had been
    issued by then.

    For example:

        clienteling ledger statement ass_.../P08
        clienteling ledger statement "staff 03" --as-of 2026-03-01
    """
    with open_runtime() as runtime:
        if not as_of.is_past:
            found = _named_statement(runtime, statement, period)
        else:
            associate, period = _split(statement, period)
            past = as_of.cutoff(runtime.log)
            found = statements.statement_as_of(runtime, associate_id_of(runtime, associate), period, past)
    output.show(found, _draw_statement)
    return 0


@app.command
def explain(statement: StatementName, period: Period = None, *, output: Output = Output()) -> int:
    """Trace every cent of a statement to its sale, return and plan. Exit code 1 when they do not add up.

    For example:

        clienteling ledger explain ass_.../P08
        clienteling ledger explain "staff 03" P08 --json
    """
    with open_runtime() as runtime:
        found = _named_statement(runtime, statement, period)
        entries, left_out = trace_entries(
            runtime.log, found.associate_id, statements.entries_behind(runtime, found)
        )
        plans = statements.pay_plans_of(runtime, found.associate_id)
    to_pay = sum(entry.amount_minor for entry in entries if entry.kind != "paid")
    holds = to_pay == found.pay_minor
    document = {
        "statement": found, "plans": plans, "entries": entries, "sum_minor": to_pay, "adds_up": holds,
        "left_out": left_out,
    }  # fmt: skip
    output.show(document, lambda _: _draw_trace(found, entries, to_pay))
    if left_out and not output.json:
        remark(f"traced without what is in quarantine: {in_words(left_out)}")
    return 0 if holds else 1


@app.command
def export(
    *, format: Annotated[Literal["beancount", "csv"], Parameter(help="For bean-check, or for a spreadsheet.")]
) -> int:
    """Write every entry of the ledger to standard output, two or more for each event, summing to zero.

    For example:

        clienteling ledger export --format beancount > ledger.beancount
        clienteling ledger export --format csv > ledger.csv
    """
    with open_runtime() as runtime, statements.journal(runtime) as entries:
        if format == "beancount":
            for text in beancount(entries):
                sys.stdout.write(text)
        else:
            sheet = csv.writer(sys.stdout)
            sheet.writerow(LedgerEntry.__struct_fields__)
            for entry in entries:
                sheet.writerow(["" if v is None else v for v in msgspec.structs.astuple(entry)])
        sys.stdout.flush()
    return 0


def _named_statement(runtime: Runtime, name: str, period: str | None) -> Statement:
    if period is None and name.isdecimal():
        return statements.statement_at(runtime, name)
    associate, period = _split(name, period)
    return statements.statement_for(runtime, associate_id_of(runtime, associate), period)


def _split(name: str, period: str | None) -> tuple[str, str | None]:
    """The associate and the period of `ass_.../P08`; a reference may have a slash of its own."""
    if period is None and name.startswith("ass_") and "/" in name:
        associate, _, period = name.partition("/")
        return associate, period
    return name, period


def _draw_trace(found: Statement, entries: list[TracedEntry], to_pay: int) -> None:
    _draw_statement(found)
    table(
        f"\nWhat it is made of (settled by plan {found.plan_no})",
        (
            "position", "day", "what", "sale", "return", ("line", "right"), ("plan", "right"),
            ("rate", "right"), ("amount", "right"),
        ),
        (
            (
                e.position, e.occurred_at.date(), e.kind.replace("_", " "), e.sale_id or "",
                e.return_id or "",
                e.line_no or "", e.plan_no, describe_rates(e.rates_bp), money(e.amount_minor, e.currency),
            )
            for e in entries if e.kind != "paid"
        ),
    )  # fmt: skip
    table(
        "",
        ("", ("", "right")),
        [
            ("the entries add up to", money(to_pay, found.currency)),
            ("the statement paid", money(found.pay_minor, found.currency)),
            ("", "they agree" if to_pay == found.pay_minor else "THEY DIFFER"),
        ],
    )


def _draw_statement(found: Statement) -> None:
    currency = found.currency
    table(
        f"Statement {found.associate_id}/{found.period_id}: {found.starts_on} to {found.ends_on}",
        ("", ("amount", "right")),
        (
            ("sold, returns taken off", money(found.sales_minor, currency)),
            ("commission earned", money(found.earned_minor, currency)),
            ("clawed back", money(-found.clawed_back_minor, currency)),
            ("moved by corrections", money(found.moved_minor, currency)),
            ("net commission", money(found.net_minor, currency)),
            (f"guarantee for {found.minutes / 60:.2f} hours", money(found.guarantee_minor, currency)),
            ("topped up", money(found.topped_up_minor, currency)),
            ("topped up late, for closed periods", money(found.late_topped_up_minor, currency)),
            ("carried into the next period", money(found.carried_minor, currency)),
            ("forgiven", money(found.forgiven_minor, currency)),
            ("recouped", money(-found.recouped_minor, currency)),
            (f"owed afterwards ({found.policy.replace('_', ' ')})", money(found.owed_after_minor, currency)),
            ("pay", money(found.pay_minor, currency)),
        ),
    )
