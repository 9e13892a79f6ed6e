"""What a seed means: the house, the load, and which faults happen when, for how long, to whom."""

from collections.abc import Collection
from dataclasses import dataclass

from infra.ids import seeded_source
from tests.chaos.rounds.faults import ALL_FAULTS
from tests.chaos.rounds.house import PROFILES

LOADS, LOAD_WEIGHTS = ("mixed", "alternating", "bursts"), (5, 4, 2)


@dataclass(frozen=True)
class Planned:
    """A fault to come: when and for how many seconds, and a number from 0 to 1 for its target."""

    fault: str
    at: float
    lasts: float
    target: float

    def __str__(self) -> str:
        return f"{self.at:.1f} s: {self.fault} for {self.lasts:.1f} s (target {self.target:.2f})"


@dataclass(frozen=True)
class Schedule:
    """One round."""

    seed: int
    load: str
    clients: int
    seconds: float
    faults: tuple[Planned, ...]

    def __str__(self) -> str:
        faults = "\n".join(f"    {planned}" for planned in self.faults)
        return f"  {self.load} load of {self.clients} clients for {self.seconds:.1f} s\n{faults}"


@dataclass(frozen=True)
class Shape:
    """What a house is like."""

    profile: str
    doubles: int
    small_disk: bool


def shape_of(seed: int, *, doubled: bool = True) -> Shape:
    """The house that begins with this round; `doubled` False: one process of each service."""
    chance = seeded_source(f"house {seed}")
    return Shape(
        profile=chance.choice(list(PROFILES)),
        doubles=2 if doubled else 1,
        small_disk=chance.random() < 0.3,
    )


def schedule_of(seed: int, allowed: Collection[str], *, small_disk: bool) -> Schedule:
    """The round of this seed, of the allowed faults. Only a house on a small disk can find it full."""
    chance = seeded_source(f"round {seed}")
    seconds = chance.uniform(2.0, 4.0)
    kinds = [name for name in ALL_FAULTS if name in allowed and (small_disk or name != "disk_full")]
    weights = [ALL_FAULTS[name].weight for name in kinds]
    faults: list[Planned] = []
    for name in chance.choices(kinds, weights, k=chance.randint(1, 4)) if kinds else ():
        if name not in {planned.fault for planned in faults}:
            low, high = ALL_FAULTS[name].lasts
            planned = Planned(name, chance.uniform(0.2, seconds), chance.uniform(low, high), chance.random())
            faults.append(planned)
    [load] = chance.choices(LOADS, LOAD_WEIGHTS)
    return Schedule(
        seed, load, chance.randint(2, 5), seconds, tuple(sorted(faults, key=lambda planned: planned.at))
    )
