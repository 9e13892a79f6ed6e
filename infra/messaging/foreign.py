"""Counting the messages in the stream that the relay did not write, and telling of them without flooding
the log.
"""

import time
from typing import Final

import structlog

log = structlog.get_logger(__name__)

#: Between two lines in the log about them.
REPORT_SECONDS: Final = 10.0

#: By where a message comes from (see `infra.messaging.stamps.Origin`): why it is passed over.
REASONS: Final = {
    "foreign": "the relay did not write it",
    "strange": "it names an epoch that this log has never been in",
    "earlier": "it is of an earlier epoch of this log",
    "unstamped": "it has no stamp and the log does not have it",
}


class ForeignMessages:
    """How many were passed over, and which one last."""

    def __init__(self, reader: str = "") -> None:
        self.count = 0
        self.last: str | None = None
        self._reader = reader
        self._reported = 0
        self._reported_at = -REPORT_SECONDS

    def found(self, sequence: int, origin: str, count: int = 1) -> None:
        """So many more were passed over, this one last."""
        self.count += count
        self.last = f"sequence {sequence}: {REASONS[origin]}"

    def report(self) -> None:
        """Say in the log what was passed over since it was last said, at most at an interval."""
        now = time.monotonic()
        if self.count > self._reported and now - self._reported_at >= REPORT_SECONDS:
            log.warning(
                "Messages in the stream that are not from the log were passed over",
                reader=self._reader,
                messages=self.count - self._reported,
                last=self.last,
            )
            self._reported, self._reported_at = self.count, now
