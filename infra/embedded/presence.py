"""Sharing the embedded servers of one data directory among processes: first in starts, last out stops.

Every process holds a shared lock on `presence.lock` while it needs the servers; the kernel drops it however
the process ends. Starting and stopping happen under an exclusive lock on `start.lock`. Whoever leaves tries
to turn its presence into an exclusive lock: only the last one can, and stops the servers.
"""

import asyncio
import fcntl
import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from infra import signals
from infra.embedded.data_directory import make_data_dir
from infra.embedded.nats_server import NatsServer
from infra.embedded.postgres_server import PostgresServer
from infra.embedded.server_processes import EmbeddedServerError, try_lock, wait_until
from infra.embedded.watch import Watch
from infra.postgres.roles import DatabaseRole
from infra.settings import Settings


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the servers of this process are: embedded ones, or those given in the settings.

    Addresses may hold passwords. `reader_url`: PostgreSQL for who only reads, where that is another address.
    """

    database_url: str = field(repr=False)
    nats_url: str = field(repr=False)
    reader_url: str | None = field(default=None, repr=False)

    @property
    def reading_url(self) -> str:
        """PostgreSQL for who only reads."""
        return self.reader_url or self.database_url


class EmbeddedServers:
    """This process's share in the embedded servers of `settings.data_dir`; a context manager, also an async
    one.

    Servers whose address is given in the settings are left alone; with both given, nothing at all is done.
    Whoever does not need NATS (`nats=False`) neither starts nor waits for it. PostgreSQL's address is that of
    `role`. While it lasts, a server that dies is started again within seconds (unless `watch` is False).
    `postgres_config` adds to the server's configuration and counts for whoever starts it.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        watch: bool = True,
        nats: bool = True,
        role: DatabaseRole = DatabaseRole.OWNER,
        postgres_config: Mapping[str, str] | None = None,
    ) -> None:
        self._settings = settings
        self._role = role
        self._wants_nats = nats and settings.nats_url is None
        self._folder = settings.data_dir.absolute() / "embedded"
        limits = {
            "start_seconds": settings.embedded_start_seconds,
            "stop_seconds": settings.embedded_stop_seconds,
        }
        self.postgres = PostgresServer(self._folder / "postgres", config=postgres_config, **limits)
        self.nats = NatsServer(self._folder / "nats", **limits)
        self._wants_watch = watch
        self._watch: Watch | None = None
        self._presence: int | None = None
        self._owner = 0

    @property
    def servers(self) -> Servers:
        """The addresses to connect to; those of embedded servers hold after `start`.

        `nats_url` is empty when NATS is embedded, was never started, and nobody asked for it.
        """
        nats_url = self._settings.nats_url or ""
        if self._settings.nats_url is None and (self._wants_nats or self.nats.was_started):
            nats_url = self.nats.url
        database_url = self._settings.database_url_of(self._role) or self.postgres.url(role=self._role)
        reader_url = self._settings.database_reader_url
        if self._settings.embeds_database and self._role is DatabaseRole.WRITER:
            reader_url = self.postgres.url(role=DatabaseRole.READER)
        return Servers(database_url, nats_url, reader_url)

    @property
    def owner_url(self) -> str | None:
        """PostgreSQL for the owner of the tables; None where the settings give the roles' addresses alone."""
        if self._settings.embeds_database:
            return self.postgres.url()
        return self._settings.database_url

    def start(self) -> Servers:
        """Make sure the servers run and stay until `stop`.

        Raises EmbeddedServerError; then nothing is held.
        """
        if self._presence is None and (self._wants_nats or self._settings.embeds_database):
            make_data_dir(self._settings.data_dir)
            self._folder.mkdir(exist_ok=True, mode=0o700)
            _held.add(self)
            self._owner = os.getpid()
            with self._starting():
                self._presence = os.open(self._folder / "presence.lock", os.O_RDWR | os.O_CREAT, 0o600)
                try:
                    fcntl.flock(self._presence, fcntl.LOCK_SH)
                    self._start_servers()
                except BaseException:
                    self._leave()
                    raise
            if self._wants_watch:
                self._watch = Watch(self._all_run, self._start_again)
        return self.servers

    def stop(self) -> None:
        """Give the share back; the last process out stops the servers. Nothing happens in a forked child."""
        _held.discard(self)
        if self._presence is not None and self._owner == os.getpid():
            if self._watch is not None:
                self._watch.end()
            if (self._folder / "presence.lock").exists():
                with self._starting():
                    self._leave()
            else:
                # Someone deleted the directory under running servers, which nobody will ever find again.
                self.kill()
                self._leave()

    def kill(self) -> None:
        """Kill both servers as `kill -9` does, whoever uses them: for tests, and for what tests left
        behind.
        """
        self.nats.kill()
        self.postgres.kill()

    def __enter__(self) -> Servers:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with signals.deferred():
            self.stop()

    async def __aenter__(self) -> Servers:
        starting = asyncio.ensure_future(asyncio.to_thread(self.start))
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            # The thread cannot be cancelled: wait for it, then give back what it got.
            with suppress(EmbeddedServerError):
                await starting
            await asyncio.to_thread(self.stop)
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.stop)

    def _start_servers(self) -> None:
        if self._wants_nats:
            self.nats.start()
        if self._settings.embeds_database:
            self.postgres.start()

    def _all_run(self) -> bool:
        nats_runs = not self._wants_nats or self.nats.pid() is not None
        return nats_runs and (not self._settings.embeds_database or self.postgres.pid() is not None)

    def _start_again(self) -> None:
        # In place of a directory that was deleted an empty shop would open, under processes that remember a
        # full one.
        if not self._still_ours():
            raise EmbeddedServerError(f"{self._settings.data_dir} was deleted or replaced; end this process")
        with self._starting():
            self._start_servers()

    def _still_ours(self) -> bool:
        try:
            return self._presence is not None and os.path.samestat(
                os.fstat(self._presence), (self._folder / "presence.lock").stat()
            )
        except FileNotFoundError:
            return False

    def _leave(self) -> None:
        # Servers in a directory that replaced ours are not ours to stop.
        ours = self._still_ours()
        presence, self._presence = self._presence, None
        if presence is None:
            return
        try:
            if try_lock(presence, fcntl.LOCK_EX) and ours:
                self.nats.stop()
                self.postgres.stop()
        finally:
            os.close(presence)

    @contextmanager
    def _starting(self) -> Generator[None]:
        settings = self._settings
        # Whoever holds the lock may start two servers or stop two.
        patience = 2 * (settings.embedded_start_seconds + settings.embedded_stop_seconds)
        with exclusively(self._folder / "start.lock", within_seconds=patience):
            yield


#: What this process has started or joined and not given back yet.
_held: set[EmbeddedServers] = set()


def ensure_servers(settings: Settings, *, nats: bool = True) -> EmbeddedServers:
    """The servers that `settings` ask for, as a context manager (plain or async) that gives their addresses.

    `nats=False`: PostgreSQL alone; `nats_url` is then where NATS was last, if it was ever started.
    """
    return EmbeddedServers(settings, nats=nats)


def release_servers() -> None:
    """Give back what an interruption between two steps has left held; for the end of a process."""
    for servers in list(_held):
        servers.stop()


@contextmanager
def exclusively(file: Path, *, within_seconds: float) -> Generator[None]:
    """Hold the exclusive lock of `file`.

    Raises EmbeddedServerError naming who has it when it takes too long.
    """
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not wait_until(lambda: try_lock(descriptor, fcntl.LOCK_EX), within_seconds=within_seconds):
            holder = os.pread(descriptor, 100, 0).decode().strip()
            raise EmbeddedServerError(
                f"{file} is held by process {holder} for more than {within_seconds:g} s"
            )
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)
