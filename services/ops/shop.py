"""The house, opened: servers, log, key store and the handler, for commands that work on them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from infra.clock import Clock, now
from infra.embedded import Servers, ensure_servers
from infra.event_store.handler import Handler
from infra.event_store.log import EventLog
from infra.settings import Settings
from infra.vault import Vault


@dataclass(frozen=True)
class Shop:
    """What a command of the command line works with."""

    settings: Settings
    servers: Servers
    log: EventLog
    vault: Vault
    handler: Handler


@contextmanager
def opened_shop(settings: Settings | None = None, *, clock: Clock = now) -> Iterator[Shop]:
    """Servers are started if they are embedded and not running; everything is closed at the end."""
    settings = settings or Settings.from_env()
    with (
        ensure_servers(settings) as servers,
        EventLog(servers.database_url) as log,
        Vault(settings, servers) as vault,
    ):
        handler = Handler(log, vault, clock, conflict_retries_max=settings.command_retries_max)
        yield Shop(settings, servers, log, vault, handler)
