"""The NATS server starts from any state its predecessor may have left, on the same port, and never twice."""

import asyncio
import shutil
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest
from nats.aio.client import Client as NatsClient

from infra.embedded import EmbeddedServerError, NatsServer, PostgresServer, binaries
from infra.embedded.server_processes import alive, all_nats_of, ending, lives, wait_until
from tests.conftest import QUICK
from tests.nats_clients import stock_client


def test_a_server_that_a_killed_starter_left_is_taken_over(own_nats: NatsServer) -> None:
    pid = own_nats.pid()
    (own_nats.folder / "pid").unlink()
    assert own_nats.pid() is None
    own_nats.start()
    assert own_nats.pid() == pid
    assert list(all_nats_of(own_nats._config)) == [pid]


HOLDING = """
import fcntl, sys
from tests.nats_clients import stock_client
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

    client = await stock_client(
        server.url,
        server.keys,
        allow_reconnect=True,
        reconnect_time_wait=0.05,
        max_reconnect_attempts=-1,
        reconnected_cb=on_return,
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


def test_the_port_is_none_that_an_outgoing_connection_could_take(own_nats: NatsServer) -> None:
    given = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    assert 1_024 < int(own_nats.url.rpartition(":")[2]) < int(given[0])


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


#: A process whose first thread has ended and whose other one keeps its files: a killed server for a moment.
HALF_ENDED = """
import ctypes, threading, time
threading.Thread(target=time.sleep, args=(300,)).start()
print(flush=True)
ctypes.CDLL(None).pthread_exit(None)
"""


def test_a_server_is_started_when_all_threads_of_the_last_one_are_gone(own_nats: NatsServer) -> None:
    own_nats.kill()
    with subprocess.Popen([sys.executable, "-c", HALF_ENDED], stdout=subprocess.PIPE) as last:
        assert last.stdout is not None
        last.stdout.readline()
        assert wait_until(lambda: ending(last.pid), within_seconds=60)
        assert alive(last.pid)
        (own_nats.folder / "pid").write_text(str(last.pid))
        threading.Timer(1, last.kill).start()
        own_nats.start()
        assert not alive(last.pid)


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
