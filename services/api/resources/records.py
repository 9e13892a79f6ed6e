"""Reading what operators read: by the command line's functions, each over a connection of its own."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from infra.postgres import connect
from services.api.state import AppState

T = TypeVar("T")


async def read_record(app: AppState, read: Callable[[Any], T]) -> T:
    """What `read` finds over a connection of the writer, in a thread: seldom, so none is kept for it."""

    def in_thread() -> T:
        with connect(app.settings, app.servers.database_url, name="api record") as connection:
            return read(connection)

    return await asyncio.to_thread(in_thread)
