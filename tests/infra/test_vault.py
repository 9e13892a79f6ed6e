"""The vault on a real database: keys are made once, shared by all processes, and destroyed for ever."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from psycopg import Cursor
from psycopg_pool import ConnectionPool

from infra.postgres import async_pool, connect, sync_pool
from infra.settings import Settings
from infra.vault import (
    KEYS_JSON,
    AsyncVault,
    DecryptionFailed,
    KeyMissing,
    SubjectForgotten,
    Vault,
    prepare_vault,
)

ADA, BEA = "cus_" + "a" * 32, "cus_" + "b" * 32


def made(settings: Settings) -> Iterator[Vault]:
    with connect(settings, str(settings.database_url), name="test") as connection:
        master = prepare_vault(settings, connection)
    with sync_pool(settings, str(settings.database_url), name="test") as pool:
        yield Vault(pool, master)


@pytest.fixture
def vault(settings: Settings) -> Iterator[Vault]:
    yield from made(settings)


@pytest.fixture
def other_process(vault: Vault, settings: Settings) -> Iterator[Vault]:
    """A vault of its own on the same keys."""
    yield from made(settings)


def rows(settings: Settings) -> list[tuple]:
    with psycopg.connect(str(settings.database_url)) as connection:
        return connection.execute("SELECT * FROM vault.keys ORDER BY subject_id").fetchall()


def test_what_one_process_seals_another_opens(vault: Vault, other_process: Vault) -> None:
    assert other_process.decrypt(vault.encrypt(ADA, "name", "Haversham")) == "Haversham"


def test_a_subject_keeps_its_key(vault: Vault, settings: Settings) -> None:
    vault.ensure_keys([ADA, BEA])
    before = rows(settings)
    vault.ensure_keys([BEA, ADA, ADA])
    vault.encrypt(ADA, "name", "Haversham")
    assert rows(settings) == before
    assert len(before) == 2


def test_keys_of_thousands_are_made_in_one_go(vault: Vault) -> None:
    subjects = [f"cus_{number:032x}" for number in range(5_000)]
    keys = vault.ensure_keys(subjects)
    assert len({keys.of(subject).secret for subject in subjects}) == 5_000
    assert vault.keys_of(subjects).of(subjects[-1]) == keys.of(subjects[-1])


def test_bulks_with_common_subjects_at_the_same_time_agree_on_one_key_each(vault: Vault) -> None:
    subjects = [f"cus_{number:032x}" for number in range(4_000)]
    orders = [subjects, subjects[::-1]] * 4
    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(vault.ensure_keys, orders))
    assert len({tuple(keys.of(subject).secret for subject in subjects) for keys in results}) == 1


def test_keys_are_made_in_one_order_so_that_bulks_cannot_deadlock(vault: Vault, settings: Settings) -> None:
    subjects = [f"cus_{number:032x}" for number in (5, 1, 9, 3, 7)]
    vault.ensure_keys(subjects)
    with psycopg.connect(str(settings.database_url)) as connection:
        made = connection.execute("SELECT subject_id FROM vault.keys ORDER BY ctid").fetchall()
    assert [row[0] for row in made] == sorted(subjects)


def test_after_destroying_nothing_opens_in_any_process(vault: Vault, other_process: Vault) -> None:
    token, other = vault.encrypt(ADA, "name", "Haversham"), vault.encrypt(BEA, "name", "Miss Marple")
    assert other_process.decrypt(token) == "Haversham"
    vault.destroy(ADA)
    for each in (vault, other_process):
        assert each.decrypt(token) is None
        assert each.decrypt_document({"ada": token, "bea": other}) == {"ada": None, "bea": "Miss Marple"}


def test_the_destroyed_can_never_be_sealed_or_digested_again(vault: Vault, other_process: Vault) -> None:
    other_process.encrypt(ADA, "name", "Haversham")
    vault.destroy(ADA)
    for each in (vault, other_process):
        with pytest.raises(SubjectForgotten, match=ADA):
            each.encrypt(ADA, "name", "Haversham")
        with pytest.raises(SubjectForgotten):
            each.blind_digest(ADA, b"content")
        with pytest.raises(SubjectForgotten):
            each.ensure_keys([BEA, ADA])


def test_destroying_leaves_a_tombstone_without_a_key(vault: Vault, settings: Settings) -> None:
    vault.encrypt(ADA, "name", "Haversham")
    vault.destroy(ADA)
    vault.destroy(BEA)
    once = rows(settings)
    assert [(row[0], row[1], row[3] is not None) for row in once] == [(ADA, None, True), (BEA, None, True)]
    vault.destroy(ADA)
    assert rows(settings) == once


def test_the_database_itself_refuses_to_revive_a_destroyed_key(vault: Vault, settings: Settings) -> None:
    vault.destroy(ADA)
    for statement in (
        "UPDATE vault.keys SET destroyed_at = NULL, wrapped_key = '\\x00'",
        "DELETE FROM vault.keys",
    ):
        with (
            psycopg.connect(str(settings.database_url)) as connection,
            pytest.raises(psycopg.errors.RaiseException, match="stays so"),
        ):
            connection.execute(statement.encode())


def test_destroying_in_a_callers_transaction_holds_when_it_commits(vault: Vault, settings: Settings) -> None:
    token = vault.encrypt(ADA, "name", "Haversham")
    with psycopg.connect(str(settings.database_url)) as connection:
        vault.destroy_on(connection, [ADA])
        connection.rollback()
        assert vault.decrypt(token) == "Haversham"
        vault.destroy_on(connection, [ADA])
        connection.commit()
    assert vault.decrypt(token) is None


def test_tokens_that_changed_places_do_not_open(vault: Vault) -> None:
    ada, bea = vault.encrypt(ADA, "name", "Haversham"), vault.encrypt(BEA, "name", "Miss Marple")
    with pytest.raises(DecryptionFailed):
        vault.decrypt(ada.replace(ADA, BEA))
    with pytest.raises(DecryptionFailed):
        vault.decrypt_document({"name": bea.replace(BEA, ADA)})


def test_a_token_whose_key_was_never_here_is_an_error_and_not_silence(vault: Vault) -> None:
    token = vault.encrypt(ADA, "name", "Haversham").replace(ADA, BEA)
    with pytest.raises(KeyMissing, match="older backup"):
        vault.decrypt(token)


class CountingCursor(Cursor[Any]):
    """Counts the statements of all connections."""

    count = 0

    def execute(self, *arguments, **options):
        """Counts, then executes."""
        CountingCursor.count += 1
        return super().execute(*arguments, **options)


def test_a_page_is_opened_with_one_statement(vault: Vault, settings: Settings) -> None:
    customers = [f"cus_{number:032x}" for number in range(50)]
    keys = vault.ensure_keys(customers)
    page = [
        {
            "customer_id": each,
            "name": keys.encrypt(each, "name", each[-2:]),
            "note": keys.encrypt(each, "note", "tall"),
        }
        for each in customers
    ]
    with ConnectionPool(str(settings.database_url), kwargs={"cursor_factory": CountingCursor}) as pool:
        opened = json.loads(Vault(pool, vault._master).decrypt_document(json.dumps(page).encode()))
    assert opened[31] == {"customer_id": customers[31], "name": "1f", "note": "tall"}
    assert CountingCursor.count == 1


async def test_coroutines_open_what_threads_sealed(vault: Vault, settings: Settings) -> None:
    token = vault.encrypt(ADA, "name", "Haversham")
    async with async_pool(settings, str(settings.database_url), name="test") as pool:
        reading = AsyncVault(pool, vault._master)
        assert await reading.decrypt(token) == "Haversham"
        assert await reading.decrypt_document(json.dumps([token]).encode()) == b'["Haversham"]'
        assert await reading.decrypt_document({"nothing": "sealed"}) == {"nothing": "sealed"}
        vault.destroy(ADA)
        assert await reading.decrypt(token) is None
        assert await reading.decrypt_document(json.dumps([token]).encode()) == b"[null]"


async def test_a_statement_can_read_sealed_texts_and_their_keys_at_once(
    vault: Vault, settings: Settings
) -> None:
    token = vault.encrypt(ADA, "name", 'Ada "Haversham"')
    page = json.dumps({"customer_id": ADA, "name": token, "note": f'she wrote "{token}"'}).encode()
    query = "SELECT " + KEYS_JSON.format(subjects="%s")
    async with async_pool(settings, str(settings.database_url), name="test") as pool:
        reading = AsyncVault(pool, vault._master)

        async def opened() -> dict[str, Any]:
            async with pool.connection() as connection:
                row = await (await connection.execute(query, (ADA,))).fetchone()
            return json.loads(reading.decrypt_with(page, row[0] if row else None))

        assert (await opened())["name"] == 'Ada "Haversham"'
        assert (await opened())["note"] == f'she wrote "{token}"'
        with pytest.raises(KeyMissing):
            reading.decrypt_with(page, None)
        vault.destroy(ADA)
        assert (await opened())["name"] is None
