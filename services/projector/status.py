"""What the projector says of each projection: in its heartbeat, and to Prometheus (one label: the
projection's name).

`foreign_messages` of the stream are not from the log and were passed over, `last_foreign` says which one
last, and why.
"""

import time
from collections.abc import Callable, Iterable
from typing import Final

from infra.metrics import Described, HealthCollector
from infra.projection_store.catalog import GenerationStatus
from infra.service_status import StreamHealth, StreamStatus

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


class ProjectionHealth(StreamHealth, frozen=True, kw_only=True):
    """`trouble` is why nothing comes from the stream."""

    projection: str
    generation: int
    paused: bool
    parked_keys: int
    differing_keys: int
    filled_events: int
    parked_events: int
    trouble: str | None


class ProjectionStatus(StreamStatus):
    """Kept by one projection's engine and watch; `doing` is starting, following, paused or retrying."""

    def __init__(self, name: str, *, stalled_seconds: float) -> None:
        super().__init__(name, stalled_seconds=stalled_seconds)
        self._advanced_at = time.monotonic()
        self._serving: GenerationStatus | None = None
        self.filled_events = self.parked_events = 0

    def began(self, position: int) -> None:
        """The checkpoint was read at the start."""
        self._stands(position)

    def advanced(self, position: int, events: int) -> None:
        """Rows and checkpoint up to a position are committed."""
        super().advanced(position, events)
        self.doing = "following"
        self._advanced_at = time.monotonic()

    def filled(self, events: int) -> None:
        """So many events came from the log, not from the stream."""
        self.filled_events += events

    def parked(self, events: int) -> None:
        """So many events were parked."""
        self.parked_events += events

    def nothing_left(self) -> None:
        """Everything the stream has is folded: it has begun, and whatever went wrong before is over."""
        if self.doing in ("starting", "retrying"):
            self.doing, self.last_error = "following", None

    def serves(self, serving: GenerationStatus | None, asked_at: float) -> None:
        """What the catalog said of the generation that serves when it was asked then (`time.monotonic`).

        Others move it, too: a second projector, whoever switches to another generation, a backup that is put
        back.
        """
        self._serving = serving
        if serving is not None and self._advanced_at < asked_at and serving.position != self.position:
            self._stands(serving.position)
            self.moved()

    def health(self) -> ProjectionHealth:
        """How the projection is at this moment."""
        serving = self._serving
        other_history = serving is not None and serving.other_history
        health = self._health(stalled=self._stuck() or other_history)
        health["failing"] = health["failing"] or self.trouble is not None
        return ProjectionHealth(
            **health,
            projection=self.name,
            generation=serving.generation if serving else 0,
            paused=serving is not None and serving.paused,
            parked_keys=serving.parked_keys if serving else 0,
            differing_keys=serving.differing_keys if serving else 0,
            filled_events=self.filled_events,
            parked_events=self.parked_events,
            trouble=self.trouble,
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
