"""The log, the key store and the handler on a database of the test's own."""

from collections.abc import Callable, Iterator

import pytest

from infra.clock import SYSTEM_CLOCK
from infra.event_store.handler import CommandHandler
from infra.event_store.log import EventLog
from infra.postgres import sync_pool
from infra.settings import Settings
from infra.vault import Vault, prepare_vault
from tests.services.importing.builders import House


@pytest.fixture
def open_house(
    fresh_database: Callable[..., str], migrated_database: str, settings: Settings
) -> Iterator[Callable[[], House]]:
    """Makes houses with an empty log each."""
    opened: list[tuple[EventLog, object]] = []

    def make() -> House:
        url = fresh_database(migrated_database)
        pool = sync_pool(settings, url, name="test")
        pool.open()
        with pool.connection() as connection:
            vault = Vault(pool, prepare_vault(settings, connection))
        log = EventLog(url)
        opened.append((log, pool))
        return House(url, log, CommandHandler(log, vault, SYSTEM_CLOCK))

    yield make
    for log, pool in opened:
        log.close()
        pool.close()  # type: ignore[attr-defined]


@pytest.fixture
def house(open_house: Callable[[], House]) -> House:
    """A house with an empty log."""
    return open_house()
