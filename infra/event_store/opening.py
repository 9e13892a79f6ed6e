"""Log, key store and handler together, for whoever writes."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, NamedTuple

from infra.clock import SYSTEM_CLOCK, Clock
from infra.event_store.handler import STATES_REMEMBERED_MAX, Handler
from infra.event_store.log import EventLog
from infra.settings import Settings
from infra.vault import Vault, prepare_vault


class Writing(NamedTuple):
    """The log, the keys that seal what goes into it, and the only writer."""

    log: EventLog
    vault: Vault
    handler: Handler


@contextmanager
def opened_for_writing(
    settings: Settings,
    database_url: str,
    pool: Any,
    *,
    clock: Clock = SYSTEM_CLOCK,
    states_max: int = STATES_REMEMBERED_MAX,
) -> Generator[Writing]:
    """Open them on a database; `pool` is a pool of connections to it. The handler remembers at most so many states."""
    with EventLog(database_url) as log:
        with pool.connection() as connection:
            vault = Vault(pool, prepare_vault(settings, connection))
        yield Writing(
            log,
            vault,
            Handler(
                log, vault, clock, states_max=states_max, conflict_retries_max=settings.command_retries_max
            ),
        )
