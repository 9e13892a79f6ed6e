"""The log, the key store and the handler on a database of the test's own."""

from collections.abc import Callable, Iterator

import pytest

from infra.clock import SYSTEM_CLOCK
from infra.event_store.handler import CommandHandler
from infra.event_store.log import EventLog
from infra.postgres import sync_pool
from infra.settings import Settings
from infra.vault import Vault, prepare_vault


@pytest.fixture
def vault(settings: Settings) -> Iterator[Vault]:
    """The key store."""
    with sync_pool(settings, settings.database_url or "", name="test") as pool:
        with pool.connection() as connection:
            master = prepare_vault(settings, connection)
        yield Vault(pool, master)


@pytest.fixture
def log(settings: Settings) -> Iterator[EventLog]:
    """The log."""
    with EventLog(settings.database_url or "") as log:
        yield log


@pytest.fixture
def handler(log: EventLog, vault: Vault) -> CommandHandler:
    """The only writer."""
    return CommandHandler(log, vault, SYSTEM_CLOCK)


@pytest.fixture
def another_handler(settings: Settings, vault: Vault) -> Iterator[Callable[[], CommandHandler]]:
    """Makes handlers as other processes would have them: nothing is shared but the servers."""
    logs: list[EventLog] = []

    def make() -> CommandHandler:
        logs.append(EventLog(settings.database_url or ""))
        return CommandHandler(logs[-1], vault, SYSTEM_CLOCK, conflict_retries_max=200)

    yield make
    for log in logs:
        log.close()
