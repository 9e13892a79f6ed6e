"""Decoding events for several projections in one process: the same bytes are decoded once."""

from typing import Final

from domain import topics
from domain.messages import Event
from infra.event_store.codec import CODEC, Codec
from projections.kernel import Projection

KEPT_MAX: Final = 8_192


class SharedDecoding:
    """Keeps what was decoded lately. Events are frozen, so folds of several projections may share them.

    They are found by their bytes, not by their position: nothing that happens to a log can make this answer
    wrong.
    """

    def __init__(self, codec: Codec = CODEC, *, kept_max: int = KEPT_MAX) -> None:
        self._codec = codec
        self._kept_max = kept_max
        self._kept: dict[tuple[str, bytes], Event] = {}

    def decode(self, topic: str, state: bytes) -> Event | None:
        """The event in these bytes; None for a topic nobody here knows. Raises UndecodableEvent."""
        found = self._kept.get((topic, state))
        if found is None:
            found = self._codec.decode(topic, state)
            if found is None:
                return None
            if len(self._kept) >= self._kept_max:
                self._kept.clear()
            self._kept[topic, state] = found
        return found


def topics_of(projection: Projection) -> frozenset[str]:  # type: ignore[type-arg]
    """The topics whose events a projection folds, old shapes included.

    All others are passed over undecoded.
    """
    return topics.topics_of(projection.consumes)
