"""Who signed out everywhere, as each process of the API knows it: in memory, told by the others at once."""

import asyncio
from datetime import datetime
from typing import Final

import structlog
from psycopg.sql import SQL, Identifier

from infra.postgres.pools import connect_async
from infra.sessions.sessions import CHANNEL, SessionStore
from infra.settings import Settings

log = structlog.get_logger(__name__)

#: A notification is a hint: so often it is looked without one.
POLL_SECONDS: Final = 1.0
#: A database that hangs is asked anew after so long.
ASK_SECONDS_MAX: Final = 5.0


class SignOuts:
    """The sign-outs everywhere that this process knows of, while its block lasts (`async with`)."""

    def __init__(self, settings: Settings, database_url: str, store: SessionStore) -> None:
        self._settings = settings
        self._database_url = database_url
        self._store = store
        self._at: dict[str, datetime] = {}
        self._listening: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "SignOuts":
        await self.load()
        self._listening = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._listening is not None:
            self._listening.cancel()

    def of(self, subject: str) -> datetime | None:
        """When a subject signed out everywhere."""
        return self._at.get(subject)

    async def load(self) -> None:
        """Read them anew."""
        self._at = await self._store.sign_outs()

    async def _run(self) -> None:
        while True:
            try:
                await self._listen()
            except Exception as error:
                log.warning("It cannot be read who signed out everywhere", error=repr(error)[:300])
                await asyncio.sleep(POLL_SECONDS)

    async def _listen(self) -> None:
        async with await connect_async(self._settings, self._database_url, name="api sign-outs") as listening:
            await listening.execute(SQL("LISTEN {}").format(Identifier(CHANNEL)))
            while True:
                async with asyncio.timeout(ASK_SECONDS_MAX):
                    await self.load()
                async for _ in listening.notifies(timeout=POLL_SECONDS, stop_after=1):
                    pass
