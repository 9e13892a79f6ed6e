"""Whose clock a day is reckoned by: that of the associate's store, else of the pay calendar it keeps."""

import asyncio
from zoneinfo import ZoneInfo

from domain.ids import calendar_id_of
from domain.pay_period.commands import COMPANY
from projections.associate_directory.fold import PROJECTION as DIRECTORY
from projections.associate_directory.queries import WORKPLACE
from projections.pay_calendar.fold import PROJECTION as CALENDARS
from projections.pay_calendar.queries import CALENDAR
from services.api.http.parameters import POSITION_MAX
from services.api.http.problems import Problem
from services.api.reading_state import ReadingState
from services.read_models.store_clock import store_time_zone

UTC_ZONE = ZoneInfo("UTC")


async def zone_of(
    app: ReadingState, associate_id: str, asked: str | None, at_least: int | None
) -> tuple[ZoneInfo, int]:
    """The time zone in the parameters, else the store's own, else of its calendar, else the company's, else
    UTC; its position.

    A calendar's zone is the one of the period opened last. Raises a 422 problem for a zone there is not.
    """
    if asked is not None:
        return _zone(asked), POSITION_MAX
    parameters = {"associate_id": associate_id}
    found = await app.tables.read(DIRECTORY.name, WORKPLACE, parameters, at_least=at_least)
    position = found.position
    for store_id, _ in found.rows:
        if (own := await asyncio.to_thread(store_time_zone, app.log, store_id)) is not None:
            return ZoneInfo(own), position
    for scope in [*(store_id for store_id, _ in found.rows), COMPANY]:
        parameters = {"calendar_id": calendar_id_of(scope)}
        calendars = await app.tables.read(CALENDARS.name, CALENDAR, parameters, at_least=at_least)
        position = min(position, calendars.position)
        for _, _, state in calendars.rows:
            return ZoneInfo(CALENDARS.decode(state).periods[-1].time_zone or "UTC"), position
    return UTC_ZONE, position


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        detail = "There is no such time zone: give a name such as America/New_York."
        raise Problem(422, "time_zone_unknown", detail, field="time_zone") from None
