"""What the reactions say of themselves: in their heartbeat, and to Prometheus (one label: the reaction's
name).
"""

from collections.abc import Callable, Sequence
from typing import Final

from infra.metrics import Described, HealthCollector
from infra.service_status import FAILING, WorkHealth, WorkStatus

GAUGES: Final[tuple[Described, ...]] = (
    ("position", "Up to where the log is followed; 0 for stock arrivals."),
    ("lag_events", "Log positions to the log's end; for stock arrivals the messages in the inbox."),
    ("idle_seconds", "Since it last moved, or was known to have nothing before it."),
    ("stalled", "1 when something lies before it and it has not moved for too long."),
    FAILING,
)
COUNTERS: Final[tuple[Described, ...]] = (
    ("followed", "Facts followed, or messages of other services recorded."),
    ("put_aside", "What became a dead letter."),
    ("errors", "Times that something failed and was tried again."),
)


class ReactionHealth(WorkHealth, frozen=True, kw_only=True):
    """`trouble` is what a reaction waits for.

    Stock arrivals follow no log: `lag_events` are the messages in the inbox.
    """

    reaction: str
    trouble: str | None
    followed: int
    put_aside: int


class ReactionStatus(WorkStatus):
    """Kept by one reaction; `doing` is starting, following, waiting, paused or retrying."""

    def __init__(self, name: str, *, stalled_seconds: float) -> None:
        super().__init__(name, stalled_seconds=stalled_seconds)
        self.followed = self.put_aside = 0

    def stands(self, position: int, lag_events: int) -> None:
        """It has come so far, and so much lies before it."""
        if position > self.position or lag_events == 0:
            self.moved()
        self.position, self.lag_events = position, lag_events
        if lag_events == 0:
            self._is_well()

    def did(self, followed: int, *, dead_letters: int = 0) -> None:
        """So much was followed, and so much became dead letters."""
        self._is_well()
        self.moved()
        self.followed += followed
        self.put_aside += dead_letters

    def waits(self, what_for: str) -> None:
        """It cannot go on before something else has come."""
        self.doing, self.trouble = "waiting", what_for

    def health(self) -> ReactionHealth:
        """How the reaction is at this moment."""
        return ReactionHealth(
            **self._health(stalled=self._stuck()),
            reaction=self.name,
            trouble=self.trouble,
            followed=self.followed,
            put_aside=self.put_aside,
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
