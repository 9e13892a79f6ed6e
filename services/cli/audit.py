"""`clienteling audit`: who did what, and who read whose personal data."""

import re
from datetime import UTC, date, datetime, time
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.validators import Number

from infra.event_store.audit import AuditEntry, AuditQuestion, audit_entries
from infra.openings import OpeningsQuestion, RecordedOpening, openings_found
from infra.runtime import open_runtime
from projections.as_of import is_day
from services.cli.as_of_options import is_date_or_instant, parse_instant
from services.cli.output import Output, WrongUsage, remark
from services.cli.tables import table

LIMIT_MAX = 1_000_000
CUSTOMER_ID = re.compile("cus_[0-9a-f]{32}")

app = App(name="audit", help_format="plaintext")

Actor = Annotated[
    str | None, Parameter(help="Only what this actor did: ass_..., usr:..., cli:..., service:...")
]
Customer = Annotated[str | None, Parameter(help="Only what concerns this customer, cus_...")]
Since = Annotated[
    str | None,
    Parameter(help="Only what was recorded from this day (UTC) or instant on.", validator=is_date_or_instant),
]
Limit = Annotated[int, Parameter(help="Show the last so many.", validator=Number(gte=1, lte=LIMIT_MAX))]


@app.default
def audit(
    *,
    actor: Actor = None,
    customer: Customer = None,
    since: Since = None,
    correlation: Annotated[
        str | None, Parameter(help="Only what one request led to, by its correlation id.")
    ] = None,
    limit: Limit = 50,
    output: Output = Output(),
) -> int:
    """Show who did what: the last events of the log by their metadata, oldest first."""
    _check(customer)
    question = AuditQuestion(
        actor=actor,
        customer_id=customer,
        correlation_id=correlation,
        since=None if since is None else _begin_of(since),
    )
    with open_runtime() as runtime, runtime.connect("audit") as connection:
        found = audit_entries(connection, question, limit)
    if not found:
        remark(
            "The log holds nothing of this. Events from before there was metadata have no actor and no time."
        )
    output.show(found, _draw)
    return 0


@app.command(name="openings")
def openings_(
    *,
    actor: Actor = None,
    customer: Customer = None,
    since: Since = None,
    limit: Limit = 50,
    output: Output = Output(),
) -> int:
    """Show who read whose personal data: the last answers that told of customers, oldest first.

    Kept for CLIENTELING_OPENINGS_DAYS, also when a customer is forgotten: no names
    are in it.

    For example:

        clienteling audit openings --customer cus_...
        clienteling audit openings --actor ass_... --since 2026-03-01
    """
    _check(customer)
    question = OpeningsQuestion(
        actor=actor, customer=customer, since=None if since is None else _begin_of(since)
    )
    with open_runtime() as runtime, runtime.connect("audit openings") as connection:
        found = openings_found(connection, question, limit)
    if not found:
        remark("Nobody has read anything of this, as far as it is kept.")
    output.show(found, _draw_openings)
    return 0


def _check(customer: str | None) -> None:
    if customer is not None and not CUSTOMER_ID.fullmatch(customer):
        raise WrongUsage(f"--customer takes a customer's id, cus_..., and not {customer!r}")


def _begin_of(since: str) -> datetime:
    if is_day(since):
        return datetime.combine(date.fromisoformat(since), time.min, UTC)
    return parse_instant(since)


def _draw(entries: list[AuditEntry]) -> None:
    table(
        "",
        (("position", "right"), "recorded at", "actor", "role", "event type", "aggregate", "correlation id"),
        (
            (
                entry.position,
                entry.recorded_at and entry.recorded_at.isoformat(timespec="milliseconds"),
                entry.actor,
                entry.role,
                entry.topic,
                entry.stream_id,
                entry.correlation_id,
            )
            for entry in entries
        ),
    )


def _draw_openings(openings: list[RecordedOpening]) -> None:
    table(
        "",
        ("opened at", "actor", "role", "operation", "customers", "correlation id"),
        (
            (
                opening.opened_at.isoformat(timespec="milliseconds"),
                opening.actor,
                opening.role,
                opening.operation,
                opening.customers[0] if len(opening.customers) == 1 else f"{len(opening.customers):,}",
                opening.correlation_id,
            )
            for opening in openings
        ),
    )
