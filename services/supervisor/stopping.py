"""Ending a child process in good order, or by force."""

import asyncio
from contextlib import suppress
from typing import Final

STOP_SECONDS: Final = 15.0


async def stop(process: asyncio.subprocess.Process) -> None:
    """Tell a process to end, and wait until it has; one that takes too long is killed."""
    with suppress(ProcessLookupError):
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()
