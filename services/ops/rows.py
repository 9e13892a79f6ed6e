"""The rows of the projections' tables, for commands that show what readers read."""

from typing import Any

from infra.postgres import connect
from services.ops.shop import Shop


def rows_of(shop: Shop, query: str, parameters: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
    """The rows of one statement."""
    with connect(shop.settings, shop.servers.database_url, name="command line") as connection:
        return connection.execute(query.encode(), parameters or {}).fetchall()
