"""Rules that hold in every room."""

from datetime import UTC, datetime, timedelta
from typing import Final

from domain.messages import Command, Refused

#: How far the clock of a till may be ahead of ours.
CLOCK_TOLERANCE: Final = timedelta(minutes=5)


def business_time(command: Command, now: datetime) -> datetime:
    """When the command's matter happened (UTC): what it says, or the moment of handling.

    Refused: `time_zone_missing` for a time that names no instant, `in_the_future` for what cannot have happened yet.
    """
    if command.occurred_at is None:
        return now
    if command.occurred_at.tzinfo is None:
        raise Refused("time_zone_missing", "The time needs an offset, such as Z for UTC.", "occurred_at")
    occurred_at = command.occurred_at.astimezone(UTC)
    if occurred_at > now + CLOCK_TOLERANCE:
        raise Refused(
            "in_the_future",
            f"What happens at {occurred_at:%Y-%m-%d %H:%M:%S} UTC has not happened yet;"
            f" it is {now:%Y-%m-%d %H:%M:%S} UTC.",
            "occurred_at",
        )
    return occurred_at


def given_id(value: str | None, field: str) -> str:
    """The identifier of a new thing. The handler fills it in when the caller leaves it out; nothing is decided without."""
    if value is None:
        raise Refused("id_missing", f"{field} is missing.", field)
    return value
