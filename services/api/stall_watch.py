"""Telling a projection that is busy from one that stands still."""

from dataclasses import dataclass, field

import msgspec


class Projected(msgspec.Struct, frozen=True, kw_only=True):
    """Where one projection stands, and how many positions the log is ahead of it."""

    projection: str
    position: int
    lag_events: int


@dataclass
class StallWatch:
    """Since when (monotonic seconds) each projection stands still behind the log."""

    still_since: dict[str, tuple[int, float]] = field(default_factory=dict[str, tuple[int, float]])

    def still_seconds(self, projected: Projected, now: float) -> float:
        """For how long a projection has been behind the log without moving; 0 while it moves or is idle."""
        seen = self.still_since.get(projected.projection)
        if projected.lag_events == 0:
            self.still_since.pop(projected.projection, None)
            return 0
        if seen is None or seen[0] != projected.position:
            self.still_since[projected.projection] = (projected.position, now)
            return 0
        return now - seen[1]
