"""Rebuilding from a log of a million events: against the library's runner, against scanning and decoding
only, and its memory.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import median
from typing import Any

from benchmarks import scan_floor
from benchmarks.figure import Figure
from benchmarks.history import fill
from benchmarks.memory import PeakMemory
from benchmarks.sandbox import Sandbox
from benchmarks.sizes import Sizes
from benchmarks.stock_runner import positions_per_second
from infra.event_store.scan import size_of_log
from infra.postgres import connect
from infra.projection_store.heartbeats import ensure_catalog
from infra.settings import Settings
from projections.kernel import Projection
from projections.registry import ALL, BY_NAME
from services.rebuild.build import plan_parts, processes_of
from services.rebuild.rebuild import rebuild

LEDGER = [BY_NAME["commission_ledger"]]


def measure(sandbox: Sandbox, say: Callable[[str], None], sizes: Sizes) -> list[Figure]:
    """Positions of the log per second, from the start of a rebuild to the switch.

    Every rate counts the same positions.
    """
    settings = sandbox.settings(sandbox.database())
    say(f"rebuild: a log of {sizes.rebuild_events:,} events")
    end = fill(settings, sizes.rebuild_events, sizes.season_customers, say)
    ensure_catalog(settings, settings.database_url or "")
    say("rebuild: the commission ledger, by the library's ProjectionRunner, for a while")
    stock = positions_per_second(settings.database_url or "", sizes.stock_seconds)
    ledger, ledger_floor = in_turns("the commission ledger", settings, LEDGER, end, sizes.turns, say)
    everything, all_floor = in_turns("all projections in one pass", settings, ALL, end, sizes.turns, say)
    say("rebuild: all of them in less memory than the log has")
    small = replace(settings, rebuild_memory_mb=sizes.rebuild_memory_mb)
    _, small_mb = timed(small, ALL)
    with connect(settings, settings.database_url or "", name="benchmark") as connection:
        log_mb = size_of_log(connection)[1] // 2**20
    return [
        Figure(
            name="rebuild",
            of=f"commission ledger from {end:,} events, end to end",
            against=f"ProjectionRunner, same fold, over the log's beginning ({sizes.stock_seconds:g} s)",
            value=end / ledger,
            floor=stock,
            unit="events/s",
            goal=100,
        ),
        against_floor("rebuild of one", "commission ledger, end to end", end, ledger, ledger_floor),
        against_floor("rebuild of all", "all projections in one pass", end, everything, all_floor),
        Figure(
            name="rebuild's memory",
            of="CLIENTELING_REBUILD_MEMORY_MB",
            against=f"the most that its processes and PostgreSQL's for it took; the log has {log_mb:,} MiB",
            value=small.rebuild_memory_mb,
            floor=small_mb,
            unit="MiB",
            goal=1,
        ),
    ]  # fmt: skip


def in_turns(
    what: str,
    settings: Settings,
    projections: Sequence[Projection[Any]],
    end: int,
    turns: int,
    say: Callable[[str], None],
) -> tuple[float, float]:
    """Seconds of a rebuild and of its floor, each the middle of several turns."""
    rebuilt: list[float] = []
    floors: list[float] = []
    for turn in range(1, turns + 1):
        say(f"rebuild: {what}, turn {turn}")
        floors.append(floor(settings, projections, end))
        rebuilt.append(timed(settings, projections)[0])
    return median(rebuilt), median(floors)


def timed(settings: Settings, projections: Sequence[Projection[Any]]) -> tuple[float, float]:
    """Seconds and the most MiB of a rebuild: build, try, catch up, switch."""
    with PeakMemory(settings.database_url or "") as peak:
        started = time.monotonic()
        rebuild(settings, settings.database_url or "", projections, lambda *_: None, lambda _: None)
        seconds = time.monotonic() - started
    return seconds, peak.mb


def floor(settings: Settings, projections: Sequence[Projection[Any]], end: int) -> float:
    """Seconds of reading and decoding what a rebuild reads, split in the same way over as many processes."""
    parts = plan_parts(settings, projections, {p.name: 0 for p in projections}, end)
    return scan_floor.seconds(settings, settings.database_url or "", parts, processes_of(settings))


def against_floor(name: str, of: str, end: int, seconds: float, floor_seconds: float) -> Figure:
    """A rebuild of so many events beside its floor."""
    return Figure(
        name=name,
        of=of,
        against="scanning and decoding the same events on as many processes",
        value=end / seconds,
        floor=end / floor_seconds,
        unit="events/s",
        goal=0.5,
    )
