"""States that were folded lately, so that they need not be read and decoded again for the next batch."""

from collections.abc import Iterable
from itertools import islice
from typing import Any


class KeptStates:
    """States by key, known to be those of the rows at one revision of one generation.

    Every writer of a generation's rows moves its revision under the checkpoint's lock. So under that lock, the states are
    those of the rows exactly if the revision is still the one they were kept at.
    """

    def __init__(self, *, kept_max: int) -> None:
        self._kept_max = kept_max
        self._states: dict[str, Any] = {}
        self._at: tuple[int, int] | None = None

    def take(self, keys: Iterable[str], *, generation: int, revision: int) -> dict[str, Any]:
        """The states of those keys that are known, for folding into. They are kept again only by `keep`."""
        if self._at != (generation, revision):
            self.forget()
            return {}
        states = self._states
        # Taken out: a batch that fails must not leave half-folded states behind.
        return {key: states.pop(key) for key in keys if key in states}

    def keep(self, states: dict[str, Any], *, generation: int, revision: int) -> None:
        """Remember states whose rows are committed as of this revision; the oldest make room."""
        if self._kept_max == 0:
            return
        self._states.update(states)
        for key in list(islice(self._states, max(0, len(self._states) - self._kept_max))):
            del self._states[key]
        self._at = (generation, revision)

    def forget(self) -> None:
        """Know nothing."""
        self._states.clear()
        self._at = None
