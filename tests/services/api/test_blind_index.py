"""The blind index agrees with the customer directory, whatever is lost, rebuilt or folded anew."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import psycopg
import pytest
import pytest_asyncio

from infra.settings import Settings
from infra.vault.documents import decrypted, subjects_in
from projections.registry import CUSTOMER_DIRECTORY
from services.api.http.application import Api
from services.api.http.problems import Problem
from services.api.resources import blind_index
from services.api.resources.blind_index import take_in_changes
from services.api.resources.customer_tokens import Tokens
from services.api.resources.customers import _found
from services.read_models.blind_index_statements import IS_COMPLETE
from services.rebuild.partial_rebuild import rebuild_keys
from services.rebuild.rebuild import rebuild
from tests.services.api.conftest import Project
from tests.services.api.searching import HAPPENINGS, House
from tests.services.api.sending import answered, read, register, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

Connection = psycopg.Connection[Any]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(client: httpx.AsyncClient, project: Project, api: Api) -> House:
    return await House(client, project, api).open()


@pytest.fixture
def connection(api_settings: Settings) -> Iterator[Connection]:
    with psycopg.connect(str(api_settings.database_url), autocommit=True) as connected:
        yield connected


def kept(connection: Connection) -> dict[str, list[int]]:
    """By record: the tokens that it is found by."""
    rows = connection.execute(
        "SELECT subject_id, tokens FROM vault.blind_index_subjects "
        "JOIN vault.blind_index_entries USING (entry)"
    )
    return dict(rows.fetchall())


async def expected(house: House, connection: Connection) -> dict[str, list[int]]:
    """The same, made of the directory."""
    app = house.api.app
    states = connection.execute("SELECT state::text FROM projections.customer_directory").fetchall()
    records = [CUSTOMER_DIRECTORY.decode(state) for (state,) in states]
    keys = await app.keys.keys_of(subjects_in(records))
    tokens = Tokens(app.keys, app.settings)
    made = {one.customer_id: tokens.of_record(decrypted(one, keys.decrypt)) for one in records}
    return {customer: found for customer, found in made.items() if found}


async def agrees(house: House, connection: Connection) -> None:
    """A look-up brings the index up to date, which then is what the directory says."""
    await read(house.client, "/v1/customers", q="nobody")
    assert kept(connection) == await expected(house, connection)
    entries = connection.execute("SELECT count(*) FROM vault.blind_index_entries").fetchone()
    assert entries == (len(kept(connection)),)


async def test_whatever_happens_the_index_is_what_the_directory_says(
    house: House, connection: Connection
) -> None:
    await agrees(house, connection)
    assert len(kept(connection)) == 8
    for happens in HAPPENINGS:
        await happens(house)
        await agrees(house, connection)
        await house.project()
        await agrees(house, connection)


async def test_only_what_has_changed_is_made_anew(house: House, connection: Connection) -> None:
    await agrees(house, connection)
    written = "SELECT subject_id, xmin::text FROM vault.blind_index_subjects ORDER BY subject_id"
    before = connection.execute(written).fetchall()
    await house.does("assign-owner", 2, associate_id=house.ben, role="secondary")
    customer = await register(house.client, name="Gerda Neu")
    await house.project()
    await agrees(house, connection)
    changed = set(connection.execute(written).fetchall()) - set(before)
    assert [subject for subject, _ in changed] == [customer]


async def test_a_rebuild_makes_no_entry_anew_and_another_setting_all(
    house: House, connection: Connection, api_settings: Settings
) -> None:
    await agrees(house, connection)
    written = "SELECT subject_id, xmin::text FROM vault.blind_index_subjects ORDER BY subject_id"
    before = connection.execute(written).fetchall()
    url = str(api_settings.database_url)
    await asyncio.to_thread(rebuild, api_settings, url, [CUSTOMER_DIRECTORY], _nothing, _nothing)
    await agrees(house, connection)
    assert connection.execute(written).fetchall() == before
    reading = replace_settings(house, phone_region="GB")
    while await take_in_changes(reading):
        pass
    assert not set(connection.execute(written).fetchall()) & set(before)
    await agrees(house, connection)


async def test_a_key_folded_anew_at_its_old_position_is_taken_in(
    house: House, connection: Connection, api_settings: Settings
) -> None:
    customer = await register(house.client, name="Hedda Gabler", reference="H-1")
    await house.project()
    connection.execute(
        b"UPDATE projections.customer_directory SET state = (state::jsonb - 'name' - 'reference')::json, "
        b"made_of = null WHERE key = %s",
        (customer,),
    )
    assert (await read(house.client, "/v1/customers", q="hedda"))["customers"] == []
    await asyncio.to_thread(
        rebuild_keys, api_settings, str(api_settings.database_url), CUSTOMER_DIRECTORY, [customer]
    )
    (found,) = (await read(house.client, "/v1/customers", q="hedda"))["customers"]
    assert found["customer_id"] == customer
    await agrees(house, connection)


async def test_an_index_that_is_lost_is_made_anew(house: House, connection: Connection) -> None:
    for loses in (
        "TRUNCATE vault.blind_index, vault.blind_index_subjects, vault.blind_index_entries",
        "TRUNCATE vault.blind_index",
    ):
        await agrees(house, connection)
        connection.execute(loses.encode())
        await agrees(house, connection)


async def test_it_is_taken_in_batch_by_batch_and_by_several_at_once(
    house: House, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await agrees(house, connection)
    connection.execute("TRUNCATE vault.blind_index, vault.blind_index_subjects, vault.blind_index_entries")
    monkeypatch.setattr(blind_index, "BATCH_MAX", 2)

    async def follow() -> None:
        while await take_in_changes(house.api.app):
            pass

    await asyncio.gather(*(follow() for _ in range(3)))
    assert kept(connection) == await expected(house, connection)


async def test_who_is_late_with_what_they_have_read_writes_none_of_it(
    house: House, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await agrees(house, connection)
    customer = await register(house.client, name="Karl Alt")
    await house.project()
    connection.execute("TRUNCATE vault.blind_index, vault.blind_index_subjects, vault.blind_index_entries")
    entries = blind_index._entries

    async def slow_entries(*given: Any) -> Any:
        made = await entries(*given)
        monkeypatch.setattr(blind_index, "_entries", entries)
        await answered(house.client, "learn-name", customer_id=customer, name="Karl Neu")
        await house.project()
        await agrees(house, connection)
        return made

    monkeypatch.setattr(blind_index, "_entries", slow_entries)
    assert await take_in_changes(house.api.app)
    assert kept(connection) == await expected(house, connection)


async def test_it_is_kept_up_to_date_while_nobody_looks_anybody_up(
    house: House, connection: Connection
) -> None:
    await register(house.client, name="Ida Neu")
    await house.project()
    made_with = {"made_with": Tokens(house.api.app.keys, house.api.app.settings).made_with}

    async def is_complete() -> bool:
        return connection.execute(IS_COMPLETE.encode(), made_with).fetchall()[0][0]

    await until(is_complete)
    assert kept(connection) == await expected(house, connection)


async def test_nothing_is_kept_of_who_is_erased_while_it_is_made(
    house: House, connection: Connection
) -> None:
    customer = await register(house.client, name="Jonas Neu", reference="J-1")
    await house.project()
    await agrees(house, connection)
    assert customer in kept(connection)
    await answered(house.client, "forget-customer", customer_id=customer)
    # The directory has not heard of it: what it still says of them is made into nothing.
    assert customer not in kept(connection)
    connection.execute("TRUNCATE vault.blind_index")
    await read(house.client, "/v1/customers", q="nobody")
    assert customer not in kept(connection)
    assert (await read(house.client, "/v1/customers", q="J-1"))["customers"] == []
    await house.project()
    await agrees(house, connection)


async def test_who_has_no_time_to_wait_for_the_index_is_told_to_come_again(
    house: House, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await agrees(house, connection)

    async def does_nothing(*_: Any) -> bool:
        return False

    monkeypatch.setattr(house.api.app.beside.__class__, "run", does_nothing)
    connection.execute("TRUNCATE vault.blind_index")
    impatient = replace_settings(house, api_read_wait_seconds=0)
    with pytest.raises(Problem) as refused:
        await _found(impatient, Tokens(impatient.keys, impatient.settings), [], [])
    assert (refused.value.status, refused.value.code) == (503, "not_caught_up")
    assert refused.value.headers["Retry-After"]


def replace_settings(house: House, **changes: Any) -> Any:
    app = house.api.app
    return replace(app, settings=replace(app.settings, **changes))


def _nothing(*_: Any) -> None:
    return None
