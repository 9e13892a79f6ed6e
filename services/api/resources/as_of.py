"""Which past a request asks for: `as_of`, a date or an instant of the shop, and `as_of_position`, a position of the log."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from projections.as_of import Cutoff, has_not_come
from services.api.http.parameters import last_moment
from services.api.http.problems import Problem
from services.api.state import AppState
from services.read_models.rows_as_of import moment_of


class Asked(Protocol):
    """The parameters of a read that goes back in time."""

    @property
    def as_of(self) -> str | None: ...
    @property
    def as_of_position(self) -> int | None: ...
    @property
    def at_least(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Then:
    """The past that is asked for, and the instant its scores and lists of the day are for: `as_of`, else when the last fact up to the
    position happened."""

    past: Cutoff
    instant: datetime


async def past_asked(app: AppState, asked: Asked) -> Then | None:
    """The past that is asked for, or None when the present is. Raises a 422 problem for what is no date or has not come yet, and a
    409 one for a position the log has not reached.
    """
    if asked.as_of is None and asked.as_of_position is None:
        return None
    instant = None if asked.as_of is None else last_moment(asked.as_of)
    if (
        asked.as_of is not None
        and instant is not None
        and has_not_come(asked.as_of, instant, app.clock.now())
    ):
        raise Problem(422, "in_the_future", "This has not come yet: the past ends today.", field="as_of")
    return await at_position(app, asked, instant)


async def at_position(app: AppState, asked: Asked, instant: datetime | None) -> Then:
    """The past up to the position that is asked for, else the log's end, and up to an instant if there is one.

    Raises a 409 problem for a position the log has not reached.
    """
    end = await app.tables.end_of_log(asked.at_least)
    position = end if asked.as_of_position is None else asked.as_of_position
    if position > end:
        detail = f"The log ends at {end}; nothing is known of a later position."
        raise Problem(409, "position_not_reached", detail, field="as_of_position")
    past = Cutoff(position, instant)
    if instant is None:
        instant = await asyncio.to_thread(moment_of, app.log, position) or app.clock.now()
    return Then(past, instant)
