"""The tables of the reactions; made by whoever comes first."""

from pathlib import Path
from typing import Final

from infra.postgres import Migrations
from infra.projection_store.heartbeats import ensure_catalog
from infra.settings import Settings

MIGRATIONS: Final = Migrations("reactions", Path(__file__).parent / "migrations")


def ensure_reactions(settings: Settings, database_url: str) -> None:
    """Make the reactions' tables, and the projections' catalog they are read beside."""
    ensure_catalog(settings, database_url, MIGRATIONS)
