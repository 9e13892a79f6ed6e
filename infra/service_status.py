"""The status of a service's work: how far it is, whether it gets on, and what went wrong.

Relay, projector and reactions keep one for each thing they do. Its health stands in their heartbeats and,
by the same names, in their metrics.
"""

import time
from typing import Any, Final

import msgspec

from infra.lag import Lag
from infra.messaging.foreign import ForeignMessages
from infra.metrics import Described
from infra.rate import Rate

FAILING: Final[Described] = ("failing", "1 while the last thing tried went wrong.")


class WorkHealth(msgspec.Struct, frozen=True, kw_only=True):
    """The health of one thing that a service does.

    `lag_events`: positions to the end of the log, also such that no event was given. `stalled`: it is behind
    and has not moved for too long, or cannot go on. `idle_seconds`: since it moved, or was known to be at the
    end.
    """

    doing: str
    position: int
    lag_events: int
    stalled: bool
    failing: bool
    idle_seconds: float
    last_error: str | None
    errors: int


class StreamHealth(WorkHealth, frozen=True, kw_only=True):
    """The same for what copies or folds the whole log.

    `lag_seconds`: for how long the oldest event it lacks has been known. `events_per_second` is over the last
    seconds of work. `foreign_messages` of the stream are not from the log and were passed over;
    `last_foreign` says which one last, and why.
    """

    log_position: int
    lag_seconds: float
    events_per_second: float
    error_age_seconds: float
    events: int
    foreign_messages: int
    last_foreign: str | None


class WorkStatus:
    """Kept by whoever does the work. Subclasses say what counts as stalled, and give the health."""

    def __init__(self, name: str, *, stalled_seconds: float) -> None:
        self.name = name
        self.doing = "starting"
        self.position = self.lag_events = 0
        self.errors = 0
        self.trouble: str | None = None
        self.last_error: str | None = None
        self._stalled_seconds = stalled_seconds
        self._moved_at = time.monotonic()
        self._failed_at: float | None = None

    @property
    def idle_seconds(self) -> float:
        """How long ago it last moved, or was last known to be at the end of the log."""
        return time.monotonic() - self._moved_at

    def moved(self) -> None:
        """It got on, or has nothing left to do."""
        self._moved_at = time.monotonic()

    def paused(self) -> None:
        """Somebody has paused it."""
        self.doing = "paused"

    def failed(self, error: BaseException) -> None:
        """Something went wrong and is tried again."""
        self.doing = "retrying"
        self.last_error = str(error) or type(error).__name__
        self._failed_at = time.monotonic()
        self.errors += 1

    def _stuck(self) -> bool:
        """Whether it has not moved for too long, though it is behind or what it tries fails."""
        behind = self.lag_events > 0 or self.doing == "retrying"
        return behind and self.doing != "paused" and self.idle_seconds > self._stalled_seconds

    def _health(self, *, stalled: bool) -> dict[str, Any]:
        """The fields of WorkHealth."""
        return {
            "doing": self.doing,
            "position": self.position,
            "lag_events": self.lag_events,
            "stalled": stalled,
            "failing": self.last_error is not None,
            "idle_seconds": round(self.idle_seconds, 3),
            "last_error": self.last_error,
            "errors": self.errors,
        }


class StreamStatus(WorkStatus):
    """Of what copies or folds the whole log."""

    def __init__(self, name: str, *, stalled_seconds: float) -> None:
        super().__init__(name, stalled_seconds=stalled_seconds)
        self.log_position = 0
        self.events = 0
        self.foreign = ForeignMessages(name)
        self._lag = Lag()
        self._rate = Rate()

    def advanced(self, position: int, events: int) -> None:
        """Everything up to a position is done, and so many events of it a moment ago."""
        self._stands(position)
        self.last_error = None
        self.moved()
        self.events += events
        self._rate.count(events)

    def saw_log(self, log_position: int) -> None:
        """The log was seen to reach so far."""
        if self.position >= log_position:
            self.moved()
        self.log_position = log_position
        self._stands(self.position)
        self._lag.observe(self.log_position)
        self._rate.sample()

    def _stands(self, position: int) -> None:
        self.position = position
        self.log_position = max(self.log_position, position)
        self.lag_events = self.log_position - position

    def _health(self, *, stalled: bool) -> dict[str, Any]:
        """The fields of StreamHealth."""
        failed_at, now = self._failed_at, time.monotonic()
        return super()._health(stalled=stalled) | {
            "log_position": self.log_position,
            "lag_seconds": round(self._lag.seconds(self.position), 1),
            "events_per_second": self._rate.per_second,
            "error_age_seconds": 0.0 if failed_at is None else round(now - failed_at, 1),
            "events": self.events,
            "foreign_messages": self.foreign.count,
            "last_foreign": self.foreign.last,
        }
