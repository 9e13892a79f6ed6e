"""The options `--as-of` (a date or an instant), `--as-of-position` (a position of the log) and
`--as-of-recorded` (when something was recorded), and the past that they ask for.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any

from cyclopts import Parameter

from domain.messages import Refused
from infra.clock import SYSTEM_CLOCK
from infra.event_store.log import EventLog
from projections.as_of import Cutoff, end_of_day, has_not_come, is_day
from services.cli.output import WrongUsage


def is_date_or_instant(_type: Any, value: str | None) -> None:
    """Wrong usage, when it is neither."""
    if value is not None:
        parse_instant(value)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class KnownThen:
    """What was known then: the options `--as-of-position` and `--as-of-recorded`."""

    as_of_position: Annotated[
        int | None, Parameter(help="As of a position of the log: what was known then.")
    ] = None
    as_of_recorded: Annotated[
        str | None,
        Parameter(
            validator=is_date_or_instant,
            help="As of what was recorded by the end of a day (UTC) or an instant: what was known then.",
        ),
    ] = None

    @property
    def is_limited(self) -> bool:
        """Whether less than what is known today is asked for."""
        return self.as_of_position is not None or self.as_of_recorded is not None

    def last_position(self, log: EventLog) -> int:
        """Up to where the log was known then; its end now when nothing is asked for.

        Raises Refused for what has not come yet, and for a time before times of recording were kept.
        """
        end, position = log.last_position(), self.as_of_position
        if self.as_of_recorded is not None:
            if position is not None:
                raise WrongUsage("--as-of-recorded and --as-of-position exclude each other")
            position = _recorded_position(log, self.as_of_recorded)
        if position is not None and not 0 <= position <= end:
            sentence = f"the log goes from position 0 to {end}, and not to {position}"
            raise Refused("position_not_reached", sentence, "--as-of-position")
        return end if position is None else position


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class AsOf(KnownThen):
    """A past: what had happened by then (`--as-of`), what was known then, or both; else the present."""

    as_of: Annotated[
        str | None,
        Parameter(
            validator=is_date_or_instant,
            help=(
                "As of the end of a past day (2026-03-01, UTC) or of an instant (2026-03-01T09:30:00Z): what "
                "had happened by then."
            ),
        ),
    ] = None

    @property
    def is_past(self) -> bool:
        """Whether the present is not what is asked for."""
        return self.as_of is not None or self.is_limited

    def cutoff(self, log: EventLog) -> Cutoff:
        """The past that is asked for; the present when nothing is. Raises Refused for what has not come."""
        position = self.last_position(log)
        return Cutoff(position, None if self.as_of is None else _past_instant(self.as_of, "--as-of"))

    def heading(self, past: Cutoff) -> str:
        """Which past it is, for a heading."""
        position = f"position {past.position:,} of the log"
        return f"as of {self.as_of}, known up to {position}" if self.as_of else f"as of {position}"


def _recorded_position(log: EventLog, recorded: str) -> int:
    position = log.last_recorded_by(_past_instant(recorded, "--as-of-recorded"))
    if position is None:
        sentence = f"events up to {recorded} were written without a time of recording; use --as-of-position"
        raise Refused("position_not_reached", sentence, "--as-of-recorded")
    return position


def _past_instant(text: str, option: str) -> datetime:
    instant = parse_instant(text)
    if has_not_come(text, instant, SYSTEM_CLOCK.now()):
        raise Refused("in_the_future", f"{text} has not come yet: the past ends today", option)
    return instant


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
