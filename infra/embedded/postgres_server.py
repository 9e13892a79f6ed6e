"""One PostgreSQL server on a Unix socket, its cluster in a folder of ours."""

import hashlib
import os
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import psycopg
import structlog
from psycopg import sql

from infra.embedded import binaries
from infra.embedded.server_processes import (
    EmbeddedServerError,
    alive,
    all_postgres_of,
    end_of,
    is_postgres_of,
    send,
    start_daemon,
    wait_until,
)
from infra.embedded.system_user import SystemUser, let_pass, let_use_installation, system_user_for

ROLE = "clienteling"
DATABASE = "clienteling"
PORT = 5432
#: A socket's whole path has room for 107 bytes, and PostgreSQL adds `/.s.PGSQL.5432` to its folder.
SOCKET_FOLDER_BYTES_MAX = 107 - len(f"/.s.PGSQL.{PORT}")

#: For two cores and a few gigabytes; `ALTER SYSTEM` overrides any of these.
CONFIG = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "wal_compression": "on",
    "fsync": "on",
    "synchronous_commit": "on",
    "random_page_cost": "1.1",
    "jit": "off",
    "TimeZone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %a ",
    # A statement in the log could hold what a person typed; the error alone has to do.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}

log = structlog.get_logger(__name__)


class PostgresServer:
    """The server that belongs to `folder`, whether or not it runs. Any process may start, stop or kill it.

    `config` adds to or replaces lines of CONFIG. Starting, stopping and killing from several processes at once has
    to be prevented by the caller (`infra.embedded.presence` does).
    """

    def __init__(
        self,
        folder: Path,
        *,
        config: Mapping[str, str] | None = None,
        start_seconds: float = 60,
        stop_seconds: float = 60,
    ) -> None:
        self.folder = folder.absolute()
        self.data = self.folder / "data"
        self.log = self.folder / "server.log"
        self._config = {**CONFIG, **(config or {})}
        self._start_seconds = start_seconds
        self._stop_seconds = stop_seconds

    def url(self, database: str = DATABASE) -> str:
        """The address of one database, as a libpq URI whose host is the socket's folder."""
        return (
            f"postgresql://{ROLE}@/{database}?host={quote(str(self._socket_folder()), safe='')}&port={PORT}"
        )

    def pid(self) -> int | None:
        """The process id of the running server, else None."""
        pid = self._recorded_pid()
        return pid if pid is not None and is_postgres_of(pid, self.data) else None

    def start(self) -> None:
        """Start the server unless it runs; it answers when this returns. Raises EmbeddedServerError otherwise."""
        if (pid := self.pid()) is None:
            user = system_user_for(self.data)
            self._prepare_folders(user)
            if not (self.data / "PG_VERSION").exists():
                self._make_cluster(user)
            self._require_same_version()
            self._clear_what_a_dead_server_left()
            pid = self._spawn(user)
        # Not only the process we started counts: one that a killed starter left may have come first.
        if not wait_until(
            lambda: self._ready() or not (alive(pid) or self.pid()), within_seconds=self._start_seconds
        ):
            raise EmbeddedServerError(
                f"PostgreSQL did not answer within {self._start_seconds:g} s{end_of(self.log)}"
            )
        if not self._ready():
            raise EmbeddedServerError(f"PostgreSQL stopped while starting{end_of(self.log)}")
        self._make_database()

    def stop(self) -> None:
        """Stop the server if it runs, rolling open transactions back; after `stop_seconds` it is killed."""
        pid = self.pid()
        if pid is not None:
            send(pid, signal.SIGINT)
            if not wait_until(lambda: not alive(pid), within_seconds=self._stop_seconds):
                log.warning("PostgreSQL did not stop in time and is killed", seconds=self._stop_seconds)
                self.kill()

    def kill(self) -> None:
        """Kill every process of the server as `kill -9` does, without a chance to write anything."""
        for pid in [self.pid(), *all_postgres_of(self.data)]:
            if pid is not None:
                send(pid, signal.SIGKILL)
        wait_until(lambda: not any(all_postgres_of(self.data)), within_seconds=self._stop_seconds)

    def _prepare_folders(self, user: SystemUser | None) -> None:
        # The folder itself stays ours: only what PostgreSQL writes belongs to its user.
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if user is not None:
            let_pass(user, self.data)
            let_use_installation(user, binaries.postgres_installation(), binaries.postgres_libraries())
        sockets = self._socket_folder()
        _make_folder(sockets, user)
        found = sockets.lstat()
        owner = os.geteuid() if user is None else user.uid
        # The folder may lie under /tmp, where anyone could have put something else in its place.
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or stat.S_IMODE(found.st_mode) & 0o077:
            raise EmbeddedServerError(f"{sockets} belongs to someone else or is open to others; remove it")

    def _make_cluster(self, user: SystemUser | None) -> None:
        # Made aside and renamed, so that an interrupted start leaves no half cluster behind.
        aside = self.folder / "data.new"
        shutil.rmtree(aside, ignore_errors=True)
        _make_folder(aside, user)
        sync = [] if self._config["fsync"] == "on" else ["--no-sync"]
        access = ["--auth-local=trust", "--auth-host=reject"]
        letters = ["--encoding=UTF8", "--locale=C"]
        self._run(
            ["initdb", "-D", str(aside), "-U", ROLE, *letters, *access, "--no-instructions", *sync], user
        )
        aside.rename(self.data)

    def _require_same_version(self) -> None:
        found = (self.data / "PG_VERSION").read_text().strip()
        printed = self._run(["postgres", "--version"], system_user_for(self.data)).split()
        if found != printed[2].partition(".")[0]:
            raise EmbeddedServerError(
                f"the data in {self.data} was written by PostgreSQL {found}, but this is {printed[2]}; dump it with "
                f"the former version of clienteling and restore it into an empty CLIENTELING_DATA_DIR"
            )

    def _clear_what_a_dead_server_left(self) -> None:
        # After kill -9 of the postmaster alone its children may still be at work on the same files.
        if not wait_until(lambda: not any(all_postgres_of(self.data)), within_seconds=5):
            self.kill()
        # PostgreSQL clears a stale lock file by itself, unless the recorded id belongs to another process by now.
        pid = self._recorded_pid()
        if pid is not None and not is_postgres_of(pid, self.data):
            (self.data / "postmaster.pid").unlink(missing_ok=True)
            (self._socket_folder() / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)

    def _spawn(self, user: SystemUser | None) -> int:
        config = self.folder / "postgresql.conf"
        lines = {**self._config, "unix_socket_directories": str(self._socket_folder())}
        config.write_text("".join(f"{name} = {_quoted(value)}\n" for name, value in lines.items()))
        config.chmod(0o644)
        postgres = str(binaries.postgres_installation() / "bin" / "postgres")
        return start_daemon(
            [postgres, "-D", str(self.data), "-c", f"config_file={config}"],
            log=self.log,
            user=user,
            cwd=self.folder,
        )

    def _ready(self) -> bool:
        lines = self._lock_file()
        return len(lines) >= 8 and lines[7].strip() == "ready" and self.pid() is not None

    def _make_database(self) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            found = connection.execute("SELECT FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone()
            if found is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))

    def _socket_folder(self) -> Path:
        # Processes may see different temporary folders; a running server says which one it took.
        lines = self._lock_file()
        if len(lines) >= 5 and lines[4] and self.pid() is not None:
            return Path(lines[4])
        inside = self.folder / "socket"
        if len(os.fsencode(inside)) <= SOCKET_FOLDER_BYTES_MAX:
            return inside
        digest = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"clienteling-{digest}"

    def _lock_file(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _recorded_pid(self) -> int | None:
        with suppress(IndexError, ValueError):
            return int(self._lock_file()[0])
        return None

    def _run(self, command: list[str], user: SystemUser | None) -> str:
        program = str(binaries.postgres_installation() / "bin" / command[0])
        done = subprocess.run(
            [program, *command[1:]],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            user=None if user is None else user.uid,
            group=None if user is None else user.gid,
            extra_groups=None if user is None else [],
        )
        if done.returncode != 0:
            raise EmbeddedServerError(f"{command[0]} failed: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout


def _make_folder(folder: Path, user: SystemUser | None) -> None:
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        if user is not None:
            os.chown(folder, user.uid, user.gid)


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
