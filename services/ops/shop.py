"""The house, opened: servers, log, key store and the handler, for commands that work on them."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from infra.clock import SYSTEM_CLOCK, Clock
from infra.embedded import Servers, ensure_servers
from infra.event_store.handler import Handler
from infra.event_store.log import EventLog
from infra.event_store.opening import opened_for_writing
from infra.logs import set_up_logs
from infra.postgres import sync_pool
from infra.reaction_store.catalog import ensure_reactions
from infra.settings import Settings
from infra.vault import Vault

#: An import goes through history once: what it needs again is read again, and a long file must not fill the memory
#: (a receipt of Online Retail takes some 25 kB there).
STATES_REMEMBERED_MAX = 10_000


@dataclass(frozen=True)
class Shop:
    """What a command of the command line works with."""

    settings: Settings
    servers: Servers
    log: EventLog
    vault: Vault
    handler: Handler


@contextmanager
def opened_shop(
    settings: Settings | None = None, *, clock: Clock = SYSTEM_CLOCK, nats: bool = False
) -> Generator[Shop]:
    """Servers are started if they are embedded and not running; everything is closed at the end.

    Without `nats` nobody waits for a NATS server: most commands need none.
    """
    settings = settings or Settings.from_env()
    set_up_logs(settings)
    with ensure_servers(settings, nats=nats) as servers:
        # First of all, over one connection: a database that is not there is told at once, which a pool would wait for.
        ensure_reactions(settings, servers.database_url)
        with (
            sync_pool(settings, servers.database_url, name="command line") as pool,
            opened_for_writing(
                settings, servers.database_url, pool, clock=clock, states_max=STATES_REMEMBERED_MAX
            ) as writing,
        ):
            yield Shop(settings, servers, *writing)
