"""Writes the progress of all endpoints, in one statement for those that moved meanwhile."""

import asyncio

from infra.webhook_store.sending import SendingStore
from services.webhooks.progress import EndpointProgress


class ProgressWriter:
    """For several coroutines, while `run` runs."""

    def __init__(self, store: SendingStore) -> None:
        self._store = store
        self._moved: dict[int, EndpointProgress] = {}
        self._next: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._wake = asyncio.Event()

    def mark(self, progress: EndpointProgress) -> "asyncio.Future[None]":
        """It has moved; done when that is written."""
        self._moved[id(progress)] = progress
        self._wake.set()
        return self._next

    async def written(self, progress: EndpointProgress) -> None:
        """It has moved; returns when that is written."""
        await asyncio.shield(self.mark(progress))

    async def run(self) -> None:
        """Write until cancelled. Whatever goes wrong is raised."""
        while True:
            await self._wake.wait()
            await self.flush()

    async def flush(self) -> None:
        """Write what has moved."""
        self._wake.clear()
        moved, self._moved = self._moved, {}
        waiting, self._next = self._next, asyncio.get_running_loop().create_future()
        if moved:
            await self._store.save([one.saved() for one in moved.values()])
        waiting.set_result(None)
