"""The connection over which a projection's rows are written."""

from typing import Any

from psycopg import AsyncConnection, Connection
from psycopg.rows import TupleRow

from infra.postgres import connect_async
from infra.settings import Settings

ProjectionConnection = AsyncConnection[TupleRow]
#: One over which rows are read and compared, outside the event loop.
ComparingConnection = Connection[Any]


async def open_for_projecting(settings: Settings, database_url: str, *, name: str) -> ProjectionConnection:
    """A connection whose commits do not wait for the disk.

    When PostgreSQL crashes, its last commits may be lost: rows and checkpoint together, so that the events
    behind the checkpoint are taken in again. The log itself is always written with full durability.
    """
    connection = await connect_async(settings, database_url, name=name)
    await connection.execute("SET synchronous_commit = off")
    return connection
