"""Nobody gets into the embedded PostgreSQL without a password, whatever its data directory was before."""

import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from infra.embedded import EmbeddedServerError, PostgresServer, binaries
from infra.embedded.postgres_cluster import _run  # pyright: ignore[reportPrivateUsage]
from infra.embedded.system_user import grant_installation, grant_passage, system_user_for
from infra.postgres import program_environment
from infra.postgres.roles import SERVICES, DatabaseRole
from tests.conftest import QUICK


def seven(url: str) -> object:
    """What a table has that was there before."""
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT seven FROM kept").fetchone()


def keep_seven(server: PostgresServer) -> None:
    with psycopg.connect(server.url()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS seven")


def with_password(url: str, password: str | None) -> str:
    parts = urlsplit(url)
    who = f"{parts.username}:{password}" if password else str(parts.username)
    return urlunsplit(parts._replace(netloc=f"{who}@"))


def refuses_everybody_without_their_password(server: PostgresServer) -> bool:
    for role in DatabaseRole:
        url = server.url(role=role)
        with psycopg.connect(url) as connection:
            assert connection.info.user in ("clienteling", role.in_database)
        for password in (None, "clienteling", "0" * 64):
            with pytest.raises(psycopg.OperationalError, match="password"):
                psycopg.connect(with_password(url, password))
    return True


@pytest.fixture
def older(folder: Path) -> Iterator[PostgresServer]:
    """The files of a server as the release before made them: whoever reached its socket was let in."""
    server = PostgresServer(folder / "older", config=QUICK)
    server.folder.mkdir(mode=0o700)
    user = system_user_for(server.data)
    if user is not None:
        grant_passage(user, server.data)
        grant_installation(user, binaries.postgres_installation(), binaries.postgres_libraries())
        made = folder / "older" / "data"
        made.mkdir(mode=0o700)
        os.chown(made, user.uid, user.gid)
    access = ["--auth-local=trust", "--auth-host=reject", "--locale=C", "--no-sync"]
    _run(["initdb", "-D", str(server.data), "-U", "clienteling", *access], user, server.folder)
    single = ["postgres", "--single", "-D", str(server.data), "postgres"]
    _run(single, user, server.folder, given="CREATE DATABASE clienteling\n")
    single[-1] = "clienteling"
    _run(single, user, server.folder, given="CREATE TABLE kept AS SELECT 7 AS seven\n")
    yield server
    server.kill()


def test_every_line_of_access_asks_for_a_password(own_postgres: PostgresServer) -> None:
    with psycopg.connect(own_postgres.url()) as connection:
        rules = connection.execute("SELECT auth_method, error FROM pg_hba_file_rules").fetchall()
        hashed = connection.execute(
            "SELECT count(*) FROM pg_authid WHERE rolcanlogin AND rolpassword NOT LIKE 'SCRAM-SHA-256$%'"
        ).fetchone()
    assert set(rules) == {("scram-sha-256", None)}
    assert hashed == (0,)
    assert refuses_everybody_without_their_password(own_postgres)


def test_the_passwords_are_random_and_their_owners_alone(own_postgres: PostgresServer, folder: Path) -> None:
    other = PostgresServer(folder / "other", config=QUICK)
    try:
        other.start()
        texts = [(server.folder / "passwords").read_text().split() for server in (own_postgres, other)]
    finally:
        other.kill()
    passwords = [one for text in texts for one in text[1::2]]
    assert len(set(passwords)) == len(passwords) == 2 * len(DatabaseRole)
    private = [
        own_postgres.folder / name for name in ("passwords", "pg_hba.conf", "postgresql.conf", "server.log")
    ]
    assert {stat.S_IMODE(file.stat().st_mode) for file in private} == {0o600}
    assert stat.S_IMODE(own_postgres.socket_folder().stat().st_mode) == 0o700


def test_a_data_directory_without_passwords_is_taken_over_at_the_start(older: PostgresServer) -> None:
    older.start()
    assert seven(older.url()) == (7,)
    assert refuses_everybody_without_their_password(older)


def test_a_server_that_the_release_before_still_runs_is_joined_and_taken_over(
    own_postgres: PostgresServer,
) -> None:
    keep_seven(own_postgres)
    access = own_postgres.folder / "pg_hba.conf"
    access.write_text("local all all trust\n")
    with psycopg.connect(own_postgres.url(), autocommit=True) as connection:
        for role in SERVICES:
            connection.execute(f"DROP ROLE {role.in_database}".encode())
        connection.execute("ALTER ROLE clienteling PASSWORD NULL")
        connection.execute("SELECT pg_reload_conf()")
    (own_postgres.folder / "passwords").unlink()
    pid = own_postgres.pid()
    own_postgres.start()
    assert own_postgres.pid() == pid
    assert seven(own_postgres.url(role=DatabaseRole.OWNER)) == (7,)
    own_postgres.stop()
    own_postgres.start()
    assert refuses_everybody_without_their_password(own_postgres)


def test_files_put_back_from_a_copy_with_other_passwords_get_ours(own_postgres: PostgresServer) -> None:
    keep_seven(own_postgres)
    own_postgres.stop()
    (own_postgres.folder / "passwords").unlink()
    own_postgres.start()
    assert seven(own_postgres.url()) == (7,)
    assert refuses_everybody_without_their_password(own_postgres)


def test_a_password_file_lost_under_a_running_server_is_said(own_postgres: PostgresServer) -> None:
    (own_postgres.folder / "passwords").unlink()
    with pytest.raises(EmbeddedServerError, match=r"does not take the password in .* end every process"):
        own_postgres.start()


def test_a_password_file_open_to_others_is_refused(own_postgres: PostgresServer) -> None:
    (own_postgres.folder / "passwords").chmod(0o644)
    with pytest.raises(RuntimeError, match=r"passwords may be read .*`chmod 600"):
        own_postgres.start()


def test_a_base_backup_can_be_taken_by_the_owner_alone(own_postgres: PostgresServer, folder: Path) -> None:
    program = binaries.program_folder() / "pg_basebackup"
    for role in DatabaseRole:
        environment = program_environment(own_postgres.url(role=role))
        command = [program, "--checkpoint=fast", f"--pgdata={folder / role}"]
        done = subprocess.run(command, env=environment, check=False, capture_output=True)
        assert (done.returncode == 0) == (role is DatabaseRole.OWNER), done.stderr
