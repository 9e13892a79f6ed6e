"""The page for Prometheus, and the lag that is on it."""

from dataclasses import dataclass
from urllib.request import urlopen

import pytest

import infra.lag
from infra.lag import Lag
from infra.metrics import HealthCollector, metrics_page
from tests.ports import free_port


@dataclass
class Health:
    position: int
    stalled: bool = False
    last: float | None = None
    events: int = 3


def collector(*healths: tuple[str, Health]) -> HealthCollector:
    return HealthCollector(
        "shop",
        lambda: healths,
        gauges=[("position", "Where."), ("stalled", "1 when."), ("last", "When.")],
        counters=[("events", "How many.")],
        label="projection",
    )


@pytest.fixture
def port() -> int:
    return free_port()


def page(port: int) -> list[str]:
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        return answer.read().decode().splitlines()


def test_the_page_has_each_field_of_each_health_as_it_is_at_that_moment(port: int) -> None:
    book, ledger = Health(7), Health(9, stalled=True, last=1.5)
    with metrics_page(port, collector(("book", book), ("ledger", ledger)), service="test"):
        lines = page(port)
        assert 'shop_position{projection="book"} 7.0' in lines
        assert 'shop_stalled{projection="ledger"} 1.0' in lines
        assert 'shop_last{projection="book"} 0.0' in lines
        assert 'shop_events_total{projection="ledger"} 3.0' in lines
        assert any(line.startswith("process_cpu_seconds_total ") for line in lines)
        book.position = 8
        assert 'shop_position{projection="book"} 8.0' in page(port)
    with pytest.raises(OSError):
        page(port)


def test_port_0_is_off_and_a_port_that_is_taken_costs_the_page_alone(port: int) -> None:
    with metrics_page(0, collector(), service="test"):
        pass
    with metrics_page(port, collector(("one", Health(1))), service="one"):
        with metrics_page(port, collector(("other", Health(2))), service="other"):
            assert 'shop_position{projection="one"} 1.0' in page(port)
        assert 'shop_position{projection="one"} 1.0' in page(port)


def test_lag_counts_from_when_the_first_missing_fact_was_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(infra.lag.time, "monotonic", lambda: now[0])
    clock = Lag()
    assert clock.seconds(0) == 0
    for seconds, log_position in ((101.0, 10), (102.0, 10), (103.0, 20), (104.0, 30)):
        now[0] = seconds
        clock.observe(log_position)
    now[0] = 110.0
    assert clock.seconds(9) == 9
    assert clock.seconds(10) == 7
    assert clock.seconds(29) == 6
    assert clock.seconds(30) == 0


def test_looks_without_end_stay_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(infra.lag, "LOOKS_MAX", 8)
    clock = Lag()
    for log_position in range(1, 1_000):
        clock.observe(log_position)
    assert len(clock._looks) <= 8
    assert clock.seconds(0) > 0
    assert clock.seconds(999) == 0
