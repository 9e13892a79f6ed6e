"""The processes of a rebuild: one part after the other each, ended together; or this process alone."""

import multiprocessing
import os
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ProcessPoolExecutor, wait
from functools import partial
from typing import Any

from infra.child_processes import belong_to_parent, without_main
from infra.garbage import seldom_collected
from infra.settings import Settings
from services.rebuild.build_parts import GivenUp, Part, build_part

LOOK_SECONDS = 0.1

#: In a process of the pool: where each part says how far it is, and where it reads that the rebuild was given
#: up.
_reached: Any = None
_given_up: Any = None


def run_parts(
    settings: Settings,
    database_url: str,
    parts: Sequence[Part],
    on_progress: Callable[[int], None],
) -> dict[str, int]:
    """Build all parts on as many processes as the settings say (0: one for each core); rows written by
    projection.

    `on_progress` is told how many events are folded. Raises PoisonEvent; the other parts are then given up.
    """
    spawn = multiprocessing.get_context("spawn")
    reached: Any = spawn.RawArray("q", len(parts))
    given_up: Any = spawn.RawValue("b", 0)
    processes = min(settings.rebuild_processes or os.cpu_count() or 1, len(parts))
    pool = ProcessPoolExecutor(processes, spawn, _set_up, (reached, given_up))
    try:
        with without_main():
            work = [
                pool.submit(_one, settings, database_url, part, place) for place, part in enumerate(parts)
            ]
        _watch(work, lambda: on_progress(sum(reached[:])))
    except BaseException:
        # Told, not killed: a killed process of a pool can take a lock with it, and the pool would wait for
        # ever.
        given_up.value = 1
        pool.shutdown(wait=True, cancel_futures=True)
        raise
    # Ending takes a process a tenth of a second or two, in which PostgreSQL can begin with the keys.
    pool.shutdown(wait=False)
    rows: dict[str, int] = {}
    for one in work:
        for name, count in one.result().items():
            rows[name] = rows.get(name, 0) + count
    return rows


def run_here(
    settings: Settings,
    database_url: str,
    parts: Sequence[Part],
    on_progress: Callable[[int], None],
) -> dict[str, int]:
    """Build all parts in this process, one after the other; otherwise as `run_parts`."""
    rows: Counter[str] = Counter()
    reached = [0] * len(parts)

    def tell(folded: int, place: int) -> None:
        reached[place] = folded
        on_progress(sum(reached))

    for place, part in enumerate(parts):
        rows.update(build_part(settings, database_url, part, partial(tell, place=place)))
    return rows


def _watch(work: list["Future[dict[str, int]]"], tell: Callable[[], None]) -> None:
    while True:
        done, waiting = wait(work, timeout=LOOK_SECONDS, return_when=FIRST_EXCEPTION)
        tell()
        for one in done:
            one.result()
        if not waiting:
            return


def _one(settings: Settings, database_url: str, part: Part, place: int) -> dict[str, int]:
    def tell(folded: int) -> None:
        if _given_up.value:
            raise GivenUp
        _reached[place] = folded

    with seldom_collected():
        return build_part(settings, database_url, part, tell)


def _set_up(reached: Any, given_up: Any) -> None:
    global _reached, _given_up
    _reached, _given_up = reached, given_up
    belong_to_parent()
