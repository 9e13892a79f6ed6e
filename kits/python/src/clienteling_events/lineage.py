"""The epochs of the log: how often it was set back, and what a consumer has in common with it."""

from collections.abc import Mapping
from typing import Final

import msgspec

#: Where the stream's metadata has the lineage.
METADATA_KEY: Final = "clienteling-lineage"


class AnotherHouse(RuntimeError):
    """A checkpoint is of an epoch that the log has never been in: it is of another house's log."""


class Epoch(msgspec.Struct, frozen=True):
    """An epoch. Up to `common_position` its history is that of the epoch before it; 0 for the first."""

    epoch: str
    common_position: int


class Lineage:
    """All epochs of the log, the first one first."""

    def __init__(self, epochs: list[Epoch]) -> None:
        self.epochs = epochs
        self._number = {one.epoch: number for number, one in enumerate(epochs)}

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str] | None) -> "Lineage":
        """The lineage that is noted in the metadata of the stream; empty where nothing is noted yet."""
        noted = (metadata or {}).get(METADATA_KEY, "[]")
        return cls(msgspec.json.decode(noted, type=list[Epoch]))

    @property
    def current(self) -> str | None:
        """The epoch that the log is in."""
        return self.epochs[-1].epoch if self.epochs else None

    def knows(self, epoch: str) -> bool:
        """Whether the log has been in this epoch."""
        return epoch in self._number

    def common_position(self, epoch: str, position: int) -> int:
        """Up to where what a consumer has of an epoch, up to a position, is still true.

        The least of all steps since, not the last: a log that was set back to 100, and then to 110, has 110
        in common with the epoch between, and 100 with the one before. Raises AnotherHouse.
        """
        if epoch not in self._number:
            raise AnotherHouse(f"the log has never been in epoch {epoch}; whose events are these?")
        return min([position, *(one.common_position for one in self.epochs[self._number[epoch] + 1 :])])
