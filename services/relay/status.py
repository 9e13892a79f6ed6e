"""What the relay says of itself: in its heartbeat, and to Prometheus."""

import time
from typing import Final, Literal

import msgspec

from infra.lag import Lag
from infra.messaging.foreign import ForeignMessages
from infra.metrics import Described, HealthCollector
from infra.rate import Rate

Doing = Literal["starting", "following", "retrying", "refusing"]

GAUGES: Final[tuple[Described, ...]] = (
    ("position", "Log position of the stream's last message."),
    ("log_position", "Where the log ends."),
    ("lag_events", "Log positions between the stream's end and the log's."),
    ("lag_seconds", "For how long the oldest fact that is not in the stream has been known."),
    ("events_per_second", "Events published, over the last seconds of work."),
    ("idle_seconds", "Since the position last moved, or was known to be the log's end."),
    ("stalled", "1 when the relay lags and has not moved for too long, or refuses."),
    ("refusing", "1 when the stream is no copy of this log and a person has to decide."),
    ("failing", "1 while the last thing tried went wrong."),
    ("error_age_seconds", "Since something last went wrong; 0 when nothing has."),
)
COUNTERS: Final[tuple[Described, ...]] = (
    ("events", "Events published onto the stream."),
    ("batches", "Atomic batches committed."),
    ("errors", "Times that the relay began anew after an error."),
    ("foreign_messages", "Messages in the stream that are not from the log, and were passed over."),
)


class RelayHealth(msgspec.Struct, frozen=True, kw_only=True):
    """`doing`: `refusing` means that the stream is no copy of this log and a person has to decide.

    `lag_events` counts positions; positions that were never given to an event count, too. `foreign_messages`
    of the stream are not from the log and were passed over; `last_foreign` says which one last, and why.
    """

    doing: Doing
    position: int
    log_position: int
    lag_events: int
    lag_seconds: float
    events_per_second: float
    stalled: bool
    refusing: bool
    failing: bool
    idle_seconds: float
    error_age_seconds: float
    last_error: str | None
    events: int
    batches: int
    errors: int
    foreign_messages: int
    last_foreign: str | None


class RelayStatus:
    """Kept by the relay while it works."""

    def __init__(self, *, stalled_seconds: float) -> None:
        self._stalled_seconds = stalled_seconds
        self._moved_at = time.monotonic()
        self._failed_at: float | None = None
        self._lag = Lag()
        self._rate = Rate()
        self.doing: Doing = "starting"
        self.position = 0
        self.log_position = 0
        self.last_error: str | None = None
        self.foreign = ForeignMessages("relay")
        self.events = self.batches = self.errors = 0

    def derived(self, position: int, log_position: int) -> None:
        """The position has been read from the stream."""
        self.doing = "following"
        self.position = position
        self.saw_log(log_position)
        if self.position >= self.log_position:
            self.last_error = None

    def saw_log(self, log_position: int) -> None:
        """The log was seen to reach so far."""
        if self.position >= log_position and self.doing == "following":
            self._moved_at = time.monotonic()
        self.log_position = max(log_position, self.position)
        self._lag.saw(self.log_position)
        self._rate.look()

    def published(self, events: int, position: int) -> None:
        """A batch stands in the stream."""
        self.position = position
        self.log_position = max(self.log_position, position)
        self.last_error = None
        self._moved_at = time.monotonic()
        self._rate.count(events)
        self.events += events
        self.batches += 1
        self._rate.look()

    def failed(self, error: BaseException, *, refusing: bool) -> None:
        """Something went wrong; the relay begins anew, or refuses until somebody has decided."""
        self.doing = "refusing" if refusing else "retrying"
        self.last_error = str(error) or type(error).__name__
        self._failed_at = time.monotonic()
        self.errors += 1

    def health(self) -> RelayHealth:
        """How the relay is at this moment."""
        now = time.monotonic()
        idle_seconds = now - self._moved_at
        lag_events = self.log_position - self.position
        stuck = idle_seconds > self._stalled_seconds and (lag_events > 0 or self.doing != "following")
        self._rate.look()
        return RelayHealth(
            doing=self.doing,
            position=self.position,
            log_position=self.log_position,
            lag_events=lag_events,
            lag_seconds=round(self._lag.seconds(self.position), 1),
            events_per_second=self._rate.per_second,
            stalled=stuck or self.doing == "refusing",
            refusing=self.doing == "refusing",
            failing=self.last_error is not None,
            idle_seconds=round(idle_seconds, 3),
            error_age_seconds=0.0 if self._failed_at is None else round(now - self._failed_at, 1),
            last_error=self.last_error,
            events=self.events,
            batches=self.batches,
            errors=self.errors,
            foreign_messages=self.foreign.count,
            last_foreign=self.foreign.last,
        )

    def collector(self) -> HealthCollector:
        """The same for Prometheus."""
        return HealthCollector(
            "clienteling_relay", lambda: [("", self.health())], gauges=GAUGES, counters=COUNTERS
        )
