"""NATS as others see it: clients of nats-py with the key of a role, and servers that share their keys."""

import shutil
from pathlib import Path
from typing import Any

from nats.aio.client import Client

from infra.embedded import NatsServer
from infra.messaging.client import FlushingClient
from infra.nats import NatsRole, inbox_of
from infra.nats.nkeys import user_key


def nats_server(folder: Path, keys: Path) -> NatsServer:
    """A running server of a test's own, which knows the same keys."""
    server = NatsServer(folder)
    server.folder.mkdir(mode=0o700, parents=True)
    shutil.copytree(keys, server.keys)
    server.start()
    return server


class KeyClient(FlushingClient):
    """nats-py's own client with a key, for which it wants a package that has no wheel."""

    def __init__(self, keys: Path, name: str) -> None:
        super().__init__()
        self._key = user_key((keys / f"{name}.nk").read_text())
        self._auth_configured, self._public_nkey = True, self._key.public

    async def connect(self, *args: Any, **options: Any) -> None:  # type: ignore[override]
        await super().connect(*args, signature_cb=self._key.sign, **options)


async def stock_client(url: str, keys: Path | None, name: str = NatsRole.OPS, **options: Any) -> Client:
    """A connection of nats-py with the key of a role or a named consumer."""
    assert keys is not None
    client = KeyClient(keys, name)
    given: dict[str, Any] = {"allow_reconnect": False, "inbox_prefix": inbox_of(name), **options}
    await client.connect(url, **given)
    return client
