"""Snapshots: states of long histories as of a version, so that a first command reads only what came after.

They are a cache in the database: nothing that the log does not confirm is used, and all of it can be deleted.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import structlog
from eventsourcing.persistence import PersistenceError
from msgspec import DecodeError
from psycopg import Connection
from psycopg.rows import tuple_row

from domain.evolve import evolve
from infra.event_store.codec import decode
from infra.event_store.log import EventLog, LoggedEvent
from infra.event_store.quarantine import EVERY_READER
from infra.event_store.state_encoding import (
    PagePlace,
    code_digest,
    decode_state,
    digest_of,
    encode_items,
    encode_state,
    items_at,
)

_logger = structlog.get_logger(__name__)

#: After so many more events of a stream its state is saved.
SNAPSHOT_EVENTS: Final = 100
_LEFT_OUT: Final = (
    "ARRAY(SELECT position FROM public.quarantined_events "
    f"WHERE projection = '{EVERY_READER}' AND stream_id = {{}} ORDER BY position)"
)
_LOAD: Final = "SELECT * FROM public.load_histories(%b::text[], %b)"
_SAVE: Final = (
    "INSERT INTO public.snapshots "
    "(stream_id, version, position, recorded_at, event_digest, code_digest, left_out, state) "
    "SELECT originator_id, originator_version, notification_id, recorded_at, sha256(e.state), %b, "
    f"{_LEFT_OUT.format('originator_id')}, %b "
    "FROM public.stored_events e "
    "WHERE originator_id = %b AND originator_version = %b AND notification_id = %b "
    # What this process left out while it made the state is what is left out.
    "AND %b::bigint[] = ARRAY(SELECT position FROM public.quarantined_events "
    f"WHERE projection = '{EVERY_READER}' ORDER BY position) "
    "ON CONFLICT (stream_id) DO UPDATE SET version = excluded.version, position = excluded.position, "
    "recorded_at = excluded.recorded_at, event_digest = excluded.event_digest, "
    "code_digest = excluded.code_digest, left_out = excluded.left_out, state = excluded.state, "
    "saved_at = excluded.saved_at"
)
_MISSING_PAGES: Final = (
    "SELECT digest FROM unnest(%b::bytea[]) AS named (digest) WHERE NOT EXISTS "
    "(SELECT FROM public.snapshot_pages p WHERE p.stream_id = %b AND p.digest = named.digest)"
)
_ADD_PAGES: Final = (
    "INSERT INTO public.snapshot_pages (stream_id, digest, items) "
    "SELECT %b::text, * FROM unnest(%b::bytea[], %b::bytea[]) ON CONFLICT DO NOTHING"
)
_DROP_PAGES: Final = (
    "UPDATE public.snapshot_pages SET dropped_at = CASE WHEN digest = ANY(%b::bytea[]) THEN NULL ELSE now() "
    "END WHERE stream_id = %b AND (dropped_at IS NULL) <> (digest = ANY(%b::bytea[]))"
)
_DELETE_PAGES: Final = (
    "DELETE FROM public.snapshot_pages WHERE stream_id = %b AND dropped_at < now() - interval '1 day'"
)
_PAGE: Final = "SELECT items FROM public.snapshot_pages WHERE stream_id = %b AND digest = %b"


class History(NamedTuple):
    """What is to be folded for the state of a stream: the state as of a version, and the events after it."""

    stream_id: str
    version: int
    state: Any
    events: list[LoggedEvent]

    @property
    def end(self) -> tuple[int, int]:
        """Version and position of the last event; position 0 where that is the snapshot's own."""
        return (self.events[-1].version, self.events[-1].position) if self.events else (self.version, 0)


def is_due(before: int, version: int) -> bool:
    """Whether a state is saved that came from one version to another."""
    return version // SNAPSHOT_EVENTS > before // SNAPSHOT_EVENTS


class Snapshot(NamedTuple):
    """The state of a stream, and version and position of the event that led to it."""

    stream_id: str
    version: int
    position: int
    state: Any


