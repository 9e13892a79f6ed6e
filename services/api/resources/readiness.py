"""The readiness of this process: it reaches the database, its writer works, and it is not stopping."""

from typing import Final, Literal

import msgspec

from infra.postgres.failures import is_missing_table
from services.api.http.deadlines import within
from services.api.resources.health import ASK_SECONDS_MAX, Reason, projected
from services.api.stall_watch import Projected
from services.api.state import AppState

STOPPING: Final = ("service", "The service is stopping.")


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """This process can answer: it reaches the database, its writer works, and it is not stopping."""

    ready: Literal[True] = True
    log_position: int
    projections: list[Projected]


async def check_readiness(app: AppState) -> Ready | list[Reason]:
    """What the database says when the process is ready, else the reasons, as (part, sentence)."""
    reasons = _about_the_writer(app)
    try:
        reach = await within(ASK_SECONDS_MAX, _reach(app))
    except Exception as error:
        # The error's own words may name hosts and users.
        return [("database", f"The database does not answer ({type(error).__name__})."), *reasons]
    return reasons or reach


async def _reach(app: AppState) -> Ready:
    try:
        reached = await app.tables.positions()
    except Exception as error:
        if not is_missing_table(error):
            raise
        reached = {}
    # AsOfParameters last, so that no table seems to be ahead of it.
    log_position = await app.tables.end_of_log()
    return Ready(log_position=log_position, projections=projected(reached, log_position))


def _about_the_writer(app: AppState) -> list[Reason]:
    if app.commands.closing:
        return [STOPPING]
    if not app.commands.writes:
        return [("writer", "The thread that writes commands has ended.")]
    busy_seconds = app.commands.busy_seconds()
    if busy_seconds > app.settings.api_request_seconds:
        return [("writer", f"The writer has been waiting for the database for {busy_seconds:.0f} s.")]
    return []
