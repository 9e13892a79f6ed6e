"""Can this process answer? It reaches the database, its writer works, and it is not stopping. How the house is, is not asked here."""

from typing import Final, NamedTuple

from infra.postgres.failures import is_missing_table
from services.api.http.deadlines import within
from services.api.resources.health import ASK_SECONDS_MAX, Reason, projected
from services.api.stall_watch import Projected
from services.api.state import AppState

STOPPING: Final = ("service", "The service is stopping.")


class Reach(NamedTuple):
    """Where the log ends and where each projection that has begun stands, by what the database says just now."""

    log_position: int
    projected: list[Projected]


async def readiness_of(app: AppState) -> Reach | list[Reason]:
    """What this process reads in the database when it can answer, else what keeps it from that, as (part, sentence)."""
    reasons = _about_the_writer(app)
    try:
        reach = await within(ASK_SECONDS_MAX, _reach(app))
    except Exception as error:
        # Whatever it is: without the database there is nothing to answer with. Its own words may name hosts and users.
        return [("database", f"The database does not answer ({type(error).__name__})."), *reasons]
    return reasons or reach


async def _reach(app: AppState) -> Reach:
    try:
        reached = await app.tables.positions()
    except Exception as error:
        if not is_missing_table(error):
            raise
        reached = {}
    # Asked last, so that no table seems to be ahead of it.
    log_position = await app.tables.end_of_log()
    return Reach(log_position, projected(reached, log_position))


def _about_the_writer(app: AppState) -> list[Reason]:
    if app.commands.closing:
        return [STOPPING]
    if not app.commands.writes:
        return [("writer", "The thread that writes commands has ended.")]
    busy_seconds = app.commands.busy_seconds()
    if busy_seconds > app.settings.api_request_seconds:
        return [("writer", f"The writer has been waiting for the database for {busy_seconds:.0f} s.")]
    return []
