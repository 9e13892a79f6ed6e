"""The fold driver: folds one key's events, in the order of the log, into its row and its journal rows.

Live projecting, rebuilds, spot checks and reads as of the past all fold with it. They differ in where the
events come from, and in what a poison event stops.
"""

from typing import Any

from domain.messages import Event
from projections.kernel import Projection


class KeyFold:
    """The fold of one key: its state, the position of its last event (0 before any), and its journal rows.

    `journal` may be shared by several keys: rows are only added to it. An error of the projection's fold is
    raised as it is; the state is spoilt then.
    """

    __slots__ = ("_fold", "_projection", "journal", "key", "position", "state")

    def __init__(
        self,
        projection: Projection[Any],
        key: str,
        *,
        state: Any = None,
        journal: list[tuple[Any, ...]] | None = None,
    ) -> None:
        self.key = key
        self.state = projection.empty(key) if state is None else state
        self.position = 0
        self.journal: list[tuple[Any, ...]] = [] if journal is None else journal
        self._projection = projection
        self._fold = projection.fold

    def apply(self, event: Event, position: int) -> None:
        """Fold the next event."""
        entries = self._fold(self.state, event, position)
        self.position = position
        if entries:
            key, journal = self.key, self.journal
            # Adding tuples is faster than unpacking one into another, and most events lead to one row:
            # benchmarks/rebuild.py.
            journal.append((key, position, 0) + entries[0])
            for n in range(1, len(entries)):
                journal.append((key, position, n) + entries[n])

    def row(self) -> tuple[Any, ...]:
        """The key's row: key, position, state as JSON, and the query columns."""
        projection, state = self._projection, self.state
        return (self.key, self.position, projection.encode(state), *projection.values(state))
