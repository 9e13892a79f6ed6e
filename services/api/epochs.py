"""In which epoch the log is, as a process knows it, and what of earlier ones it still has."""

import asyncio
import time
from typing import Final

import structlog

from infra.event_store.lineage import Lineage, LineageStep
from services.api.read_tokens import Place
from services.read_models.tables import Tables

log = structlog.get_logger(__name__)

_LINEAGE: Final = "SELECT epoch, common_position FROM public.log_lineage()"
#: So long an epoch is taken for the current one without another look. The log is set back by hand, seldom.
KNOWN_SECONDS: Final = 1.0
LOOK_SECONDS_MAX: Final = 0.25


class Epochs:
    """The epochs of the log in the database of `tables`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._current: str | None = None
        self._looked_at = 0.0
        self._looking: asyncio.Future[None] | None = None

    async def current(self) -> str | None:
        """The epoch, as it was a moment ago; None where the database has not said it yet."""
        if time.monotonic() >= self._looked_at + KNOWN_SECONDS:
            if self._looking is None or self._looking.done():
                self._looking = asyncio.ensure_future(self._look())
            # A database that hangs now holds up nobody whose command it has recorded.
            await asyncio.wait({self._looking}, timeout=LOOK_SECONDS_MAX)
        return self._current

    async def has(self, place: Place) -> bool:
        """Whether the log has what stood at a place when it was said: in this epoch, or one whose history it
        shares up to there. Where the epoch itself has not come so far, that is found by waiting for it.
        """
        lineage = await self._lineage()
        names = [step.epoch for step in lineage.steps]
        if place.epoch not in names:
            return False
        later = lineage.steps[names.index(place.epoch) + 1 :]
        return all(place.position <= step.common_position for step in later)

    async def _look(self) -> None:
        try:
            self._current = (await self._lineage()).epoch
        except Exception as error:
            # Whoever has just been told that a command is recorded does not get an error for this.
            log.warning("The epoch of the log cannot be asked for", error=repr(error))
        self._looked_at = time.monotonic()

    async def _lineage(self) -> Lineage:
        (rows,) = await self._tables.fetch((_LINEAGE, {}))
        return Lineage(LineageStep(epoch, common_position) for epoch, common_position in rows)
