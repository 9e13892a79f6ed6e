"""The options `--as-of` (a date or an instant) and `--as-of-position` (a position of the log)."""

from datetime import UTC, date, datetime
from typing import Annotated, Any

from cyclopts import Parameter

from domain.messages import Refused
from infra.clock import SYSTEM_CLOCK
from infra.event_store.log import EventLog
from projections.as_of import Cutoff, end_of_day, has_not_come, is_day


def is_date_or_instant(_type: Any, value: str | None) -> None:
    """Wrong usage, when it is neither."""
    if value is not None:
        parse_instant(value)


AsOf = Annotated[
    str | None,
    Parameter(
        name="--as-of",
        validator=is_date_or_instant,
        help=(
            "As of the end of a past day (2026-03-01, UTC) or of an instant (2026-03-01T09:30:00Z): what "
            "had happened by then."
        ),
    ),
]
AsOfPosition = Annotated[
    int | None,
    Parameter(name="--as-of-position", help="As of a position of the log: what was known then."),
]


def cutoff_of(log: EventLog, as_of: str | None, as_of_position: int | None) -> Cutoff:
    """The past that is asked for; the present when nothing is. Raises Refused for what has not come yet."""
    end = log.last_position()
    if as_of_position is not None and not 0 <= as_of_position <= end:
        raise Refused(
            "position_not_reached",
            f"the log goes from position 0 to {end}, and not to {as_of_position}",
            "--as-of-position",
        )
    instant = None if as_of is None else parse_instant(as_of)
    if as_of is not None and instant is not None and has_not_come(as_of, instant, SYSTEM_CLOCK.now()):
        raise Refused("in_the_future", f"{as_of} has not come yet: the past ends today", "--as-of")
    return Cutoff(end if as_of_position is None else as_of_position, instant)


def describe_past(past: Cutoff, as_of: str | None) -> str:
    """Which past it is, for a heading."""
    position = f"position {past.position:,} of the log"
    return f"as of {as_of}, known up to {position}" if as_of is not None else f"as of {position}"


def parse_instant(text: str) -> datetime:
    """The instant that a text stands for, in UTC: the last moment of a day, or the instant itself.

    Raises ValueError.
    """
    try:
        if is_day(text):
            return end_of_day(date.fromisoformat(text))
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(
            f"{text!r} is neither a date (2026-03-01) nor an instant (2026-03-01T09:30:00Z)"
        ) from None
    raise ValueError(f"{text!r} needs an offset, such as Z for UTC")
