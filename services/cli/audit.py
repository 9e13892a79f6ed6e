"""`clienteling audit`: who did what."""

from datetime import UTC, date, datetime, time
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from infra.event_store.audit import AuditEntry, AuditQuestion, audit_entries
from infra.runtime import open_runtime
from projections.as_of import is_day
from services.cli.as_of_options import is_date_or_instant, parse_instant
from services.cli.output import Output, WrongUsage, remark
from services.cli.tables import table

LIMIT_MAX = 1_000_000


def audit(
    *,
    actor: Annotated[
        str | None, Parameter(help="Only what this actor did: ass_..., usr:..., cli:..., service:...")
    ] = None,
    customer: Annotated[str | None, Parameter(help="Only what concerns this customer, cus_...")] = None,
    since: Annotated[
        str | None,
        Parameter(
            help="Only what was recorded from this day (UTC) or instant on.", validator=is_date_or_instant
        ),
    ] = None,
    correlation: Annotated[
        str | None, Parameter(help="Only what one request led to, by its correlation id.")
    ] = None,
    limit: Annotated[
        int, Parameter(help="Show the last so many.", validator=Number(gte=1, lte=LIMIT_MAX))
    ] = 50,
    output: Output = Output(),
) -> int:
    """Show who did what: the last events of the log by their metadata, oldest first."""
    if customer is not None and not customer.startswith("cus_"):
        raise WrongUsage(f"--customer takes a customer's id, cus_..., and not {customer!r}")
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
