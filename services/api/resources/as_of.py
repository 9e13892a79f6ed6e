"""The past of a request: as of a date or an instant (valid time) and of a position (transaction time)."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from infra.clock import SYSTEM_CLOCK
from projections.as_of import Cutoff, has_not_come
from services.api.http.parameters import AsOfReading, last_moment
from services.api.http.problems import Problem
from services.api.reading_state import ReadingState
from services.read_models.rows_as_of import moment_of


@dataclass(frozen=True, slots=True)
class AsOf:
    """A past: which events count, and the instant that scores and lists of the day are for.

    The instant is that of `as_of`, else of the last event up to the position.
    """

    cutoff: Cutoff
    instant: datetime


def is_of_the_past(params: AsOfReading) -> bool:
    """Whether a past is asked for."""
    return params.as_of is not None or knows_the_past(params)


def knows_the_past(params: AsOfReading) -> bool:
    """Whether only what was known at some time is asked for."""
    return params.as_of_position is not None or params.as_of_recorded is not None


async def requested_as_of(app: ReadingState, params: AsOfReading) -> AsOf | None:
    """The past that a request asks for; None for the present.

    Raises a 422 problem for what is no date or is in the future, and a 409 one for a position behind the
    log's end.
    """
    return await past_of(app, params) if is_of_the_past(params) else None


async def past_of(app: ReadingState, params: AsOfReading) -> AsOf:
    """The same of parameters that ask for one."""
    instant = None if params.as_of is None else last_moment(params.as_of)
    if (
        params.as_of is not None
        and instant is not None
        and has_not_come(params.as_of, instant, app.clock.now())
    ):
        raise Problem(422, "in_the_future", "This has not come yet: the past ends today.", field="as_of")
    return await as_of_position_or_end(app, params, instant)


async def as_of_position_or_end(app: ReadingState, params: AsOfReading, instant: datetime | None) -> AsOf:
    """The past up to the position in the parameters, else the log's end, and up to an instant if there is
    one.

    Raises a 409 problem for a position behind the log's end.
    """
    end = await app.tables.end_of_log(params.at_least)
    position = end if params.as_of_position is None else params.as_of_position
    if params.as_of_recorded is not None:
        position = await _recorded_position(app, params, params.as_of_recorded)
    if position > end:
        detail = f"The log ends at {end}; nothing is known of a later position."
        raise Problem(409, "position_not_reached", detail, field="as_of_position")
    past = Cutoff(position, instant)
    if instant is None:
        instant = await asyncio.to_thread(moment_of, app.log, position) or app.clock.now()
    return AsOf(past, instant)


async def _recorded_position(app: ReadingState, params: AsOfReading, recorded: str) -> int:
    """Where the log ended at the moment in the parameters.

    Raises a 422 problem beside `as_of_position` and in the future, and a 409 one before there was metadata.
    """
    if params.as_of_position is not None:
        detail = "Give either a position or when it was recorded, and not both."
        raise Problem(422, "invalid", detail, field="as_of_recorded")
    instant = last_moment(recorded, "as_of_recorded")
    # The log's times are of the database's clock.
    if has_not_come(recorded, instant, SYSTEM_CLOCK.now()):
        detail = "This has not come yet: the past ends today."
        raise Problem(422, "in_the_future", detail, field="as_of_recorded")
    position = await asyncio.to_thread(app.log.last_recorded_by, instant)
    if position is None:
        detail = "Events of then were written without a time of recording: ask by as_of_position."
        raise Problem(409, "position_not_reached", detail, field="as_of_recorded")
    return position
