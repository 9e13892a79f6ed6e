"""Lag: how far somebody is behind the log, in seconds: since when the oldest event that is not taken in has
been known.
"""

import time
from collections import deque
from typing import Final

#: With one look a second about an hour; of more, every second one is forgotten.
LOOKS_MAX: Final = 4_096


class Lag:
    """Told now and then where the log ends. What was written before the first look counts from that look."""

    def __init__(self) -> None:
        self._looks: deque[tuple[int, float]] = deque()
        self._log_position = 0

    def observe(self, log_position: int) -> None:
        """The log was seen to reach so far."""
        if log_position <= self._log_position:
            return
        self._log_position = log_position
        self._looks.append((log_position, time.monotonic()))
        if len(self._looks) > LOOKS_MAX:
            self._looks = deque(list(self._looks)[::2])

    def seconds(self, position: int) -> float:
        """For how long the first event behind a position has been known; 0 when none is."""
        while self._looks and self._looks[0][0] <= position:
            self._looks.popleft()
        return time.monotonic() - self._looks[0][1] if self._looks else 0.0
