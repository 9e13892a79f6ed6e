"""Commits while PostgreSQL writes a checkpoint, or cleans up: how long the latest of them take."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, LiteralString

from benchmarks.growing_work import Work
from infra.postgres import connect

PHASES: Final = ("nothing", "a checkpoint", "a vacuum of the log", "a vacuum of the tables")
_STATEMENTS: Final[dict[str, tuple[LiteralString, ...]]] = {
    "nothing": (),
    "a checkpoint": ("CHECKPOINT",),
    # As the autovacuum does: what it may read and write is rationed.
    "a vacuum of the log": ("SET vacuum_cost_delay = 2", "VACUUM (ANALYZE) stored_events, idempotency_keys"),
    "a vacuum of the tables": ("SET vacuum_cost_delay = 2", "VACUUM (ANALYZE)"),
}


@dataclass(frozen=True)
class Waits:
    """How long commits took, in seconds, shortest first."""

    seconds: list[float]

    @property
    def late(self) -> float:
        """What one in a thousand takes longer than."""
        return self.seconds[len(self.seconds) * 999 // 1_000]

    def __str__(self) -> str:
        half = self.seconds[len(self.seconds) // 2]
        return " / ".join(f"{1_000 * each:.1f}" for each in (half, self.late, self.seconds[-1]))


Stalls = dict[str, Waits]


def stalls(work: Work, seconds: float) -> Stalls:
    """Sales one after another, at least so long in each phase and as long as what is done beside lasts."""
    return {phase: Waits(sorted(_sold_beside(work, phase, seconds))) for phase in PHASES}


def _sold_beside(work: Work, phase: str, seconds: float) -> list[float]:
    beside = threading.Thread(target=_maintenance(work, phase))
    until = time.monotonic() + seconds
    beside.start()
    taken: list[float] = []
    while time.monotonic() < until or beside.is_alive():
        began = time.perf_counter()
        work.sell(1)
        taken.append(time.perf_counter() - began)
    beside.join()
    return taken


def _maintenance(work: Work, phase: str) -> Callable[[], None]:
    def run() -> None:
        settings = work.house.settings
        url = str(settings.database_url)
        with connect(settings, url, name="benchmark", limit_statements=False) as connection:
            for statement in _STATEMENTS[phase]:
                connection.execute(statement)

    return run