class Snapshots:
    """Loads and saves snapshots."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._code = code_digest()

    def load(self, stream_ids: list[str]) -> Iterator[History]:
        """What is to be folded for each of these streams; in one query, where the log confirms the
        snapshots.
        """
        with self._log.connection() as connection, connection.cursor(row_factory=tuple_row) as cursor:
            rows = cursor.execute(_LOAD, (stream_ids, self._code), binary=True).fetchall()
        rows_of: dict[str, list[Any]] = {stream_id: [] for stream_id in stream_ids}
        for row in rows:
            rows_of[row[0]].append(row)
        unconfirmed: list[str] = []
        for stream_id, found in rows_of.items():
            _, version, encoded, *_ = found[0]
            events = [LoggedEvent(row[3], 0, stream_id, *row[4:]) for row in found if row[3] is not None]
            if version is None:
                yield History(stream_id, 0, None, events)
                continue
            try:
                fetch_page = _PagesOf(self._log, stream_id, version).fetch
                # Of a snapshot that the log does not confirm there are no bytes.
                state = decode_state(stream_id, encoded or b"", fetch_page)
            except DecodeError:
                unconfirmed.append(stream_id)
            else:
                yield History(stream_id, version, state, events[1:])
        for stream_id in unconfirmed:
            _logger.warning("A snapshot is not of the log's history, which is read anew", stream=stream_id)
            yield History(stream_id, 0, None, self._log.read_stream(stream_id))

    def save(self, snapshots: Sequence[Snapshot], left_out: frozenset[int]) -> None:
        """Save states. Where that is not possible it is said and nothing raised: nothing but time is lost.

        `left_out` is what was left out when the states were made: where that is another by now, they are not
        saved.
        """
        if not snapshots:
            return
        try:
            with self._log.connection() as connection, connection.transaction():
                # What a crash takes back is made again; the events before it are durable before it.
                connection.execute("SET LOCAL synchronous_commit = off")
                for snapshot in snapshots:
                    self._write(connection, snapshot, sorted(left_out))
        except PersistenceError as error:
            streams = [snapshot.stream_id for snapshot in snapshots]
            _logger.warning("Snapshots were not saved", streams=streams, reason=str(error))

    def _write(self, connection: Connection[Any], snapshot: Snapshot, left_out: list[int]) -> None:
        stream_id, version, position, state = snapshot
        encoded = encode_state(state)
        made = (self._code, encoded.state, stream_id, version, position, left_out)
        is_saved = connection.execute(_SAVE, made).rowcount > 0
        if not (is_saved and encoded.pages):
            return
        digests = list(encoded.pages)
        missing = [bytes(row["digest"]) for row in connection.execute(_MISSING_PAGES, (digests, stream_id))]
        items = [encode_items(encoded.pages[digest]) for digest in missing]
        connection.execute(_ADD_PAGES, (stream_id, missing, items))
        connection.execute(_DROP_PAGES, (digests, stream_id, digests))
        connection.execute(_DELETE_PAGES, (stream_id,))


class _PagesOf:
    """The pages of one snapshot. Where one is not there any more, they are made from the log."""

    def __init__(self, log: EventLog, stream_id: str, version: int) -> None:
        self._log = log
        self._stream_id = stream_id
        self._version = version
        self._state: Any = None

    def fetch(self, place: PagePlace) -> bytes | dict[Any, Any]:
        with self._log.connection() as connection:
            row = connection.execute(_PAGE, (self._stream_id, place.digest)).fetchone()
        if row is not None and digest_of(items := bytes(row["items"])) == place.digest:
            return items
        if self._state is None:
            self._state = self._replayed()
        return items_at(self._state, place)

    def _replayed(self) -> Any:
        state: Any = None
        left_out = self._log.left_out()
        for logged in self._log.read_stream(self._stream_id):
            if logged.version <= self._version and logged.position not in left_out:
                event = decode(logged.topic, logged.state)
                state = state if event is None else evolve(state, event)
        return state
