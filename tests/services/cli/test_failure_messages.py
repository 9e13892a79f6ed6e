"""A server that does not answer and a master key that is not the one: a sentence and exit code 1, never a
traceback.
"""

import base64
import os
import subprocess
import sys

import psycopg
import pytest

from infra.settings import Settings
from infra.vault.master_key import key_file_of
from tests.ports import free_port
from tests.services.cli.calling import Call, small_shop

OTHER_KEY = base64.b64encode(bytes(32)).decode()
NEEDS_THE_DATABASE = (
    "customers erase",
    "vault rotate",
    "projections status",
    "projections rebuild --all",
    "dead-letters list",
    "book ass_nobody",
    "ledger statement ass_nobody",
    "score show cus_nobody",
    "events show",
    "serve relay",
    "serve projector",
    "serve reactions",
    "serve api",
)
NEEDS_NATS = (
    "events tail --no-follow",
    "events republish",
    "events republish --anew --yes",
    "events new-epoch",
)


@pytest.mark.parametrize("line", NEEDS_THE_DATABASE)
def test_a_database_that_does_not_answer_is_told_in_a_sentence_without_its_password(
    line: str, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    monkeypatch.setenv("CLIENTELING_DATABASE_URL", f"postgresql://somebody:secret@127.0.0.1:{port}/shop")
    monkeypatch.setenv("CLIENTELING_API_PORT", str(free_port()))
    called = call(*line.split())
    assert (called.code, called.out) == (1, "")
    assert called.said.startswith("clienteling: PostgreSQL does not answer: ")
    assert str(port) in called.said
    assert "secret" not in called.said
    assert "Traceback" not in called.said


@pytest.mark.parametrize("line", NEEDS_NATS)
def test_a_silent_nats_server_is_told_in_a_sentence_without_its_password(
    line: str, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    monkeypatch.setenv("CLIENTELING_NATS_URL", f"nats://somebody:secret@127.0.0.1:{port}")
    monkeypatch.setenv("CLIENTELING_NATS_CONNECT_SECONDS", "0.2")
    called = call(*line.split())
    assert (called.code, called.out) == (1, "")
    assert f"clienteling: NATS does not answer at 127.0.0.1:{port}" in called.said
    assert "secret" not in called.said
    assert "Traceback" not in called.said


@pytest.mark.parametrize("line", ["customers erase", "vault rotate", "serve api", "serve reactions"])
def test_a_master_key_that_is_not_the_one_is_told_in_a_sentence(
    line: str, settings: Settings, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_shop(settings, sales=0)
    monkeypatch.setenv("CLIENTELING_VAULT_KEY", OTHER_KEY)
    monkeypatch.setenv("CLIENTELING_API_PORT", str(free_port()))
    called = call(*line.split())
    assert called.code == 1
    assert called.said.startswith("clienteling: the keys in the database are wrapped by the master key ")
    assert called.said.endswith("put the right one back from its backup")


def test_a_missing_unreadable_or_damaged_master_key_file_is_told_by_its_name(
    settings: Settings, call: Call
) -> None:
    small_shop(settings, sales=0)
    file = key_file_of(settings)
    file.unlink()
    gone = call("customers", "erase")
    file.mkdir()
    unreadable = call("customers", "erase")
    file.rmdir()
    file.write_bytes(b"short")
    file.chmod(0o600)
    damaged = call("customers", "erase")
    assert [gone.code, unreadable.code, damaged.code] == [1, 1, 1]
    assert gone.said.startswith(f"clienteling: {file} is missing, but the database has keys that it wrapped")
    assert unreadable.said == f"clienteling: the master key in {file} cannot be had: Is a directory"
    assert damaged.said == f"clienteling: {file} has 5 bytes instead of 32; put it back from its backup"


def test_a_right_that_the_database_does_not_give_us_is_told_in_a_sentence(
    settings: Settings, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_shop(settings, sales=0)
    url = str(settings.database_url)
    monkeypatch.setenv("CLIENTELING_DATABASE_URL", f"{url}&options=-c%20default_transaction_read_only%3Don")
    with psycopg.connect(url) as connection:
        connection.execute("DELETE FROM projections.applied_migrations")
    called = call("projections", "status")
    assert called.code == 1
    assert called.said.startswith("clienteling: PostgreSQL refuses: cannot execute ")


def test_tables_that_nobody_has_made_yet_are_told_in_a_sentence(settings: Settings, call: Call) -> None:
    small_shop(settings, sales=1)
    called = call("ledger", "export", "--format", "csv")
    assert (called.code, called.out) == (1, "")
    assert "are not there yet; the projector makes them" in " ".join(called.said.split())


def test_whoever_has_read_enough_is_told_nothing(settings: Settings, call: Call) -> None:
    small_shop(settings, sales=30)
    assert call("projections", "rebuild", "--all").code == 0
    environ = {
        **os.environ,
        "CLIENTELING_DATABASE_URL": str(settings.database_url),
        "CLIENTELING_NATS_URL": str(settings.nats_url),
        "CLIENTELING_DATA_DIR": str(settings.data_dir),
    }
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [sys.executable, "-m", "services.cli.main", "ledger", "export", "--format", "csv"],
        env=environ,
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (141, b"")


def test_an_address_that_postgresql_does_not_understand_is_wrong_usage(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIENTELING_DATABASE_URL", "postgresql://somebody:secret@host/shop?port=1=2")
    called = call("projections", "status")
    assert (called.code, called.said) == (
        2,
        "clienteling: CLIENTELING_DATABASE_URL is no address that PostgreSQL understands",
    )
