"""Metrics for Prometheus. Labels are names of operations, commands and projections, and the stores that the
server's configuration names: never an address or an id.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

from infra.projection_store.health import Health

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
BATCHES: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
METHODS: Final = frozenset({"GET", "POST", "OPTIONS", "HEAD", "PUT", "PATCH", "DELETE"})
NO_ROUTE: Final = "none"
PROJECTION_FIELDS: Final = (
    ("generation", "Which generation of tables serves."),
    ("lag_seconds", "For how long the oldest event that is not folded has been known."),
    ("stalled", "1 when it lags and does not move, or the projector says nothing any more."),
    ("paused", "1 while somebody has paused it."),
    ("parked_keys", "Keys that wait because an event could not be folded."),
    ("differing_keys", "Keys whose rows are not what the log says."),
)


class Metrics:
    """The counters of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self._requests = Counter(
            "clienteling_http_requests",
            "Requests answered, by operation, method and status.",
            ("operation", "method", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "clienteling_http_request_seconds",
            "Time to answer a request, by operation.",
            ("operation",),
            buckets=SECONDS,
            registry=self.registry,
        )
        #: Of requests by operation, method and status: looking the labels up takes longer than counting.
        self._counted: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._batches = Histogram(
            "clienteling_commands_per_commit",
            "Commands that were handled together.",
            buckets=BATCHES,
            registry=self.registry,
        )
        self._commits = Histogram(
            "clienteling_command_commit_seconds",
            "Time to decide and commit what was handled together.",
            buckets=SECONDS,
            registry=self.registry,
        )
        self.commands_waiting = Gauge(
            "clienteling_commands_waiting", "Commands that wait for their turn.", registry=self.registry
        )
        self._open_streams = Gauge(
            "clienteling_event_streams_open",
            "Answers of server-sent events that are open, by operation (events, live).",
            ("operation",),
            registry=self.registry,
        )
        self._waiting_over_nats = Gauge(
            "clienteling_commands_over_nats_waiting",
            "Commands of a store on the stream that are not answered yet.",
            ("store",),
            registry=self.registry,
        )
        self.parked_over_nats = Gauge(
            "clienteling_commands_over_nats_parked",
            "Commands over NATS that were refused and are kept for people.",
            registry=self.registry,
        )
        self.database_reachable = Gauge(
            "clienteling_database_reachable", "1 while the database answers.", registry=self.registry
        )
        self._log_position = Gauge("clienteling_log_position", "Where the log ends.", registry=self.registry)
        self._positions = Gauge(
            "clienteling_projection_position",
            "Up to where a projection has folded the log.",
            ("projection",),
            registry=self.registry,
        )
        self._lags = Gauge(
            "clienteling_projection_lag_events",
            "Positions between a projection and the end of the log.",
            ("projection",),
            registry=self.registry,
        )

        self._backup_at = Gauge(
            "clienteling_backup_last_timestamp_seconds",
            "When the last backup in the folder of backups was finished; 0 where there is none.",
            registry=self.registry,
        )
        self._drill_at = Gauge(
            "clienteling_drill_last_good_timestamp_seconds",
            "When a backup was last put back and found to hold; 0 where none ever was.",
            registry=self.registry,
        )
        self._relay_stalled = Gauge(
            "clienteling_relay_stalled_seen",
            "1 when the relay says that it is stalled, or says nothing any more; by its heartbeat.",
            registry=self.registry,
        )
        self._projection_gauges = {
            field: Gauge(f"clienteling_projection_{field}", meaning, ("projection",), registry=self.registry)
            for field, meaning in PROJECTION_FIELDS
        }

    def observe_request(self, operation: str, method: str, status: int, seconds: float) -> None:
        """One request was answered."""
        if (counted := self._counted.get((operation, method, status))) is None:
            known = method if method in METHODS else "other"
            counted = (self._requests.labels(operation, known, str(status)), self._seconds.labels(operation))
            if known == method:
                self._counted[operation, method, status] = counted
        counted[0].inc()
        counted[1].observe(seconds)

    def observe_commit(self, commands: int, seconds: float) -> None:
        """So many commands were handled together, in so many seconds."""
        self._batches.observe(commands)
        self._commits.observe(seconds)

    def observe_open_streams(self, **by_operation: int) -> None:
        """So many answers go on, by operation."""
        for operation, count in by_operation.items():
            self._open_streams.labels(operation).set(count)

    def observe_sent(self, waiting: Mapping[str, int]) -> None:
        """So many commands wait on the stream, by store; of others nothing is known any more."""
        self._waiting_over_nats.clear()
        for store, count in waiting.items():
            self._waiting_over_nats.labels(store).set(count)

    def observe_backups(self, backup: datetime | None, good_drill: datetime | None) -> None:
        """When the last backup was finished, and the last drill that held; None where there was none."""
        self._backup_at.set(backup.timestamp() if backup else 0)
        self._drill_at.set(good_drill.timestamp() if good_drill else 0)

    def observe_positions(self, log_position: int, positions: Iterable[tuple[str, int]]) -> None:
        """Where the log and the projections stand."""
        self._log_position.set(log_position)
        for projection, position in positions:
            self._positions.labels(projection).set(position)
            self._lags.labels(projection).set(max(0, log_position - position))

    def observe_services(self, health: Health) -> None:
        """How relay and projector are."""
        self._relay_stalled.set(bool(health.relay and health.relay.get("stalled")))
        for line in health.projections:
            for field, gauge in self._projection_gauges.items():
                gauge.labels(line.name).set(float(getattr(line, field)))

    def exposition(self) -> bytes:
        """The text that Prometheus reads."""
        return generate_latest(self.registry)
