"""Events per second, over the last second or more of work."""

import time
from typing import Final

WINDOW_SECONDS: Final = 1.0


class Rate:
    """Told what was done; looked at now and then."""

    def __init__(self) -> None:
        self._since = time.monotonic()
        self._events = 0
        self._per_second = 0.0

    def count(self, events: int) -> None:
        """So many more were done."""
        self._events += events

    def sample(self) -> None:
        """Begin another window once this one is long enough."""
        seconds = time.monotonic() - self._since
        if seconds >= WINDOW_SECONDS:
            self._per_second = self._events / seconds
            self._since, self._events = time.monotonic(), 0

    @property
    def per_second(self) -> float:
        """The rate of the last window that was looked at."""
        return round(self._per_second, 1)
