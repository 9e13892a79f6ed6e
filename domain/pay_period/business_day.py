"""The business day of an instant, in the shop's time zone."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from domain.messages import Refused


def business_day(at: datetime, time_zone: str) -> date:
    """The date in a time zone (its IANA name). ValueError, KeyError or OSError when there is no such zone."""
    return at.astimezone(ZoneInfo(time_zone)).date()


def time_zone_must_exist(time_zone: str) -> None:
    """Raises Refused for a name that is no time zone's."""
    try:
        business_day(datetime(2000, 1, 1, tzinfo=UTC), time_zone)
    except (KeyError, ValueError, OSError):
        raise Refused(
            "time_zone_unknown",
            f"There is no time zone {time_zone}: give a name such as America/New_York.",
            "time_zone",
        ) from None
