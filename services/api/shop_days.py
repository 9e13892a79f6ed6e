"""Whose clock a day is reckoned by: that of the associate's store, as its pay calendar has it."""

from zoneinfo import ZoneInfo

from domain.ids import calendar_id_of
from domain.pay_period.commands import COMPANY
from projections.associate_directory.fold import PROJECTION as DIRECTORY
from projections.associate_directory.queries import WORKPLACE
from projections.pay_calendar.fold import PROJECTION as CALENDARS
from projections.pay_calendar.queries import CALENDAR
from services.api.problems import Problem
from services.api.shop import Shop
from services.api.tables import read

UTC_ZONE = ZoneInfo("UTC")


async def zone_of(shop: Shop, associate_id: str, asked: str | None) -> ZoneInfo:
    """The time zone that is asked for, else that of the calendar the associate's store keeps, else the company's; UTC without any.

    A calendar's zone is the one of the period opened last. Raises a 422 problem for a zone there is not.
    """
    if asked is not None:
        return _zone(asked)
    found = await read(shop, DIRECTORY.name, WORKPLACE, {"associate_id": associate_id})
    scopes = [row[0] for row in found.rows] + [COMPANY]
    for scope in scopes:
        calendars = await read(shop, CALENDARS.name, CALENDAR, {"calendar_id": calendar_id_of(scope)})
        for _, _, state in calendars.rows:
            return ZoneInfo(CALENDARS.decode(state).periods[-1].time_zone or "UTC")
    return UTC_ZONE


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        detail = "There is no such time zone: give a name such as America/New_York."
        raise Problem(422, "time_zone_unknown", detail, field="time_zone") from None
