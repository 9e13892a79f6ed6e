"""`clienteling ledger`: statements, where every cent of them comes from, and the whole journal for other
programs.
"""

import csv
import sys
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import msgspec
from cyclopts import App, Parameter

from domain.ids import account_id_of
from domain.messages import NotFound, Refused
from infra.postgres import connect
from infra.projection_store.catalog import OtherHistory, require_history_of_log
from infra.runtime import Runtime, open_runtime
from projections.as_of import Cutoff
from projections.commission_ledger.account import Statement
from projections.commission_ledger.queries import (
    JOURNAL,
    LEDGER,
    STATEMENT,
    STATEMENT_AT,
    STATEMENTS,
    LedgerEntry,
    entries_of,
    statement_of,
)
from projections.registry import COMMISSION_LEDGER
from services.analysis.beancount_export import beancount
from services.analysis.statement_trace import describe_rates, trace_entries
from services.cli.as_of_options import AsOf, AsOfPosition, past_of
from services.cli.associate_argument import Associate, associate_id_of
from services.cli.ledger_what_if import what_if
from services.cli.output import Json, document, money, table
from services.cli.table_rows import rows_of
from services.read_models.rows_as_of import ledger_as_of

app = App(name="ledger", help_format="plaintext")

app.command(what_if, name="what-if")

Period = Annotated[str | None, Parameter(help="The pay period; the latest statement when left out.")]


app.command(
    "services.cli.ledger_account:account",
    name="account",
    help="""Show where an associate's account stands, now or as of any past date or position.

Its balance, what is owed, the open periods, and the latest statements.

For example:

    clienteling ledger account ass_...
    clienteling ledger account "staff 03" --as-of 2026-03-01""",
)


@app.command
def statement(
    associate: Associate,
    period: Period = None,
    *,
    as_of: AsOf = None,
    as_of_position: AsOfPosition = None,
    json: Json = False,
) -> int:
    """Show what an associate was paid for a period, and how it came about.

    In the past: the statement of the period, or the latest one, that had been
    issued by then.

    For example:

        clienteling ledger statement ass_... P08
        clienteling ledger statement "staff 03" --as-of 2026-03-01
    """
    with open_runtime() as runtime:
        associate_id = associate_id_of(runtime, associate)
        if as_of is None and as_of_position is None:
            found = _statement(runtime, associate_id, period)
        else:
            found = _statement_then(
                runtime, associate_id, period, past_of(runtime.log, as_of, as_of_position)
            )
    if json:
        document(found)
    else:
        _show_statement(found)
    return 0


