"""What a database has before services with fewer rights than its owner's work on it: tables, an epoch,
rights.
"""

from typing import Final

from infra.event_store import epoch, recorder
from infra.maintenance import tasks
from infra.openings import openings
from infra.postgres import DatabaseRole, Migrations, connect, migrate
from infra.postgres.rights import grant_rights
from infra.projection_store import heartbeats
from infra.reaction_store import catalog
from infra.sessions import sessions
from infra.settings import Settings
from infra.vault import vault
from infra.webhook_store import endpoints

#: The migrations of every schema.
MIGRATIONS: Final[tuple[Migrations, ...]] = (
    recorder.MIGRATIONS,
    heartbeats.MIGRATIONS,
    catalog.MIGRATIONS,
    vault.MIGRATIONS,
    openings.MIGRATIONS,
    sessions.MIGRATIONS,
    endpoints.MIGRATIONS,
    tasks.MIGRATIONS,
)


def prepare_database(settings: Settings, owner_url: str) -> list[DatabaseRole]:
    """Migrate every schema, begin the log's first epoch, and give the roles of the cluster their rights.

    Returns which roles those are.
    """
    with connect(settings, owner_url, name="prepare") as connection:
        for migrations in MIGRATIONS:
            migrate(connection, migrations)
        epoch.ensure_epoch(connection)
        return grant_rights(connection)
