"""The business day of an instant, in the shop's time zone."""

from datetime import date, datetime
from zoneinfo import ZoneInfo


def business_day(at: datetime, time_zone: str) -> date:
    """The date in a time zone (its IANA name). ValueError, KeyError or OSError when there is no such zone."""
    return at.astimezone(ZoneInfo(time_zone)).date()
