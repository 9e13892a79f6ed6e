"""Building generations beside those that serve, up to one position of the log."""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from infra.event_store.scan import events_in_all, size_of_log
from infra.postgres import connect
from infra.projection_store.bulk import (
    add_generation,
    drop_generation,
    finish_generation,
    take_keys_off,
)
from infra.settings import Settings
from projections.kernel import Projection
from projections.registry import BY_NAME
from services.projector.decoding import topics_of
from services.rebuild.build_parts import Part
from services.rebuild.build_processes import run_here, run_parts
from services.rebuild.left_out_events import positions_left_out_of

#: Interpreter, libraries and buffers of one process, with the one of PostgreSQL that writes for it.
PROCESS_MB = 116
#: When PostgreSQL begins to merge what it sorted on disk, it takes up to 1.6 times what a sort may have (seen
#: with ten million events).
SORT_SHARE = 1 / 1.6
SORT_MB_LEAST = 8
#: What is built up to this position is done before another process would have begun.
SHORT_LOG_POSITIONS = 10_000


@dataclass(frozen=True)
class BuiltGeneration:
    """A generation that was built: its number, up to where it holds, its rows, and the positions left out."""

    projection: Projection[Any]
    generation: int
    position: int
    rows: int
    left_out: tuple[int, ...] = ()


def build(
    settings: Settings,
    database_url: str,
    projections: Sequence[Projection[Any]],
    on_progress: Callable[[int, int], None],
    *,
    up_to: int | None = None,
    look_at: Callable[[BuiltGeneration], None] = lambda _: None,
) -> list[BuiltGeneration]:
    """Build a generation of each projection from the whole log (or up to a position).

    One scan serves all that are keyed alike.

    `on_progress(folded, about how many in all)` counts events, once for each way of keying. `look_at` is
    given each generation in a thread of its own when its rows are there, while PostgreSQL makes keys and
    indexes. Whatever goes wrong (PoisonEvent, Ctrl-C), the unfinished generations are dropped again.
    """
    with connect(settings, database_url, name="rebuild", limit_statements=False) as connection:
        end, _ = size_of_log(connection)
        position = end if up_to is None else min(up_to, end)
        generations: dict[str, int] = {}
        keys: dict[str, list[Any]] = {}
        try:
            # One commit for all: each waits for the disk.
            with connection.transaction():
                for projection in projections:
                    number = generations[projection.name] = add_generation(connection, projection)
                    keys[projection.name] = take_keys_off(connection, projection, number)
            left_out = {p.name: positions_left_out_of(connection, p) for p in projections}
            parts = plan_parts(settings, projections, generations, position, left_out)
            facts = sum(_facts_of(connection, part) for part in parts if part.part == 0)
            run = run_here if is_short(settings, position) else run_parts
            rows = run(settings, database_url, parts, lambda folded: on_progress(folded, facts))
            built = [
                BuiltGeneration(
                    p, generations[p.name], position, rows.get(p.name, 0), tuple(sorted(left_out[p.name]))
                )
                for p in projections
            ]
            _finish(settings, database_url, built, keys, look_at)
        except BaseException:
            for projection in projections:
                if projection.name in generations:
                    drop_generation(connection, projection, generations[projection.name])
            raise
    return built


def plan_parts(
    settings: Settings,
    projections: Sequence[Projection[Any]],
    generations: dict[str, int],
    position: int,
    left_out: Mapping[str, frozenset[int]] = MappingProxyType({}),
) -> list[Part]:
    """For each way of keying, as many parts as there are processes.

    Together they stay within the memory setting.
    """
    processes = 1 if is_short(settings, position) else processes_of(settings)
    sort_mb = max(SORT_MB_LEAST, int((settings.rebuild_memory_mb / processes - PROCESS_MB) * SORT_SHARE))
    planned: list[Part] = []
    for by_customer in (True, False):
        concerned = {
            p.name: generations[p.name] for p in projections if (p.keyed_by == "customer") == by_customer
        }
        if concerned:
            planned.extend(
                Part(concerned, by_customer, part, processes, position, sort_mb, dict(left_out))
                for part in range(processes)
            )
    return planned


def _finish(
    settings: Settings,
    database_url: str,
    built: Sequence[BuiltGeneration],
    keys: dict[str, list[Any]],
    look_at: Callable[[BuiltGeneration], None],
) -> None:
    def finish(one: BuiltGeneration) -> None:
        with connect(settings, database_url, name="rebuild index", limit_statements=False) as connection:
            of = one.projection
            finish_generation(connection, of, one.generation, one.position, keys[of.name])

    # PostgreSQL does the work: a thread for each core keeps it busy.
    with ThreadPoolExecutor(max(2, processes_of(settings))) as pool:
        work = [pool.submit(do, one) for one in built for do in (look_at, finish)]
        for done in work:
            done.result()


def is_short(settings: Settings, position: int) -> bool:
    """Whether what is built up to a position needs no other process, and the settings do not ask for any."""
    return not settings.rebuild_processes and position <= SHORT_LOG_POSITIONS


def processes_of(settings: Settings) -> int:
    """How many processes a rebuild has: no more than find room in the memory it may take."""
    wanted = settings.rebuild_processes or os.cpu_count() or 1
    return max(1, min(wanted, settings.rebuild_memory_mb // (PROCESS_MB + SORT_MB_LEAST)))


def topics_of_part(part: Part) -> frozenset[str]:
    """The topics that a part reads."""
    return frozenset[str]().union(*(topics_of(BY_NAME[name]) for name in part.generations))


def _facts_of(connection: Any, part: Part) -> int:
    return events_in_all(
        connection, by_customer=part.by_customer, topics=topics_of_part(part), up_to=part.up_to
    )
