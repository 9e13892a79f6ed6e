"""States that were folded lately, so that they need not be read and decoded again for the next batch."""

from collections.abc import Iterable
from itertools import islice
from typing import Any


class StateCache:
    """States by key, all of them those of the rows at exactly one revision of one generation.

    Every writer of a generation's rows gives it a new revision under the checkpoint's lock. So under that
    lock, the states are those of the rows exactly if the revision is still the one they are kept at.
    """

    def __init__(self, *, kept_max: int) -> None:
        self._kept_max = kept_max
        self._states: dict[str, Any] = {}
        self._at: tuple[int, int] | None = None

    def take(self, keys: Iterable[str], *, generation: int, revision: int) -> dict[str, Any]:
        """The states of those keys that are known, for folding into. They are kept again only by `keep`."""
        self._forget_unless_at(generation, revision)
        states = self._states
        # Taken out: a batch that fails must not leave half-folded states behind.
        return {key: states.pop(key) for key in keys if key in states}

    def keep(self, states: dict[str, Any], *, generation: int, since: int, revision: int) -> None:
        """Remember states whose rows are committed as of `revision`; the oldest make room.

        `since` is the revision that the committed transaction found. What is kept from there still holds,
        since the rows that were written are those of `states`. What is kept from any other revision is
        forgotten.
        """
        self._forget_unless_at(generation, since)
        if self._kept_max == 0:
            return
        self._states.update(states)
        for key in list(islice(self._states, max(0, len(self._states) - self._kept_max))):
            del self._states[key]
        self._at = (generation, revision)

    def _forget_unless_at(self, generation: int, revision: int) -> None:
        if self._at != (generation, revision):
            self._states.clear()
            self._at = None
