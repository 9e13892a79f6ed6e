"""Servers of a benchmark's own: durable as in a shop (fsync on), in a temporary folder, gone afterwards."""

import itertools
import shutil
import socket
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from infra.embedded import EmbeddedServers, NatsServer
from infra.settings import Settings


class Sandbox:
    """A context manager: PostgreSQL and NATS in a temporary folder, and as many empty databases as are asked
    for.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="clienteling-bench-"))
        self.folder.chmod(0o711)
        self._servers = EmbeddedServers(Settings(data_dir=self.folder / "data"))
        self._numbers = itertools.count(1)
        self._nats: list[NatsServer] = []

    def __enter__(self) -> "Sandbox":
        self._servers.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in self._nats:
            server.stop()
        self._servers.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def database(self) -> str:
        """The address of a new, empty database."""
        url = self._servers.servers.database_url
        name = f"bench_{next(self._numbers)}"
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))

    @property
    def newest_nats(self) -> NatsServer:
        """The server that was made last."""
        return self._nats[-1]

    def nats(self, consumers: Sequence[str] = ()) -> str:
        """The address of a new, empty NATS server that lets these named consumers in."""
        server = NatsServer(self.folder / f"nats_{next(self._numbers)}")
        server.folder.mkdir(mode=0o700)
        shutil.copytree(self._servers.nats.keys, server.keys)
        server.configure(consumers)
        server.start()
        self._nats.append(server)
        return server.url

    def settings(self, database_url: str, nats_url: str | None = None) -> Settings:
        """Settings of a process that works on this database (and NATS server; else the shared one)."""
        return Settings(
            database_url=database_url,
            nats_url=nats_url or self._servers.servers.nats_url,
            nats_credentials=self._servers.nats.keys,
            data_dir=self.folder / "data",
            api_port=free_port(),
            # What authentication costs has a benchmark of its own.
            auth="off",
        )


def free_port() -> int:
    """A port that nobody listens on: another house on this machine must not answer in our server's place."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
