"""A small projection with every kind of column, and what its tables must hold after a log."""

import asyncio
import dataclasses
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import psycopg

from domain.customer.events import NoteAdded, WishRecorded
from infra.embedded import Servers
from infra.event_store.log import EventLog, LoggedEvent
from infra.event_store.mapper import Record
from infra.projection_store.heartbeats import ensure_catalog
from infra.settings import Settings
from projections.kernel import Journal, Projection
from services.projector.projector import Projector
from tests.services.relay.builders import NOON, customer

#: The fold cannot take in a note with such a text, until it is mended.
POISON = "poison"
#: A text that the fold takes, but PostgreSQL does not.
NUL = "a\x00b"
#: A text whose state can be folded but not shown.
UNSHOWABLE = "unshowable"


class Notebook(msgspec.Struct):
    customer_id: str
    texts: list[str] = []
    at: list[int] = []
    mended: bool = False


def fold(book: Notebook, event: NoteAdded, position: int) -> list[tuple[Any, ...]]:
    # Spoils the state first, as a fold may.
    book.at.append(position)
    book.texts.append(event.text)
    if event.text.startswith(POISON):
        raise ValueError(f"cannot digest {event.text}")
    return [(event.text, event.note_id), ("again", None)] if event.note_id % 3 else []


def mended_fold(book: Notebook, event: NoteAdded, position: int) -> list[tuple[Any, ...]]:
    book.at.append(position)
    book.texts.append(event.text)
    return [(event.text, event.note_id), ("again", None)] if event.note_id % 3 else []


def values(book: Notebook) -> tuple[Any, ...]:
    if UNSHOWABLE in book.texts:
        raise LookupError("no words for it")
    last = book.texts[-1] if book.texts else None
    document = msgspec.json.encode({"texts": len(book.texts)}).decode()
    return (
        len(book.texts),
        last,
        book.texts or None,
        NOON if book.texts else None,
        NOON.date(),
        True,
        document,
    )


DDL = """
CREATE TABLE {table} (
    key text PRIMARY KEY, position bigint NOT NULL, state json NOT NULL,
    notes integer NOT NULL, latest text, texts text[], noted_at timestamptz, noted_on date, known boolean,
    document json
);
CREATE INDEX {name}_notes ON {table} (notes DESC, key);
CREATE TABLE {table}_lines (
    key text NOT NULL, position bigint NOT NULL, n integer NOT NULL, line text NOT NULL, note_id integer,
    PRIMARY KEY (key, position, n)
);
"""

NOTEBOOK: Projection[Notebook] = Projection(
    name="notebook",
    keyed_by="customer",
    consumes=(NoteAdded,),
    state_type=Notebook,
    empty=lambda key: Notebook(key, [], []),
    fold=fold,
    columns=("notes", "latest", "texts", "noted_at", "noted_on", "known", "document"),
    values=values,
    ddl=DDL,
    journal=Journal("lines", ("line", "note_id")),
)
MENDED = dataclasses.replace(NOTEBOOK, fold=mended_fold)


def note(number: int, version: int, text: str | None = None) -> Record:
    event = NoteAdded(
        occurred_at=NOON, customer_id=customer(number), note_id=version, text=text or f'note "{version}" \\ é'
    )
    return Record(customer(number), version, event)


def wish(number: int, version: int) -> Record:
    """A fact that the notebook does not fold."""
    return Record(
        customer(number),
        version,
        WishRecorded(occurred_at=NOON, customer_id=customer(number), wish_id=version),
    )


def prepared(settings: Settings) -> str:
    """The database with an empty log and the catalog."""
    url = str(settings.database_url)
    EventLog(url, pool_size=1).close()
    ensure_catalog(settings, url)
    return url


def append(url: str, records: Sequence[Record]) -> list[LoggedEvent]:
    """Write facts, one commit each two, and give the whole log as it stands then."""
    with EventLog(url, pool_size=1) as log:
        for start in range(0, len(records), 2):
            log.append(list(records[start : start + 2]))
        return log.read(0, 1_000_000)


def tables(url: str, projection: Projection[Any] = NOTEBOOK) -> dict[str, list[tuple[Any, ...]]]:
    """What readers see of a projection: every row and every journal row, states as their exact text."""
    with psycopg.connect(url) as connection:
        columns = ", ".join(("key", "position", "state::text", *(f"{c}::text" for c in projection.columns)))
        found = {
            "rows": connection.execute(
                f"SELECT {columns} FROM projections.{projection.name} ORDER BY key".encode()
            ).fetchall()
        }
        if projection.journal is not None:
            found["journal"] = connection.execute(
                f"SELECT * FROM projections.{projection.name}_{projection.journal.suffix} "
                "ORDER BY key, position, n".encode()
            ).fetchall()
        found["parked"] = connection.execute(
            "SELECT key, position, topic, stream_id, reason FROM projections.parked ORDER BY key, position"
        ).fetchall()
    return found


def checkpoint(url: str, name: str = "notebook") -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT position FROM projections.checkpoints WHERE projection = %s AND serving", (name,)
        ).fetchone()
    return -1 if row is None else row[0]


@asynccontextmanager
async def projector_at_work(
    settings: Settings, *projections: Projection[Any], nats_url: str | None = None
) -> AsyncGenerator[Projector]:
    """A projector in this process."""
    servers = Servers(str(settings.database_url), nats_url or str(settings.nats_url))
    projector = Projector(settings, servers, projections or (NOTEBOOK,))
    stop = asyncio.Event()
    task = asyncio.create_task(projector.run(stop))
    try:
        yield projector
    finally:
        stop.set()
        await asyncio.wait_for(task, 30)
