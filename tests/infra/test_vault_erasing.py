"""After erasing, no file of the database has a destroyed key in it, and every other key still opens."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import psycopg
import pytest

from infra.embedded.postgres_server import PostgresServer
from infra.postgres import connect, sync_pool
from infra.settings import Settings
from infra.vault import Vault, prepare_vault

ADA, BEA = "cus_" + "a" * 32, "cus_" + "b" * 32


@pytest.fixture
def vault(own_postgres: PostgresServer, folder: Path) -> Iterator[Vault]:
    settings = Settings(
        database_url=own_postgres.url(), nats_url="nats://127.0.0.1:1", data_dir=folder / "data"
    )
    with connect(settings, own_postgres.url(), name="test") as connection:
        master = prepare_vault(settings, connection)
    with sync_pool(settings, own_postgres.url(), name="test") as pool:
        yield Vault(pool, master)


def wrapped_key(server: PostgresServer, subject_id: str) -> bytes:
    with psycopg.connect(server.url()) as connection:
        row = connection.execute("SELECT wrapped_key FROM vault.keys WHERE subject_id = %s", (subject_id,))
        return row.fetchone()[0]  # type: ignore[index]


def files_with(server: PostgresServer, content: bytes) -> list[str]:
    """The files of a server that have these bytes in them, once all it holds in memory is written."""
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    files = (file for file in sorted(server.folder.rglob("*")) if file.is_file())
    return [str(file.relative_to(server.folder)) for file in files if content in file.read_bytes()]


def filled(server: PostgresServer, vault: Vault) -> tuple[str, bytes]:
    """A encrypted text and the wrapped key it needs, in a table with others that was also analysed."""
    vault.ensure_keys([BEA, *(f"cus_{number:032x}" for number in range(200))])
    token = vault.encrypt(ADA, "name", "Haversham")
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("ANALYZE vault.keys")
    return token, wrapped_key(server, ADA)


def test_a_destroyed_key_is_found_in_files_until_its_traces_are_erased(
    own_postgres: PostgresServer, vault: Vault
) -> None:
    other = vault.encrypt(BEA, "name", "Miss Marple")
    token, key = filled(own_postgres, vault)
    assert files_with(own_postgres, key)
    assert vault.traces_pending() == 0

    vault.destroy(ADA)
    assert vault.traces_pending() == 1
    assert files_with(own_postgres, key)

    assert vault.erase_traces(10)
    assert vault.traces_pending() == 0
    assert files_with(own_postgres, key) == []
    assert (vault.decrypt(token), vault.decrypt(other)) == (None, "Miss Marple")
    # The search itself finds keys that are meant to be there.
    assert files_with(own_postgres, wrapped_key(own_postgres, BEA))


def test_no_statistics_are_kept_of_wrapped_keys(own_postgres: PostgresServer, vault: Vault) -> None:
    filled(own_postgres, vault)
    with psycopg.connect(own_postgres.url()) as connection:
        kept = connection.execute("SELECT attname FROM pg_stats WHERE schemaname = 'vault'").fetchall()
    assert ("subject_id",) in kept
    assert ("wrapped_key",) not in kept


def test_what_a_customer_is_found_by_goes_with_their_key(own_postgres: PostgresServer, vault: Vault) -> None:
    filled(own_postgres, vault)
    grams = {subject: secrets.token_bytes(256) for subject in (ADA, BEA)}
    with psycopg.connect(own_postgres.url(), autocommit=True) as connection:
        for subject, content in grams.items():
            connection.execute(
                b"INSERT INTO vault.search_entries VALUES ('ass_1', %s, 1, '1', %s::bit(2048))",
                (subject, f"x{content.hex()}"),
            )
        # A checkpoint writes nothing of an unlogged table.
        connection.execute("VACUUM (FULL, ANALYZE) vault.search_entries")
    assert files_with(own_postgres, grams[ADA])
    vault.destroy(ADA)
    assert vault.erase_traces(10)
    assert files_with(own_postgres, grams[ADA]) == []
    assert files_with(own_postgres, grams[BEA])


def test_whose_the_tokens_of_a_forgotten_customer_were_is_in_no_file(
    own_postgres: PostgresServer, vault: Vault
) -> None:
    filled(own_postgres, vault)
    with psycopg.connect(own_postgres.url(), autocommit=True) as connection:
        for subject in (ADA, BEA):
            connection.execute(
                "INSERT INTO vault.blind_index_subjects (subject_id, made_of) VALUES (%s, '1')", (subject,)
            )
        connection.execute(
            "INSERT INTO vault.blind_index_entries SELECT entry, '{1}' FROM vault.blind_index_subjects"
        )
        rows = connection.execute("SELECT subject_id, entry FROM vault.blind_index_subjects").fetchall()
        # A checkpoint writes nothing of an unlogged table.
        connection.execute("VACUUM (FULL) vault.blind_index_subjects")
    entries: dict[str, UUID] = dict(rows)
    owners = {subject: subject.encode() + entry.bytes for subject, entry in entries.items()}
    assert files_with(own_postgres, owners[ADA])
    vault.destroy(ADA)
    with psycopg.connect(own_postgres.url()) as connection:
        left = connection.execute("SELECT entry FROM vault.blind_index_entries").fetchall()
    assert left == [(entries[BEA],)]
    assert vault.erase_traces(10)
    assert files_with(own_postgres, owners[ADA]) == []
    assert files_with(own_postgres, owners[BEA])


def test_who_still_reads_the_old_rows_is_waited_for_and_nothing_is_claimed_before(
    own_postgres: PostgresServer, vault: Vault
) -> None:
    _, key = filled(own_postgres, vault)
    with psycopg.connect(own_postgres.url()) as reader:
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        reader.execute("SELECT count(*) FROM vault.keys")
        vault.destroy(ADA)
        assert not vault.erase_traces(0.2)
        assert vault.traces_pending() == 1
        assert reader.execute(
            "SELECT wrapped_key FROM vault.keys WHERE subject_id = %s", (ADA,)
        ).fetchone() == (key,)
    assert vault.erase_traces(10)
    assert files_with(own_postgres, key) == []


def test_without_a_checkpoint_the_table_is_written_anew_and_no_more_is_claimed(
    own_postgres: PostgresServer, folder: Path
) -> None:
    with psycopg.connect(own_postgres.url(), autocommit=True) as connection:
        connection.execute("CREATE ROLE shop LOGIN PASSWORD 'shop'")
        connection.execute("CREATE DATABASE shop OWNER shop")
    url = urlunsplit(urlsplit(own_postgres.url("shop"))._replace(netloc="shop:shop@"))
    settings = Settings(database_url=url, nats_url="nats://127.0.0.1:1", data_dir=folder / "data")
    with connect(settings, url, name="test") as connection:
        master = prepare_vault(settings, connection)
    with sync_pool(settings, url, name="test") as pool:
        vault = Vault(pool, master)
        vault.encrypt(ADA, "name", "Haversham")
        vault.destroy(ADA)
        assert not vault.erase_traces(10)
        # Nobody writes the table anew every minute for nothing.
        assert vault.traces_pending() == 0


def test_a_key_that_a_restored_backup_brought_back_is_destroyed_again(
    own_postgres: PostgresServer, vault: Vault
) -> None:
    token, key = filled(own_postgres, vault)
    vault.destroy(BEA)
    assert vault.destroy_again([ADA, BEA], also=["sal_" + "0" * 32]) == 1
    assert vault.decrypt(token) is None
    assert vault.erase_traces(10)
    assert files_with(own_postgres, key) == []
