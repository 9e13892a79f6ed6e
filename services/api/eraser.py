"""Removes what destroyed data keys leave behind in the database's files, in the background."""

import asyncio
from contextlib import suppress
from typing import Final

import structlog

from infra.postgres.failures import is_unavailable
from infra.vault import Vault

log = structlog.get_logger(__name__)

#: How long readers of old rows are waited for at a time, and after what pause it is tried again.
WAIT_SECONDS: Final = 5
RETRY_SECONDS: Final = 60


class Eraser:
    """Removes what is pending at the start and whenever it is woken; retries until it is done."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Somebody was forgotten."""
        self._woken.set()

    async def run(self) -> None:
        """Works until cancelled."""
        while True:
            self._woken.clear()
            done = await asyncio.to_thread(self._erased)
            # Not `asyncio.wait_for`: on Python 3.11 it loses a cancellation that comes with the event.
            with suppress(TimeoutError):
                async with asyncio.timeout(None if done else RETRY_SECONDS):
                    await self._woken.wait()

    def _erased(self) -> bool:
        try:
            return not self._vault.traces_pending() or self._vault.erase_traces(WAIT_SECONDS)
        except Exception as error:
            if not is_unavailable(error):
                log.exception("Traces of destroyed keys could not be erased")
            return False
