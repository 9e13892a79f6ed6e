"""Runtime: servers, event log, key store and command handler, opened for one command."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.rows import TupleRow

from infra.clock import SYSTEM_CLOCK, Clock
from infra.database import prepare_database
from infra.embedded import Servers, ensure_servers
from infra.event_store.handler import CommandHandler
from infra.event_store.log import EventLog
from infra.event_store.session import open_session
from infra.logs import set_up_logs
from infra.postgres import connect, sync_pool
from infra.settings import Settings
from infra.vault import Vault

#: An import reads history once: states are evicted and read again, so that a long file does not fill the
#: memory (a receipt of Online Retail takes some 25 kB).
STATES_REMEMBERED_MAX = 10_000


@dataclass(frozen=True)
class Runtime:
    """Servers, event log, key store and command handler of one command."""

    settings: Settings
    servers: Servers
    log: EventLog
    vault: Vault
    handler: CommandHandler

    def connect(self, name: str = "command line", *, limit_statements: bool = True) -> Connection[TupleRow]:
        """Open a connection of one's own to the database; `name` is shown in pg_stat_activity."""
        url = self.servers.database_url
        return connect(self.settings, url, name=name, limit_statements=limit_statements)

    def rows(self, query: str, parameters: dict[str, Any] | None = None) -> list[TupleRow]:
        """The rows of one statement."""
        with self.connect() as connection:
            return connection.execute(query.encode(), parameters or {}).fetchall()


@contextmanager
def open_runtime(
    settings: Settings | None = None, *, clock: Clock = SYSTEM_CLOCK, nats: bool = False
) -> Generator[Runtime]:
    """Open the runtime; embedded servers are started if they do not run, everything is closed at the end.

    Without `nats` nobody waits for a NATS server: most commands need none.
    """
    settings = settings or Settings.from_env()
    set_up_logs(settings)
    with ensure_servers(settings, nats=nats) as servers:
        # First of all, over one connection: a database that is not there is told at once, which a pool would
        # wait for.
        prepare_database(settings, servers.database_url)
        with (
            sync_pool(settings, servers.database_url, name="command line") as pool,
            open_session(
                settings, servers.database_url, pool, clock=clock, states_max=STATES_REMEMBERED_MAX
            ) as writing,
        ):
            yield Runtime(settings, servers, *writing)
