"""What the relay says of itself: in its heartbeat, and to Prometheus."""

from typing import Final

from infra.metrics import Described, HealthCollector
from infra.service_status import FAILING, StreamHealth, StreamStatus

GAUGES: Final[tuple[Described, ...]] = (
    ("position", "Log position of the stream's last message."),
    ("log_position", "Where the log ends."),
    ("lag_events", "Log positions between the stream's end and the log's."),
    ("lag_seconds", "For how long the oldest fact that is not in the stream has been known."),
    ("events_per_second", "Events published, over the last seconds of work."),
    ("idle_seconds", "Since the position last moved, or was known to be the log's end."),
    ("stalled", "1 when the relay lags and has not moved for too long, or refuses."),
    ("refusing", "1 when the stream is no copy of this log and a person has to decide."),
    FAILING,
    ("error_age_seconds", "Since something last went wrong; 0 when nothing has."),
)
COUNTERS: Final[tuple[Described, ...]] = (
    ("events", "Events published onto the stream."),
    ("batches", "Atomic batches committed."),
    ("errors", "Times that the relay began anew after an error."),
    ("repairs", "Times that the stream was made anew because others had written to it."),
    ("foreign_messages", "Messages in the stream that are not from the log, and were passed over."),
)


class RelayHealth(StreamHealth, frozen=True, kw_only=True):
    """`refusing`: the stream is no copy of this log and a person has to decide; `doing` says so, too.
    `repairs`: so often was it made anew because others had written to it.
    """

    refusing: bool
    batches: int
    repairs: int


class RelayStatus(StreamStatus):
    """Kept by the relay while it works; `doing` is starting, following, retrying or refusing."""

    def __init__(self, *, stalled_seconds: float) -> None:
        super().__init__("relay", stalled_seconds=stalled_seconds)
        self.batches = self.repairs = 0

    def derived(self, position: int, log_position: int) -> None:
        """The position has been read from the stream."""
        self.doing = "following"
        self._stands(position)
        self.saw_log(log_position)
        if self.position >= self.log_position:
            self.last_error = None

    def moved(self) -> None:
        """A batch stands in the stream, or nothing is left to do; where the stream ends is known only
        then.
        """
        if self.doing == "following":
            super().moved()

    def published(self, events: int, position: int) -> None:
        """A batch is in the stream."""
        self.advanced(position, events)
        self.batches += 1
        self._rate.sample()

    def refused(self, error: BaseException) -> None:
        """The stream diverges from the log; the relay refuses to publish until somebody has decided."""
        self.failed(error)
        self.doing = "refusing"

    def health(self) -> RelayHealth:
        """How the relay is at this moment."""
        self._rate.sample()
        refusing = self.doing == "refusing"
        begins = self.doing == "starting" and self.idle_seconds > self._stalled_seconds
        stalled = self._stuck() or begins or refusing
        return RelayHealth(
            **self._health(stalled=stalled), refusing=refusing, batches=self.batches, repairs=self.repairs
        )

    def collector(self) -> HealthCollector:
        """The same for Prometheus."""
        return HealthCollector(
            "clienteling_relay", lambda: [("", self.health())], gauges=GAUGES, counters=COUNTERS
        )
