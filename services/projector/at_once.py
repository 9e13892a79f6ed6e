"""Taking a run of events in at once: for several projections, with one statement over one connection.

It goes while nobody else has written to the tables since this process did. Where it does not go nothing is
written, and the engine of the projection takes the run in under its checkpoint's lock.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from infra.event_store.log import LoggedEvent
from infra.projection_store.advancing import Advance, Standing, advance, load
from infra.projection_store.connection import ProjectionConnection
from infra.projection_store.rows import RowStore
from projections.kernel import Projection
from services.projector.decoding import topics_of
from services.projector.folding import Decode, fold_events, of_projection
from services.projector.ordering import run_behind
from services.projector.state_cache import StateCache
from services.projector.status import ProjectionStatus


class Following:
    """What one process knows of a projection: where it stands, its tables and the states it keeps.

    `standing` is None while that is not known; only what was written here tells it.
    """

    def __init__(
        self, projection: Projection[Any], decode: Decode, status: ProjectionStatus, *, states_kept_max: int
    ) -> None:
        self.projection = projection
        self.decode = decode
        self.status = status
        self.topics = topics_of(projection)
        self.kept = StateCache(kept_max=states_kept_max)
        self.stores: dict[int, RowStore] = {}
        self.standing: Standing | None = None

    def forget(self) -> None:
        """Know nothing of the tables any more: they may be others by now."""
        self.stores = {}
        self.standing = None

    def moved(self, states: dict[str, Any], since: int, standing: Standing, events: int) -> None:
        """Rows of these states and the checkpoint are committed; `since` is the revision before."""
        self.standing = standing
        self.kept.keep(states, generation=standing.generation, since=since, revision=standing.revision)
        self.status.advanced(standing.position, events)


@dataclass(slots=True)
class _Part:
    """One projection's part of a run."""

    of: Following
    standing: Standing
    run: list[LoggedEvent]
    keyed: list[tuple[str, LoggedEvent]]
    store: RowStore | None
    states: dict[str, Any]
    missing: list[str]
    inserts: Sequence[tuple[bytes, str]] = ()


async def take_at_once(
    connection: ProjectionConnection,
    followings: Sequence[Following],
    events: Sequence[LoggedEvent],
    *,
    seconds: float | None,
) -> None:
    """Take events in for as many projections as it goes for; the others do not know where they stand
    afterwards.

    Raises RowsRefused when PostgreSQL does not take a row of one of them: then it went for none, or for those
    that stood elsewhere.
    """
    begun = [part for one in followings if (part := _begun(one, events)) is not None]
    begun.sort(key=lambda part: part.standing.position)
    async with asyncio.timeout(seconds):
        for _, side_by_side in groupby(begun, key=lambda part: part.standing.position):
            await _advance(connection, list(side_by_side))


def _begun(of: Following, events: Sequence[LoggedEvent]) -> _Part | None:
    standing, of.standing = of.standing, None
    run = run_behind(standing.position, events) if standing else []
    if standing is None or not run:
        return None
    keyed = of_projection(of.projection, of.topics, run)
    store = of.stores.get(standing.generation)
    if keyed and store is None:
        return None
    keys = {key for key, _ in keyed}
    states = of.kept.take(keys, generation=standing.generation, revision=standing.revision)
    return _Part(of, standing, run, keyed, store, states, [key for key in keys if key not in states])


async def _advance(connection: ProjectionConnection, parts: list[_Part]) -> None:
    lacking = [(part, part.store) for part in parts if part.missing and part.store is not None]
    if lacking:
        rows = await load(connection, [(store, part.missing) for part, store in lacking])
        for (part, _), states in zip(lacking, rows, strict=True):
            _decode(part, states)
    folded = [part for part in parts if _fold(part)]
    if not folded:
        return
    run = folded[0].run
    advances = [Advance(part.of.projection.name, part.standing, part.keyed, part.inserts) for part in folded]
    moved = await advance(connection, run[-1], advances)
    for part in folded:
        standing = moved.get(part.of.projection.name)
        if standing is not None:
            part.of.moved(part.states, part.standing.revision, standing, len(run))


def _decode(part: _Part, rows: dict[str, str]) -> None:
    of = part.of.projection
    for key in part.missing:
        row = rows.get(key)
        # One that cannot be read is told, and its key parked, under the lock.
        with suppress(Exception):
            part.states[key] = of.empty(key) if row is None else of.decode(row)


def _fold(part: _Part) -> bool:
    """Fold a part's events into its states; whether nothing is in the way of writing what that leads to."""
    of, store = part.of, part.store
    if store is None:
        return True
    if any(key not in part.states for key in part.missing):
        return False
    folded = fold_events(of.projection, of.decode, part.keyed, part.states, waiting=set(), stops={})
    if folded.failures:
        return False
    try:
        part.inserts = store.guarded_inserts(folded.rows, folded.journal)
    except Exception:
        return False
    return True
