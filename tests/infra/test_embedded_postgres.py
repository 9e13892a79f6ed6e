"""The PostgreSQL server starts from any state its predecessor may have left, and says what is wrong when
it cannot.
"""

import os
import shutil
import signal
import stat
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from infra.embedded import EmbeddedServerError, PostgresServer
from infra.embedded.server_processes import LOG_BYTES_MAX, all_postgres_of, wait_until
from tests.conftest import QUICK


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


def test_a_starter_waits_for_what_a_killed_one_has_still_under_way(own_postgres: PostgresServer) -> None:
    with psycopg.connect(own_postgres.url("postgres"), autocommit=True) as connection:
        connection.execute("DROP DATABASE clienteling")
    # The session of a killed client ends after its statement has: so do those of starters side by side.
    with ThreadPoolExecutor(4) as starters:
        list(starters.map(lambda _: own_postgres.start(), range(4)))
    with psycopg.connect(own_postgres.url()) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == ("clienteling",)
