"""Another master key takes over: every name is still read, and nothing that was kept before opens anything
any more.
"""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from infra.postgres import connect, sync_pool
from infra.settings import Settings
from infra.vault import MasterKeyWrong, Vault, prepare_vault
from infra.vault.master_key import MasterKey, key_file_of
from infra.vault.rotation import CannotRotate, next_key_file_of, replace_master_key, rotate
from infra.vault.webhook_secrets import add_webhook_secret, webhook_secrets_of

ADA, BEA = "cus_" + "a" * 32, "cus_" + "b" * 32


class Interrupted(Exception):
    """The process was killed."""


def opened(settings: Settings) -> tuple[ConnectionPool, MasterKey]:
    with connect(settings, str(settings.database_url), name="test") as connection:
        master = prepare_vault(settings, connection)
    return sync_pool(settings, str(settings.database_url), name="test"), master


@pytest.fixture
def token(settings: Settings) -> str:
    """Something that was sealed before."""
    pool, master = opened(settings)
    with pool:
        Vault(pool, master).destroy(BEA)
        return Vault(pool, master).encrypt(ADA, "name", "Haversham")


def read(settings: Settings, token: str) -> str | None:
    """What a process that starts now reads."""
    pool, master = opened(settings)
    with pool:
        return Vault(pool, master).decrypt(token)


def rotated(settings: Settings) -> int:
    with connect(settings, str(settings.database_url), name="test") as connection:
        return rotate(settings, connection)


def wrapped_key(settings: Settings) -> bytes:
    with psycopg.connect(str(settings.database_url)) as connection:
        row = connection.execute(
            "SELECT wrapped_key FROM vault.keys WHERE subject_id = %s", (ADA,)
        ).fetchone()
    return row[0]  # type: ignore[index]


def test_secrets_of_webhooks_sign_on_under_the_new_key(settings: Settings) -> None:
    def secrets() -> list[bytes]:
        with connect(settings, str(settings.database_url), name="test") as connection:
            return webhook_secrets_of(connection, prepare_vault(settings, connection), "whe_1")

    with connect(settings, str(settings.database_url), name="test") as connection:
        add_webhook_secret(connection, prepare_vault(settings, connection), "whe_1")
    before = secrets()
    rotated(settings)
    assert secrets() == before
    assert len(before) == 1


def test_every_name_is_read_and_an_older_backup_is_worth_nothing(settings: Settings, token: str) -> None:
    backup, former = wrapped_key(settings), key_file_of(settings).read_bytes()
    assert rotated(settings) == 1
    now = key_file_of(settings).read_bytes()
    assert now != former
    assert not next_key_file_of(settings).exists()
    assert read(settings, token) == "Haversham"
    with pytest.raises(MasterKeyWrong):
        MasterKey(now).unwrap(ADA, backup)
    with pytest.raises(MasterKeyWrong):
        MasterKey(former).unwrap(ADA, wrapped_key(settings))


def test_customers_are_found_by_nothing_that_the_former_key_made(settings: Settings, token: str) -> None:
    with psycopg.connect(str(settings.database_url)) as connection:
        connection.execute("INSERT INTO vault.search_entries VALUES ('ass_1', 'cus_1', 1, '1', 0::bit(2048))")
        connection.execute("INSERT INTO vault.blind_index VALUES (true, '1', 1)")
        connection.execute(
            "INSERT INTO vault.blind_index_subjects (subject_id, made_of) VALUES ('cus_1', '1')"
        )
        connection.execute(
            "INSERT INTO vault.blind_index_entries SELECT entry, '{1}' FROM vault.blind_index_subjects"
        )
    rotated(settings)
    with psycopg.connect(str(settings.database_url)) as connection:
        for table in ("search_entries", "blind_index", "blind_index_subjects", "blind_index_entries"):
            assert connection.execute(f"SELECT FROM vault.{table}".encode()).fetchall() == [], table


def test_the_former_key_is_written_over(settings: Settings, token: str, folder: Path) -> None:
    other_name = folder / "kept"
    other_name.hardlink_to(key_file_of(settings))
    rotated(settings)
    assert other_name.read_bytes() == bytes(32)


def test_nobody_else_may_be_at_work(settings: Settings, token: str) -> None:
    with (
        psycopg.connect(str(settings.database_url)),
        pytest.raises(CannotRotate, match="stop every service"),
    ):
        rotated(settings)
    assert read(settings, token) == "Haversham"


def test_a_key_that_others_keep_is_not_replaced(settings: Settings, token: str) -> None:
    given = Settings(
        database_url=settings.database_url,
        nats_url=settings.nats_url,
        data_dir=settings.data_dir,
        vault_key=key_file_of(settings).read_bytes(),
    )
    with pytest.raises(CannotRotate, match="CLIENTELING_VAULT_KEY"):
        rotated(given)


@pytest.mark.parametrize("after_commit", [False, True])
def test_a_crash_before_or_after_the_commit_loses_no_name(
    settings: Settings, token: str, monkeypatch: pytest.MonkeyPatch, *, after_commit: bool
) -> None:
    def killed(*_: object) -> None:
        raise Interrupted

    former = key_file_of(settings).read_bytes()
    with monkeypatch.context() as patched:
        where = "replace_master_key" if after_commit else "_rewrap"
        patched.setattr(f"infra.vault.rotation.{where}", killed)
        with pytest.raises(Interrupted):
            rotated(settings)
    assert next_key_file_of(settings).exists()
    assert key_file_of(settings).read_bytes() == former
    with ThreadPoolExecutor(8) as starting:
        assert set(starting.map(lambda _: read(settings, token), range(8))) == {"Haversham"}
    assert (key_file_of(settings).read_bytes() != former) is after_commit
    assert rotated(settings) == 1
    assert read(settings, token) == "Haversham"


def test_a_process_with_the_former_key_makes_no_keys_any_more(settings: Settings, token: str) -> None:
    pool, master = opened(settings)
    rotated(settings)
    with pool:
        stale = Vault(pool, master)
        with pytest.raises(MasterKeyWrong):
            stale.decrypt(token)
        with pytest.raises(MasterKeyWrong, match="start this process again"):
            stale.encrypt("cus_" + "c" * 32, "name", "Miss Marple")


def test_without_a_waiting_key_there_is_nothing_to_take_its_place(settings: Settings, token: str) -> None:
    with pytest.raises(FileNotFoundError):
        replace_master_key(settings)
    assert read(settings, token) == "Haversham"
