"""`make races`: races from the command line. Exit code 1 when one did not hold."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from infra.embedded import EmbeddedServers
from infra.settings import Settings
from tests.chaos.races.playing import play_races
from tests.chaos.races.scenarios import SCENARIOS

ROUNDS = 100_000
#: Nothing here is lost with the power; each writer has three connections.
POSTGRES = {"fsync": "off", "full_page_writes": "off", "max_connections": "300"}


def main() -> int:
    """Play the races that the command line asks for, on a PostgreSQL of their own."""
    parser = argparse.ArgumentParser(prog="make races ARGS=…", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of the first round")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--only", nargs="+", choices=[scenario.name for scenario in SCENARIOS])
    asked = parser.parse_args()
    scenarios = [scenario for scenario in SCENARIOS if scenario.name in (asked.only or scenario.name)]
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="clienteling-races-") as folder:
        Path(folder).chmod(0o711)
        data = Path(folder) / "data"
        with EmbeddedServers(Settings(data_dir=data), watch=False, postgres_config=POSTGRES) as servers:
            settings = Settings(data_dir=data, database_url=servers.database_url)
            try:
                tally = play_races(settings, asked.seed, asked.rounds, scenarios, _say)
            except AssertionError as error:
                _say(str(error))
                return 1
    _say(f"{tally}\n{asked.rounds:,} rounds held; {(time.monotonic() - began) / 60:.1f} minutes")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
