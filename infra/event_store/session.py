"""A session of the event store: log, vault and command handler together, for whoever writes."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, NamedTuple

from infra.clock import SYSTEM_CLOCK, Clock
from infra.event_store.handler import STATES_REMEMBERED_MAX, CommandHandler
from infra.event_store.log import EventLog
from infra.settings import Settings
from infra.vault import Vault, prepare_vault


class EventStoreSession(NamedTuple):
    """The log, the vault with the data keys of what is in it, and the only writer."""

    log: EventLog
    vault: Vault
    handler: CommandHandler


@contextmanager
def open_session(
    settings: Settings,
    database_url: str,
    pool: Any,
    *,
    clock: Clock = SYSTEM_CLOCK,
    states_max: int = STATES_REMEMBERED_MAX,
) -> Generator[EventStoreSession]:
    """Open a session on a database; `pool` has connections to it. The handler remembers at most `states_max`
    states.
    """
    with EventLog(database_url) as log:
        with pool.connection() as connection:
            vault = Vault(pool, prepare_vault(settings, connection))
        retries_max = settings.command_retries_max
        handler = CommandHandler(log, vault, clock, states_max=states_max, conflict_retries_max=retries_max)
        yield EventStoreSession(log, vault, handler)
