"""Which events of a projection are left out, as far as they concern it."""

from collections.abc import Sequence
from typing import Any

from infra.dead_letters import quarantined_events
from infra.event_store.quarantine import EVERY_READER
from projections.kernel import Projection
from services.projector.decoding import topics_of

POSITIONS_NAMED_MAX = 10


def positions_left_out_of(
    connection: Any, projection: Projection[Any], topics: frozenset[str] | None = None
) -> frozenset[int]:
    """The positions of these topics (None: those it folds) that a projection, or every reader, leaves out."""
    topics = topics or topics_of(projection)
    return frozenset(
        one.position
        for one in quarantined_events(connection)
        if one.projection in (projection.name, EVERY_READER) and one.topic in topics
    )


def in_words(positions: Sequence[int]) -> str:
    """How many events are left out, and which."""
    events = "1 event" if len(positions) == 1 else f"{len(positions):,} events"
    named = ", ".join(map(str, positions[:POSITIONS_NAMED_MAX]))
    more = (
        f" and {len(positions) - POSITIONS_NAMED_MAX:,} more" if len(positions) > POSITIONS_NAMED_MAX else ""
    )
    return f"{events} left out: position {named}{more}"
