"""One PostgreSQL server on a Unix socket, its cluster in a folder of ours."""

import signal
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import psycopg
import structlog
from psycopg import sql

from infra.embedded import binaries
from infra.embedded.postgres_cluster import (
    CONFIG,
    PORT,
    ROLE,
    make_cluster,
    make_socket_folder,
    require_same_version,
    set_owner_password,
    socket_folder_for,
    write_config,
)
from infra.embedded.postgres_passwords import FILE as PASSWORDS
from infra.embedded.postgres_passwords import ensure_passwords, passwords_in
from infra.embedded.server_processes import (
    EmbeddedServerError,
    alive,
    all_postgres_of,
    end_of,
    is_postgres_of,
    lives,
    send,
    start_daemon,
    wait_until,
)
from infra.embedded.system_user import SystemUser, give_to, grant_installation, grant_passage, system_user_for
from infra.postgres.locks import key_of
from infra.postgres.roles import DatabaseRole, ensure_roles

DATABASE = "clienteling"
ORPHANS_SECONDS = 5
#: A server that is ready and does not let anybody in for so long hangs.
ANSWER_SECONDS = 5

log = structlog.get_logger(__name__)


class PostgresServer:
    """The server that belongs to `folder`, whether or not it runs. Any process may start, stop or kill it.

    `config` adds to or replaces lines of `postgres_cluster.CONFIG`. Several processes must not start or stop
    it at the same moment; `infra.embedded.presence` sees to that.
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
        self._lock = self.folder / "running.lock"
        self._socket_record = self.folder / "socket-folder"
        self._config = {**CONFIG, **(config or {})}
        self._config_file = self.folder / "postgresql.conf"
        self._start_seconds = start_seconds
        self._stop_seconds = stop_seconds

    def url(self, database: str = DATABASE, *, role: DatabaseRole = DatabaseRole.OWNER) -> str:
        """The address of one database for a role, as a libpq URI whose host is the socket's folder.

        It has the role's password in it, once the server was started.
        """
        name = ROLE if role is DatabaseRole.OWNER else role.in_database
        password = passwords_in(self.folder).get(role)
        who = name if password is None else f"{name}:{password}"
        return f"postgresql://{who}@/{database}?host={quote(str(self.socket_folder()), safe='')}&port={PORT}"

    def pid(self) -> int | None:
        """The process id of the running server, else None."""
        pid = self._recorded_pid()
        return pid if pid is not None and is_postgres_of(pid, self.data) else None

    def start(self) -> None:
        """Start the server unless it runs; it answers when this returns.

        Raises EmbeddedServerError otherwise.
        """
        joined = self.pid() is not None
        self._start_until_ready()
        try:
            self._make_database()
        except psycopg.OperationalError as error:
            if "password authentication failed" not in str(error):
                raise
            if joined:
                raise EmbeddedServerError(
                    f"PostgreSQL does not take the password in {self.folder / PASSWORDS}; end every process "
                    "of this data directory, and the next start gives it that one"
                ) from None
            self._give_it_our_passwords()

    def _give_it_our_passwords(self) -> None:
        # The cluster is of a release without passwords, or was put back from a copy with others.
        self.stop()
        password = ensure_passwords(self.folder)[DatabaseRole.OWNER]
        set_owner_password(self.data, self._config_file, system_user_for(self.data), password)
        self._start_until_ready()
        self._make_database(new_passwords=True)

    def _start_until_ready(self) -> None:
        pid = self.pid() or self._start_process()
        # Not only the process we started counts: one that a killed starter left may have come first.
        if not wait_until(
            lambda: self._ready() or not (alive(pid) or self.pid()), within_seconds=self._start_seconds
        ):
            raise EmbeddedServerError(
                f"PostgreSQL did not answer within {self._start_seconds:g} s{end_of(self.log)}"
            )
        if not self._ready():
            raise EmbeddedServerError(f"PostgreSQL stopped while starting{end_of(self.log)}")

    def stop(self) -> None:
        """Stop the server if it runs, rolling open transactions back; after `stop_seconds` it is killed."""
        if self.folder.exists():
            # One that has just been started may be about to write down its process id.
            wait_until(
                lambda: self.pid() is not None or not lives(self._lock), within_seconds=ORPHANS_SECONDS
            )
        pid = self.pid()
        if pid is not None:
            send(pid, signal.SIGINT)
            # Who was halted (SIGSTOP) has to go on in order to stop.
            for one in all_postgres_of(self.data):
                send(one, signal.SIGCONT)
            if not wait_until(lambda: not lives(self._lock), within_seconds=self._stop_seconds):
                log.warning("PostgreSQL did not stop in time and is killed", seconds=self._stop_seconds)
                self.kill()

    def kill(self) -> None:
        """Kill every process of the server as `kill -9` does, without a chance to write anything."""
        # The postmaster goes first, so that it starts no further children.
        if (postmaster := self.pid()) is not None:
            send(postmaster, signal.SIGKILL)
        killed = list(all_postgres_of(self.data))
        for pid in killed:
            send(pid, signal.SIGKILL)
        # Of a server whose folder was deleted no lock tells whether it still lives.
        wait_until(lambda: not any(map(alive, killed)), within_seconds=self._stop_seconds)
        if self.folder.exists():
            wait_until(lambda: not lives(self._lock), within_seconds=self._stop_seconds)

    def socket_folder(self) -> Path:
        """The folder of the server's socket; that of a running one is where it said it put it."""
        lines = self._lock_file()
        # Another process may have started it with another temporary folder.
        if len(lines) >= 5 and lines[4] and self.pid() is not None:
            return Path(lines[4])
        return self._chosen_socket_folder()

    def _chosen_socket_folder(self) -> Path:
        # Under a temporary folder it stays where it was first, whatever TMPDIR says to the process that
        # starts it again: clients know the address.
        chosen = socket_folder_for(self.folder)
        with suppress(OSError, ValueError):
            recorded = Path(self._socket_record.read_text())
            if recorded.name == chosen.name and recorded.parent.is_dir():
                return recorded
        return chosen

    def _start_process(self) -> int:
        # The folder itself stays ours: only what PostgreSQL writes belongs to its user.
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        user = system_user_for(self.data)
        if user is not None:
            grant_passage(user, self.data)
            grant_installation(user, binaries.postgres_installation(), binaries.postgres_libraries())
        password = ensure_passwords(self.folder)[DatabaseRole.OWNER]
        if not self.data.exists():
            make_cluster(self.data, user, password, sync=self._config["fsync"] == "on")
        if user is not None and self.data.stat().st_uid == 0:
            # A copy that root has put back, as PostgreSQL's own backup programs make it.
            give_to(user, self.data)
        require_same_version(self.data, user)
        if (pid := self._clear_what_a_dead_server_left()) is not None:
            return pid
        return self._spawn(user)

    def _clear_what_a_dead_server_left(self) -> int | None:
        # After kill -9 of the postmaster alone its children may still be at work on the same files. A starter
        # that was killed may also have left a server that is about to write down its process id.
        wait_until(lambda: not lives(self._lock) or self.pid() is not None, within_seconds=ORPHANS_SECONDS)
        if (pid := self.pid()) is not None:
            return pid
        if lives(self._lock):
            self.kill()
        # PostgreSQL clears stale lock files by itself, unless the recorded id belongs to another process by
        # now.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        (self._chosen_socket_folder() / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)
        return None

    def _spawn(self, user: SystemUser | None) -> int:
        sockets = self._chosen_socket_folder()
        make_socket_folder(sockets, user)
        if sockets.parent != self.folder:
            self._socket_record.write_text(str(sockets))
        config = {**self._config, "unix_socket_directories": str(sockets)}
        write_config(self._config_file, config, user)
        command = [str(binaries.postgres_installation() / "bin" / "postgres"), "-D", str(self.data)]
        return start_daemon(
            [*command, "-c", f"config_file={self._config_file}"],
            log=self.log,
            user=user,
            cwd=self.folder,
            lock=self._lock,
        )

    def _ready(self) -> bool:
        lines = self._lock_file()
        return len(lines) >= 8 and lines[7].strip() == "ready" and self.pid() is not None

    def _make_database(self, *, new_passwords: bool = False) -> None:
        passwords = ensure_passwords(self.folder)
        with psycopg.connect(
            self.url("postgres"), autocommit=True, connect_timeout=ANSWER_SECONDS
        ) as connection:
            # What a starter that was killed had asked for may still be under way. The lock ends with its
            # session, and ours with this one.
            connection.execute("SELECT pg_advisory_lock(%s)", (key_of("making the database"),))
            found = connection.execute("SELECT FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone()
            if found is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
            ensure_roles(connection, ROLE, passwords, anew=new_passwords)

    def _lock_file(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text(errors="replace").splitlines()
        except OSError:
            return []

    def _recorded_pid(self) -> int | None:
        with suppress(IndexError, ValueError):
            return int(self._lock_file()[0])
        return None
