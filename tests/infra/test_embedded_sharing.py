"""Processes share the servers of a data directory: first in starts, last out stops, and kill -9 tears
nothing.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from infra.embedded import EmbeddedServerError, EmbeddedServers
from infra.embedded.server_processes import alive
from infra.settings import Settings
from tests.abandoned import abandoned
from tests.conftest import QUICK

REPOSITORY = Path(__file__).parents[2]
#: Another process: takes its share, says where the servers are, and keeps it until its input ends.
SHARING = """
import sys
from pathlib import Path
from infra.embedded import EmbeddedServers
from infra.logs import set_up_logs
from infra.settings import Settings
from tests.conftest import QUICK
settings = Settings(data_dir=Path(sys.argv[1]))
set_up_logs(settings)
with EmbeddedServers(settings, postgres_config=QUICK) as servers:
    print(servers.database_url, servers.nats_url, flush=True)
    sys.stdin.read()
"""


def sharing_process(data_dir: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SHARING, str(data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=REPOSITORY,
    )


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.fixture
def embedded(folder: Path) -> Iterator[EmbeddedServers]:
    """Servers of this test's own, not started."""
    servers = EmbeddedServers(Settings(data_dir=folder / "data"), watch=False, postgres_config=QUICK)
    yield servers
    servers.stop()
    servers.kill()


def another(embedded: EmbeddedServers) -> EmbeddedServers:
    """What another process with the same data directory has; locks exclude within a process as between
    two.
    """
    return EmbeddedServers(embedded._settings, watch=False, postgres_config=QUICK)


def pids(embedded: EmbeddedServers) -> tuple[int | None, int | None]:
    return (embedded.nats.pid(), embedded.postgres.pid())


def poll(holds) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_first_starts_the_servers_and_the_last_stops_them(embedded: EmbeddedServers) -> None:
    second = another(embedded)
    first = embedded.start()
    started = pids(embedded)
    assert second.start() == first
    embedded.stop()
    assert pids(second) == started
    assert None not in started
    second.stop()
    assert pids(second) == (None, None)
    assert abandoned(embedded._settings.data_dir)


def test_a_share_can_be_taken_and_given_back_again_and_again(embedded: EmbeddedServers) -> None:
    for _ in range(2):
        with embedded as servers, psycopg.connect(servers.database_url) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS kept (at int)")
            connection.execute("INSERT INTO kept VALUES (1)")
    with embedded as servers, psycopg.connect(servers.database_url) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (2,)


def test_processes_that_start_together_get_the_same_servers(embedded: EmbeddedServers) -> None:
    data_dir = embedded._settings.data_dir
    with ExitStack() as stack:
        processes = [stack.enter_context(sharing_process(data_dir)) for _ in range(4)]
        assert len({first_line(process) for process in processes}) == 1
        for process in processes:
            process.communicate()
    assert [process.returncode for process in processes] == [0] * 4
    assert pids(embedded) == (None, None)


def test_servers_outlive_a_killed_process_and_go_with_the_last_one(embedded: EmbeddedServers) -> None:
    with sharing_process(embedded._settings.data_dir) as process:
        addresses = first_line(process)
        started = pids(embedded)
        process.send_signal(signal.SIGKILL)
    assert None not in started
    assert pids(embedded) == started
    servers = embedded.start()
    assert f"{servers.database_url} {servers.nats_url}" == addresses
    assert pids(embedded) == started
    embedded.stop()
    assert pids(embedded) == (None, None)


@pytest.mark.parametrize("delay_seconds", [0.1, 0.3, 0.6, 0.9, 1.2, 1.6])
def test_a_first_start_that_is_killed_at_any_moment_can_be_repeated(
    embedded: EmbeddedServers, delay_seconds: float
) -> None:
    with sharing_process(embedded._settings.data_dir) as process:
        # Not waiting for luck: each delay hits another step of the start, and every one has to end the same
        # way.
        time.sleep(delay_seconds)
        process.send_signal(signal.SIGKILL)
    with embedded as servers, psycopg.connect(servers.database_url) as connection:
        connection.execute("CREATE TABLE whole ()")
    assert pids(embedded) == (None, None)


def test_after_everything_was_killed_the_next_start_recovers(embedded: EmbeddedServers) -> None:
    with sharing_process(embedded._settings.data_dir) as process:
        url = first_line(process).split()[0]
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS seven")
        for pid in pids(embedded):
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
        process.send_signal(signal.SIGKILL)
    with embedded as servers, psycopg.connect(servers.database_url) as connection:
        assert connection.execute("SELECT seven FROM kept").fetchone() == (7,)


