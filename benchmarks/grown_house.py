"""Houses of several sizes with everything that years leave behind: the log with its metadata and idempotency
keys, all tables, and the stream.

Each is the same season and as many further shops like it as are asked for: the house grows, not the histories
of its customers and accounts.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.history import grow, play
from benchmarks.relay import relayed
from benchmarks.sales import people_of_a_new_house
from benchmarks.sandbox import Sandbox
from benchmarks.sizes import Sizes
from infra.postgres import connect
from infra.projection_store.heartbeats import ensure_catalog
from infra.settings import Settings
from projections.registry import ALL
from services.rebuild.rebuild import rebuild

#: The keys of the other shops' commands, as random as those of any client.
MULTIPLY_KEYS = """
    INSERT INTO idempotency_keys (idempotency_key, digest, answer)
    SELECT 'key_' || md5(idempotency_key || ' of ' || shop), digest, answer
    FROM idempotency_keys, generate_series(1, %s) AS shop
"""
#: What is encrypted in the other shops is of the first one's customers: theirs have been forgotten.
FORGET = """
    INSERT INTO vault.keys (subject_id, destroyed_at)
    SELECT overlay(subject_id PLACING lpad(to_hex(shop), 8, '0') FROM 5 FOR 8), clock_timestamp()
    FROM vault.keys, generate_series(1, %s) AS shop
"""
ONE_OF_THE_FIRST_SHOP = """
    SELECT primary_owner, min(key) FROM projections.clientele_book
    WHERE NOT related AND NOT forgotten AND key IN (
        SELECT originator_id FROM stored_events WHERE notification_id <= %s AND originator_version = 1)
    GROUP BY primary_owner HAVING primary_owner IS NOT NULL ORDER BY count(*) DESC, 1 LIMIT 1
"""
BYTES = """
    SELECT pg_relation_size('stored_events') + pg_relation_size('stored_events', 'vm')
        + pg_relation_size('stored_events', 'fsm'),
        pg_table_size('stored_events') - pg_relation_size('stored_events'),
        pg_indexes_size('stored_events'),
        pg_total_relation_size('idempotency_keys'), (SELECT count(*) FROM idempotency_keys),
        (SELECT sum(pg_total_relation_size(oid)) FROM pg_class
         WHERE relnamespace = 'projections'::regnamespace AND relkind = 'r')
"""


@dataclass(frozen=True, kw_only=True)
class House:
    """A house of so many events: `settings` name its database and NATS server.

    `people` sell and buy in the benchmark; `associate` leads the largest book of the first shop's, and
    `customer` is in it.
    """

    events: int
    settings: Settings
    people: dict[str, list[str]]
    associate: str
    customer: str


@dataclass(frozen=True, kw_only=True)
class Bytes:
    """What a house takes on disk for each of its events, and for each idempotency key."""

    rows: float
    toast: float
    indexes: float
    keys: float
    tables: float
    stream: float
    one_key: float

    @property
    def event(self) -> float:
        """All of it, for one event."""
        return self.rows + self.toast + self.indexes + self.keys + self.tables + self.stream


def grown_house(sandbox: Sandbox, events: int, sizes: Sizes, say: Callable[[str], None]) -> House:
    """Make a house of at least so many events, all of them in its tables and on its stream."""
    settings = sandbox.settings(sandbox.database(), sandbox.nats())
    url = str(settings.database_url)
    people = people_of_a_new_house(settings, sizes)
    season = play(settings, sizes.season_customers)
    ensure_catalog(settings, url)
    end = grow(settings, season, events, say)
    with connect(settings, url, name="benchmark", limit_statements=False) as connection:
        for statement in (MULTIPLY_KEYS, FORGET):
            connection.execute(statement, (-(-end // season) - 1,))
    say(f"a house of {end:,} events, {-(-end // season)} shops: tables")
    rebuild(settings, url, ALL, lambda *_: None, lambda _: None)
    say(f"a house of {end:,} events: stream")
    asyncio.run(relayed(settings, url, end))
    with connect(settings, url, name="benchmark", limit_statements=False) as connection:
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")
        ((associate, customer),) = connection.execute(ONE_OF_THE_FIRST_SHOP, (season,)).fetchall()
    return House(events=end, settings=settings, people=people, associate=associate, customer=customer)


def bytes_of(house: House, stream_bytes: int) -> Bytes:
    """What the house takes, right after it was made."""
    url = str(house.settings.database_url)
    with connect(house.settings, url, name="benchmark", limit_statements=False) as connection:
        ((rows, toast, indexes, keys, count, tables),) = connection.execute(BYTES).fetchall()
    return Bytes(
        rows=rows / house.events,
        toast=toast / house.events,
        indexes=indexes / house.events,
        keys=keys / house.events,
        tables=float(tables) / house.events,
        stream=stream_bytes / house.events,
        one_key=keys / count,
    )
