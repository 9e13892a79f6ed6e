"""The same work in houses of different sizes, in turn: what takes longer where the house has grown?

    make bench ARGS=growth                             # 100,000 and 1,000,000 events; 15 minutes, 5 GB
    make bench ARGS="growth --events 10000000"         # 100,000 and 10,000,000; two hours, 45 GB

A turn does everything once in each house: sales are committed, published, projected, and read. What is said
beside the figures are the milliseconds and bytes themselves, as lines of a table.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from statistics import median
from typing import Final

from benchmarks.figure import Figure
from benchmarks.growing_reads import read_in_turn
from benchmarks.growing_work import Work
from benchmarks.grown_house import Bytes, House, bytes_of, grown_house
from benchmarks.sandbox import Sandbox
from benchmarks.sizes import Sizes
from benchmarks.stalls import PHASES, Stalls, stalls

#: A fifth more time is still well.
GOAL: Final = round(1 / 1.2, 2)


def measure(sandbox: Sandbox, say: Callable[[str], None], sizes: Sizes) -> list[Figure]:
    """The pace of everything in the largest house against the smallest one's."""
    houses = [grown_house(sandbox, events, sizes, say) for events in sizes.growth_events]
    with ExitStack() as stack:
        work = [stack.enter_context(Work(house, sizes)) for house in houses]
        sizes_on_disk = [bytes_of(each.house, each.stream_bytes()) for each in work]
        taken = _in_turn(work, sizes, say)
        waits = [stalls(each, sizes.growth_stall_seconds) for each in (work[0], work[-1])]
    _say_table(houses, taken, sizes_on_disk, waits, say)
    return [
        *(pace(name, houses, seconds) for name, seconds in taken.items()),
        _per_gib("events", houses, [one.event for one in sizes_on_disk]),
        _per_gib("idempotency keys", houses, [one.one_key for one in sizes_on_disk]),
        *(stall(phase, houses[-1], waits[-1]) for phase in PHASES[1:]),
    ]


def _in_turn(work: Sequence[Work], sizes: Sizes, say: Callable[[str], None]) -> dict[str, tuple[float, ...]]:
    """Of each kind of work the seconds in each house, the middle of all turns."""
    for each in work:
        each.warm_up()
    turns: list[list[dict[str, float]]] = []
    for turn in range(1, sizes.turns + 1):
        say(f"growth: turn {turn}")
        worked = [each.turn() for each in work]
        read = read_in_turn([each.house for each in work], sizes.growth_reads)
        turns.append([one | other for one, other in zip(worked, read, strict=True)])
    return {
        name: tuple(median(turn[n][name] for turn in turns) for n in range(len(work))) for name in turns[0][0]
    }


def pace(name: str, houses: Sequence[House], seconds: tuple[float, ...]) -> Figure:
    """The pace in the largest house against that in the smallest."""
    return Figure(
        name=name, of=f"1 s / what it takes in a house of {houses[-1].events:,} events",
        against=f"1 s / what it takes in one of {houses[0].events:,}",
        value=1 / seconds[-1], floor=1 / seconds[0], unit="/s", goal=GOAL,
    )  # fmt: skip


def _per_gib(what: str, houses: Sequence[House], sizes: Sequence[float]) -> Figure:
    return Figure(
        name=f"{what} on a GiB of disk", of=f"all that is kept of them, {houses[-1].events:,} events",
        against=f"{houses[0].events:,} events", value=2**30 / sizes[-1], floor=2**30 / sizes[0],
        unit=f"{what}/GiB", goal=GOAL,
    )  # fmt: skip


def stall(phase: str, house: House, waits: Stalls) -> Figure:
    """The latest commits beside maintenance against those without."""
    return Figure(
        name=f"late commits beside {phase}",
        of=f"1 s / what one commit of 1,000 takes longer than, {house.events:,} events",
        against="1 s / the same with neither checkpoint nor vacuum",
        value=1 / waits[phase].late, floor=1 / waits[PHASES[0]].late, unit="/s", goal=0.1,
    )  # fmt: skip


def _say_table(
    houses: Sequence[House],
    taken: dict[str, tuple[float, ...]],
    sizes_on_disk: Sequence[Bytes],
    waits: Sequence[Stalls],
    say: Callable[[str], None],
) -> None:
    say(f"| ms | {' | '.join(f'{house.events:,}' for house in houses)} | ratio |")
    for name, seconds in taken.items():
        cells = " | ".join(f"{1_000 * each:.3g}" for each in seconds)
        say(f"| {name} | {cells} | {seconds[-1] / seconds[0]:.2f} |")
    say("| bytes | of an event, but for the last line |")
    for part in asdict(sizes_on_disk[0]):
        say(f"| {part} | {' | '.join(f'{getattr(one, part):,.0f}' for one in sizes_on_disk)} |")
    say("| commits, ms: half of them, 99.9 %, longest | fewest events | most events |")
    for phase in PHASES:
        say(f"| {phase} | {' | '.join(str(wait[phase]) for wait in waits)} |")
