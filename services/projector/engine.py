"""The live engine: takes delivered events into one projection's tables, each exactly once and in the log's
order.

Rows, journal and checkpoint of a run of events are one transaction under the checkpoint's lock. So a crash, a
second projector, a batch delivered twice or out of order, or one that never came, all end in the same tables.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog

from infra.event_store.log import LoggedEvent
from infra.event_store.reader import LogReader
from infra.projection_store.advancing import Standing
from infra.projection_store.catalog import (
    Checkpoint,
    OtherHistory,
    ensure_active,
    lock_checkpoint,
    mark_if_ahead_of_log,
    move_checkpoint,
)
from infra.projection_store.connection import ProjectionConnection, open_for_projecting
from infra.projection_store.parked import park, waiting_and_left_out
from infra.projection_store.rows import RowsRefused, RowStore
from infra.settings import Settings
from projections.kernel import Projection
from services.projector.at_once import Following, take_at_once
from services.projector.decoding import SharedDecoding
from services.projector.folding import Failures, Folded, first_position, fold_events, of_projection, reason_of
from services.projector.ordering import LogStreamMismatch, Missing, in_order, next_run
from services.projector.status import ProjectionStatus

log = structlog.get_logger(__name__)


def standing_of(checkpoint: Checkpoint) -> Standing:
    """Where a generation stands whose lock was held a moment ago."""
    return Standing(checkpoint.generation, checkpoint.position, checkpoint.revision)


class LiveEngine:
    """One projection in one process. Not for several coroutines at once; `lock` is for those who might."""

    def __init__(
        self,
        projection: Projection[Any],
        settings: Settings,
        database_url: str,
        *,
        decoding: SharedDecoding | None = None,
        status: ProjectionStatus | None = None,
        generation: int | None = None,
    ) -> None:
        # None is the generation that serves; another one is followed whether projecting is paused or not.
        self._generation = generation
        self.projection = projection
        self.status = status or ProjectionStatus(
            projection.name, stalled_seconds=settings.projector_stalled_seconds
        )
        self.lock = asyncio.Lock()
        self._settings = settings
        self._database_url = database_url
        self.following = Following(
            projection, (decoding or SharedDecoding()).decode, self.status,
            states_kept_max=settings.projector_states_kept_max,
        )  # fmt: skip
        self._connection: ProjectionConnection | None = None

    async def take(self, arrived: Sequence[LoggedEvent]) -> bool:
        """Take delivered events in: known ones are passed over, missing ones are read from the log first.

        False when the projection is paused: then nothing was taken. After an error nothing of the run that
        failed is written, and the same events can be given again.
        """
        events = in_order(arrived)
        return not events or await self._advance_to(events[-1].position, events)

    async def catch_up(self, up_to: int) -> bool:
        """Take in from the log what is missing up to a position. False when the projection is paused."""
        return await self._advance_to(up_to, [])

    async def position(self) -> int:
        """Where the generation that serves stands; made when there is none."""
        connection = await self._connected()
        async with connection.transaction():
            await ensure_active(connection, self.projection)
            checkpoint = await lock_checkpoint(connection, self.projection.name)
        self.following.standing = standing_of(checkpoint)
        return checkpoint.position

    async def reader(self) -> LogReader:
        """The log, over the engine's connection; for whoever holds `lock`."""
        seconds = self._settings.database_statement_seconds or 3_600
        return LogReader(await self._connected(), seconds=seconds)

    async def close(self) -> None:
        """Give the connection up. The next use makes a new one."""
        self.following.forget()
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.close()

    async def _advance_to(self, last: int, events: list[LoggedEvent]) -> bool:
        careful = False
        while True:
            try:
                position = await self._advance(last, events, careful=careful)
            except RowsRefused:
                if careful:
                    raise
                careful = True
                continue
            except BaseException:
                # The transaction may or may not have been committed; the revision tells when it is asked
                # again.
                await self.close()
                raise
            if position is None or position >= last:
                return position is not None
            careful = False

    async def _advance(self, last: int, events: list[LoggedEvent], *, careful: bool) -> int | None:
        connection = await self._connected()
        seconds = self._settings.database_statement_seconds or None
        if not careful and self._generation is None:
            await take_at_once(connection, [self.following], events, seconds=seconds)
            if self.following.standing is not None:
                return self.following.standing.position
        states: dict[str, Any] = {}
        async with (
            asyncio.timeout(seconds),
            connection.transaction(),
        ):
            checkpoint = await lock_checkpoint(connection, self.projection.name, self._generation)
            if checkpoint.paused and self._generation is None:
                return None
            if checkpoint.other_history:
                what = (
                    f"holds, in generation {checkpoint.generation}, events that the log lost when it was set "
                    "back"
                )
                raise OtherHistory(self.projection.name, what)
            run = await self._next(checkpoint.position, last, events)
            if not run:
                self.following.standing = standing_of(checkpoint)
                return max(checkpoint.position, last)
            keyed = of_projection(self.projection, self.following.topics, run)
            if keyed:
                states = await self._fold_and_write(connection, checkpoint, keyed, careful=careful)
            position = run[-1].position
            revision = await move_checkpoint(
                connection, self.projection.name, checkpoint.generation, position
            )
        standing = Standing(checkpoint.generation, position, revision)
        self.following.moved(states, checkpoint.revision, standing, len(run))
        return position

    async def _next(self, position: int, last: int, events: list[LoggedEvent]) -> list[LoggedEvent]:
        found = next_run(position, events) if events else Missing(position, last)
        reader = await self.reader()
        if not isinstance(found, Missing):
            if found:
                await self._require_in_log(reader, found[-1])
            return found or []
        run = await reader.read(position, self._settings.projector_batch_events_max, up_to=found.up_to)
        if not run and events:
            raise LogStreamMismatch(
                f"the stream says that events up to position {found.up_to} follow position {position}; "
                "the log has none there"
            )
        if run:
            self.status.filled(len(run))
            log.info(
                "Read from the log what had not come by the stream",
                projection=self.projection.name,
                after_position=position,
                events=len(run),
            )
        return run

    async def _require_in_log(self, reader: LogReader, event: LoggedEvent) -> None:
        # When the log was set back, the stream tells what the log no longer knows, until somebody has
        # decided.
        stands = await reader.event_at(event.position)
        if stands != (event.stream_id, event.version, event.state):
            raise LogStreamMismatch(
                f"the stream has version {event.version} of {event.stream_id} at position {event.position}, "
                "the log has "
                f"{'nothing' if stands is None else 'something else'} there: was it set back to an earlier "
                "moment?"
            )

    async def _fold_and_write(
        self,
        connection: ProjectionConnection,
        checkpoint: Checkpoint,
        keyed: list[tuple[str, LoggedEvent]],
        *,
        careful: bool,
    ) -> dict[str, Any]:
        name, generation = self.projection.name, checkpoint.generation
        store = await self._store(connection, generation)
        waiting, left_out = await waiting_and_left_out(
            connection, name, generation, {key for key, _ in keyed}
        )
        if left_out:
            keyed = [(key, event) for key, event in keyed if event.position not in left_out]
        keys = {key for key, _ in keyed}
        stops: Failures = {}
        states = self.following.kept.take(keys, generation=generation, revision=checkpoint.revision)
        while True:
            stops |= await self._load(connection, store, states, keys, keyed)
            folded = fold_events(
                self.projection, self.following.decode, keyed, states, waiting=waiting, stops=stops
            )
            failures = folded.failures
            if not failures and careful:
                refused = await store.refused(connection, folded.rows, folded.journal)
                failures = {key: (first_position(keyed, key), reason) for key, reason in refused.items()}
            if not failures:
                break
            # Folding spoilt the states: everything is read again and folded with the knowledge of where to
            # stop.
            stops |= failures
            states = {}
        await store.write(connection, folded.rows, folded.journal)
        await park(connection, name, generation, folded.parked)
        self._report(folded, stops)
        return {key: state for key, state in states.items() if key not in stops} if stops else states

    async def _load(
        self,
        connection: ProjectionConnection,
        store: RowStore,
        states: dict[str, Any],
        keys: set[str],
        keyed: list[tuple[str, LoggedEvent]],
    ) -> Failures:
        missing = [key for key in keys if key not in states]
        rows = await store.load(connection, missing) if missing else {}
        unreadable: Failures = {}
        for key in missing:
            row = rows.get(key)
            try:
                states[key] = self.projection.empty(key) if row is None else self.projection.decode(row)
            except Exception as error:
                states[key] = None
                unreadable[key] = (first_position(keyed, key), f"the row cannot be read: {reason_of(error)}")
        return unreadable

    async def _store(self, connection: ProjectionConnection, generation: int) -> RowStore:
        stores = self.following.stores
        if generation not in stores:
            stores.clear()
            stores[generation] = await RowStore.open(connection, self.projection, generation)
        return stores[generation]

    async def _connected(self) -> ProjectionConnection:
        if self._connection is None:
            connection = await open_for_projecting(
                self._settings, self._database_url, name=f"projector {self.projection.name}"
            )
            self._connection = connection
            if self._generation is None:
                await ensure_active(connection, self.projection)
            await mark_if_ahead_of_log(connection, self.projection.name, self._generation)
        return self._connection

    def _report(self, folded: Folded, stops: Failures) -> None:
        self.status.parked(len(folded.parked))
        for key, (position, reason) in stops.items():
            log.error(
                "An event cannot be taken in; its key waits",
                projection=self.projection.name,
                key=key,
                position=position,
                reason=reason,
            )
