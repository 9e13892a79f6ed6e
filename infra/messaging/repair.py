"""The repair of a stream that others wrote to: it is made anew, and filled from the log in the same epoch.

Our own readers pass over what the relay did not write. Other consumers cannot check stamps, so the stream is
put right for them. Nothing of it can be deleted alone (`deny_delete`): all of it goes, with its durables,
which the relay makes again.

A stream may be made anew once in `relay_repair_seconds`, counted from when it was made: whoever goes on
writing costs one filling in that time. What waits for its repair is noted at the stream itself, so that it is
known to whichever relay works then.
"""

import math
import time
from contextlib import suppress
from datetime import timedelta
from typing import Final

import structlog
from nats.js import JetStreamContext
from nats.js.api import StreamInfo
from nats.js.errors import NotFoundError

from infra.clock import now
from infra.messaging.stream import make_stream_anew
from infra.messaging.subjects import STREAM
from infra.nats import named_consumers
from infra.settings import Settings

#: The name in the stream's metadata: which message that the relay did not write was found first.
NOTED_FOREIGN: Final = "clienteling-foreign"

log = structlog.get_logger(__name__)


class StreamRepair:
    """Of one relay process, for all of its connections."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._due_at = math.inf
        self._tried_at = -math.inf

    @property
    def is_due(self) -> bool:
        """Whether the stream is to be made anew now, as far as was last looked."""
        return time.monotonic() >= self._due_at

    async def note(self, jetstream: JetStreamContext, found: str) -> None:
        """Note at the stream that the relay did not write all of it, unless that is noted; `found` says which
        message, and why.
        """
        if self._due_at < math.inf:
            return
        info = await jetstream.stream_info(STREAM)
        noted = info.config.metadata or {}
        if NOTED_FOREIGN not in noted:
            info.config = info.config.evolve(metadata={**noted, NOTED_FOREIGN: found})
            await jetstream.update_stream(info.config)
        self._reckon(info)

    async def look(self, jetstream: JetStreamContext) -> bool:
        """Whether the stream is to be made anew, by what is noted there, how old it is, and whether the
        durables of all named consumers can be made again as they are.
        """
        self._reckon(await jetstream.stream_info(STREAM))
        if self.is_due and (filtered := await self._filtered(jetstream)):
            # The relay may make none with a filter, and one without would give its consumer more.
            log.warning(
                "Messages of others stay in the stream: durables have filters; see `events republish`",
                consumers=filtered,
            )
            self._due_at, self._tried_at = math.inf, time.monotonic()
        return self.is_due

    async def _filtered(self, jetstream: JetStreamContext) -> list[str]:
        filtered: list[str] = []
        for name in named_consumers(self._settings):
            with suppress(NotFoundError):
                config = (await jetstream.consumer_info(STREAM, name)).config
                if config.filter_subject or config.filter_subjects:
                    filtered.append(name)
        return filtered

    def _reckon(self, info: StreamInfo) -> None:
        self._due_at = math.inf
        pause = self._settings.relay_repair_seconds
        if pause and NOTED_FOREIGN in (info.config.metadata or {}):
            age = now() - info.created if info.created else timedelta.max
            waits = max(0.0, pause - age.total_seconds())
            self._due_at = max(time.monotonic() + waits, self._tried_at + pause)

    async def make_anew(self, jetstream: JetStreamContext) -> None:
        """Delete the stream and declare it again, empty. Raises what the server says to it; then it is tried
        again after the same pause.
        """
        found = ((await jetstream.stream_info(STREAM)).config.metadata or {}).get(NOTED_FOREIGN)
        log.warning("The stream is made anew from the log, without the messages of others", found=found)
        self._due_at, self._tried_at = math.inf, time.monotonic()
        await make_stream_anew(jetstream, self._settings)
