"""The time of day, from the only place that may know it.

Durations are taken from `time.monotonic` where they arise.
"""

import datetime
from dataclasses import dataclass
from typing import Final, Protocol


class Clock(Protocol):
    """Tells the time. What needs the time takes one as an argument, so that tests can say what time it is."""

    def now(self) -> datetime.datetime:
        """The present instant, in UTC."""
        ...


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime.datetime:
        """The present instant, in UTC, to the microsecond."""
        return datetime.datetime.now(datetime.UTC)


SYSTEM_CLOCK: Final = SystemClock()


def now() -> datetime.datetime:
    """The present instant by the clock of this machine, in UTC, to the microsecond."""
    return SYSTEM_CLOCK.now()


class FixedClock:
    """A clock that stands still until it is moved, for tests and simulations."""

    def __init__(self, instant: datetime.datetime) -> None:
        self.set(instant)

    def now(self) -> datetime.datetime:
        """The instant it was set to."""
        return self._instant

    def set(self, instant: datetime.datetime) -> None:
        """Show another instant. Raises ValueError when it has no time zone."""
        if instant.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        self._instant = instant.astimezone(datetime.UTC)

    def advance(self, duration: datetime.timedelta) -> None:
        """Move by a duration."""
        self._instant += duration
