"""Building generations beside those that serve, up to one position of the log."""

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from infra.event_store.scan import size_of_log
from infra.postgres import connect
from infra.projection_store.bulk import add_generation, drop_generation, finish_generation
from infra.settings import Settings
from projections.kernel import Projection
from services.projector.rebuild.parts import Part
from services.projector.rebuild.pool import run_parts

#: What the states of a history take in memory, as a multiple of the history's bytes in the log; measured on the simulated
#: shop (whose pages grow with every visit) with a margin. A part's scan costs little, too small a number costs memory.
MEMORY_PER_LOG_BYTE = 1.6
#: Interpreter, libraries and buffers of one process.
PROCESS_MB = 90


@dataclass(frozen=True)
class Built:
    """A generation that was built: its number, up to where it holds, and how many rows it has."""

    projection: Projection[Any]
    generation: int
    position: int
    rows: int


def build(
    settings: Settings,
    database_url: str,
    projections: Sequence[Projection[Any]],
    on_progress: Callable[[int, int], None],
    *,
    up_to: int | None = None,
) -> list[Built]:
    """Build a generation of each projection from the whole log (or up to a position). One scan serves all that are keyed alike.

    Whatever goes wrong (Poison, Ctrl-C), the unfinished generations are dropped again.
    """
    with connect(settings, database_url, name="rebuild", limit_statements=False) as connection:
        end, log_bytes = size_of_log(connection)
        position = end if up_to is None else min(up_to, end)
        generations = {p.name: add_generation(connection, p) for p in projections}
        try:
            parts = plan_parts(settings, projections, generations, position, log_bytes)
            rows = run_parts(settings, database_url, parts, on_progress)
            for projection in projections:
                finish_generation(connection, projection, generations[projection.name], position)
        except BaseException:
            for projection in projections:
                drop_generation(connection, projection, generations[projection.name])
            raise
    return [Built(p, generations[p.name], position, rows.get(p.name, 0)) for p in projections]


def plan_parts(
    settings: Settings,
    projections: Sequence[Projection[Any]],
    generations: dict[str, int],
    position: int,
    log_bytes: int,
) -> list[Part]:
    """As many parts as there are processes, and more where the memory setting asks for smaller ones."""
    processes = settings.rebuild_processes or os.cpu_count() or 1
    for_states_mb = max(16, settings.rebuild_memory_mb / processes - PROCESS_MB)
    needed = math.ceil(log_bytes * MEMORY_PER_LOG_BYTE / (for_states_mb * 1024 * 1024))
    parts = max(processes, needed)
    planned: list[Part] = []
    for by_customer in (True, False):
        concerned = {
            p.name: generations[p.name] for p in projections if (p.keyed_by == "customer") == by_customer
        }
        if concerned:
            planned.extend(Part(concerned, by_customer, part, parts, position) for part in range(parts))
    return planned
