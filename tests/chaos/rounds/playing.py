"""Many rounds one after the other, several in a house, and what they came to."""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

from tests.chaos.rounds.house import House
from tests.chaos.rounds.round import Outcome, Shop, play
from tests.chaos.rounds.schedule import schedule_of, shape_of

Say = Callable[[str], None]


class Listed(TypedDict):
    """A round as it is listed."""

    seed: int
    house: int
    profile: str
    load: str
    faults: list[str]
    acknowledged: int
    refused: int
    tries_lost: int
    pace: float
    settled_seconds: float
    told_seconds: float | None
    seconds: float
    problems: list[str]
    missed: list[str]


@dataclass
class Played:
    """All rounds of a run; `ends`: problems at the end of a house, `kept`: data of what failed."""

    rounds: list[Listed] = field(default_factory=list[Listed])
    ends: list[str] = field(default_factory=list[str])
    kept: list[Path] = field(default_factory=list[Path])

    @property
    def problems(self) -> list[str]:
        """Everything that was wrong, with the seed it was wrong at."""
        found = [f"seed {one['seed']}: {problem}" for one in self.rounds for problem in one["problems"]]
        return found + self.ends

    def summary(self) -> str:
        """One line: how many rounds, faults and commands, and how many rounds failed."""
        faults = Counter(fault for one in self.rounds for fault in one["faults"])
        failed = sum(bool(one["problems"]) for one in self.rounds)
        acknowledged = sum(one["acknowledged"] for one in self.rounds)
        return (
            f"{len(self.rounds)} rounds, {sum(faults.values())} faults of {len(faults)} kinds, "
            f"{acknowledged} commands acknowledged; {failed} rounds failed, {len(self.ends)} bad ends"
        )


def play_rounds(
    first_seed: int, rounds: int, allowed: Collection[str], *, per_house: int, say: Say, doubled: bool = True
) -> Played:
    """Play rounds of consecutive seeds. A house in which one failed is kept, and the next gets another."""
    played = Played()
    last = first_seed + rounds
    seed = first_seed
    while seed < last:
        seed = _in_one_house(played, seed, min(seed + per_house, last), allowed, say, doubled=doubled)
    return played


def _in_one_house(
    played: Played, first: int, last: int, allowed: Collection[str], say: Say, *, doubled: bool
) -> int:
    shape = shape_of(first, doubled=doubled)
    house = House(shape.profile, doubles=shape.doubles, small_disk=shape.small_disk)
    say(f"house of seed {first}: {shape.profile}, {shape.doubles} of each, small disk {house.on_small_disk}")
    shop = Shop(house)
    failed = False
    seed = first
    try:
        shop.open(first)
        while seed < last and not failed:
            schedule = schedule_of(seed, allowed, small_disk=house.on_small_disk)
            outcome = play(shop, schedule)
            played.rounds.append(_listed(outcome, first, shape.profile))
            _say_round(say, outcome)
            failed = bool(outcome.problems)
            seed += 1
        wrong = house.stop()
    except Exception as error:
        wrong = [f"house of seed {first}: {error!r}"]
        seed = max(seed, first + 1)
    except BaseException:
        # Ctrl-C, SIGTERM: no house is left to itself.
        house.end(keep=False)
        raise
    played.ends += [f"end of the house of seed {first}: {one}" for one in wrong]
    for one in wrong:
        say(f"    end of the house: {one}")
    kept = house.end(keep=failed or bool(wrong))
    if kept is not None:
        played.kept.append(kept)
        say(f"    kept: {kept}; again: make chaos ARGS='--seed {first} --rounds {seed - first}'")
    return seed


def _listed(outcome: Outcome, house: int, profile: str) -> Listed:
    schedule = outcome.schedule
    return Listed(
        seed=schedule.seed,
        house=house,
        profile=profile,
        load=schedule.load,
        faults=[planned.fault for planned in schedule.faults],
        acknowledged=outcome.acknowledged,
        refused=outcome.refused,
        tries_lost=outcome.tries_lost,
        pace=round(outcome.pace, 1),
        settled_seconds=round(outcome.settled_seconds, 1),
        told_seconds=outcome.told_seconds,
        seconds=round(outcome.seconds, 1),
        problems=outcome.problems,
        missed=outcome.missed,
    )


def _say_round(say: Say, outcome: Outcome) -> None:
    faults = ", ".join(planned.fault for planned in outcome.schedule.faults)
    verdict = "FAILED" if outcome.problems else "holds"
    say(
        f"seed {outcome.schedule.seed}: {verdict} in {outcome.seconds:.1f} s "
        f"(pace {outcome.pace:.1f}, settled in {outcome.settled_seconds:.1f} s): "
        f"{outcome.acknowledged} acknowledged, {outcome.refused} refused, "
        f"{outcome.tries_lost} tries lost; {outcome.schedule.load}; {faults}"
    )
    for missed in outcome.missed:
        say(f"    missed: {missed[:300]}")
    if outcome.problems:
        say(str(outcome.schedule))
        for problem in outcome.problems:
            say(f"    {problem}")
