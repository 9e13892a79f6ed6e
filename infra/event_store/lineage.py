"""The lineage of a log: its epochs in order, and in which of them each of its events was recorded."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
from psycopg import Connection

from infra.event_store.epoch import Epoch

_STEPS: Final = "SELECT epoch, common_position FROM public.log_lineage()"


class LineageStep(msgspec.Struct, frozen=True):
    """An epoch. Up to `common_position` its history is that of the epoch before it; 0 for the first."""

    epoch: str
    common_position: int


class Lineage:
    """The epochs of a log, the current one last."""

    def __init__(self, steps: Iterable[LineageStep]) -> None:
        self.steps = tuple(steps)
        #: Parts of the present history, the first one first: behind which position each begins, and the epoch
        #: that recorded it. Of what an epoch recorded, every later one keeps what is in common with it.
        self._behind: list[int] = []
        self._epochs: list[str] = []
        for step in reversed(self.steps):
            if not self._behind or step.common_position < self._behind[0]:
                self._behind.insert(0, step.common_position)
                self._epochs.insert(0, step.epoch)

    @classmethod
    def of(cls, epochs: Sequence[Epoch]) -> "Lineage":
        """The lineage of a log's epochs, as the database gives them."""
        return cls(LineageStep(one.epoch, one.common_position) for one in epochs)

    @property
    def epoch(self) -> str:
        """The current epoch."""
        return self.steps[-1].epoch

    @property
    def recorded_from(self) -> int:
        """What stands behind this position was recorded in the current epoch."""
        return self._behind[-1]

    def until(self, epoch: str) -> "Lineage":
        """The lineage as it was in an epoch; of one that is not in it, that epoch alone."""
        names = [step.epoch for step in self.steps]
        if epoch not in names:
            return Lineage([LineageStep(epoch, 0)])
        return Lineage(self.steps[: names.index(epoch) + 1])

    def recorded_in(self, position: int) -> str:
        """The epoch in which the event at a position was recorded. It stays, however often the log is set
        back to a moment behind that.
        """
        return self._epochs[max(0, bisect_right(self._behind, position - 1) - 1)]

    def event_id(self, stream_id: str, version: int, position: int) -> str:
        """What names an event outside of the log (`ce-id`): never that of another one, in any epoch."""
        return f"{stream_id}/{version}/{self.recorded_in(position)}"


def lineage_of(connection: Connection[Any]) -> Lineage:
    """The lineage of the log in this database, for a connection whose rows are dictionaries."""
    return Lineage(LineageStep(**row) for row in connection.execute(_STEPS).fetchall())
