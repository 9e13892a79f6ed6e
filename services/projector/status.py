"""What the projector says of each projection: in its heartbeat, and to Prometheus (one label: the
projection's name).

`foreign_messages` of the stream are not from the log and were passed over, `last_foreign` says which one
last, and why.
"""

import time
from collections.abc import Callable, Iterable
from typing import Final, Literal

import msgspec

from infra.lag import Lag
from infra.messaging.foreign import ForeignMessages
from infra.metrics import Described, HealthCollector
from infra.projection_store.catalog import GenerationStatus
from infra.rate import Rate

Doing = Literal["starting", "following", "paused", "retrying"]

GAUGES: Final[tuple[Described, ...]] = (
    ("generation", "Which generation of tables serves."),
    ("position", "Up to where the log is folded."),
    ("log_position", "Where the log ends."),
    ("lag_events", "Log positions between the tables and the log's end."),
    ("lag_seconds", "For how long the oldest fact that is not folded has been known."),
    ("events_per_second", "Events passed by, over the last seconds of work."),
    ("idle_seconds", "Since the position last moved, or was known to be the log's end."),
    ("stalled", "1 when it lags and has not moved for too long, or cannot go on."),
    ("paused", "1 while somebody has paused it."),
    ("parked_keys", "Keys that wait because a fact could not be folded."),
    ("differing_keys", "Keys whose rows are not what the log says."),
    ("failing", "1 while the last batch went wrong, or nothing can be pulled."),
    ("error_age_seconds", "Since a batch last went wrong; 0 when none has."),
)
COUNTERS: Final[tuple[Described, ...]] = (
    ("events", "Events passed by, folded or not."),
    ("filled_events", "Events that had to be read from the log."),
    ("parked_events", "Events that were parked."),
    ("errors", "Batches that failed and were tried again."),
    ("foreign_messages", "Messages in the stream that are not from the log, and were passed over."),
)


class ProjectionHealth(msgspec.Struct, frozen=True, kw_only=True):
    """`trouble` is why nothing comes from the stream;

    `events_per_second` is over the last seconds of work.
    """

    projection: str
    doing: Doing
    generation: int
    position: int
    log_position: int
    lag_events: int
    lag_seconds: float
    stalled: bool
    paused: bool
    failing: bool
    idle_seconds: float
    error_age_seconds: float
    events_per_second: float
    parked_keys: int
    differing_keys: int
    events: int
    filled_events: int
    parked_events: int
    errors: int
    trouble: str | None
    last_error: str | None
    foreign_messages: int
    last_foreign: str | None


class ProjectionStatus:
    """Kept by one projection's engine and watch while they work."""

    def __init__(self, name: str, *, stalled_seconds: float) -> None:
        self._name = name
        self._stalled_seconds = stalled_seconds
        self._moved_at = self._advanced_at = time.monotonic()
        self._failed_at: float | None = None
        self._lag = Lag()
        self._rate = Rate()
        self._standing: GenerationStatus | None = None
        self.doing: Doing = "starting"
        self.position = 0
        self.log_position = 0
        self.events = self.filled_events = self.parked_events = self.errors = 0
        self.trouble: str | None = None
        self.last_error: str | None = None
        self.foreign = ForeignMessages(name)

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
        self._moved_at = self._advanced_at = time.monotonic()
        self._rate.count(events)
        self.events += events

    def filled(self, events: int) -> None:
        """So many events came from the log, not from the stream."""
        self.filled_events += events

    def parked(self, events: int) -> None:
        """So many events were put aside."""
        self.parked_events += events

    def paused(self) -> None:
        """Somebody has paused the projection."""
        self.doing = "paused"

    def failed(self, error: BaseException) -> None:
        """A batch failed and is tried again."""
        self.doing = "retrying"
        self.last_error = str(error) or type(error).__name__
        self._failed_at = time.monotonic()
        self.errors += 1

    def nothing_left(self) -> None:
        """Everything the stream has is folded: it has begun, and whatever went wrong before is over."""
        if self.doing in ("starting", "retrying"):
            self.doing, self.last_error = "following", None

    def stands(self, standing: GenerationStatus | None, asked_at: float) -> None:
        """What the catalog said of the generation that serves when it was asked then (`time.monotonic`).

        Others move it, too: a second projector, whoever switches to another generation, a backup that is put
        back.
        """
        self._standing = standing
        if standing is not None and self._advanced_at < asked_at and standing.position != self.position:
            self.position = standing.position
            self._moved_at = time.monotonic()

    def saw_log(self, log_position: int) -> None:
        """The log was seen to reach so far."""
        if self.position >= log_position:
            self._moved_at = time.monotonic()
        self.log_position = max(log_position, self.position)
        self._lag.saw(self.log_position)
        self._rate.look()

    def health(self) -> ProjectionHealth:
        """How the projection is at this moment."""
        lag_events = self.log_position - self.position
        stuck = self.idle_seconds > self._stalled_seconds and (lag_events > 0 or self.doing == "retrying")
        other_history = self._standing is not None and self._standing.other_history
        return ProjectionHealth(
            projection=self._name,
            doing=self.doing,
            generation=0 if self._standing is None else self._standing.generation,
            position=self.position,
            log_position=self.log_position,
            lag_events=lag_events,
            lag_seconds=round(self._lag.seconds(self.position), 1),
            stalled=(stuck and self.doing != "paused") or other_history,
            paused=self._standing is not None and self._standing.paused,
            failing=self.last_error is not None or self.trouble is not None,
            idle_seconds=round(self.idle_seconds, 3),
            error_age_seconds=0.0
            if self._failed_at is None
            else round(time.monotonic() - self._failed_at, 1),
            events_per_second=self._rate.per_second,
            parked_keys=0 if self._standing is None else self._standing.parked_keys,
            differing_keys=0 if self._standing is None else self._standing.differing_keys,
            events=self.events,
            filled_events=self.filled_events,
            parked_events=self.parked_events,
            errors=self.errors,
            trouble=self.trouble,
            last_error=self.last_error,
            foreign_messages=self.foreign.count,
            last_foreign=self.foreign.last,
        )


def collector(read: Callable[[], Iterable[ProjectionHealth]]) -> HealthCollector:
    """The health of some projections for Prometheus."""
    return HealthCollector(
        "clienteling_projector",
        lambda: [(health.projection, health) for health in read()],
        gauges=GAUGES,
        counters=COUNTERS,
        label="projection",
    )
