"""What the API says about a pay period that is being closed, from the tables of the ledger."""

from typing import Final

from domain.messages import Command, CommandWarning
from domain.pay_period.commands import ClosePayPeriod
from infra.postgres.failures import DatabaseError
from projections.commission_ledger.fold import PROJECTION
from projections.commission_ledger.missing_hours import (
    EVERYBODY,
    missing_hours_parameters,
    sales_without_hours,
)
from services.api.state import AppState
from services.read_models.tables import NothingProjected

NAMED_MAX: Final = 10


async def hours_missing(app: AppState, command: Command) -> tuple[CommandWarning, ...]:
    """A warning about those whose guarantee of the period would be nothing, as far as the ledger has come.

    None where the tables cannot be read: a period is closed all the same.
    """
    if not isinstance(command, ClosePayPeriod):
        return ()
    asked = missing_hours_parameters(command.period_id, scope=command.scope, limit=EVERYBODY)
    try:
        found = await app.tables.read(PROJECTION.name, sales_without_hours(command.scope), asked)
    except (NothingProjected, DatabaseError):
        return ()
    if not found.rows:
        return ()
    named = ", ".join(row[0] for row in found.rows[:NAMED_MAX])
    more = f" and {len(found.rows) - NAMED_MAX} more" if len(found.rows) > NAMED_MAX else ""
    return (
        CommandWarning(
            "hours_missing",
            f"Sales but no hours in {command.period_id} ({len(found.rows)}): {named}{more}. Without hours "
            "there is no guarantee: reopen the period before statements are issued, or record them late.",
            "period_id",
        ),
    )
