"""`make chaos`: rounds of chaos from the command line. Exit code 1 when anything did not hold."""

import argparse
import json
import os
import signal
import sys
import time
from pathlib import Path

from tests.chaos.rounds.faults import ALL_FAULTS
from tests.chaos.rounds.playing import Played, play_rounds

ROUNDS = 200
PER_HOUSE = 8


def main() -> int:
    """Play the rounds that the command line and the environment ask for."""
    parser = argparse.ArgumentParser(prog="make chaos ARGS=…", description=__doc__)
    environ = os.environ
    parser.add_argument(
        "--seed", type=int, default=int(environ.get("CHAOS_SEED", "1")), help="of the first round"
    )
    parser.add_argument("--rounds", type=int, default=int(environ.get("CHAOS_ROUNDS", str(ROUNDS))))
    parser.add_argument("--per-house", type=int, default=PER_HOUSE, help="rounds that share a data directory")
    parser.add_argument("--only", nargs="+", choices=list(ALL_FAULTS), help="faults to draw from")
    parser.add_argument(
        "--without", nargs="+", choices=list(ALL_FAULTS), default=[], help="faults to leave out"
    )
    parser.add_argument("--single", action="store_true", help="one process of each service instead of two")
    parser.add_argument("--listing", type=Path, help="write every round to this file, as JSON")
    asked = parser.parse_args()
    allowed = [name for name in asked.only or ALL_FAULTS if name not in asked.without]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    began = time.monotonic()
    played = play_rounds(
        asked.seed, asked.rounds, allowed, per_house=asked.per_house, say=_say, doubled=not asked.single
    )
    _say(f"{played.summary()}; {(time.monotonic() - began) / 60:.1f} minutes")
    if asked.listing is not None:
        _write(asked.listing, played)
    return 1 if played.problems else 0


def _write(listing: Path, played: Played) -> None:
    listing.write_text(json.dumps({"rounds": played.rounds, "ends": played.ends}, indent=1) + "\n")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
