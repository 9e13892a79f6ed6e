"""The rows of the projections' tables, for commands that show what readers read."""

from typing import Any

from infra.postgres import connect
from infra.runtime import Runtime


def rows_of(runtime: Runtime, query: str, parameters: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
    """The rows of one statement."""
    with connect(runtime.settings, runtime.servers.database_url, name="command line") as connection:
        return connection.execute(query.encode(), parameters or {}).fetchall()
