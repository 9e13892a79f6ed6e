"""What an operator does in the middle of it all: pauses, rebuilds, verifies; and a wrong row by hand."""

import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress

from tests.chaos.rounds.faults.scene import Fault, Scene, chosen

PROJECTIONS = ("associate_directory", "clientele_book", "commission_ledger", "heroics_wall", "loyalty_score")
RESUME_SECONDS = 60


def _done(scene: Scene, *arguments: str) -> bool:
    with suppress(subprocess.TimeoutExpired):
        code, _, complained = scene.house.command(*arguments, within_seconds=60)
        if code == 0:
            return True
        scene.missed.append(f"{' '.join(arguments)} ended with {code}: {complained[-500:]}")
    return False


@contextmanager
def paused(scene: Scene, target: float) -> Generator[None]:
    """A projection, or all reactions, are paused and resumed."""
    name = chosen((*PROJECTIONS, "reactions"), target)
    _done(scene, "projections", "pause", name)
    yield
    deadline = time.monotonic() + RESUME_SECONDS
    while not _done(scene, "projections", "resume", name):
        if time.monotonic() > deadline:
            scene.problems.append(f"{name} could not be resumed within {RESUME_SECONDS} s")
            return


@contextmanager
def rebuilt(scene: Scene, target: float) -> Generator[None]:
    """A projection, or every one, is made anew while the shop goes on."""
    name = chosen((*PROJECTIONS, "--all"), target)
    _done(scene, "projections", "rebuild", name)
    yield


@contextmanager
def verified(scene: Scene, target: float) -> Generator[None]:
    """A projection is verified while the shop goes on; a difference is a problem at once."""
    name = chosen(PROJECTIONS, target)
    with suppress(subprocess.TimeoutExpired):
        code, printed, complained = scene.house.command(
            "projections", "verify", name, "--json", within_seconds=60
        )
        if code != 0 and '"holds":false' in printed.replace(" ", ""):
            scene.problems.append(f"verify {name} while the shop is open: {printed[:1000]}")
        elif code != 0:
            scene.missed.append(f"verify {name} ended with {code}: {complained[-500:]}")
    yield


@contextmanager
def row_planted(_: Scene, __: float) -> Generator[None]:
    """Nothing yet: the wrong row is planted once the house is at rest (planting.py)."""
    yield


OPERATIONS = {
    "row_planted": Fault(row_planted, 1, (0.0, 0.1)),
    "projections_paused": Fault(paused, 2, (0.5, 3.0)),
    "projections_rebuilt": Fault(rebuilt, 3, (0.0, 0.1)),
    "projections_verified": Fault(verified, 1, (0.0, 0.1)),
}
