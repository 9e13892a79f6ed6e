"""The answers of server-sent events that this process keeps open, and one look at the log for all of them."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

#: Between two looks at where the log ends.
LOOK_SECONDS: Final = 0.25


@dataclass
class EventStreams:
    """`open`: how many there are."""

    open: int = 0
    _looking: "asyncio.Future[int] | None" = None
    _looked_at: float = 0.0

    async def end_of_log(self, ask: Callable[[], Awaitable[int]]) -> int:
        """Where the log ends, or ended a moment ago: whoever asks meanwhile shares one look."""
        if self._looking is None or time.monotonic() >= self._looked_at + LOOK_SECONDS:
            self._looked_at = time.monotonic()
            self._looking = asyncio.ensure_future(ask())
        return await asyncio.shield(self._looking)


class OpenStream:
    """One of the answers, counted from when it is promised until it is closed or nobody holds it."""

    def __init__(self, streams: EventStreams) -> None:
        self._streams: EventStreams | None = streams
        streams.open += 1

    def close(self) -> None:
        """Count it no longer."""
        streams, self._streams = self._streams, None
        if streams is not None:
            streams.open -= 1

    def __del__(self) -> None:
        self.close()
