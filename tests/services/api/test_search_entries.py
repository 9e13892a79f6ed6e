"""What is kept to find customers by agrees with their texts and goes with their data keys."""

from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import psycopg
import pytest
import pytest_asyncio

from services.api.http.application import Api
from services.api.resources import book_search
from services.api.resources.customer_search import Grams
from services.read_models.search_statements import BITS
from tests.services.api.conftest import Project
from tests.services.api.searching import House, buys, is_shared, leaves
from tests.services.api.sending import read

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def house(client: httpx.AsyncClient, project: Project, api: Api) -> House:
    return await House(client, project, api).open()


@pytest.fixture
def connection(api_settings: Any) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(api_settings.database_url, autocommit=True) as connected:
        yield connected


Kept = dict[tuple[str, str], tuple[int, str, str]]


def entries(connection: psycopg.Connection[Any]) -> Kept:
    """By associate and record: position, bits, and which transaction wrote them."""
    rows = connection.execute(
        "SELECT associate_id, subject_id, position, grams::text, xmin::text FROM vault.search_entries"
    )
    return {(who, record): (position, grams, written) for who, record, position, grams, written in rows}


async def test_only_what_has_changed_is_read_anew(house: House, connection: psycopg.Connection[Any]) -> None:
    await house.agrees()
    before = entries(connection)
    await buys(house)
    await house.project()
    await house.agrees()
    after = entries(connection)
    assert [record for (who, record), one in after.items() if before.get((who, record)) != one] == [
        house.customers[2]
    ]


async def test_what_is_kept_is_what_the_texts_say(house: House, connection: psycopg.Connection[Any]) -> None:
    await house.agrees()
    grams = Grams(house.api.app.keys.search_key(house.anna))
    kept = {record: one[1] for (who, record), one in entries(connection).items() if who == house.anna}
    assert kept == {record: grams.of_terms(known) for record, known in house.known.items()}


async def test_what_is_lost_or_old_is_made_anew(house: House, connection: psycopg.Connection[Any]) -> None:
    nothing = "0" * BITS
    for spoils in (
        "TRUNCATE vault.search_entries",
        f"UPDATE vault.search_entries SET position = position - 1, grams = '{nothing}'",
        f"UPDATE vault.search_entries SET context = context || 'x', grams = '{nothing}'",
        "DELETE FROM vault.search_entries WHERE position < (SELECT max(position) FROM vault.search_entries)",
    ):
        await house.agrees()
        connection.execute(spoils.encode())
        await house.agrees()


async def test_a_poisoned_entry_shows_nobody_who_does_not_match(
    house: House, connection: psycopg.Connection[Any]
) -> None:
    await leaves(house)
    await house.project()
    await house.agrees()
    everything = "1" * BITS
    connection.execute(f"UPDATE vault.search_entries SET grams = '{everything}'".encode())
    connection.execute(
        b"INSERT INTO vault.search_entries SELECT %s, subject_id, position, context, grams "
        b"FROM vault.search_entries WHERE associate_id = %s ON CONFLICT DO NOTHING",
        (house.ben, house.anna),
    )
    connection.execute(
        b"INSERT INTO vault.search_entries SELECT %s, subject_id, position, context, grams "
        b"FROM vault.search_entries WHERE associate_id = %s ON CONFLICT DO NOTHING",
        (house.anna, house.ben),
    )
    await house.agrees()


async def test_two_books_cannot_be_compared_by_what_is_kept(
    house: House, connection: psycopg.Connection[Any]
) -> None:
    await is_shared(house)
    await house.project()
    await house.agrees()
    kept = entries(connection)
    hers, theirs = (int(kept[who, house.customers[1]][1], 2) for who in (house.anna, house.ben))
    assert hers.bit_count() > 50
    # As many in common as any two have.
    assert (hers & theirs).bit_count() < hers.bit_count() / 3


async def test_a_forgotten_customers_entries_go_with_their_data_key(
    house: House, connection: psycopg.Connection[Any]
) -> None:
    await is_shared(house)
    await house.project()
    await house.agrees()
    customer = house.customers[1]
    assert {who for who, record in entries(connection) if record == customer} == {house.anna, house.ben}
    await house.does("forget-customer", 1)
    assert not [record for _, record in entries(connection) if record == customer]
    for who in (house.anna, house.ben):
        assert (await house.search(who, "lindqvist"))["total"] == 0
    # What is kept of them until the tables have heard of it is found by nothing.
    kept = entries(connection)
    assert {int(one[1], 2) for (_, record), one in kept.items() if record == customer} == {0}


async def test_nothing_is_kept_of_who_was_erased_while_it_was_made(
    house: House, connection: psycopg.Connection[Any]
) -> None:
    await house.agrees()
    page = await read(house.client, f"/v1/associates/{house.anna}/book", limit=1)
    customer = page["customers"][0]["customer_id"]
    connection.execute(
        b"UPDATE vault.keys SET wrapped_key = NULL, destroyed_at = now() WHERE subject_id = %s", (customer,)
    )
    connection.execute(b"DELETE FROM vault.search_entries WHERE subject_id = %s", (customer,))
    made = book_search.KeptEntry(customer, 1, "1" * BITS, True)
    kept = {"associate_id": house.anna, "context": "x", "subjects": [customer]}
    connection.execute(
        book_search.KEEP.encode(),
        {**kept, "entries": msgspec.json.encode([made]).decode()},
    )
    assert (house.anna, customer) not in entries(connection)
