"""What the reactions say of themselves: in their heartbeat, and to Prometheus (one label: the reaction's
name).
"""

import time
from collections.abc import Callable, Sequence
from typing import Final, Literal

import msgspec

from infra.metrics import Described, HealthCollector

Doing = Literal["starting", "following", "waiting", "paused", "retrying"]

GAUGES: Final[tuple[Described, ...]] = (
    ("position", "Up to where the log is followed; 0 for stock arrivals."),
    ("lag_events", "Log positions to the log's end; for stock arrivals the messages in the inbox."),
    ("idle_seconds", "Since it last moved, or was known to have nothing before it."),
    ("stalled", "1 when something lies before it and it has not moved for too long."),
    ("failing", "1 while the last thing tried went wrong."),
)
COUNTERS: Final[tuple[Described, ...]] = (
    ("followed", "Facts followed, or messages of other services recorded."),
    ("put_aside", "What was put aside with a reason."),
    ("errors", "Times that something failed and was tried again."),
)


class ReactionHealth(msgspec.Struct, frozen=True, kw_only=True):
    """`trouble` is what a reaction waits for.

    Stock arrivals follow no log: what lies in the inbox lies before them.
    """

    reaction: str
    doing: Doing
    position: int
    lag_events: int
    stalled: bool
    failing: bool
    idle_seconds: float
    trouble: str | None
    last_error: str | None
    followed: int
    put_aside: int
    errors: int


class ReactionStatus:
    """Kept by one reaction while it works."""

    def __init__(self, name: str, *, stalled_seconds: float) -> None:
        self.name = name
        self._stalled_seconds = stalled_seconds
        self._moved_at = time.monotonic()
        self.doing: Doing = "starting"
        self.position = self.lag_events = 0
        self.followed = self.put_aside = self.errors = 0
        self.trouble: str | None = None
        self.last_error: str | None = None

    def stands(self, position: int, lag_events: int) -> None:
        """It has come so far, and so much lies before it."""
        if position > self.position or lag_events == 0:
            self._moved_at = time.monotonic()
        self.position, self.lag_events = position, lag_events
        if lag_events == 0:
            self._is_well()

    def did(self, followed: int, *, put_aside: int = 0) -> None:
        """So much was followed, and so much put aside."""
        self._is_well()
        self._moved_at = time.monotonic()
        self.followed += followed
        self.put_aside += put_aside

    def waits(self, what_for: str) -> None:
        """It cannot go on before something else has come."""
        self.doing, self.trouble = "waiting", what_for

    def paused(self) -> None:
        """Somebody has paused the reactions."""
        self.doing = "paused"

    def failed(self, error: BaseException) -> None:
        """Something went wrong and is tried again."""
        self.doing = "retrying"
        self.last_error = str(error) or type(error).__name__
        self.errors += 1

    def health(self) -> ReactionHealth:
        """How the reaction is at this moment."""
        idle_seconds = time.monotonic() - self._moved_at
        stuck = idle_seconds > self._stalled_seconds and (self.lag_events > 0 or self.doing == "retrying")
        return ReactionHealth(
            reaction=self.name,
            doing=self.doing,
            position=self.position,
            lag_events=self.lag_events,
            stalled=stuck and self.doing != "paused",
            failing=self.last_error is not None,
            idle_seconds=round(idle_seconds, 3),
            trouble=self.trouble,
            last_error=self.last_error,
            followed=self.followed,
            put_aside=self.put_aside,
            errors=self.errors,
        )

    def _is_well(self) -> None:
        self.doing, self.trouble, self.last_error = "following", None, None


def collector(healths: Callable[[], Sequence[ReactionHealth]]) -> HealthCollector:
    """The same for Prometheus."""
    return HealthCollector(
        "clienteling_reactions",
        lambda: [(health.reaction, health) for health in healths()],
        gauges=GAUGES,
        counters=COUNTERS,
        label="reaction",
    )