def test_a_server_that_dies_is_started_again_while_its_processes_live(folder: Path) -> None:
    with EmbeddedServers(Settings(data_dir=folder / "data"), postgres_config=QUICK) as servers:
        seen = EmbeddedServers(Settings(data_dir=folder / "data"))
        before = pids(seen)
        seen.kill()
        poll(lambda: None not in pids(seen) and seen.postgres._ready())
        assert set(pids(seen)).isdisjoint(before)
        assert seen.servers == servers
    assert pids(seen) == (None, None)


def test_no_empty_shop_opens_where_a_data_directory_was_deleted(embedded: EmbeddedServers) -> None:
    embedded.start()
    embedded.kill()
    shutil.rmtree(embedded._settings.data_dir)
    with pytest.raises(EmbeddedServerError, match="was deleted or replaced"):
        embedded._start_again()
    with another(embedded):
        with pytest.raises(EmbeddedServerError, match="was deleted or replaced"):
            embedded._start_again()
        embedded.stop()
        assert None not in pids(embedded)


def test_servers_whose_directory_was_deleted_are_not_left_behind(embedded: EmbeddedServers) -> None:
    embedded.start()
    started = pids(embedded)
    shutil.rmtree(embedded._settings.data_dir)
    embedded.stop()
    assert not any(pid is not None and alive(pid) for pid in started)


def test_servers_with_addresses_of_their_own_are_not_started(folder: Path) -> None:
    settings = Settings(
        database_url="postgresql://db/shop", nats_url="nats://bus:4222", data_dir=folder / "data"
    )
    with EmbeddedServers(settings) as servers:
        assert (servers.database_url, servers.nats_url) == ("postgresql://db/shop", "nats://bus:4222")
    assert not (folder / "data").exists()


def test_only_the_server_without_an_address_is_started(folder: Path) -> None:
    settings = Settings(database_url="postgresql://db/shop", data_dir=folder / "data")
    embedded = EmbeddedServers(settings)
    with embedded as servers:
        assert servers.database_url == "postgresql://db/shop"
        assert embedded.nats.pid() is not None
        assert embedded.postgres.pid() is None
    assert pids(embedded) == (None, None)


def test_a_failed_start_says_why_and_leaves_nothing_running(folder: Path) -> None:
    broken = EmbeddedServers(
        Settings(data_dir=folder / "data"), postgres_config={**QUICK, "work_mem": "plenty"}
    )
    with pytest.raises(EmbeddedServerError, match=r"server\.log:(.|\n)*work_mem"):
        broken.start()
    assert pids(broken) == (None, None)
    assert abandoned(folder / "data")


def test_waiting_for_another_start_ends_with_who_is_at_it(embedded: EmbeddedServers) -> None:
    hasty = Settings(data_dir=embedded._settings.data_dir, embedded_start_seconds=1, embedded_stop_seconds=1)
    waiting = EmbeddedServers(hasty, watch=False)
    embedded._folder.mkdir(parents=True)
    with (
        embedded._starting(),
        pytest.raises(EmbeddedServerError, match=rf"is held by process {os.getpid()} for more than 4 s"),
    ):
        waiting.start()


def test_a_forked_child_does_not_stop_its_parents_servers(embedded: EmbeddedServers) -> None:
    embedded.start()
    child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    with child:
        embedded._owner = child.pid
        embedded.stop()
        assert None not in pids(embedded)
        embedded._owner = os.getpid()
        child.communicate()


async def test_coroutines_take_their_share_without_blocking_the_loop(embedded: EmbeddedServers) -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    ticking = asyncio.create_task(tick())
    async with embedded as servers:
        assert servers.nats_url.startswith("nats://127.0.0.1:")
    ticking.cancel()
    assert ticks > 5
    assert pids(embedded) == (None, None)


async def test_a_start_that_is_cancelled_leaves_nothing_running(embedded: EmbeddedServers) -> None:
    entering = asyncio.create_task(embedded.__aenter__())
    await asyncio.to_thread(poll, lambda: embedded.nats.pid() is not None)
    entering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await entering
    assert pids(embedded) == (None, None)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_data_directory_of_another_user_is_refused(folder: Path) -> None:
    (folder / "data").mkdir()
    os.chown(folder / "data", 12_345, 12_345)
    with pytest.raises(EmbeddedServerError, match=r"CLIENTELING_DATA_DIR .* belongs to user 12345"):
        EmbeddedServers(Settings(data_dir=folder / "data")).start()
