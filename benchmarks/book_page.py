"""Reading a page of a book against one indexed SELECT whose result the same server passes on as bytes.

The server is a process of its own, with one route more than the product has; so is the load. Both routes are
asked in turn, so that whatever else the machine does meets both.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from litestar import Response, get

from benchmarks.figure import Figure
from benchmarks.history import fill, project
from benchmarks.sandbox import Sandbox
from benchmarks.server import in_turns, load, selected, serve, server
from benchmarks.sizes import Sizes
from infra.postgres import connect
from projections.associate_directory.fold import PROJECTION as DIRECTORY
from projections.clientele_book.fold import PROJECTION as BOOK
from services.api.http.route_handlers import Injected
from services.api.resources.book_paging import LIMIT_DEFAULT
from services.api.state import AppState

CONNECTIONS = 8

#: The rows of the page in the order of an index, put together by the database: nothing is opened, counted or
#: positioned.
ONE_SELECT = """
    SELECT '[' || string_agg(summary, ',') || ']' FROM (
        SELECT summary::text FROM projections.clientele_book
        WHERE primary_owner = %(associate_id)s ORDER BY net_spend_minor DESC, key LIMIT %(limit)s
    ) AS page
"""
LARGEST_BOOK = """
    SELECT primary_owner, count(*) FROM projections.clientele_book
    WHERE primary_owner IS NOT NULL GROUP BY 1 ORDER BY 2 DESC LIMIT 1
"""


def measure(sandbox: Sandbox, say: Callable[[str], None], sizes: Sizes) -> list[Figure]:
    """Answers per second of a book's first page, and of the same rows as they lie in the table."""
    settings = sandbox.settings(sandbox.database())
    say("book page: a season of a simulated shop")
    fill(settings, 1, sizes.season_customers, say)
    asyncio.run(project(settings, (BOOK, DIRECTORY)))
    with connect(settings, str(settings.database_url), name="benchmark") as connection:
        connection.execute("VACUUM ANALYZE")
        associate_id, customers = connection.execute(LARGEST_BOOK).fetchall()[0]
    say(f"book page: the largest book has {customers} customers")
    page = f"/v1/associates/{associate_id}/book"
    with server("benchmarks.book_page", settings) as port:

        def rate(path: str) -> float:
            return load(port, path, CONNECTIONS, sizes.load_seconds)

        pages, rows = partial(rate, page), partial(rate, f"/floor/{associate_id}")
        in_turns(pages, rows, 1)  # warms up
        value, floor = in_turns(pages, rows, sizes.turns)
    return [
        Figure(
            name="book page",
            of="a page of a book, its names opened, counted, with its position",
            against="its rows by one indexed SELECT, passed on as bytes by the same server",
            value=value,
            floor=floor,
            unit="answers/s",
            goal=0.3,
        )
    ]


@get("/floor/{associate_id:str}")
async def one_select(app: Injected[AppState], associate_id: str) -> Response[Any]:
    """The floor: one indexed SELECT, its result as bytes."""
    return await selected(app, ONE_SELECT, {"associate_id": associate_id, "limit": LIMIT_DEFAULT})


if __name__ == "__main__":
    serve(one_select)
