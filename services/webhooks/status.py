"""What the webhooks say of themselves: in their heartbeat, and to Prometheus (one label: the endpoint's
name).
"""

from collections.abc import Callable, Sequence
from typing import Final

from infra.metrics import Described, HealthCollector
from infra.service_status import FAILING, WorkHealth, WorkStatus

GAUGES: Final[tuple[Described, ...]] = (
    ("position", "Up to where the endpoint was served."),
    ("lag_events", "Log positions to the log's end."),
    ("waiting", "Events that were read and are not taken yet."),
    ("parked_keys", "Customers and aggregates whose events are parked."),
    ("idle_seconds", "Since it last took an event, or was known to have nothing before it."),
    ("stalled", "1 when something lies before it and it has taken nothing for too long."),
    FAILING,
)
COUNTERS: Final[tuple[Described, ...]] = (
    ("taken", "Events that the endpoint took."),
    ("errors", "Tries that it did not take."),
)


class EndpointHealth(WorkHealth, frozen=True, kw_only=True):
    """`doing` is starting, following or retrying; `waiting` events were read and are not taken yet."""

    endpoint: str
    waiting: int
    parked_keys: int
    taken: int


class EndpointStatus(WorkStatus):
    """Kept for one endpoint."""

    def __init__(self, name: str, *, stalled_seconds: float) -> None:
        super().__init__(name, stalled_seconds=stalled_seconds)
        self.taken = self.waiting = self.parked_keys = 0

    def stands(self, position: int, log_position: int, waiting: int, parked_keys: int) -> None:
        """It was served so far, and so much lies before it."""
        self.position, self.lag_events = position, max(0, log_position - position)
        self.waiting, self.parked_keys = waiting, parked_keys
        if not self.lag_events:
            self.moved()

    def took(self) -> None:
        """It took an event."""
        self.doing, self.last_error = "following", None
        self.taken += 1
        self.moved()

    def health(self) -> EndpointHealth:
        """How the endpoint is at this moment."""
        return EndpointHealth(
            **self._health(stalled=self._stuck()),
            endpoint=self.name,
            waiting=self.waiting,
            parked_keys=self.parked_keys,
            taken=self.taken,
        )


def collector(healths: Callable[[], Sequence[EndpointHealth]]) -> HealthCollector:
    """The same for Prometheus."""
    return HealthCollector(
        "clienteling_webhooks",
        lambda: [(health.endpoint, health) for health in healths()],
        gauges=GAUGES,
        counters=COUNTERS,
        label="endpoint",
    )
