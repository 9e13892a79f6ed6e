"""Retry with backoff: the pauses of a service's loop between tries that failed."""

import asyncio

from infra.ids import jitter
from infra.stopping import pause


class Backoff:
    """Pauses that double up to `seconds_max`, each from half to the whole of it at random.

    Retries of several processes do not fall together. `first_seconds`: the first pause; the longest one by
    default, which is then every one.
    """

    def __init__(self, seconds_max: float, *, first_seconds: float | None = None) -> None:
        self._seconds_max = seconds_max
        self._first_seconds = seconds_max if first_seconds is None else min(first_seconds, seconds_max)
        self.seconds = self._first_seconds

    def reset(self) -> None:
        """The last try got on: the next pause is the first one again."""
        self.seconds = self._first_seconds

    async def pause(self, stop: asyncio.Event) -> None:
        """Wait before the next try; not longer than until `stop` is set."""
        seconds, self.seconds = self.seconds, min(self.seconds * 2, self._seconds_max)
        await pause(stop, jitter(seconds))
