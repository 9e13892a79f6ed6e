"""What a service says of itself as a page for Prometheus, on loopback.

The page and the heartbeat are made of one object: what Prometheus reads and what `projections status` shows
agree.
"""

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import Any, Final

import structlog
from prometheus_client import (
    CollectorRegistry,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    start_http_server,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

HOST: Final = "127.0.0.1"

log = structlog.get_logger(__name__)

#: Name of a field of a health object, and what it means.
Described = tuple[str, str]


class HealthCollector(Collector):
    """Fields of health objects as `<prefix>_<field>`; True is 1, False and None are 0.

    `read` gives the objects, each with the value of `label` (one object and no label: an empty text). A
    label's values are names of projections or consumers, never an id.
    """

    def __init__(
        self,
        prefix: str,
        read: Callable[[], Iterable[tuple[str, Any]]],
        *,
        gauges: Sequence[Described],
        counters: Sequence[Described] = (),
        label: str | None = None,
    ) -> None:
        self._prefix = prefix
        self._read = read
        self._gauges = gauges
        self._counters = counters
        self._label = label

    def collect(self) -> Iterable[Metric]:
        """All of them as they are at this moment."""
        labels = [self._label] if self._label else []
        healths = list(self._read())
        for kind, described in ((GaugeMetricFamily, self._gauges), (CounterMetricFamily, self._counters)):
            for field, meaning in described:
                family = kind(f"{self._prefix}_{field}", meaning, labels=labels)
                for name, health in healths:
                    family.add_metric([name] if labels else [], float(getattr(health, field) or 0))
                yield family


@contextmanager
def metrics_page(port: int, collector: HealthCollector, *, service: str) -> Generator[None]:
    """Serve the page while it lasts; port 0 is off.

    A port that is taken is said, and costs the page alone.
    """
    if not port:
        yield
        return
    registry = CollectorRegistry()
    for part in (ProcessCollector, PlatformCollector, GCCollector):
        part(registry=registry)
    registry.register(collector)
    try:
        server, thread = start_http_server(port, HOST, registry)
    except OSError as error:
        log.warning("The metrics cannot be served", service=service, port=port, reason=str(error))
        yield
        return
    try:
        log.info("Serving metrics", service=service, address=f"http://{HOST}:{port}/metrics")
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
