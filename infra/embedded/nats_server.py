"""One NATS server with JetStream on 127.0.0.1, its store in a folder of ours."""

import hashlib
import json
import os
import shutil
import signal
import socket
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from infra.embedded import binaries
from infra.embedded.server_processes import (
    EmbeddedServerError,
    alive,
    all_nats_of,
    end_of,
    ending,
    is_nats_of,
    lives,
    send,
    start_daemon,
    wait_until,
)
from infra.nats import HOUSE, write_accounts

HOST = "127.0.0.1"
ANY_PORT = -1
#: Where a first port is looked for; Linux gives outgoing connections those from 32768 on.
FIRST_PORT, LAST_PORT = 20_000, 32_000
PORTS_TRIED = 100
DYING_SECONDS = 5
#: A server that was ready once and does not greet anybody for so long hangs.
ANSWER_SECONDS = 5
RELOADS = 2

CONFIG = """# Written at every start.
listen: "{host}:{port}"
server_name: {name}
ports_file_dir: {ports}
jetstream {{
  store_dir: {store}
  max_memory_store: 268435456
  max_file_store: 1099511627776
}}
include "keys/accounts.conf"
"""
#: The account that everybody was in before there were others.
ONLY_ACCOUNT = "$G"


class NatsServer:
    """The server that belongs to `folder`, whether or not it runs. Any process may start, stop or kill it.

    It keeps its port over restarts when the port is still free, so that clients find it again by themselves.
    """

    def __init__(self, folder: Path, *, start_seconds: float = 60, stop_seconds: float = 60) -> None:
        self.folder = folder.absolute()
        self.store = self.folder / "store"
        self.log = self.folder / "server.log"
        self.keys = self.folder / "keys"
        self._config = self.folder / "nats.conf"
        self._pid = self.folder / "pid"
        self._lock = self.folder / "running.lock"
        self._port = self.folder / "port"
        # Another server may come to listen where ours did: clients know it by this name.
        self.name = f"clienteling-{hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:12]}"
        self._start_seconds = start_seconds
        self._stop_seconds = stop_seconds

    @property
    def url(self) -> str:
        """The address clients connect to, that of the last start.

        Raises EmbeddedServerError before the first one.
        """
        # What the running server says counts, also when whoever started it did not live to write it down.
        if (port := next(self._ports(), None)) is not None:
            return f"nats://{HOST}:{port}"
        try:
            return f"nats://{HOST}:{int(self._port.read_text())}"
        except (OSError, ValueError) as error:
            raise EmbeddedServerError(f"the NATS server in {self.folder} has never been started") from error

    @property
    def was_started(self) -> bool:
        """Whether it has an address, which clients may know; not whether it runs."""
        return self._port.exists()

    def pid(self) -> int | None:
        """The process id of the running server, else None."""
        pid = self._last_pid()
        return pid if pid is not None and is_nats_of(pid, self._config) else None

    def _last_pid(self) -> int | None:
        with suppress(OSError, ValueError):
            return int(self._pid.read_text())
        return None

    def start(self) -> None:
        """Start the server unless it runs; it answers when this returns.

        Raises EmbeddedServerError otherwise.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # One that is just being killed still holds its lock for a moment.
        wait_until(lambda: not self._lives() or self._found() is not None, within_seconds=DYING_SECONDS)
        pid = self._found()
        if pid is None:
            self.store.mkdir(exist_ok=True, mode=0o700)
            pid = self._spawn(self._free_port())
        _replace(self._pid, str(pid))
        if self._was_ready(pid) and not wait_until(self._listening, within_seconds=ANSWER_SECONDS):
            raise EmbeddedServerError(
                f"NATS (process {pid}) runs and does not answer; `kill -9 {pid}` lets it be started again"
            )
        if not wait_until(lambda: self._listening() or not alive(pid), within_seconds=self._start_seconds):
            raise EmbeddedServerError(
                f"NATS did not answer within {self._start_seconds:g} s{end_of(self.log)}"
            )
        if not self._listening():
            raise EmbeddedServerError(f"NATS stopped while starting{end_of(self.log)}")

    def configure(self, consumers: Iterable[str], stores: Iterable[str] = ()) -> None:
        """Let these named consumers and stores in, and no others; a running server takes it in."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if write_accounts(self.keys, consumers, stores) and (pid := self._found()) is not None:
            # What an account that is new imports works after the next reload alone (nats-server 2.15.1).
            for _ in range(RELOADS):
                before = self._reloads()
                send(pid, signal.SIGHUP)
                wait_until(lambda before=before: self._reloads() > before, within_seconds=ANSWER_SECONDS)

    def _reloads(self) -> int:
        with suppress(OSError):
            return self.log.read_bytes().count(b"Reloaded server configuration")
        return 0

    def stop(self) -> None:
        """Stop the server if it runs; after `stop_seconds` it is killed."""
        pid = self._found()
        if pid is not None:
            send(pid, signal.SIGTERM)
            # Who was halted (SIGSTOP) has to go on in order to stop.
            send(pid, signal.SIGCONT)
            if not wait_until(lambda: not self._lives(), within_seconds=self._stop_seconds):
                self.kill()

    def kill(self) -> None:
        """Kill the server as `kill -9` does, without a chance to write anything."""
        pid = self._found()
        if pid is not None:
            send(pid, signal.SIGKILL)
            wait_until(lambda: not (alive(pid) or self._lives()), within_seconds=self._stop_seconds)

    def wipe(self) -> None:
        """Delete every stream, as a lost disk does. Raises EmbeddedServerError while the server runs."""
        if self._found() is not None:
            raise EmbeddedServerError("a running NATS server cannot be wiped; stop or kill it first")
        shutil.rmtree(self.store, ignore_errors=True)

    def _found(self) -> int | None:
        # A starter that was killed may have left a server whose process id was never written down.
        if (pid := self.pid()) is not None or (self._lock.exists() and not lives(self._lock)):
            return pid
        return next(all_nats_of(self._config), None)

    def _lives(self) -> bool:
        # A server whose folder was deleted may make parts of it anew, but never its lock. One that was killed
        # may let go of its lock before its port.
        last = self._last_pid()
        return (self._lock.exists() and lives(self._lock)) or (last is not None and ending(last))

    def _spawn(self, port: int) -> int:
        ports = self.folder / "ports"
        shutil.rmtree(ports, ignore_errors=True)
        ports.mkdir(mode=0o700)
        write_accounts(self.keys)
        before, now = (self.store / "jetstream" / account for account in (ONLY_ACCOUNT, HOUSE))
        if before.exists() and not now.exists():
            before.rename(now)
        self._config.write_text(
            CONFIG.format(
                host=HOST,
                port=port,
                name=json.dumps(self.name),
                ports=json.dumps(str(ports)),
                store=json.dumps(str(self.store)),
            )
        )
        return start_daemon(
            [str(binaries.nats_server()), "-c", str(self._config)],
            log=self.log,
            user=None,
            cwd=self.folder,
            lock=self._lock,
        )

    def _free_port(self) -> int:
        # The last one, so that clients find it again. A first one below those that the kernel gives to
        # outgoing connections: one of theirs could be in the way when the server comes back.
        with suppress(OSError, ValueError):
            last = int(self._port.read_text())
            return last if _is_free(last) else ANY_PORT
        digest = hashlib.sha256(os.fsencode(self.folder)).digest()
        first = FIRST_PORT + int.from_bytes(digest[:4]) % (LAST_PORT - FIRST_PORT)
        return next((port for port in range(first, first + PORTS_TRIED) if _is_free(port)), ANY_PORT)

    def _was_ready(self, pid: int) -> bool:
        return any(self.folder.glob(f"ports/*_{pid}.ports"))

    def _listening(self) -> bool:
        for port in self._ports():
            if _greets(port):
                _replace(self._port, str(port))
                return True
        return False

    def _ports(self) -> Iterator[int]:
        # The server writes its ports file once it is ready, named after its process id.
        for file in self.folder.glob(f"ports/*_{self.pid()}.ports"):
            with suppress(OSError, ValueError, KeyError, IndexError):
                url: str = json.loads(file.read_text())["nats"][0]
                yield int(url.rpartition(":")[2])


def _greets(port: int) -> bool:
    with suppress(OSError), socket.create_connection((HOST, port), timeout=1) as connection:
        return connection.recv(4) == b"INFO"
    return False


def _is_free(port: int) -> bool:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((HOST, port))
        except OSError:
            return False
    return True


def _replace(file: Path, text: str) -> None:
    # What stands there already needs no room on a disk that may be full.
    with suppress(OSError, ValueError):
        if file.read_text() == text:
            return
    beside = file.with_name(file.name + ".new")
    beside.write_text(text)
    beside.replace(file)
