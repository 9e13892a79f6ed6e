"""Which keys a spot check compares: what changed since the last one, the newest first, and a random
sample. Keys whose row is missing are looked for in the log.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final

from infra.event_store.lookups import keys_behind, keys_with_events, newest_keys
from infra.projection_store.catalog import GenerationPosition
from infra.projection_store.comparing import (
    keys_of_random_pages,
    keys_without_row,
    keys_written_since,
    names_of,
    written_so_far,
)
from infra.projection_store.connection import ComparingConnection
from infra.projection_store.tables import tables_of
from projections.kernel import Projection
from services.projector.decoding import topics_of

#: A larger table is not searched for rows that changed: there the log alone tells.
SEARCHED_BYTES_MAX: Final = 64 * 2**20
#: The log is searched for keys that changed among so many positions before the checkpoint.
TAIL_POSITIONS_MAX: Final = 10_000
#: After so many spot checks without any change, one key of the sample is enough.
UNCHANGED_CHECKS: Final = 6
#: A quarter of the keys at least are a random sample, whatever changed.
SAMPLED_SHARE: Final = 4
#: For each key of the sample so many of the log are looked up among the rows.
LOOKED_UP_KEYS: Final = 50


@dataclass(frozen=True)
class TableActivity:
    """What was written to a generation's tables by the time of a spot check.

    `searched_from`: the transactions from this one on have not been searched for rows they wrote.
    `unchanged`: for how many spot checks nothing has been written.
    """

    generation: int
    position: int
    written: int
    searched_from: int
    unchanged: int


class MissingRows:
    """Goes through the keys of the log, in the order of their identifiers and again from the beginning, and
    finds those that have no row.
    """

    def __init__(self) -> None:
        self._after = ""

    def among_next(
        self,
        connection: ComparingConnection,
        projection: Projection[Any],
        serving: GenerationPosition,
        count: int,
    ) -> list[str]:
        """Of the next `count` keys those that should have a row of the serving generation and have none."""
        of, topics = projection, topics_of(projection)
        keys = keys_behind(connection, of.keyed_by, topics, after=self._after, limit=count)
        self._after = keys[-1] if len(keys) == count else ""
        missing = keys_without_row(connection, tables_of(of, serving.generation).table, keys)
        return keys_with_events(
            connection, of.keyed_by, topics, missing, up_to=serving.position, left_out_by=of.name
        )


def activity_now(
    connection: ComparingConnection,
    projection: Projection[Any],
    serving: GenerationPosition,
    before: TableActivity | None,
) -> TableActivity:
    """What was written to the tables of the serving generation until now."""
    written, oldest = written_so_far(connection, tables_of(projection, serving.generation))
    now = (serving.generation, serving.position, written)
    if before is not None and (before.generation, before.position, before.written) == now:
        return TableActivity(*now, before.searched_from, before.unchanged + 1)
    return TableActivity(*now, oldest, 0)


def choose_keys(
    connection: ComparingConnection,
    projection: Projection[Any],
    serving: GenerationPosition,
    before: TableActivity | None,
    now: TableActivity,
    missing_rows: MissingRows,
    *,
    known: Sequence[str],
    keys_max: int,
) -> list[str]:
    """The keys to compare, each once, at most `keys_max`.

    Half of them are `known` to differ; the others are what changed, and a sample.
    """
    chosen = dict.fromkeys(known[: max(1, keys_max // 2)])
    same = before if before is not None and before.generation == serving.generation else None
    tables = tables_of(projection, serving.generation)
    if now.unchanged == 0:
        written = [] if same is None else keys_written_since(
            connection, tables, same.searched_from, limit=keys_max, bytes_max=SEARCHED_BYTES_MAX
        )  # fmt: skip
        appended = newest_keys(
            connection,
            projection.keyed_by,
            topics_of(projection),
            after=max(same.position if same else 0, serving.position - TAIL_POSITIONS_MAX),
            up_to=serving.position,
            limit=keys_max,
        )
        room = keys_max - max(1, keys_max // SAMPLED_SHARE)
        _add(chosen, (key for pair in zip_longest(appended, written) for key in pair), room)
    sampled = 1 if now.unchanged >= UNCHANGED_CHECKS else keys_max
    # Keys of events that a row should be there for, and of rows that are there, by turns.
    missing = missing_rows.among_next(connection, projection, serving, LOOKED_UP_KEYS * sampled)
    of_tables = [keys_of_random_pages(connection, table, keys_max) for table in names_of(tables)]
    sample = (key for turn in zip_longest(missing, *of_tables) for key in turn)
    _add(chosen, sample, min(keys_max, len(chosen) + sampled))
    return list(chosen)


def _add(chosen: dict[str, None], keys: Iterable[str | None], count_max: int) -> None:
    for key in keys:
        if len(chosen) >= count_max:
            return
        if key is not None:
            chosen.setdefault(key)