@app.command
def explain(
    statement: Annotated[
        str,
        Parameter(
            help="A statement: ass_.../P08, or the position of its fact in the log. Or an associate (ass_..., a reference), with a period."
        ),
    ],
    period: Period = None,
    *,
    json: Json = False,
) -> int:
    """Trace every cent of a statement to its sale, return and plan. Exit code 1 when they do not add up.

    For example:

        clienteling ledger explain ass_.../P08
        clienteling ledger explain "staff 03" P08 --json
    """
    with open_runtime() as runtime:
        found = _named_statement(runtime, statement, period)
        own = [e for e in _entries(runtime, found) if e.account == f"associate:{found.associate_id}"]
        entries = trace_entries(runtime.log, found.associate_id, own)
        plans = _plans(runtime, found.associate_id)
    to_pay = sum(entry.amount_minor for entry in entries if entry.kind != "paid")
    holds = to_pay == found.pay_minor
    if json:
        document(
            {"statement": found, "plans": plans, "entries": entries, "sum_minor": to_pay, "adds_up": holds}
        )
        return 0 if holds else 1
    _show_statement(found)
    table(
        f"\nWhat it is made of (settled by plan {found.plan_no})",
        (
            "position", "day", "what", "sale", "return", ("line", "right"), ("plan", "right"), ("rate", "right"),
            ("amount", "right"),
        ),
        (
            (
                e.position, e.occurred_at.date(), e.kind.replace("_", " "), e.sale_id or "", e.return_id or "",
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
            ("", "they agree" if holds else "THEY DIFFER"),
        ],
    )
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
    with open_runtime() as runtime:
        _must_be_of_this_history(runtime)
        entries = _journal(runtime)
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


def _must_be_of_this_history(runtime: Runtime) -> None:
    with connect(runtime.settings, runtime.servers.database_url, name="ledger export") as connection:
        try:
            require_history_of_log(connection, COMMISSION_LEDGER.name)
        except OtherHistory as error:
            raise Refused("other_history", str(error)) from error


def _named_statement(runtime: Runtime, statement: str, period: str | None) -> Statement:
    if period is None and statement.isdecimal():
        # No log is longer than that, and no larger number is one to the database.
        rows = rows_of(runtime, STATEMENT_AT, {"position": int(statement[:18])})
        if not rows:
            said = f"at position {statement} of the log no statement was issued"
            raise NotFound("statement_unknown", said, "STATEMENT")
        return statement_of(rows[0][0])
    if period is None and statement.startswith("ass_") and "/" in statement:
        statement, _, period = statement.partition("/")
    return _statement(runtime, associate_id_of(runtime, statement), period)


def _statement(runtime: Runtime, associate_id: str, period: str | None) -> Statement:
    if period is None:
        query, parameters = STATEMENTS, {"account_id": account_id_of(associate_id), "limit": 1, "offset": 0}
    else:
        query, parameters = STATEMENT, {"account_id": account_id_of(associate_id), "period_id": period}
    rows = rows_of(runtime, query, parameters)
    if not rows:
        raise NotFound(
            "statement_unknown",
            f"{associate_id} has no statement{f' for {period}' if period else ''}",
            "PERIOD",
        )
    return statement_of(rows[0][0])


def _statement_then(runtime: Runtime, associate_id: str, period: str | None, past: Cutoff) -> Statement:
    for issued in reversed(ledger_as_of(runtime.log, associate_id, past).statements):
        if period in (None, issued.period_id):
            return issued
    what = f"statement for {period}" if period else "statement"
    raise NotFound("statement_unknown", f"{associate_id} had no {what} by then", "PERIOD")


def _entries(runtime: Runtime, found: Statement) -> list[LedgerEntry]:
    parameters = {
        "account_id": account_id_of(found.associate_id),
        "period_id": found.period_id,
        "after_position": 0,
        "after_n": 0,
        "limit": 10**9,
    }
    return entries_of(rows_of(runtime, LEDGER, parameters))


def _plans(runtime: Runtime, associate_id: str) -> list[dict[str, Any]]:
    return [
        {
            "position": event.position,
            **{k: v for k, v in fact.items() if k in ("plan_no", "plan", "effective_on", "hired_on")},
        }
        for event in runtime.log.read_stream(associate_id)
        if "plan" in (fact := msgspec.json.decode(event.state))
    ]


def _journal(runtime: Runtime) -> Iterator[LedgerEntry]:
    with (
        connect(
            runtime.settings, runtime.servers.database_url, name="ledger export", limit_statements=False
        ) as connection,
        connection.transaction(),
        connection.cursor(name="ledger_export") as cursor,
    ):
        cursor.execute(JOURNAL, {"after_position": 0, "up_to_position": 2**62})
        for row in cursor:
            yield LedgerEntry(*row)


def _show_statement(found: Statement) -> None:
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
            ("carried into the next period", money(found.carried_minor, currency)),
            ("forgiven", money(found.forgiven_minor, currency)),
            ("recouped", money(-found.recouped_minor, currency)),
            (f"owed afterwards ({found.policy.replace('_', ' ')})", money(found.owed_after_minor, currency)),
            ("pay", money(found.pay_minor, currency)),
        ),
    )
