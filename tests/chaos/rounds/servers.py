"""The embedded servers of a house, and what is done to them while the start lock keeps others away."""

import shutil
import signal
import socket
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from infra.embedded import EmbeddedServers
from infra.embedded.presence import exclusively
from infra.embedded.server_processes import all_postgres_of
from infra.settings import Settings

LOCK_SECONDS = 60


class HouseServers:
    """PostgreSQL and NATS of one data directory. The services start them, also when they have died."""

    def __init__(self, folder: Path) -> None:
        embedded = EmbeddedServers(Settings(data_dir=folder))
        self.postgres = embedded.postgres
        self.nats = embedded.nats
        self._lock = folder / "embedded" / "start.lock"
        self._copy = folder / "nats.copy"
        self._taken_ports: list[socket.socket] = []
        self._embedded = embedded

    @property
    def run(self) -> bool:
        """Whether both servers run."""
        return self.nats.pid() is not None and self.postgres.pid() is not None

    def kill_nats(self) -> None:
        """Kill NATS as `kill -9` does."""
        if (pid := self.nats.pid()) is not None:
            _send(pid, signal.SIGKILL)

    def wipe_nats(self) -> None:
        """Kill NATS and delete all it stored, as a lost disk does."""
        with self._nobody_starts():
            self.nats.kill()
            shutil.rmtree(self.nats.store, ignore_errors=True)

    def copy_nats(self) -> None:
        """Kill NATS and keep a copy of all it stored. Raises OSError, without a copy, on a full disk."""
        with self._nobody_starts():
            self.nats.kill()
            shutil.rmtree(self._copy, ignore_errors=True)
            if self.nats.store.exists():
                try:
                    shutil.copytree(self.nats.store, self._copy)
                except shutil.Error as error:
                    shutil.rmtree(self._copy, ignore_errors=True)
                    raise OSError(f"no copy of what NATS stored: {str(error)[-200:]}") from None

    def put_nats_back(self) -> None:
        """Kill NATS and put the copy in the place of what it stored since."""
        with self._nobody_starts():
            self.nats.kill()
            if self._copy.exists():
                shutil.rmtree(self.nats.store, ignore_errors=True)
                self._copy.rename(self.nats.store)

    def move_nats(self) -> None:
        """Kill NATS and take its port, so that it comes back on another one."""
        with self._nobody_starts():
            port = int(self.nats.url.rpartition(":")[2])
            self.nats.kill()
            taken = socket.socket()
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                taken.bind(("127.0.0.1", port))
                taken.listen()
            self._taken_ports.append(taken)

    def kill_postgres(self, *, whole: bool) -> None:
        """Kill the postmaster, or every process of PostgreSQL, as `kill -9` does."""
        if (pid := self.postgres.pid()) is not None:
            _send(pid, signal.SIGKILL)
        if whole:
            for pid in list(all_postgres_of(self.postgres.data)):
                _send(pid, signal.SIGKILL)

    def freeze_nats(self) -> None:
        """NATS hangs (SIGSTOP)."""
        if (pid := self.nats.pid()) is not None:
            _send(pid, signal.SIGSTOP)

    def freeze_postgres(self) -> None:
        """Every process of PostgreSQL hangs (SIGSTOP)."""
        for pid in list(all_postgres_of(self.postgres.data)):
            _send(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Whatever hangs goes on (SIGCONT)."""
        if (pid := self.nats.pid()) is not None:
            _send(pid, signal.SIGCONT)
        for pid in list(all_postgres_of(self.postgres.data)):
            _send(pid, signal.SIGCONT)

    def end(self) -> None:
        """Kill what is left and give the taken ports back."""
        self._embedded.kill()
        for taken in self._taken_ports:
            taken.close()

    @contextmanager
    def _nobody_starts(self) -> Generator[None]:
        with exclusively(self._lock, within_seconds=LOCK_SECONDS):
            yield


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(psutil.Error):
        psutil.Process(pid).send_signal(number)
