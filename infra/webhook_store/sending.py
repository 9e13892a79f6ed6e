"""What the service of webhooks reads and writes, over the one connection that also holds its lock.

Two services never keep progress side by side: what is written stands in the session of the lock, so that
whoever has lost the lock has lost the connection, too.
"""

import asyncio
import datetime
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from infra.dead_letters import REASON_LENGTH_MAX
from infra.event_store.lineage import Lineage, LineageStep
from infra.postgres import connect_async
from infra.postgres.locks import key_of
from infra.settings import Settings
from infra.vault.webhook_secrets import SIGNING

LOCK: Final = "webhooks"

_TRY_LOCK: Final = "SELECT pg_try_advisory_lock(%s)"
_REGISTERED: Final = (
    "SELECT endpoint_id, name, url, types, partitions, "
    f"ARRAY({SIGNING.format(endpoint='e.endpoint_id')}), "
    "ARRAY(SELECT DISTINCT key FROM webhooks.parked k WHERE k.endpoint_id = e.endpoint_id AND k.retry) "
    "FROM webhooks.endpoints e WHERE NOT paused AND disabled IS NULL"
)
_PROGRESS: Final = (
    "SELECT epoch, position, reached, failing_since, "
    "ARRAY(SELECT DISTINCT key FROM webhooks.parked k WHERE k.endpoint_id = p.endpoint_id) "
    "FROM webhooks.progress p WHERE endpoint_id = %s"
)
#: What happened behind the common position did not happen; `position` is that of an event, or 0.
_SET_BACK: Final = (
    "UPDATE webhooks.progress SET epoch = %(epoch)s, position = least(position, (SELECT "
    "coalesce(max(notification_id), 0) FROM public.stored_events WHERE notification_id <= %(common)s)), "
    "reached = ARRAY(SELECT least(one, %(common)s) FROM unnest(reached) WITH ORDINALITY AS u (one, n) "
    "ORDER BY n) WHERE endpoint_id = %(endpoint_id)s"
)
_NOT_PARKED: Final = (
    "DELETE FROM webhooks.parked WHERE endpoint_id = %(endpoint_id)s AND position > %(common)s"
)
_SAVE: Final = (
    "UPDATE webhooks.progress p SET position = given.position, reached = given.reached, "
    "failing_since = given.failing_since, last_error = given.last_error "
    "FROM jsonb_to_recordset(%s::jsonb) AS given (endpoint_id text, position bigint, reached bigint[], "
    "failing_since timestamptz, last_error text) WHERE p.endpoint_id = given.endpoint_id"
)
_PARK: Final = (
    "INSERT INTO webhooks.parked (endpoint_id, key, position, topic, stream_id, reason, tries) "
    "SELECT endpoint_id, %(key)s, %(position)s, %(topic)s, %(stream_id)s, %(reason)s, %(tries)s "
    "FROM webhooks.endpoints e WHERE endpoint_id = %(endpoint_id)s AND (NOT %(behind)s OR EXISTS "
    "(SELECT FROM webhooks.parked k WHERE k.endpoint_id = e.endpoint_id AND k.key = %(key)s)) "
    "ON CONFLICT DO NOTHING"
)
_FIRST_PARKED: Final = "SELECT min(position) FROM webhooks.parked WHERE endpoint_id = %s AND key = %s"
_UNPARK: Final = "DELETE FROM webhooks.parked WHERE endpoint_id = %s AND key = %s AND position = %s"
_STILL_PARKED: Final = (
    "UPDATE webhooks.parked SET retry = false, "
    "tries = tries + (position = %(position)s)::int, "
    "reason = CASE WHEN position = %(position)s THEN %(reason)s ELSE reason END "
    "WHERE endpoint_id = %(endpoint_id)s AND key = %(key)s"
)
_DISABLE: Final = "UPDATE webhooks.endpoints SET disabled = %s WHERE endpoint_id = %s"
_CHANGED: Final = (
    "INSERT INTO webhooks.changes (actor, name, change, reason) "
    "VALUES ('service:webhooks', %s, 'disabled', %s)"
)
_LINEAGE: Final = "SELECT epoch, common_position FROM public.log_lineage()"


class Registered(msgspec.Struct, frozen=True):
    """An endpoint that events are to be sent to. `secrets` are wrapped; `retry`: parked keys to be sent."""

    endpoint_id: str
    name: str
    url: str
    types: tuple[str, ...]
    partitions: frozenset[int]
    secrets: tuple[bytes, ...]
    retry: tuple[str, ...]


class Progress(msgspec.Struct, frozen=True):
    """How far an endpoint has come, see the table; `parked`: its parked keys."""

    epoch: str
    position: int
    reached: list[int]
    failing_since: datetime.datetime | None
    parked: frozenset[str]


class Saved(msgspec.Struct, frozen=True):
    """Progress as it is written."""

    endpoint_id: str
    position: int
    reached: list[int]
    failing_since: datetime.datetime | None
    last_error: str | None


class ParkedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event that is to be parked; `behind`: only if another of its key is."""

    endpoint_id: str
    key: str
    position: int
    topic: str
    stream_id: str
    reason: str
    tries: int
    behind: bool


class NotInLineage(Exception):
    """An endpoint's progress is of an epoch that this log has never been in."""


class SendingStore:
    """For several coroutines: statements are run one after the other."""

    def __init__(self, connection: AsyncConnection[TupleRow], *, seconds: float) -> None:
        self._connection = connection
        self._seconds = seconds
        self._turn = asyncio.Lock()

    @classmethod
    async def connect(cls, settings: Settings, database_url: str) -> "SendingStore":
        """A store with a connection of its own; raises psycopg.OperationalError."""
        connection = await connect_async(settings, database_url, name="webhooks")
        # What was lost with PostgreSQL's last moment is sent again.
        await connection.execute("SET synchronous_commit = off")
        return cls(connection, seconds=settings.database_statement_seconds or 3_600)

    async def close(self) -> None:
        """Give the connection back, and the lock with it."""
        await self._connection.close()

    @property
    def closed(self) -> bool:
        """Whether the connection is gone, and the lock with it."""
        return self._connection.closed

    async def take_lock(self) -> bool:
        """Whether this is the one service that sends now."""
        return (await self._rows(_TRY_LOCK, (key_of(LOCK),)))[0] == (True,)

    async def registered(self) -> list[Registered]:
        """The endpoints that are neither paused nor disabled."""
        return [
            Registered(one, name, url, tuple(types), frozenset(partitions), tuple(secrets), tuple(retry))
            for one, name, url, types, partitions, secrets, retry in await self._rows(_REGISTERED, ())
        ]

    async def lineage(self) -> Lineage:
        """The epochs of the log."""
        return Lineage(LineageStep(*row) for row in await self._rows(_LINEAGE, ()))

    async def progress(self, endpoint_id: str, lineage: Lineage) -> Progress | None:
        """How far an endpoint has come; one of an earlier epoch is set back to what it has in common with
        this one. None: it is gone. Raises NotInLineage.
        """
        found = await self._progress(endpoint_id)
        if found is None or found.epoch == lineage.epoch:
            return found
        names = [step.epoch for step in lineage.steps]
        if found.epoch not in names:
            raise NotInLineage(
                f"it was last served in epoch {found.epoch}, which this log has never been in: remove it "
                "and add it anew, from the position that it has"
            )
        common = min(step.common_position for step in lineage.steps[names.index(found.epoch) + 1 :])
        given = {"endpoint_id": endpoint_id, "epoch": lineage.epoch, "common": common}
        async with self._turn, asyncio.timeout(self._seconds), self._connection.transaction():
            await self._connection.execute(_NOT_PARKED, given)
            await self._connection.execute(_SET_BACK, given)
        return await self._progress(endpoint_id)

    async def _progress(self, endpoint_id: str) -> Progress | None:
        for epoch, position, reached, failing_since, parked in await self._rows(_PROGRESS, (endpoint_id,)):
            return Progress(epoch, position, reached, failing_since, frozenset(parked))
        return None

    async def save(self, progress: Sequence[Saved]) -> None:
        """Write down how far endpoints have come; those that are gone are passed over."""
        await self._execute(_SAVE, (msgspec.json.encode(progress).decode(),))

    async def park(self, event: ParkedEvent) -> bool:
        """Park an event; False where it is to be `behind` another one, and none is parked any more."""
        given = msgspec.structs.asdict(event) | {"reason": event.reason[:REASON_LENGTH_MAX]}
        return await self._execute(_PARK, given) > 0 or not event.behind

    async def first_parked(self, endpoint_id: str, key: str) -> int | None:
        """The position of the first parked event of a key; None when there is none any more."""
        return (await self._rows(_FIRST_PARKED, (endpoint_id, key)))[0][0]

    async def unpark(self, endpoint_id: str, key: str, position: int) -> None:
        """A parked event was taken after all."""
        await self._execute(_UNPARK, (endpoint_id, key, position))

    async def leave_parked(self, endpoint_id: str, key: str, position: int, reason: str) -> None:
        """The first parked event of a key was not taken once more; those behind it wait on."""
        given = {"endpoint_id": endpoint_id, "key": key, "position": position}
        await self._execute(_STILL_PARKED, given | {"reason": reason[:REASON_LENGTH_MAX]})

    async def disable(self, endpoint_id: str, name: str, reason: str) -> None:
        """Send nothing any more, until somebody resumes it."""
        if await self._execute(_DISABLE, (reason, endpoint_id)):
            await self._execute(_CHANGED, (name, reason))

    async def _rows(self, query: str, parameters: Any) -> list[TupleRow]:
        async with self._turn, asyncio.timeout(self._seconds):
            return await (await self._connection.execute(query.encode(), parameters)).fetchall()

    async def _execute(self, query: str, parameters: Any) -> int:
        async with self._turn, asyncio.timeout(self._seconds):
            return (await self._connection.execute(query.encode(), parameters)).rowcount
