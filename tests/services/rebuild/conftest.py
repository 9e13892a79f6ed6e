"""A shop with a month of history, folded by the live engine."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from infra.clock import SYSTEM_CLOCK
from infra.event_store.handler import CommandHandler
from infra.event_store.log import EventLog
from infra.postgres import connect, sync_pool
from infra.projection_store.heartbeats import ensure_catalog
from infra.projection_store.tables import CHANGE_NUMBER
from infra.settings import Settings
from infra.vault import Vault, prepare_vault
from projections.registry import ALL
from services.demo.season import Season
from services.importing.pipeline.command_batches import write_commands
from services.projector.engine import LiveEngine


@dataclass
class ShopWithHistory:
    """The database of the shop and ways to look at it."""

    settings: Settings
    url: str
    log: EventLog
    handler: CommandHandler

    def live(self) -> None:
        """Fold what is in the log with the live engine."""
        asyncio.run(self._live())

    async def _live(self) -> None:
        for projection in ALL:
            engine = LiveEngine(projection, self.settings, self.url)
            try:
                await engine.catch_up(self.log.last_position())
            finally:
                await engine.close()

    def query(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Rows of a statement; none for one that gives none."""
        with connect(self.settings, self.url, name="test") as connection:
            cursor = connection.execute(statement.encode(), parameters)
            return cursor.fetchall() if cursor.description else []

    def tables(self) -> dict[str, list[tuple[Any, ...]]]:
        """Everything readers can read of history, every field as text."""
        views = self.query(
            "SELECT table_name, string_agg(column_name, ', ' ORDER BY ordinal_position) "
            "FROM information_schema.columns JOIN information_schema.views USING (table_schema, table_name) "
            "WHERE table_schema = 'projections' AND column_name <> %s GROUP BY 1",
            CHANGE_NUMBER,
        )
        return {
            view: self.query(f"SELECT ROW({columns})::text FROM projections.{view} ORDER BY 1")
            for view, columns in views
            if view != "checkpoints"
        }


@pytest.fixture
def shop(settings: Settings) -> Iterator[ShopWithHistory]:
    """About a thousand facts of thirty customers."""
    url = settings.database_url or ""
    with EventLog(url) as log, sync_pool(settings, url, name="test") as pool:
        with pool.connection() as connection:
            vault = Vault(pool, prepare_vault(settings, connection))
        ensure_catalog(settings, url)
        handler = CommandHandler(log, vault, SYSTEM_CLOCK)
        season = Season(date(2026, 6, 30), customers=30, days=40)
        write_commands(handler, season.commands(), batch_commands_max=500, on_batch=lambda _e, _k: None)
        history = ShopWithHistory(settings, url, log, handler)
        history.live()
        yield history


@pytest.fixture
def quietly() -> Callable[..., None]:
    """For progress and remarks that a test does not look at."""
    return lambda *_: None
