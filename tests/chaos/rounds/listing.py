"""Listings of rounds (`--listing`) as the tables of docs/reliability.md: `python -m
tests.chaos.rounds.listing FILE…`.
"""

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tests.chaos.rounds.faults import ALL_FAULTS
from tests.chaos.rounds.playing import Listed


def read(files: list[Path]) -> list[Listed]:
    """The rounds of these listings, by their seeds."""
    rounds: list[Listed] = [one for file in files for one in json.loads(file.read_text())["rounds"]]
    return sorted(rounds, key=lambda one: one["seed"])


def totals(rounds: list[Listed]) -> Iterator[str]:
    """What all rounds come to."""
    settled = sorted(one["settled_seconds"] for one in rounds)
    told = [one["told_seconds"] for one in rounds if one["told_seconds"] is not None]
    yield "| what | measured |"
    yield "| --- | --- |"
    yield f"| rounds, houses | {len(rounds)}, {len({one['house'] for one in rounds})} |"
    yield f"| faults | {sum(len(one['faults']) for one in rounds)} of {len(ALL_FAULTS)} kinds |"
    yield f"| commands acknowledged | {sum(one['acknowledged'] for one in rounds):,} |"
    yield f"| commands refused by a rule | {sum(one['refused'] for one in rounds):,} |"
    yield f"| tries whose answer was lost, sent again | {sum(one['tries_lost'] for one in rounds):,} |"
    yield f"| seconds until all was well, median and longest | {median(settled):.1f}, {settled[-1]:.1f} |"
    if told:
        told_in = f"{median(told):.1f}, {max(told):.1f}"
        yield f"| seconds until a planted row was told, median and longest | {told_in} |"
    paces = [one["pace"] for one in rounds]
    yield f"| seconds per second of a processor, median and most | {median(paces):.1f}, {max(paces):.1f} |"
    yield f"| rounds that did not hold | {sum(bool(one['problems']) for one in rounds)} |"


def by_fault(rounds: list[Listed]) -> Iterator[str]:
    """How often each fault happened, and how long the houses took to be well again."""
    seconds: dict[str, list[float]] = defaultdict(list)
    for one in rounds:
        for fault in one["faults"]:
            seconds[fault].append(one["settled_seconds"])
    yield "| fault | times | seconds until all was well, median and longest |"
    yield "| --- | --- | --- |"
    for fault, found in sorted(seconds.items()):
        yield f"| `{fault}` | {len(found)} | {median(found):.1f}, {max(found):.1f} |"


def every_round(rounds: list[Listed]) -> Iterator[str]:
    """One line per round."""
    profiles = Counter(one["profile"] for one in rounds)
    played = ", ".join(f"{name} in {count} rounds" for name, count in sorted(profiles.items()))
    yield f"Houses' settings: {played}."
    yield ""
    yield "| seed | settings | load | faults | acknowledged | well after |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for one in rounds:
        verdict = "did not hold" if one["problems"] else f"{one['settled_seconds']:.1f} s"
        faults = ", ".join(one["faults"])
        line = (
            f"{one['seed']} | {one['profile']} | {one['load']} | {faults} | {one['acknowledged']} | {verdict}"
        )
        yield f"| {line} |"


def main() -> None:
    """Print the tables."""
    rounds = read([Path(name) for name in sys.argv[1:]])
    for table in (totals, by_fault, every_round):
        sys.stdout.write("\n".join((*table(rounds), "", "")))


if __name__ == "__main__":
    main()
