"""What the projector says of each projection: in its heartbeat, and to Prometheus (one label: the projection's name)."""

import time
from typing import Literal

import msgspec
from prometheus_client import Counter, Gauge

Doing = Literal["starting", "following", "paused", "retrying"]

_LABELS = ("projection",)
EVENTS = Counter("clienteling_projector_events", "Events passed by, folded or not.", _LABELS)
FILLED = Counter("clienteling_projector_filled_events", "Events that had to be read from the log.", _LABELS)
PARKED = Counter("clienteling_projector_parked_events", "Events that were parked.", _LABELS)
ERRORS = Counter("clienteling_projector_errors", "Batches that failed and were tried again.", _LABELS)
POSITION = Gauge("clienteling_projector_position", "Up to where the log is folded.", _LABELS)
LAG = Gauge(
    "clienteling_projector_lag_events", "Log positions between the tables and the log's end.", _LABELS
)
STALLED = Gauge("clienteling_projector_stalled", "1 when it lags and has not moved for too long.", _LABELS)


class ProjectionHealth(msgspec.Struct, frozen=True, kw_only=True):
    """`trouble` is why nothing comes from the stream; `events_per_second` is over the last seconds of work."""

    projection: str
    doing: Doing
    position: int
    log_position: int
    lag_events: int
    stalled: bool
    idle_seconds: float
    events_per_second: float
    filled_events: int
    parked_events: int
    trouble: str | None
    last_error: str | None


class ProjectionStatus:
    """Kept by one projection's engine and watch while they work."""

    def __init__(self, name: str, *, stalled_seconds: float) -> None:
        self._name = name
        self._stalled_seconds = stalled_seconds
        self._moved_at = time.monotonic()
        self._rate_since = time.monotonic()
        self._rate_events = 0
        self._rate = 0.0
        self.doing: Doing = "starting"
        self.position = 0
        self.log_position = 0
        self.filled_events = 0
        self.parked_events = 0
        self.trouble: str | None = None
        self.last_error: str | None = None

    @property
    def idle_seconds(self) -> float:
        """How long ago the position last moved, or was last known to be the log's end."""
        return time.monotonic() - self._moved_at

    def began(self, position: int) -> None:
        """The checkpoint was read at the start."""
        self.position = position
        self.log_position = max(self.log_position, position)

    def advanced(self, position: int, events: int) -> None:
        """Rows and checkpoint up to a position are committed."""
        self.doing = "following"
        self.position = position
        self.log_position = max(self.log_position, position)
        self.last_error = None
        self._moved_at = time.monotonic()
        self._rate_events += events
        EVENTS.labels(self._name).inc(events)

    def filled(self, events: int) -> None:
        """So many events came from the log, not from the stream."""
        self.filled_events += events
        FILLED.labels(self._name).inc(events)

    def parked(self, events: int) -> None:
        """So many events were put aside."""
        if events:
            self.parked_events += events
            PARKED.labels(self._name).inc(events)

    def paused(self) -> None:
        """Somebody has paused the projection."""
        self.doing = "paused"

    def failed(self, error: BaseException) -> None:
        """A batch failed and is tried again."""
        self.doing = "retrying"
        self.last_error = str(error) or type(error).__name__
        ERRORS.labels(self._name).inc()

    def saw_log(self, log_position: int) -> None:
        """The log was seen to reach so far."""
        if self.position >= self.log_position:
            self._moved_at = time.monotonic()
        self.log_position = max(log_position, self.position)
        seconds = time.monotonic() - self._rate_since
        if seconds >= 1:
            self._rate = self._rate_events / seconds
            self._rate_since, self._rate_events = time.monotonic(), 0
        POSITION.labels(self._name).set(self.position)
        LAG.labels(self._name).set(self.log_position - self.position)
        STALLED.labels(self._name).set(self.health().stalled)

    def health(self) -> ProjectionHealth:
        """How the projection is at this moment."""
        lag_events = self.log_position - self.position
        stuck = self.idle_seconds > self._stalled_seconds and (lag_events > 0 or self.doing == "retrying")
        return ProjectionHealth(
            projection=self._name,
            doing=self.doing,
            position=self.position,
            log_position=self.log_position,
            lag_events=lag_events,
            stalled=stuck and self.doing != "paused",
            idle_seconds=round(self.idle_seconds, 3),
            events_per_second=round(self._rate, 1),
            filled_events=self.filled_events,
            parked_events=self.parked_events,
            trouble=self.trouble,
            last_error=self.last_error,
        )
