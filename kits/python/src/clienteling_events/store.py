"""Where a consumer keeps its checkpoint: in the database of its own tables, in the same transaction."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from sqlite3 import Connection
from typing import Protocol, TypeVar

import msgspec

from clienteling_events.continuity import Checkpoint
from clienteling_events.message import EventMessage
from clienteling_events.ranges import EventRange, RangeHash

Tx = TypeVar("Tx")


class State(msgspec.Struct, frozen=True, kw_only=True):
    """Up to where a consumer has handled the log, and the hash of the range that it is in."""

    checkpoint: Checkpoint
    range: RangeHash


class Store(Protocol[Tx]):
    """Keeps the state of one consumer, and the ranges that it has handled whole."""

    def transaction(self) -> AbstractAsyncContextManager[Tx]:
        """A transaction, committed at the end or rolled back on an error; handlers write in it, too."""
        ...

    async def load(self) -> State | None:
        """The state that was saved last."""
        ...

    async def ranges(self) -> list[EventRange]:
        """The ranges that were handled whole, in order."""
        ...

    async def save(self, transaction: Tx, state: State, ended: Sequence[EventRange] = ()) -> None:
        """Save the state, and ranges that have ended; those behind the state's position are forgotten."""
        ...


class ParkedEvent(msgspec.Struct, frozen=True):
    """An event that waits: `key` is whose it is, `why` what its handler raised, or that another waits."""

    key: str
    why: str
    event: EventMessage


class ParkingStore(Store[Tx], Protocol[Tx]):
    """A store that keeps parked events, too. `SqliteStore` and `PostgresStore` do."""

    def savepoint(self, transaction: Tx) -> AbstractAsyncContextManager[None]:
        """What is written within is undone on an error, and the transaction goes on."""
        ...

    async def park(self, transaction: Tx, parked: ParkedEvent) -> None:
        """Keep an event; one that is kept gets another reason."""
        ...

    async def unpark(self, transaction: Tx, parked: ParkedEvent) -> None:
        """Forget an event that waited."""
        ...

    async def unpark_behind(self, transaction: Tx, position: int) -> None:
        """Forget the events behind a position."""
        ...

    async def parked(self, key: str | None = None, limit: int | None = None) -> list[ParkedEvent]:
        """The events that wait, of one key or of all, in the order of the log."""
        ...


class SqliteStore:
    """Keeps it in SQLite, in the tables `clienteling_consumers`, `clienteling_ranges` and
    `clienteling_parked`.
    """

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        self._name = name
        connection.execute(
            "CREATE TABLE IF NOT EXISTS clienteling_consumers (name text PRIMARY KEY, state text NOT NULL)"
        )
        connection.execute(
            "CREATE TABLE IF NOT EXISTS clienteling_ranges (name text, first integer, last integer NOT NULL, "
            "count integer NOT NULL, hash text NOT NULL, PRIMARY KEY (name, first))"
        )
        connection.execute(
            "CREATE TABLE IF NOT EXISTS clienteling_parked (name text, key text, position integer, "
            "why text NOT NULL, event text NOT NULL, PRIMARY KEY (name, key, position))"
        )
        connection.commit()

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Connection]:
        """A transaction on the connection."""
        with self._connection:
            # Before the first read, so that two processes of one name do not go on from one state.
            self._connection.execute("BEGIN IMMEDIATE")
            yield self._connection

    async def load(self) -> State | None:
        """The state that was saved last."""
        query = "SELECT state FROM clienteling_consumers WHERE name = ?"
        row = self._connection.execute(query, (self._name,)).fetchone()
        return None if row is None else msgspec.json.decode(row[0], type=State)

    async def ranges(self) -> list[EventRange]:
        """The ranges that were handled whole, in order."""
        query = "SELECT first, last, count, hash FROM clienteling_ranges WHERE name = ? ORDER BY first"
        rows = self._connection.execute(query, (self._name,))
        return [EventRange(from_=first, to=last, count=n, hash=hash_) for first, last, n, hash_ in rows]

    async def save(self, transaction: Connection, state: State, ended: Sequence[EventRange] = ()) -> None:
        """Save the state, and ranges that have ended; those behind the state's position are forgotten."""
        transaction.execute(
            "INSERT INTO clienteling_consumers VALUES (?, ?) "
            "ON CONFLICT (name) DO UPDATE SET state = excluded.state",
            (self._name, msgspec.json.encode(state).decode()),
        )
        transaction.executemany(
            "INSERT OR REPLACE INTO clienteling_ranges VALUES (?, ?, ?, ?, ?)",
            [(self._name, one.from_, one.to, one.count, one.hash) for one in ended],
        )
        transaction.execute(
            "DELETE FROM clienteling_ranges WHERE name = ? AND first >= ?", (self._name, state.range.from_)
        )

    @asynccontextmanager
    async def savepoint(self, transaction: Connection) -> AsyncGenerator[None]:
        """What is written within is undone on an error, and the transaction goes on."""
        transaction.execute("SAVEPOINT clienteling")
        try:
            yield
        except BaseException:
            transaction.execute("ROLLBACK TO clienteling")
            raise
        finally:
            transaction.execute("RELEASE clienteling")

    async def park(self, transaction: Connection, parked: ParkedEvent) -> None:
        """Keep an event; one that is kept gets another reason."""
        transaction.execute(
            "INSERT INTO clienteling_parked VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (name, key, position) DO UPDATE SET why = excluded.why",
            (self._name, parked.key, parked.event.position, parked.why, event_text(parked.event)),
        )

    async def unpark(self, transaction: Connection, parked: ParkedEvent) -> None:
        """Forget an event that waited."""
        transaction.execute(
            "DELETE FROM clienteling_parked WHERE name = ? AND key = ? AND position = ?",
            (self._name, parked.key, parked.event.position),
        )

    async def unpark_behind(self, transaction: Connection, position: int) -> None:
        """Forget the events behind a position."""
        transaction.execute(
            "DELETE FROM clienteling_parked WHERE name = ? AND position > ?", (self._name, position)
        )

    async def parked(self, key: str | None = None, limit: int | None = None) -> list[ParkedEvent]:
        """The events that wait, of one key or of all, in the order of the log."""
        rows = self._connection.execute(
            "SELECT key, why, event FROM clienteling_parked "
            "WHERE name = ?1 AND (?2 IS NULL OR key = ?2) ORDER BY position LIMIT coalesce(?3, -1)",
            (self._name, key, limit),
        )
        return [ParkedEvent(key, why, event_in(text)) for key, why, text in rows]


def event_text(event: EventMessage) -> str:
    """An event as JSON, as both kits keep it."""
    return msgspec.json.encode(event).decode()


def event_in(text: str) -> EventMessage:
    """The event that `event_text` gave this for."""
    return msgspec.json.decode(text, type=EventMessage)
