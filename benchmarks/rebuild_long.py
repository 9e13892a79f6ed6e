"""Time per event of a rebuild as the log grows from ten thousand events to ten million; half an hour and 15
GB of disk.

    make bench ARGS=rebuild_long
    python -m benchmarks.rebuild_long docs/replay-curve.svg 10000 100000 1000000   # a picture and a table
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec

from benchmarks.curve import drawn
from benchmarks.figure import Figure
from benchmarks.history import grow, play
from benchmarks.rebuild import LEDGER, against_floor, floor, timed
from benchmarks.sandbox import Sandbox
from benchmarks.sizes import FULL, Sizes
from infra.projection_store.heartbeats import ensure_catalog
from projections.registry import ALL
from services.cli.output import remark


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """A log of so many events, and what the rebuilds of one and of all projections took of it; seconds and
    MiB.
    """

    events: int
    ledger_seconds: float
    ledger_floor_seconds: float
    all_seconds: float
    all_floor_seconds: float
    memory_mb: float


def measure(sandbox: Sandbox, say: Callable[[str], None], sizes: Sizes) -> list[Figure]:
    """The rate at the longest log against that at a million events: a fifth more time per event is still
    well.

    And its floor.
    """
    points = curve(sandbox, sizes, say)
    million, longest = points[-2], points[-1]
    at = f"at {longest.events:,}"
    return [
        Figure(
            name=f"rebuild of {what} {at}",
            of=f"{longest.events:,} events",
            against=f"{million.events:,} events",
            value=longest.events / long,
            floor=million.events / short,
            unit="events/s",
            goal=round(1 / 1.2, 2),
        )
        for what, long, short in (
            ("one", longest.ledger_seconds, million.ledger_seconds),
            ("all", longest.all_seconds, million.all_seconds),
        )
    ] + [
        against_floor(f"rebuild of {what} {at}, end to end", of, longest.events, seconds, floor_seconds)
        for what, of, seconds, floor_seconds in (
            ("one", "commission ledger", longest.ledger_seconds, longest.ledger_floor_seconds),
            ("all", "all projections in one pass", longest.all_seconds, longest.all_floor_seconds),
        )
    ]


def curve(sandbox: Sandbox, sizes: Sizes, say: Callable[[str], None]) -> list[Point]:
    """Rebuilds of one log that grows from size to size."""
    settings = sandbox.settings(sandbox.database())
    season = play(settings, sizes.season_customers)
    ensure_catalog(settings, settings.database_url or "")
    points: list[Point] = []
    for size in sizes.rebuild_long_events:
        events = grow(settings, season, size, say)
        ledger, ledger_mb = timed(settings, LEDGER)
        everything, all_mb = timed(settings, ALL)
        points.append(
            Point(
                events=events,
                ledger_seconds=ledger,
                ledger_floor_seconds=floor(settings, LEDGER, events),
                all_seconds=everything,
                all_floor_seconds=floor(settings, ALL, events),
                memory_mb=max(ledger_mb, all_mb),
            )
        )
        say(row(points[-1]))
    return points


HEADING = (
    "| events | ledger, s | µs per event | scan and decode only "
    "| all, s | µs per event | scan and decode only | MiB |\n"
    "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
)


def row(p: Point) -> str:
    """A line of the table in docs/replay.md."""
    ledger, everything = p.ledger_seconds / p.events * 1e6, p.all_seconds / p.events * 1e6
    return (
        f"| {p.events:,} | {p.ledger_seconds:.1f} | {ledger:.1f} | {p.ledger_floor_seconds:.1f} | "
        f"{p.all_seconds:.1f} | {everything:.1f} | {p.all_floor_seconds:.1f} | {p.memory_mb:.0f} |"
    )


def main(target: Path, sizes: tuple[int, ...]) -> None:
    """Measure, print the table and draw the curve."""
    with Sandbox() as sandbox:
        points = curve(sandbox, replace(FULL, rebuild_long_events=sizes), remark)
    sys.stdout.write("\n".join((HEADING, *map(row, points), "")))
    target.write_text(
        drawn(
            "Rebuild: microseconds per event of the log",
            [p.events for p in points],
            {
                "all projections": [p.all_seconds / p.events * 1e6 for p in points],
                "commission ledger": [p.ledger_seconds / p.events * 1e6 for p in points],
                "scan and decode only (all)": [p.all_floor_seconds / p.events * 1e6 for p in points],
            },
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), tuple(map(int, sys.argv[2:])) or FULL.rebuild_long_events)
