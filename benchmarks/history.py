"""Long histories, quickly: one season played through the handler, then as many further shops like it as are
asked for.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from infra.event_store.log import EventLog
from infra.event_store.session import open_session
from infra.postgres import sync_pool
from infra.projection_store.heartbeats import ensure_catalog
from infra.settings import Settings
from projections.kernel import Projection
from services.demo.season import Season
from services.importing.pipeline.command_batches import write_commands
from services.projector.engine import LiveEngine

LAST_DAY = date(2026, 6, 30)

#: The same events about other people: the first eight digits of every identifier become the number of the
#: shop. What is the company's (the pay calendar, standards, stores' clocks) is there once. With metadata, as
#: a house has that is sold in over HTTP; the time is asked for once, as in a commit.
MULTIPLY = """
    INSERT INTO stored_events (
        originator_id, originator_version, topic, state, customer_id,
        recorded_at, actor, role, correlation_id, causation_id
    )
    SELECT overlay(originator_id PLACING %(shop)s FROM 5 FOR 8), originator_version, topic,
        convert_to(regexp_replace(
            convert_from(state, 'UTF8'), '(cus|sal|ret|act|day|ass|acc|cal|arr)_[0-9a-f]{8}',
            '\\1_' || %(shop)s, 'g'
        ), 'UTF8'),
        overlay(customer_id PLACING %(shop)s FROM 5 FOR 8),
        (SELECT public.log_time()), 'usr:till', 'point_of_sale',
        'cor_' || md5(%(shop)s || notification_id / 2), 'key_' || md5(notification_id / 2 || %(shop)s)
    FROM stored_events
    WHERE notification_id <= %(season)s AND left(originator_id, 3) NOT IN ('cal', 'std', 'sto')
    ORDER BY notification_id
"""
#: How many events that is.
OF_A_SHOP = """
    SELECT count(*) FROM stored_events
    WHERE notification_id <= %s AND left(originator_id, 3) NOT IN ('cal', 'std', 'sto')
"""

#: What is made anew when the other shops are there; meanwhile each row would go into each of them.
INDEXES = """
    SELECT indexname, indexdef FROM pg_indexes
    WHERE schemaname = 'public' AND tablename = 'stored_events' AND indexdef NOT LIKE '%UNIQUE%'
"""

#: The tags of all those events, as the season's own events have them.
TAG = """
    INSERT INTO event_tags (tag, position)
    SELECT 'owner:' || (convert_from(state, 'UTF8')::json ->> 'associate_id'), notification_id
    FROM stored_events WHERE starts_with(topic, 'customer.owner_') ON CONFLICT DO NOTHING
"""


def fill(settings: Settings, events: int, customers: int, say: Callable[[str], None]) -> int:
    """Fill an empty log with at least so many events; how many there are.

    Each shop is a season of so many customers.
    """
    return grow(settings, play(settings, customers), events, say)


def play(settings: Settings, customers: int) -> int:
    """Play the first shop's season into an empty log; how many events it has."""
    url = settings.database_url or ""
    with sync_pool(settings, url, name="benchmark") as pool, open_session(settings, url, pool) as writing:
        season = Season(LAST_DAY, customers=customers).commands()
        write_commands(writing.handler, season, batch_commands_max=1_000)
        return writing.log.last_position()


async def project(settings: Settings, projections: Sequence[Projection[Any]]) -> None:
    """Fold the whole log into the tables of these projections."""
    url = str(settings.database_url)
    await asyncio.to_thread(ensure_catalog, settings, url)
    with EventLog(url, pool_size=1) as log:
        position = log.last_position()
    for projection in projections:
        engine = LiveEngine(projection, settings, url)
        # Also of an empty log there are tables.
        await engine.position()
        await engine.catch_up(position)
        await engine.close()


def grow(settings: Settings, season: int, events: int, say: Callable[[str], None]) -> int:
    """Add shops like the first one, whose season has so many events, until there are at least `events`; how
    many there are.
    """
    with psycopg.connect(settings.database_url or "", autocommit=True) as connection:
        ((of_a_shop,),) = connection.execute(OF_A_SHOP, (season,)).fetchall()
        there = 1 + (_last_position(connection) - season) // of_a_shop
        indexes = connection.execute(INDEXES).fetchall()
        for name, _ in indexes:
            connection.execute(SQL("DROP INDEX {}").format(Identifier(name)))
        for shop in range(there, 1 - (season - events) // of_a_shop):
            connection.execute(MULTIPLY, {"shop": f"{shop:08x}", "season": season})
            if shop % 10 == 0:
                say(f"history: {shop * of_a_shop:,} events")
        for _, definition in indexes:
            connection.execute(definition)
        connection.execute(TAG)
        # As any log is after a while: the first reader finds no pages that it has to write back, and the
        # server is not busy with them.
        connection.execute("VACUUM (ANALYZE) stored_events")
        connection.execute("CHECKPOINT")
        return _last_position(connection)


def _last_position(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT max(notification_id) FROM stored_events").fetchone()
    return int(row[0]) if row else 0
