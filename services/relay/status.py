"""What the relay says of itself: in its heartbeat, and to Prometheus."""

import time
from typing import Literal

import msgspec
from prometheus_client import Counter, Gauge

Doing = Literal["starting", "following", "retrying", "refusing"]

EVENTS = Counter("clienteling_relay_events", "Events carried onto the stream.")
BATCHES = Counter("clienteling_relay_batches", "Atomic batches committed.")
ERRORS = Counter("clienteling_relay_errors", "Times that the relay began anew after an error.")
POSITION = Gauge("clienteling_relay_position", "Log position of the stream's last message.")
LAG = Gauge("clienteling_relay_lag_events", "Log positions between the stream's end and the log's.")
STALLED = Gauge("clienteling_relay_stalled", "1 when the relay lags and has not moved for too long.")


class RelayHealth(msgspec.Struct, frozen=True, kw_only=True):
    """`doing`: `refusing` means that the stream is no copy of this log and a person has to decide.

    `lag_events` counts positions; positions that were never given to an event count, too.
    """

    doing: Doing
    position: int
    log_position: int
    lag_events: int
    stalled: bool
    idle_seconds: float
    last_error: str | None


class RelayStatus:
    """Kept by the relay while it works."""

    def __init__(self, *, stalled_seconds: float) -> None:
        self._stalled_seconds = stalled_seconds
        self._moved_at = time.monotonic()
        self.doing: Doing = "starting"
        self.position = 0
        self.log_position = 0
        self.last_error: str | None = None

    def derived(self, position: int, log_position: int) -> None:
        """The position has been read from the stream."""
        self.doing = "following"
        self.position = position
        self.saw_log(log_position)

    def saw_log(self, log_position: int) -> None:
        """The log was seen to reach so far."""
        if self.position >= self.log_position:
            self._moved_at = time.monotonic()
        self.log_position = max(log_position, self.position)
        self._show()

    def carried(self, events: int, position: int) -> None:
        """A batch stands in the stream."""
        self.position = position
        self.log_position = max(self.log_position, position)
        self.last_error = None
        self._moved_at = time.monotonic()
        EVENTS.inc(events)
        BATCHES.inc()
        self._show()

    def failed(self, error: BaseException, *, refusing: bool) -> None:
        """Something went wrong; the relay begins anew, or refuses until somebody has decided."""
        self.doing = "refusing" if refusing else "retrying"
        self.last_error = str(error) or type(error).__name__
        ERRORS.inc()
        self._show()

    def health(self) -> RelayHealth:
        """How the relay is at this moment."""
        idle_seconds = time.monotonic() - self._moved_at
        lag_events = self.log_position - self.position
        stuck = idle_seconds > self._stalled_seconds and (lag_events > 0 or self.doing != "following")
        return RelayHealth(
            doing=self.doing,
            position=self.position,
            log_position=self.log_position,
            lag_events=lag_events,
            stalled=stuck or self.doing == "refusing",
            idle_seconds=round(idle_seconds, 3),
            last_error=self.last_error,
        )

    def _show(self) -> None:
        POSITION.set(self.position)
        LAG.set(self.log_position - self.position)
        STALLED.set(self.health().stalled)
