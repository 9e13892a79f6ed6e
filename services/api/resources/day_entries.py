"""Reading what lists say today, and keeping what is missing of it: folded beside, and only the customers that
something has changed about.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from domain.ids import store_stream_id_of
from infra.postgres.failures import is_missing_table
from infra.vault import KEYS_JSON
from projections.associate_directory.fold import PROJECTION as DIRECTORY
from projections.associate_directory.queries import WORKING_AMONG, WORKPLACE
from projections.clientele_book.fold import PROJECTION as BOOK
from projections.clientele_book.page import CustomerPage
from projections.clientele_book.queries import promisers
from projections.loyalty_score.fold import PROJECTION as LOYALTY
from projections.loyalty_score.parameters import in_force
from projections.loyalty_score.queries import CUSTOMERS_ROWS, states_by_customer
from services.api.listed import Listed
from services.api.reading_state import ReadingState
from services.api.resources.associates import require_associate
from services.api.resources.score_parameters import versions_now
from services.api.resources.time_zones import zone_of
from services.api.state import AppState
from services.read_models.day_entries import Day, document_of, entries_of
from services.read_models.day_entry_statements import (
    CONTEXT,
    FORGET,
    KEEP,
    KEEP_CONTEXT,
    RECORDS,
    SOURCES,
    book_by_score,
    book_by_score_after,
    calls_of_today,
    parameters_of_day,
    revision,
)

REVISION = revision(KEYS_JSON)
CALLS_OF_TODAY = calls_of_today(KEYS_JSON)
BOOKS_BY_SCORE = {
    (role, descending): book_by_score(role, KEYS_JSON, descending=descending)
    for role in ("primary", "secondary", "any")
    for descending in (True, False)
}
BOOKS_BY_SCORE_AFTER = {
    (role, descending): book_by_score_after(role, KEYS_JSON, descending=descending)
    for role in ("primary", "secondary", "any")
    for descending in (True, False)
}
#: So often entries are kept for a request. Then somebody's rows move faster than they can be folded, or a
#: projection stands still.
KEEPING_MAX = 2
#: Lists that are remembered, some kilobytes each.
LISTED_MAX = 500


async def read_today(
    app: AppState, associate_id: str, query: str, parameters: dict[str, Any]
) -> tuple[Listed, str | None] | None:
    """What a query on entries lists, and the data keys of those whose texts it shows.

    None when entries are still missing: then the list has to be folded. Raises a 404 problem for nobody.
    """
    name = (associate_id, query, *parameters.values())
    now = app.clock.now()
    listed = app.listed.get(name)
    if listed is not None and listed.since <= now < listed.until:
        asked = {"sources": list(SOURCES), "store_stream": listed.store_stream, "subjects": listed.subjects}
        now_at, keys = await app.tables.fetch_list(REVISION, asked)
        if now_at == listed.revision:
            return listed, keys
    for turn in range(KEEPING_MAX + 1):
        now = app.clock.now()
        try:
            given = {**parameters_of_day(associate_id, now), **parameters}
            row = await app.tables.fetch_list(query, given)
        except Exception as error:
            if is_missing_table(error):
                # Nobody has migrated the catalog yet.
                return None
            raise
        *answer, keys, stream, held, until, subjects, time_zone, missing, candidates, position = row
        if not missing and time_zone is not None:
            if candidates == 0:
                await require_associate(app, associate_id)
            until = until or now
            listed = Listed(tuple(answer), time_zone, position, now, until, stream, held, subjects)
            if len(app.listed) >= LISTED_MAX:
                app.listed.clear()
            app.listed[name] = listed
            return listed, keys
        if turn < KEEPING_MAX:
            await _keep(app, associate_id, missing)
    return None


async def _keep(app: AppState, associate_id: str, customer_ids: Sequence[str]) -> None:
    """Keep entries; several readers of one book wait for the same."""
    keeping = app.keeping.get(associate_id)
    if keeping is None:
        work = app.beside.run(keep_entries, app, associate_id, customer_ids)
        keeping = app.keeping[associate_id] = asyncio.ensure_future(work)
        keeping.add_done_callback(lambda _: app.keeping.pop(associate_id, None))
    await asyncio.shield(keeping)


async def keep_entries(app: ReadingState, associate_id: str, customer_ids: Sequence[str]) -> None:
    """Fold the entries of these customers; their rows are read after the context that they are kept with."""
    now = app.clock.now()
    found = await app.tables.read(DIRECTORY.name, WORKPLACE, {"associate_id": associate_id})
    streams = [store_stream_id_of(store_id) for store_id, _ in found.rows if store_id is not None]
    kept: dict[str, Any] = {
        **parameters_of_day(associate_id, now), "store_stream": streams[0] if streams else None
    }  # fmt: skip
    (((kept["context"],),),) = await app.tables.fetch((CONTEXT, kept))
    zone, _ = await zone_of(app, associate_id, None, None)
    versions, _ = await versions_now(app, None)
    asked = {"customer_ids": list(customer_ids)}
    read = await app.tables.read(BOOK.name, RECORDS, asked)
    records: list[tuple[int, CustomerPage]] = [
        (position, BOOK.decode(state)) for _, position, state in read.rows
    ]
    named = promisers((page for _, page in records), associate_id)
    working = await app.tables.read(DIRECTORY.name, WORKING_AMONG, {"associate_ids": named})
    scored = await app.tables.read(LOYALTY.name, CUSTOMERS_ROWS, asked)
    day = Day(
        associate_id=associate_id,
        zone=zone,
        now=now,
        parameters=[in_force(one.version, one.since, one.parameters) for one in versions],
        keepers=frozenset(key for (key,) in working.rows),
    )
    states = states_by_customer(LOYALTY.decode(state) for _, _, state in scored.rows)
    # A score that has not heard of a customer's last event would be kept as if it had.
    entries = [entry for entry in entries_of(records, states, day) if entry.signature <= scored.position]
    kept |= {"time_zone": zone.key, "since": now, "entries": document_of(entries)}
    # Another process may keep the same entries: the later one's stay.
    async with app.entries.connection() as connection, connection.transaction():
        for statement in (KEEP_CONTEXT, FORGET, KEEP):
            await connection.execute(statement, kept)
