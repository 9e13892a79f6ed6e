"""A generation takes over, or an earlier one comes back: catch up, hold the serving one still, switch in
one transaction.
"""

from typing import Any

from infra import signals
from infra.event_store.scan import size_of_log
from infra.projection_store.bulk import lock_active, switch
from infra.projection_store.catalog import generation_position
from infra.projection_store.parked import count_parked_keys
from infra.projection_store.tables import require_schema
from infra.settings import Settings
from projections.kernel import Projection
from services.projector.engine import LiveEngine


class KeysParked(RuntimeError):
    """A generation met an event it cannot take in while it caught up; it is not switched to."""


def follow(
    settings: Settings,
    database_url: str,
    connection: Any,
    projection: Projection[Any],
    generation: int,
    up_to: int,
) -> None:
    """Fold into a generation what the log has behind it, up to a position, with the live engine.

    `connection` is asked how far the generation is. Raises KeysParked or OtherHistory.
    """
    stands = generation_position(connection, projection.name, generation)
    # The engine refuses a generation that holds what the log has lost, also where nothing is to be followed.
    if stands is None or stands.position < up_to or stands.other_history:
        signals.run(lambda: _follow(settings, database_url, projection, generation, up_to))
    parked = count_parked_keys(connection, projection.name, generation)
    if parked:
        raise KeysParked(f"generation {generation} of {projection.name} has {parked} parked keys")


async def _follow(
    settings: Settings, database_url: str, projection: Projection[Any], generation: int, up_to: int
) -> None:
    engine = LiveEngine(projection, settings, database_url, generation=generation)
    try:
        await engine.catch_up(up_to)
    finally:
        await engine.close()


def take_over(
    settings: Settings,
    database_url: str,
    connection: Any,
    projection: Projection[Any],
    generation: int,
) -> int:
    """Let a generation serve from now on; the position it does so at.

    The live projector waits for the length of the last steps; readers wait for none. Raises SchemaMismatch,
    KeysParked or OtherHistory.
    """
    require_schema(connection, projection, generation)
    end, _ = size_of_log(connection)
    follow(settings, database_url, connection, projection, generation, end)
    with connection.transaction():
        serving, position = lock_active(connection, projection.name)
        if serving == generation:
            return max(position, end)
        follow(settings, database_url, connection, projection, generation, position)
        switch(connection, projection, generation)
    # Not beyond the log, though the generation before may have stood there: the log was set back under it.
    return max(end, min(position, size_of_log(connection)[0]))
