"""One round: load, faults, an end to both, and what was wrong."""

import contextlib
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.rounds.checking import differences
from tests.chaos.rounds.client import Client, Sent
from tests.chaos.rounds.faults import ALL_FAULTS
from tests.chaos.rounds.faults.scene import Scene
from tests.chaos.rounds.house import House
from tests.chaos.rounds.knowledge import Knowledge
from tests.chaos.rounds.loads import clients_of, opening
from tests.chaos.rounds.oracle.settling import STATUS_SECONDS, settle, status
from tests.chaos.rounds.pace import pace
from tests.chaos.rounds.planting import plant_and_mend
from tests.chaos.rounds.schedule import Planned, Schedule

#: After the faults have ended every request is answered, and everybody is at the end of the log, by then.
#: Here and wherever the rounds wait, a machine that is busy with other things has more time (pace.py).
SETTLE_SECONDS = 60.0
FAULT_ENDS_SECONDS = 150.0


@dataclass
class Outcome:
    """What came of a round; without `problems` everything holds."""

    schedule: Schedule
    acknowledged: int = 0
    refused: int = 0
    tries_lost: int = 0
    pace: float = 1.0
    settled_seconds: float = 0.0
    told_seconds: float | None = None
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list[str])
    missed: list[str] = field(default_factory=list[str])


@dataclass
class Shop:
    """A house with all that was ever sent to it."""

    house: House
    known: Knowledge = field(default_factory=Knowledge)
    sent: list[Sent] = field(default_factory=list[Sent])
    planted: list[bytes] = field(default_factory=list[bytes])

    def open(self, seed: int) -> None:
        """Start the house, and let the first people in."""
        self.house.start()
        self.sent += opening(seed, self.house, self.known).sent


def play(shop: Shop, schedule: Schedule) -> Outcome:
    """Play one round in a shop that is open."""
    began = time.monotonic()
    outcome = Outcome(schedule)
    scene = Scene(shop.house, planted=shop.planted)
    clients = clients_of(schedule, shop.house, shop.known)
    faults = [
        threading.Thread(target=_happen, args=(scene, planned), daemon=True) for planned in schedule.faults
    ]
    looking = threading.Thread(target=_look, args=(scene, schedule), daemon=True)
    for thread in (*clients, *faults, looking):
        thread.start()
    time.sleep(schedule.seconds)
    _join(faults, scene, "a fault", FAULT_ENDS_SECONDS)
    for client in clients:
        client.ending.set()
    shop.house.heal()
    outcome.pace = pace()
    _finish(clients, scene, SETTLE_SECONDS * outcome.pace)
    looking.join(STATUS_SECONDS * 12)
    if not scene.problems or not any("never answered" in problem for problem in scene.problems):
        wrong, outcome.settled_seconds = settle(shop.house, within_seconds=SETTLE_SECONDS * outcome.pace)
        scene.problems += wrong
    sent = [one for client in clients for one in client.sent]
    shop.sent += sent
    scene.problems += [error for client in clients for error in client.errors][:5]
    scene.problems += differences(shop.house, shop.sent, shop.planted)
    scene.problems += _ended_by_themselves(shop.house)
    for planned in schedule.faults:
        if planned.fault == "row_planted" and not scene.problems:
            wrong, outcome.told_seconds = plant_and_mend(shop.house, planned.target)
            scene.problems += wrong + settle(shop.house, within_seconds=SETTLE_SECONDS * pace())[0]
    outcome.acknowledged = sum(one.answer is not None for one in sent)
    outcome.refused = sum(one.refused is not None for one in sent)
    outcome.tries_lost = sum(one.lost for one in sent)
    outcome.problems, outcome.missed = scene.problems, scene.missed
    outcome.seconds = time.monotonic() - began
    return outcome


def _happen(scene: Scene, planned: Planned) -> None:
    time.sleep(planned.at)
    try:
        with ALL_FAULTS[planned.fault].make(scene, planned.target):
            time.sleep(planned.lasts)
    except Exception as error:
        scene.problems.append(f"the fault {planned.fault} could not be made: {error!r}")


def _look(scene: Scene, schedule: Schedule) -> None:
    """Asks for status in the middle of it all: it has to answer, and to see who is far behind."""
    if any(planned.fault in ("postgres_hung", "postgres_killed", "disk_full") for planned in schedule.faults):
        return
    time.sleep(0.7 * schedule.seconds)
    try:
        code, said = status(scene.house)
    except subprocess.TimeoutExpired:
        scene.problems.append(f"projections status said nothing within {STATUS_SECONDS:g} s")
        return
    if isinstance(said, dict) and code == 0:
        document: dict[str, Any] = said
        scene.problems.extend(
            f"status said healthy while {line['name']} was {line['lag_seconds']} s behind"
            for line in document["projections"]
            if line["lag_seconds"] > STATUS_SECONDS
        )


def _finish(clients: Sequence[Client], scene: Scene, within_seconds: float) -> None:
    deadline = time.monotonic() + within_seconds
    for client in clients:
        client.give_up_at = deadline
    _join(clients, scene, "a client", within_seconds + 20)
    unsettled = [one for client in clients for one in client.sent if not one.settled]
    scene.problems += [
        f"{one.command} {one.key} was never answered within {within_seconds:.0f} s of the end"
        for one in unsettled
    ]


def _join(threads: Sequence[threading.Thread], scene: Scene, what: str, within_seconds: float) -> None:
    deadline = time.monotonic() + within_seconds
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
        if thread.is_alive():
            scene.problems.append(f"{what} did not end within {within_seconds:g} s: {thread.name}")


def _ended_by_themselves(house: House) -> list[str]:
    found: list[str] = []
    for service in house.services.values():
        with contextlib.suppress(OSError):
            code = service.ended_by_itself()
            if code is not None:
                end = service.log.read_text(errors="replace")[-800:]
                found.append(f"{service.name} ended by itself with {code}: {end}")
    return found
