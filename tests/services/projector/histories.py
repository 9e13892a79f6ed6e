"""A log for schedules with the stream that a relay makes of it, junk and forgeries among it, and the tables
it must end in.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final, cast

import msgspec
import psycopg

from domain.commission_account.events import (
    ClawedBackLine,
    CommissionClawedBack,
    CommissionEarned,
    EarnedLine,
)
from domain.ids import derived_id
from infra.event_store.epoch import Epoch, epochs_of
from infra.event_store.log import LoggedEvent
from infra.event_store.mapper import Record
from infra.messaging.client import StreamClient
from infra.messaging.frames import FrameWriter
from infra.messaging.pulls import Delivered
from infra.postgres import connect, connect_async
from infra.projection_store.bulk import drop_generation, generations_of
from infra.projection_store.catalog import ensure_active
from infra.projection_store.tables import SCHEMA, tables_of
from infra.settings import Settings
from projections.clientele_book.fold import PROJECTION as CLIENTELE_BOOK
from projections.commission_ledger.fold import PROJECTION as LEDGER
from projections.kernel import Projection
from services.projector.decoding import topics_of
from tests.services.projector.builders import NOON, NOTEBOOK, POISON, append, note, prepared, wish

EVENTS: Final = 48
PROJECTIONS: Final = {projection.name: projection for projection in (NOTEBOOK, LEDGER, CLIENTELE_BOOK)}
_FRAME = re.compile(rb"HPUB \S+ (?:\S+ )?(\d+) (\d+)\r\n")


def records(*, poisoned: bool) -> list[Record]:
    """Notes, wishes and money in turns, so that for each projection there are batches that concern nothing of
    it.
    """
    found: list[Record] = []
    versions: dict[str, int] = {}

    def version_of(name: str) -> int:
        version = versions[name] = versions.get(name, 0) + 1
        return version

    for n in range(EVENTS):
        number = n * n % 3
        if n % 4 == 1 or n % 12 in (6, 7):
            found.append(_money(n, number, version_of(f"account {number}")))
        elif n % 4 == 2:
            found.append(wish(number, version_of(f"customer {number}")))
        else:
            text = POISON if poisoned and n in {12, 23} else None
            found.append(note(number, version_of(f"customer {number}"), text))
    return found


def _money(n: int, number: int, version: int) -> Record:
    associate_id, sale_id = derived_id("ass", str(number)), derived_id("sal", str(n))
    event: CommissionEarned | CommissionClawedBack
    if n % 5 == 3:
        line = ClawedBackLine(1, 1, 100, n)
        event = CommissionClawedBack(
            occurred_at=NOON, associate_id=associate_id, currency="USD", sales_minor=100, amount_minor=n,
            return_id=derived_id("ret", str(n)), sale_id=sale_id, lines=(line,),
        )  # fmt: skip
    else:
        event = CommissionEarned(
            occurred_at=NOON, associate_id=associate_id, currency="USD", sales_minor=1_000,
            amount_minor=100 + n,
            sale_id=sale_id, lines=(EarnedLine(1, (), 100 + n),),
        )  # fmt: skip
    return Record(event.stream_id, version, event)


class History:
    """A database with a log and one stream of it; its tables can be made empty again and again."""

    def __init__(self, settings: Settings, *, poisoned: bool) -> None:
        self.settings = settings
        self.url = prepared(settings)
        self.events = append(self.url, records(poisoned=poisoned))
        self.end = self.events[-1].position
        self.poisoned_keys = {one.customer_id for one in self.events if POISON.encode() in one.state}
        self.connection = connect(settings, self.url, name="test")
        self.epoch: Epoch = asyncio.run(self._begin())
        self.messages = _stream(self.events, self.epoch)

    async def _begin(self) -> Epoch:
        async with await self.connect() as connection:
            for projection in PROJECTIONS.values():
                await ensure_active(connection, projection)
            return (await epochs_of(connection))[-1]

    async def connect(self) -> psycopg.AsyncConnection[Any]:
        return await connect_async(self.settings, self.url, name="test")

    def delivered(self, start: int, size: int) -> list[Delivered]:
        """Messages as a pull gives them out."""
        nobody = cast(StreamClient, None)
        return [
            Delivered(nobody, b"", b"", data, headers, sequence)
            for sequence, headers, data in self.messages[start : start + size]
        ]

    def key_at(self, projection: Projection[Any], place: int) -> str | None:
        """The key of a projection that an event concerns."""
        event = self.events[place % len(self.events)]
        return (
            projection.key_of(event.stream_id, event.customer_id)
            if event.topic in topics_of(projection)
            else None
        )

    def empty(self, projection: Projection[Any]) -> None:
        """The serving tables as they were at the beginning, and their checkpoint with its first revision."""
        with self.connection.transaction():
            row = self.connection.execute(
                "UPDATE projections.generations SET position = 0, revision = 0 WHERE name = %s AND status = "
                "'active' "
                "RETURNING generation",
                (projection.name,),
            ).fetchone()
            names = tables_of(projection, row[0] if row else 1)
            for table in filter(None, (names.table, names.journal)):
                self.connection.execute(f"DELETE FROM {SCHEMA}.{table}".encode())
            self.connection.execute(
                "DELETE FROM projections.parked WHERE projection = %s", (projection.name,)
            )

    def paused(self, projection: Projection[Any]) -> bool:
        """Whether projecting is paused."""
        return (True,) in self.connection.execute(
            "SELECT paused FROM projections.switches WHERE name = %s", (projection.name,)
        ).fetchall()

    def cut_off(self, reader: str) -> None:
        """End every connection of that name."""
        self.connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE application_name = %s AND datname = current_database()",
            (f"clienteling {reader}",),
        )

    def begin_anew(self, projection: Projection[Any]) -> None:
        """Nothing is folded, and nothing is left of what happened before."""
        self.connection.execute("UPDATE projections.switches SET paused = false")
        self.empty(projection)
        for generation, status in generations_of(self.connection, projection.name):
            if status != "active":
                drop_generation(self.connection, projection, generation)

    def checkpoint(self, projection: Projection[Any]) -> int:
        """Where the serving generation stands."""
        row = self.connection.execute(
            "SELECT position FROM projections.generations WHERE name = %s AND status = 'active'",
            (projection.name,),
        ).fetchone()
        return -1 if row is None else row[0]

    def tables(self, projection: Projection[Any]) -> dict[str, list[tuple[Any, ...]]]:
        """What readers see, and what waits in the generation they see."""
        names = tables_of(projection, 1)
        columns = ", ".join(("key", "position", "state::text", *(f"{c}::text" for c in projection.columns)))
        found = {"rows": self._rows(f"SELECT {columns} FROM {SCHEMA}.{names.view} ORDER BY key")}
        if names.journal_view is not None:
            written = ", ".join(f"{column}::text" for column in names.journal_columns)
            found["journal"] = self._rows(
                f"SELECT {written} FROM {SCHEMA}.{names.journal_view} ORDER BY key, position, n"
            )
        found["parked"] = self._rows(
            "SELECT key, p.position, topic, reason FROM projections.parked p JOIN projections.generations g "
            "ON g.name = p.projection AND g.generation = p.generation AND g.status = 'active' "
            f"WHERE name = '{projection.name}' ORDER BY 1, 2"
        )
        return found

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query.encode()).fetchall()

    def money_of_events(self) -> dict[str, int]:
        """What each associate has coming, added up from the stored bytes."""
        signs = {"commission_account.earned.v1": 1, "commission_account.clawed_back.v1": -1}
        money: dict[str, int] = {}
        for event in self.events:
            if event.topic in signs:
                told = msgspec.json.decode(event.state)
                key = told["associate_id"]
                money[key] = money.get(key, 0) + signs[event.topic] * told["amount_minor"]
        return money

    def money_of_readers(self) -> dict[str, int]:
        """What the ledger says each associate has coming: by its rows, and the same by its journal."""
        rows = dict(
            self.connection.execute(
                "SELECT associate_id, balance_minor FROM projections.commission_ledger"
            ).fetchall()
        )
        journal = dict(
            self.connection.execute(
                "SELECT l.associate_id, sum((CASE p.target WHEN 'associate' THEN 1 ELSE -1 END) * "
                "(line->>1)::bigint)::bigint "
                "FROM projections.commission_ledger_postings p JOIN projections.commission_ledger l USING "
                "(key), "
                "json_array_elements(p.lines) AS line GROUP BY 1"
            ).fetchall()
        )
        assert rows == journal
        return rows


def _stream(events: Sequence[LoggedEvent], epoch: Epoch) -> list[tuple[int, bytes, bytes]]:
    """The messages of a stream: the relay's, and after each few of them one that anybody could have put
    there.
    """
    guessed = replace(epoch, stamp_key=b"guessed")
    another = replace(epoch, epoch="0123456789abcdef", stamp_key=b"of another log")
    ours, forger, stranger = (
        FrameWriter([one], "/clienteling", message_bytes_max=1_000_000) for one in (epoch, guessed, another)
    )
    found: list[tuple[int, bytes, bytes]] = []

    def put(writer: FrameWriter, some: Sequence[LoggedEvent]) -> None:
        found.extend(_messages(writer, some, len(found)))

    for start in range(0, len(events), 4):
        some = events[start : start + 4]
        put(ours, some)
        last, kind = some[-1], start // 4 % 5
        if kind == 0:
            found.append((len(found) + 1, b"", b'{"evil":1}'))
        elif kind == 1:
            # Says that it is next in the log, and holds another's content.
            forged = msgspec.structs.replace(
                events[0], position=last.position + 1, previous_position=last.position
            )
            put(forger, [forged])
        elif kind == 2:
            # Would have everything behind it taken for known.
            put(forger, [msgspec.structs.replace(last, position=10**15, previous_position=last.position)])
        elif kind == 3:
            put(stranger, some[:1])
        else:
            _, headers, data = found[-1]
            found.append((len(found) + 1, headers, data))
    return found


def _messages(
    writer: FrameWriter, events: Sequence[LoggedEvent], last_sequence: int
) -> list[tuple[int, bytes, bytes]]:
    """What the server stores of a batch: the headers and the content of each frame."""
    frames = writer.frames(events, batch_id=b"b", last_sequence=last_sequence, reply=b"r")
    found: list[tuple[int, bytes, bytes]] = []
    at = 0
    for sequence in range(last_sequence + 1, last_sequence + len(events) + 1):
        frame = _FRAME.match(frames, at)
        assert frame is not None
        headers_at, headers, size = frame.end(), int(frame[1]), int(frame[2])
        found.append(
            (
                sequence,
                frames[headers_at : headers_at + headers],
                frames[headers_at + headers : headers_at + size],
            )
        )
        at = headers_at + size + 2
    return found
