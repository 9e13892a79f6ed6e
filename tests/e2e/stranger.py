"""What another user of the machine tries on a running house."""

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import httpx
import nats
import psutil
import psycopg

from infra.embedded import EmbeddedServers
from infra.nats import write_accounts
from infra.settings import Settings
from tests.e2e.house import House
from tests.nats_clients import KeyClient

Act = Callable[[], object]


class Target:
    """What the stranger may have heard of: paths, addresses and process ids. All but the secrets."""

    def __init__(self, house: House, exports: Path) -> None:
        embedded = EmbeddedServers(Settings(data_dir=house.folder))
        self.data_dir = house.folder
        self.exports = exports
        self.postgres = embedded.postgres.folder
        self.sockets = embedded.postgres.socket_folder()
        self.nats_url = embedded.nats.url
        self.nats = embedded.nats.folder
        self.api = str(house.client.base_url)
        self.pids = [process.pid for process in processes_of(house.folder)]
        self.postmaster = embedded.postgres.pid() or 0


def processes_of(folder: Path) -> list[psutil.Process]:
    """Services, their children, and both servers."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            told = (process.environ().get("CLIENTELING_DATA_DIR"), process.cwd(), " ".join(process.cmdline()))
            if any(str(folder) in (one or "") for one in told) and process.pid != os.getpid():
                found.append(process)
    return found


def connecting(target: Target, **given: Any) -> Act:
    """Connect to PostgreSQL; its version."""
    where: dict[str, Any] = {
        "host": str(target.sockets),
        "port": 5432,
        "dbname": "clienteling",
        "connect_timeout": 5,
    }

    def act() -> object:
        with psycopg.connect(**{**where, **given}) as connection:
            return connection.execute("SELECT version()").fetchone()

    return act


def of_postgres(target: Target) -> Iterator[tuple[str, Act]]:
    users = ("clienteling", "clienteling_writer", "clienteling_reader", "postgres", "nobody", "root")
    for user in users:
        yield f"connect by the socket as {user}", connecting(target, user=user)
        yield f"guess the password of {user}", connecting(target, user=user, password="clienteling")
    yield "connect by TCP", connecting(target, host="127.0.0.1", user="clienteling", password="clienteling")
    yield "replicate", connecting(target, user="clienteling", replication="true")
    yield "list the socket's folder", lambda: list(target.sockets.iterdir())
    yield "remove the socket", lambda: (target.sockets / ".s.PGSQL.5432").unlink() is None
    yield "list the cluster", lambda: list((target.postgres / "data").iterdir())
    for name in ("passwords", "pg_hba.conf", "postgresql.conf", "server.log", "data/PG_VERSION"):
        yield f"read {name}", (target.postgres / name).read_bytes


def of_files(target: Target) -> Iterator[tuple[str, Act]]:
    yield "list the data directory", lambda: list(target.data_dir.iterdir())
    secrets = ("vault/master.key", "auth/signing_key.pem", "embedded/start.lock", "api.out", "relay.out")
    for name in secrets:
        yield f"read {name}", (target.data_dir / name).read_bytes
    for name in ("relay", "projector", "reactions", "ops", "inventory", "billing"):
        yield f"read the NATS key of {name}", (target.nats / "keys" / f"{name}.nk").read_bytes
    for name in ("keys/accounts.conf", "nats.conf", "server.log"):
        yield f"read NATS' {name}", (target.nats / name).read_bytes
    yield "list what NATS stored", lambda: list((target.nats / "store").iterdir())
    for name in ("log.dump", "keys.dump", "lost.jsonl", "base/PG_VERSION"):
        yield f"read the backup {name}", (target.exports / name).read_bytes
    yield "write into the data directory", lambda: (target.data_dir / "theirs").write_text("x")
    yield "write into the vault", lambda: (target.data_dir / "vault" / "master.next").write_text("x")
    yield "move the data directory away", lambda: target.data_dir.rename(f"{target.data_dir}.theirs")


def of_processes(target: Target) -> Iterator[tuple[str, Act]]:
    for file in ("environ", "mem", "maps"):
        yield (
            f"read {file} of a process",
            lambda file=file: [
                read for pid in target.pids for read in [readable(f"/proc/{pid}/{file}")] if read
            ],
        )
    yield (
        "list the open files of a process",
        lambda: [name for pid in target.pids for name in files_of(pid)],
    )
    yield "end PostgreSQL", lambda: os.kill(target.postmaster, signal.SIGTERM) is None
    yield "end a service", lambda: [pid for pid in target.pids if killed(pid)]


def files_of(pid: int) -> list[Path]:
    try:
        return [name.readlink() for name in Path(f"/proc/{pid}/fd").iterdir()]
    except OSError:
        return []


def readable(file: str) -> bytes:
    try:
        return Path(file).read_bytes()[:100]
    except OSError:
        return b""


def killed(pid: int) -> bool:
    with suppress(PermissionError):
        os.kill(pid, signal.SIGTERM)
        return True
    return False


def of_nats(target: Target) -> Iterator[tuple[str, Act]]:
    write_accounts(target.exports / "theirs")
    stranger = KeyClient(target.exports / "theirs", "relay")
    refused = {"allow_reconnect": False, "connect_timeout": 5}
    yield "connect to NATS", lambda: asyncio.run(nats.connect(target.nats_url, **refused))
    yield (
        "connect to NATS with a key of one's own",
        lambda: asyncio.run(stranger.connect(target.nats_url, **refused)) or "in",
    )
    named = {"user": "clienteling", "password": "clienteling"}
    yield (
        "connect to NATS with a name",
        lambda: asyncio.run(nats.connect(target.nats_url, **refused, **named)),
    )
    yield "publish without connecting", lambda: published(target.nats_url)


def published(url: str) -> bool:
    host, _, port = url.removeprefix("nats://").partition(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.recv(4_096)
        connection.sendall(
            b'CONNECT {"verbose":true}\r\nPUB clienteling.v1.sale.recorded.1 2\r\n{}\r\nPING\r\n'
        )
        connection.settimeout(5)
        return b"PONG" in connection.recv(4_096)


def of_the_api(target: Target) -> Iterator[tuple[str, Act]]:
    forged = "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.eyJzdWIiOiJ4In0."
    headers = ({}, {"Authorization": f"Bearer {forged}"}, {"Authorization": "Basic Y2xpZW50ZWxpbmc6eA=="})
    paths = ("/v1/stores", "/v1/associates", "/v1/deficits", "/v1/heroics")
    for header in headers:
        for path in paths:
            yield (
                f"read {path} with {list(header)}",
                lambda path=path, header=header: ok(httpx.get(target.api + path, headers=header)),
            )
    command = {"headers": {"Idempotency-Key": "theirs"}, "json": {"name": "Theirs"}}
    yield "send a command", lambda: ok(httpx.post(f"{target.api}/v1/commands/register-customer", **command))  # type: ignore[arg-type]


def ok(answer: httpx.Response) -> object:
    return answer.text if answer.status_code not in (401, 403, 404) else None


ROOMS: Final = {
    "PostgreSQL": of_postgres,
    "files": of_files,
    "processes": of_processes,
    "NATS": of_nats,
    "the API": of_the_api,
}
