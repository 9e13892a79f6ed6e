"""A customer directory filled by COPY: names under data keys of their own, without the log they come from.

So is what they are found by, but for the first ones, which the server indexes: its pace is measured, too.
"""

import asyncio
import hashlib
import itertools
import os
from collections.abc import Iterable, Iterator
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from msgspec.structs import replace

from infra.event_store.log import EventLog
from infra.ids import seeded_source
from infra.postgres import connect
from infra.projection_store.copying import copy_rows
from infra.projection_store.heartbeats import ensure_catalog
from infra.projection_store.tables import tables_of
from infra.settings import Settings
from infra.vault import MasterKey, prepare_vault
from infra.vault.encryption import KEY_BYTES, SubjectKey
from projections.associate_directory.fold import PROJECTION as ASSOCIATES
from projections.customer_directory.fold import PROJECTION as DIRECTORY
from projections.customer_directory.fold import ContactPoint, CustomerRecord
from services.api.resources.customer_tokens import Tokens
from services.projector.engine import LiveEngine

ROWS_TOGETHER = 5_000
SYLLABLES = ("ba", "der", "fin", "gor", "hal", "jen", "kor", "lin", "mar", "nor", "pel", "ros", "sten", "tor")
GIVEN = ("anna", "ben", "clara", "dora", "emil", "fritz", "gerda", "hedda", "ida", "jonas", "klara", "lena")
#: The most frequent family names of a country are had by one in a hundred.
FAMILY = ["".join(parts).title() for parts in itertools.product(SYLLABLES, repeat=3)]
WEIGHTS = list(itertools.accumulate(1 / (rank + 12) for rank in range(len(FAMILY))))

#: What an entry says that it was made of, by record.
MADE_OF: LiteralString = "SELECT key, md5(made_of || %(made_with)s::text) FROM projections.customer_directory"

Person = tuple[str, str, str, str, str]


def person(number: int) -> Person:
    """Id, name, telephone number, mail address and reference of the customer of this number."""
    chance = seeded_source(number)
    (family,) = chance.choices(FAMILY, cum_weights=WEIGHTS)
    name = f"{chance.choice(GIVEN).title()} {chance.choice(SYLLABLES).title()} {family}"
    key = hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest()
    phone = f"({200 + number // 10_000_000}) {number // 10_000 % 1_000:03}-{number % 10_000:04}"
    return f"cus_{key}", name, phone, f"customer.{number}@mail.example", f"R-{number}"


def prepare(settings: Settings) -> MasterKey:
    """Make the vault, and the empty tables that a look-up reads."""
    url = str(settings.database_url)
    with connect(settings, url, name="benchmark") as connection:
        master_key = prepare_vault(settings, connection)
    ensure_catalog(settings, url)
    EventLog(url, pool_size=1).close()
    asyncio.run(_begin(settings, url))
    return master_key


async def _begin(settings: Settings, url: str) -> None:
    for projection in (DIRECTORY, ASSOCIATES):
        engine = LiveEngine(projection, settings, url)
        await engine.position()
        await engine.close()


def add(connection: psycopg.Connection[Any], master_key: MasterKey, first: int, last: int) -> None:
    """Add the customers with these numbers to the directory."""
    names = tables_of(DIRECTORY, 1)
    for some in _batches(first, last):
        keys = {one[0]: SubjectKey(one[0], os.urandom(KEY_BYTES)) for one in some}
        wrapped = ((subject_id, master_key.wrap(key)) for subject_id, key in keys.items())
        _copy(connection, "vault.keys (subject_id, wrapped_key)", wrapped)
        rows = (_row(_record(one), keys[one[0]]) for one in some)
        copy_rows(connection, names.table, names.columns, rows)


def index(connection: psycopg.Connection[Any], tokens: Tokens, first: int, last: int) -> None:
    """Make the entries of these customers in the blind index, and its index anew behind them."""
    made_of: dict[str, str] = dict(connection.execute(MADE_OF, {"made_with": tokens.made_with}).fetchall())
    connection.execute("DROP INDEX vault.blind_index_tokens")
    for some in _batches(first, last):
        entries = {one[0]: UUID(bytes=os.urandom(16)) for one in some}
        owners = ((subject_id, entry, made_of[subject_id]) for subject_id, entry in entries.items())
        _copy(connection, "vault.blind_index_subjects (subject_id, entry, made_of)", owners)
        found = ((entries[one[0]], tokens.of_record(_record(one))) for one in some)
        _copy(connection, "vault.blind_index_entries (entry, tokens)", found)
    connection.execute("SET maintenance_work_mem = '256MB'")
    connection.execute("CREATE INDEX blind_index_tokens ON vault.blind_index_entries USING gin (tokens)")


def _batches(first: int, last: int) -> Iterator[list[Person]]:
    for begin in range(first, last, ROWS_TOGETHER):
        yield [person(number) for number in range(begin, min(begin + ROWS_TOGETHER, last))]


def _copy(connection: psycopg.Connection[Any], into: LiteralString, rows: Iterable[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {into} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _record(one: Person) -> CustomerRecord:
    customer_id, name, phone, mail, reference = one
    points = [ContactPoint(1, "phone", phone), ContactPoint(2, "email", mail)]
    return CustomerRecord(
        customer_id=customer_id,
        reference=reference,
        name=name,
        address_as=f"Mrs. {name.split()[-1]}",
        contact_points=points,
    )


def _row(record: CustomerRecord, key: SubjectKey) -> tuple[Any, ...]:
    sealed = replace(
        record,
        name=key.encrypt("name", record.name or ""),
        address_as=key.encrypt("address_as", record.address_as or ""),
        contact_points=[
            replace(point, value=key.encrypt("value", point.value)) for point in record.contact_points
        ],
    )
    return (record.customer_id, 1, DIRECTORY.encode(sealed), *DIRECTORY.values(sealed))
