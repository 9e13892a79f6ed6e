"""A lock excludes, says who holds it, and is given back however its holder ends."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from infra.clock import now
from infra.postgres import LockHeld, LockLost, connect, hold_lock, hold_locks, lock_holder
from infra.postgres.locks import key_of
from infra.settings import Settings

HOLDING = """
import sys, time
from pathlib import Path
from infra.postgres import hold_lock
from infra.settings import Settings
with hold_lock(Settings(data_dir=Path("/nowhere")), sys.argv[1], "rebuild"):
    print("held", flush=True)
    time.sleep(600)
"""


def test_the_second_one_is_told_who_holds_the_lock(settings: Settings) -> None:
    url = str(settings.database_url)
    with (
        hold_lock(settings, url, "rebuild"),
        pytest.raises(LockHeld) as caught,
        hold_lock(settings, url, "rebuild"),
    ):
        pass
    holder = caught.value.holder
    assert holder is not None
    assert (holder.pid, holder.host) == (os.getpid(), socket.gethostname())
    assert abs((now() - holder.since).total_seconds()) < 60
    assert f"rebuild is held by process {os.getpid()} on {socket.gethostname()}, since 20" in str(
        caught.value
    )


def test_a_lock_can_be_held_again_and_others_meanwhile(settings: Settings) -> None:
    url = str(settings.database_url)
    with hold_lock(settings, url, "rebuild"), hold_lock(settings, url, "another"):
        pass
    with hold_lock(settings, url, "rebuild"), connect(settings, url, name="test") as connection:
        assert lock_holder(connection, "another") is None


def test_of_several_locks_none_stays_held_when_one_is_another_holders(settings: Settings) -> None:
    url = str(settings.database_url)
    with hold_locks(settings, url, ["rebuild", "another"]) as locks:
        assert [lock.name for lock in locks] == ["rebuild", "another"]
        with (
            pytest.raises(LockHeld, match="another is held"),
            hold_locks(settings, url, ["third", "another"]),
        ):
            pass
        with hold_lock(settings, url, "third"):
            pass
    with hold_locks(settings, url, ["another", "rebuild"]):
        pass


def test_another_database_has_locks_of_its_own(settings: Settings, fresh_database) -> None:
    with (
        hold_lock(settings, str(settings.database_url), "rebuild"),
        hold_lock(settings, fresh_database(), "rebuild"),
    ):
        pass


def test_a_killed_holder_gives_the_lock_back(settings: Settings) -> None:
    url = str(settings.database_url)
    root = Path(__file__).parents[2]
    holding = subprocess.Popen(
        [sys.executable, "-c", HOLDING, url], stdout=subprocess.PIPE, text=True, cwd=root
    )
    assert holding.stdout is not None
    with holding, holding.stdout:
        assert holding.stdout.readline() == "held\n"
        with pytest.raises(LockHeld, match=f"process {holding.pid} "), hold_lock(settings, url, "rebuild"):
            pass
        holding.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 30
    with connect(settings, url, name="test") as connection:
        while lock_holder(connection, "rebuild") is not None:
            assert time.monotonic() < deadline
    with hold_lock(settings, url, "rebuild"):
        pass


def test_a_holder_whose_connection_is_cut_is_told_that_it_lost_the_lock(settings: Settings) -> None:
    url = str(settings.database_url)
    with hold_lock(settings, url, "rebuild") as lock:
        lock.check()
        with psycopg.connect(url) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_locks "
                "WHERE locktype = 'advisory' AND granted "
                "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
        with pytest.raises(LockLost):
            lock.check()


def test_a_released_lock_is_free_at_once(settings: Settings) -> None:
    url = str(settings.database_url)
    with connect(settings, url, name="test") as connection:
        for _ in range(50):
            with hold_lock(settings, url, "rebuild"):
                pass
            assert lock_holder(connection, "rebuild") is None


def test_a_lock_released_before_its_holder_is_named_is_taken(settings: Settings) -> None:
    url = str(settings.database_url)
    stop = threading.Event()

    def hold_often() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            while not stop.is_set():
                connection.execute("SELECT pg_advisory_lock(%s)", (key_of("rebuild"),))
                connection.execute("SELECT pg_advisory_unlock(%s)", (key_of("rebuild"),))

    unnamed: list[LockHeld] = []
    with ThreadPoolExecutor(2) as threads:
        others = [threads.submit(hold_often) for _ in range(2)]
        for _ in range(100):
            try:
                with hold_lock(settings, url, "rebuild"):
                    pass
            except LockHeld as held:
                unnamed += [held] if held.holder is None else []
        stop.set()
    assert unnamed == []
    for other in others:
        other.result()
