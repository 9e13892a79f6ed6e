"""Rows of the past beside the rows that stood in the tables then, on a season of the simulated shop."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import msgspec
import psycopg
import pytest

from infra.clock import SYSTEM_CLOCK
from infra.event_store.handler import CommandHandler
from infra.event_store.log import EventLog
from infra.postgres import sync_pool
from infra.projection_store.heartbeats import ensure_catalog
from infra.settings import Settings
from infra.vault import Vault, prepare_vault
from projections.as_of import Cutoff
from projections.clientele_book.fold import PROJECTION as BOOK
from projections.clientele_book.queries import BOOK_PAGES, CUSTOMER_PAGES, book_of
from projections.commission_ledger.fold import PROJECTION as LEDGER
from projections.commission_ledger.queries import (
    ACCOUNT,
    STATEMENTS,
    entries_in_period,
    entries_of,
    ledger_parameters,
)
from projections.commission_ledger.queries import (
    LEDGER as ENTRIES,
)
from projections.loyalty_score.fold import PROJECTION as LOYALTY
from projections.loyalty_score.queries import CUSTOMER_ROWS, states_by_customer
from projections.registry import ALL
from services.demo.season import Season
from services.importing.pipeline.command_batches import write_commands
from services.projector.engine import LiveEngine
from services.read_models.rows_as_of import book_records, customer_records, ledger_as_of, loyalty_rows

STOPS = 4
encode = msgspec.json.Encoder(order="deterministic").encode


@dataclass
class Stood:
    """What readers read while the log ended at a position."""

    position: int
    books: dict[str, bytes] = field(default_factory=dict[str, bytes])
    accounts: dict[str, Any] = field(default_factory=dict[str, Any])
    customers: dict[str, Any] = field(default_factory=dict[str, Any])


@pytest.fixture
def stood(settings: Settings) -> Iterator[tuple[EventLog, list[Stood]]]:
    """The log of a season, and what the tables held at some of its positions."""
    url = settings.database_url or ""
    with EventLog(url) as log, sync_pool(settings, url, name="test") as pool:
        with pool.connection() as connection:
            vault = Vault(pool, prepare_vault(settings, connection))
        ensure_catalog(settings, url)
        handler = CommandHandler(log, vault, SYSTEM_CLOCK)
        commands = list(Season(date(2026, 6, 30), customers=20, days=40).commands())
        found: list[Stood] = []
        for stop in range(STOPS):
            part = commands[stop * len(commands) // STOPS : (stop + 1) * len(commands) // STOPS]
            write_commands(handler, iter(part), batch_commands_max=500, on_batch=lambda _e, _k: None)
            asyncio.run(live(settings, url, log.last_position()))
            with psycopg.connect(url, options="-c TimeZone=UTC") as connection:
                found.append(as_it_stands(connection, log.last_position()))
        yield log, found


async def live(settings: Settings, url: str, position: int) -> None:
    for projection in ALL:
        engine = LiveEngine(projection, settings, url)
        await engine.catch_up(position)
        await engine.close()


def as_it_stands(connection: psycopg.Connection[Any], position: int) -> Stood:
    now = Stood(position)

    def rows(query: str, **parameters: Any) -> list[tuple[Any, ...]]:
        return connection.execute(query.encode(), parameters).fetchall()

    for (associate,) in rows("SELECT key FROM projections.associate_directory ORDER BY key"):
        pages = [BOOK.decode(state) for _, _, state in rows(BOOK_PAGES, associate_id=associate)]
        now.books[associate] = encode(
            {role: by_id(book_of(pages, associate, role)) for role in ("primary", "secondary", "any")}
        )
        parameters = ledger_parameters(associate, limit=10**6)
        account = rows(ACCOUNT, **parameters)
        now.accounts[associate] = (
            account[0][2] if account else None,
            {
                period: list(entries_of(rows(ENTRIES, **{**parameters, "period_id": period})))
                for period in (None, "P01", "P02", "P03")
            },
            [document for (document,) in rows(STATEMENTS, **parameters, before=2**62, offset=0)][::-1],
        )
    for (customer,) in rows("SELECT key FROM projections.clientele_book ORDER BY key"):
        now.customers[customer] = (
            sorted(state for _, _, state in rows(CUSTOMER_PAGES, customer_id=customer)),
            states_by_customer(
                LOYALTY.decode(state) for _, _, state in rows(CUSTOMER_ROWS, customer_id=customer)
            ),
        )
    return now


def by_id(pages: list[Any]) -> list[Any]:
    return sorted(pages, key=lambda page: page.customer_id)


def test_every_past_is_what_the_tables_held_byte_for_byte(stood: tuple[EventLog, list[Stood]]) -> None:
    log, moments = stood
    assert len({moment.position for moment in moments}) == STOPS
    assert any(statements for _, _, statements in moments[-1].accounts.values())
    for moment in moments:
        past = Cutoff(moment.position)
        for associate, book in moment.books.items():
            pages = book_records(log, associate, past)
            assert book == encode(
                {role: by_id(book_of(pages, associate, role)) for role in ("primary", "secondary", "any")}
            )
        for associate, (state, entries, statements) in moment.accounts.items():
            then = ledger_as_of(log, associate, past)
            assert state == (None if then.account is None else LEDGER.encode(then.account).decode())
            assert then.documents == statements
            for period, expected in entries.items():
                found = then.entries
                if period is not None:
                    found = entries_in_period(found, then.statements, period)
                assert found == expected
        for customer, (pages, known) in moment.customers.items():
            records = customer_records(log, customer, past)
            assert sorted(BOOK.encode(page).decode() for page in records) == pages
            assert states_by_customer(loyalty_rows(log, records, past)) == known
