"""Rules that hold in every room."""

from datetime import UTC, datetime, timedelta
from typing import Final

from domain.messages import Command, NotFound, Refused
from domain.state_reader import StateReader

#: How far the clock of a till may be ahead of ours.
CLOCK_TOLERANCE: Final = timedelta(minutes=5)
#: Before this, a time is a mistake; every library downstream can still count from here.
EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)


def business_time(command: Command, now: datetime) -> datetime:
    """When the command's matter happened (UTC): what it says, or the moment of handling.

    Refused: `time_zone_missing` for a time that names no instant, `in_the_future` for what cannot have
    happened yet, `too_long_ago` for what no shop has records of.
    """
    said = command.occurred_at
    if said is None:
        return now
    if said.tzinfo is None:
        raise Refused("time_zone_missing", "The time needs an offset, such as Z for UTC.", "occurred_at")
    if said > now + CLOCK_TOLERANCE:
        raise Refused(
            "in_the_future",
            f"{said.isoformat()} has not come yet; it is {now:%Y-%m-%dT%H:%M:%SZ}.",
            "occurred_at",
        )
    if said < EARLIEST:
        raise Refused("too_long_ago", f"{said.isoformat()} is before {EARLIEST.year}.", "occurred_at")
    return said.astimezone(UTC)


def given_id(value: str | None, field: str) -> str:
    """The identifier of a new thing. The handler fills it in when the caller leaves it out; nothing is decided without."""
    if value is None:
        raise Refused("id_missing", f"{field} is missing.", field)
    return value


def associate_must_be_known(states: StateReader, associate_id: str | None, field: str) -> None:
    """Whoever is named has been hired once; nobody need be named."""
    if associate_id is not None and states.associate(associate_id) is None:
        raise NotFound("associate_unknown", f"There is no associate {associate_id}.", field)


def associate_must_still_work_here(states: StateReader, associate_id: str | None, field: str) -> None:
    """Whoever is to do something from now on has been hired, and is not leaving: a leaver's book is in other hands."""
    associate_must_be_known(states, associate_id, field)
    associate = states.associate(associate_id) if associate_id is not None else None
    if associate is not None and associate.left_on is not None:
        raise Refused(
            "associate_has_left",
            f"Associate {associate_id} leaves: the last day is {associate.left_on}.",
            field,
        )
