"""Each embedded server starts from any state its predecessor may have left, and says what is wrong when it cannot."""

import asyncio
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import nats
import psycopg
import pytest
from nats.aio.client import Client as NatsClient

from infra.embedded import EmbeddedServerError, NatsServer, PostgresServer, binaries
from infra.embedded.server_processes import LOG_BYTES_MAX, all_nats_of, all_postgres_of, lives, wait_until
from infra.embedded.system_user import SystemUser, let_pass, let_use_installation
from tests.conftest import QUICK

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another user")


def started(server: PostgresServer) -> int:
    server.start()
    pid = server.pid()
    assert pid is not None
    return pid


def test_what_was_committed_survives_kill_9(own_postgres: PostgresServer) -> None:
    with psycopg.connect(own_postgres.url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS seven")
    own_postgres.kill()
    own_postgres.start()
    with psycopg.connect(own_postgres.url()) as connection:
        assert connection.execute("SELECT seven FROM kept").fetchone() == (7,)


def test_a_process_id_that_belongs_to_another_process_by_now_does_not_hinder(
    own_postgres: PostgresServer,
) -> None:
    own_postgres.kill()
    # PostgreSQL believes a recorded id when a process of its own user has it.
    user = own_postgres.data.stat().st_uid if os.geteuid() == 0 else None
    with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, user=user) as other:
        for file in (
            own_postgres.data / "postmaster.pid",
            own_postgres.socket_folder() / ".s.PGSQL.5432.lock",
        ):
            lines = file.read_text().splitlines(keepends=True)
            file.write_text("".join([f"{other.pid}\n", *lines[1:]]))
        assert own_postgres.pid() is None
        assert started(own_postgres) != other.pid


def test_children_that_outlive_their_postmaster_are_waited_for_or_killed(
    own_postgres: PostgresServer,
) -> None:
    busy = psycopg.connect(own_postgres.url(), autocommit=True)
    backend = busy.info.backend_pid
    # A backend that is stopped cannot notice that its postmaster is gone.
    os.kill(backend, signal.SIGSTOP)
    os.kill(started(own_postgres), signal.SIGKILL)
    assert wait_until(lambda: list(all_postgres_of(own_postgres.data)) == [backend], within_seconds=30)
    own_postgres.start()
    assert backend not in all_postgres_of(own_postgres.data)
    with psycopg.connect(own_postgres.url()) as connection:
        connection.execute("SELECT 1")
    busy.close()


def test_a_server_that_a_killed_starter_left_is_taken_over(own_nats: NatsServer) -> None:
    pid = own_nats.pid()
    (own_nats.folder / "pid").unlink()
    assert own_nats.pid() is None
    own_nats.start()
    assert own_nats.pid() == pid
    assert list(all_nats_of(own_nats._config)) == [pid]


