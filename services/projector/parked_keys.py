"""Retry: taking parked events in after all, or giving one up.

What follows it waits no longer than it has to.
"""

from dataclasses import dataclass
from typing import Any

from infra.event_store.quarantine import leave_out_async, positions_left_out_async
from infra.projection_store.catalog import OtherHistory, ensure_active, lock_checkpoint, move_checkpoint
from infra.projection_store.connection import ProjectionConnection, open_for_projecting
from infra.projection_store.parked import give_reason, parked_events, reason_for, release
from infra.projection_store.rows import RowsRefused, RowStore
from infra.settings import Settings
from projections.kernel import Projection
from services.projector.decoding import SharedDecoding, topics_of
from services.projector.folding import Failures, Folded, fold_events, of_projection, reason_of


@dataclass(frozen=True, slots=True)
class RetryResult:
    """`taken_in` events of the key are in its row now;

    `waiting` still wait, the first of them for `reason`.
    """

    key: str
    taken_in: int
    waiting: int
    reason: str | None


class NothingParked(LookupError):
    """No event of that key waits."""


async def retry(settings: Settings, database_url: str, projection: Projection[Any], key: str) -> RetryResult:
    """Fold what waits for a key in the log's order, as far as it goes, in one transaction.

    Raises NothingParked.

    When all of it goes, the row is the same as if nothing had ever been parked.
    """
    return await _under_the_lock(settings, database_url, projection, key, give_up_first=False)


async def discard(
    settings: Settings, database_url: str, projection: Projection[Any], key: str
) -> RetryResult:
    """Leave the first event out that waits for a key, in all generations, and take in those behind it.

    The log keeps it, and it can be taken in again (`quarantining.retry_key`). Raises NothingParked.
    """
    return await _under_the_lock(settings, database_url, projection, key, give_up_first=True)


async def _under_the_lock(
    settings: Settings, database_url: str, projection: Projection[Any], key: str, *, give_up_first: bool
) -> RetryResult:
    connection = await open_for_projecting(settings, database_url, name=f"retry {projection.name}")
    try:
        await ensure_active(connection, projection)
        async with connection.transaction():
            return await _refold(connection, projection, key, give_up_first=give_up_first)
    finally:
        await connection.close()


async def _refold(
    connection: ProjectionConnection, projection: Projection[Any], key: str, *, give_up_first: bool
) -> RetryResult:
    name = projection.name
    checkpoint = await lock_checkpoint(connection, name)
    if checkpoint.other_history:
        raise OtherHistory(name, "holds events that the log lost when it was set back")
    generation = checkpoint.generation
    events = await parked_events(connection, name, generation, key)
    if not events:
        raise NothingParked(f"nothing waits for {key} in {name}")
    if give_up_first:
        reason = await reason_for(connection, name, generation, key, events[0].position)
        one = events[0]
        await leave_out_async(connection, name, key, one.position, one.topic, one.stream_id, reason)
    left_out = await positions_left_out_async(connection, name)
    keyed = of_projection(
        projection, topics_of(projection), [event for event in events if event.position not in left_out]
    )
    store = await RowStore.open(connection, projection, generation)
    stops: Failures = {}
    while True:
        folded = await _attempt(connection, projection, store, key, keyed, stops)
        if not folded.failures:
            break
        stops |= folded.failures
    try:
        async with connection.transaction():
            await store.write(connection, folded.rows, folded.journal)
    except RowsRefused as error:
        # The row as a whole is not taken: nothing goes in, and the first event keeps the reason.
        stops = {key: (keyed[0][1].position, str(error))}
        folded = await _attempt(connection, projection, store, key, keyed, stops)
    still = {one.event.position for one in folded.parked}
    await release(
        connection, name, generation, key, [event.position for event in events if event.position not in still]
    )
    for position, reason in stops.values():
        await give_reason(connection, name, generation, key, position, reason)
    # Rows changed though the position did not: the revision tells whoever keeps states in memory.
    await move_checkpoint(connection, name, generation, checkpoint.position)
    reasons = [reason for _, reason in stops.values()]
    return RetryResult(key, len(keyed) - len(still), len(still), reasons[0] if reasons else None)


async def _attempt(
    connection: ProjectionConnection,
    projection: Projection[Any],
    store: RowStore,
    key: str,
    keyed: list[Any],
    stops: Failures,
) -> Folded:
    row = (await store.load(connection, [key])).get(key)
    try:
        state = projection.empty(key) if row is None else projection.decode(row)
    except Exception as error:
        return Folded(failures={key: (keyed[0][1].position, f"the row cannot be read: {reason_of(error)}")})
    decode = SharedDecoding().decode
    return fold_events(projection, decode, keyed, {key: state}, waiting=set(), stops=stops)