HOLDING = """
import fcntl, sys
file = open(sys.argv[1])
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


def test_a_server_that_cannot_be_seen_is_never_joined_by_a_second_one(own_nats: NatsServer) -> None:
    # As from another container with the same folder: the lock is held, and no process of ours holds it.
    own_nats.stop()
    command = [sys.executable, "-c", HOLDING, str(own_nats._lock)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        assert lives(own_nats._lock)
        with pytest.raises(EmbeddedServerError, match="another container"):
            own_nats.start()
        process.communicate()
    own_nats.start()


def test_half_a_cluster_of_an_interrupted_start_is_thrown_away(folder: Path) -> None:
    server = PostgresServer(folder / "pg", config=QUICK)
    (server.folder / "data.new-1234" / "base").mkdir(parents=True)
    try:
        server.start()
    finally:
        server.kill()
    assert not list(server.folder.glob("data.new*"))


def test_data_of_another_major_version_is_refused(own_postgres: PostgresServer) -> None:
    own_postgres.stop()
    (own_postgres.data / "PG_VERSION").write_text("9\n")
    with pytest.raises(EmbeddedServerError, match=r"written by PostgreSQL 9, but this is \d+\.\d+; dump it"):
        own_postgres.start()


@pytest.mark.parametrize("name", ["long" * 30, "it's, odd"])
def test_a_path_where_no_socket_can_be_is_gone_round(folder: Path, name: str) -> None:
    server = PostgresServer(folder / name, config=QUICK)
    try:
        server.start()
        sockets = server.socket_folder()
        assert sockets.parent == Path(tempfile.gettempdir())
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
        with psycopg.connect(server.url()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        server.stop()
        shutil.rmtree(server.socket_folder())


def test_a_socket_folder_open_to_others_is_refused(own_postgres: PostgresServer) -> None:
    own_postgres.stop()
    own_postgres.socket_folder().chmod(0o777)
    with pytest.raises(EmbeddedServerError, match="open to others"):
        own_postgres.start()


def test_postgres_answers_on_no_port_and_with_the_settings_of_the_log(own_postgres: PostgresServer) -> None:
    with psycopg.connect(own_postgres.url()) as connection:

        def shown(name: str) -> str:
            row = connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
            assert row is not None
            return row[0]

        assert shown("listen_addresses") == ""
        assert shown("synchronous_commit") == "on"
        assert (shown("server_encoding"), shown("TimeZone")) == ("UTF8", "UTC")
        collation = connection.execute(
            "SELECT datcollate FROM pg_database WHERE datname = current_database()"
        )
        assert collation.fetchone() == ("C",)


def test_a_large_log_is_put_aside_at_the_next_start(own_postgres: PostgresServer) -> None:
    own_postgres.stop()
    with own_postgres.log.open("ab") as log:
        log.truncate(LOG_BYTES_MAX + 1)
    own_postgres.start()
    assert own_postgres.log.stat().st_size < LOG_BYTES_MAX
    assert own_postgres.log.with_name("server.previous.log").stat().st_size > LOG_BYTES_MAX


def test_servers_run_in_a_folder_with_an_odd_name(folder: Path) -> None:
    postgres, bus = (
        PostgresServer(folder / "it's % odd" / "pg", config=QUICK),
        NatsServer(folder / 'a "b" c' / "bus"),
    )
    try:
        postgres.start()
        bus.start()
        assert postgres.socket_folder().parent == postgres.folder
        with psycopg.connect(postgres.url()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        postgres.kill()
        bus.kill()


async def client_of(server: NatsServer) -> tuple[NatsClient, asyncio.Event]:
    """A client that goes on trying, and what it sets when it is back."""
    back = asyncio.Event()

    async def on_return() -> None:
        back.set()

    client = await nats.connect(
        server.url, reconnect_time_wait=0.05, max_reconnect_attempts=-1, reconnected_cb=on_return
    )
    return client, back


async def test_a_client_finds_nats_again_after_kill_9_and_its_stream_is_there(own_nats: NatsServer) -> None:
    client, back = await client_of(own_nats)
    jetstream = client.jetstream()
    await jetstream.add_stream(name="S", subjects=["s"])
    await jetstream.publish("s", b"before")
    own_nats.kill()
    own_nats.start()
    await asyncio.wait_for(back.wait(), 30)
    assert (await jetstream.publish("s", b"after", timeout=30)).seq == 2
    await client.close()


async def test_wiped_nats_comes_back_without_streams(own_nats: NatsServer) -> None:
    client, back = await client_of(own_nats)
    jetstream = client.jetstream()
    await jetstream.add_stream(name="S", subjects=["s"])
    with pytest.raises(EmbeddedServerError, match="running"):
        own_nats.wipe()
    own_nats.kill()
    own_nats.wipe()
    own_nats.start()
    await asyncio.wait_for(back.wait(), 30)
    assert await jetstream.streams_info() == []
    await client.close()


def test_nats_takes_another_port_when_its_own_is_in_use(own_nats: NatsServer) -> None:
    before = own_nats.url
    own_nats.stop()
    with socket.create_server(("127.0.0.1", int(before.rpartition(":")[2]))):
        own_nats.start()
        assert own_nats.url != before


def test_a_nats_server_that_cannot_start_shows_the_end_of_its_log(own_nats: NatsServer) -> None:
    own_nats.stop()
    shutil.rmtree(own_nats.store)
    own_nats.store.mkdir()
    (own_nats.store / "jetstream").write_text("a file where the server's folder should be")
    with pytest.raises(EmbeddedServerError, match=r"server\.log:(.|\n)*not a directory"):
        own_nats.start()


def test_nats_before_its_first_start_has_no_address(folder: Path) -> None:
    with pytest.raises(EmbeddedServerError, match="never been started"):
        _ = NatsServer(folder / "nats").url


def test_the_binaries_are_found_in_the_wheels() -> None:
    assert subprocess.run([binaries.nats_server(), "--version"], check=True, capture_output=True).stdout
    assert (binaries.postgres_installation() / "bin" / "initdb").is_file()


def test_server_logs_and_stores_are_for_their_owner_only(
    own_postgres: PostgresServer, own_nats: NatsServer
) -> None:
    for path in (own_postgres.log, own_postgres.data, own_nats.log, own_nats.folder):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


@root_only
def test_under_root_postgres_runs_as_another_user(own_postgres: PostgresServer) -> None:
    status = Path(f"/proc/{own_postgres.pid()}/status").read_text()
    assert "\nUid:\t0" not in status
    assert "\nGroups:\t \n" in status
    assert own_postgres.data.stat().st_uid != 0
    assert own_postgres.folder.stat().st_uid == 0


@root_only
def test_only_the_passing_bit_that_is_missing_is_added_to_parent_folders(folder: Path) -> None:
    closed, open_ = folder / "closed", folder / "closed" / "open"
    closed.mkdir(mode=0o700)
    open_.mkdir(mode=0o755)
    let_pass(SystemUser("someone", 12_345, 12_345), open_ / "data")
    assert stat.S_IMODE(closed.stat().st_mode) == 0o701
    assert stat.S_IMODE(open_.stat().st_mode) == 0o755


@root_only
def test_an_installation_made_under_a_strict_umask_is_opened_to_read_and_run_and_not_to_write(
    folder: Path,
) -> None:
    installation = folder / "pginstall"
    (installation / "bin").mkdir(parents=True)
    (installation / "bin" / "postgres").touch(mode=0o700)
    (installation / "share").touch(mode=0o600)
    for path in (installation, installation / "bin"):
        path.chmod(0o700)
    let_use_installation(
        SystemUser("someone", 12_345, 12_345), installation, folder / "libraries that are not there"
    )
    modes = [stat.S_IMODE((installation / name).stat().st_mode) for name in ("bin", "bin/postgres", "share")]
    assert modes == [0o705, 0o705, 0o604]


@root_only
def test_a_folder_that_lets_the_group_pass_is_left_as_it_is(folder: Path) -> None:
    shared = folder / "shared"
    shared.mkdir()
    os.chown(shared, 0, 12_345)
    shared.chmod(0o710)
    let_pass(SystemUser("someone", 12_345, 12_345), shared / "data")
    assert stat.S_IMODE(shared.stat().st_mode) == 0o710
