"""Reading a book of 600 in every way, against one SELECT of the same bytes; and commands beside 16 readers.

The server is a process of its own with one route more than the product has, which passes on the bytes of an
answer that was kept in a table. Load and commands are processes, too. A read and its floor are asked in turn.
"""

import asyncio
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Sequence
from functools import partial
from statistics import median
from typing import Any
from urllib.parse import quote

import msgspec
import psycopg
from litestar import Response, get

from benchmarks.figure import Figure
from benchmarks.history import LAST_DAY, play, project
from benchmarks.sandbox import Sandbox
from benchmarks.server import in_turns, load, selected, serve, server
from benchmarks.sizes import Sizes
from domain.customer.commands import ReassignOwner
from infra.event_store.session import open_session
from infra.postgres import connect, sync_pool
from infra.settings import Settings
from projections.registry import ALL
from services.api.http.route_handlers import Injected
from services.api.state import AppState
from services.importing.pipeline.command_batches import write_commands

READERS = 16

#: What is read, each of a book of 600; `{word}` is a family name that is found in it.
READS = {
    "Today": "/book/today",
    "search": "/book?q={word}",
    "book by score": "/book?sort=-score",
}
#: What is folded beside the API: held against nothing, but commands must not wait for it.
FOLDED = {
    "book by name": "/book?sort=name",
    "book with scores": "/book?scores=true",
    "book of the past": f"/book?as_of={LAST_DAY}",
}

LARGEST_BOOKS = """
    SELECT key, primary_owner FROM projections.clientele_book
    WHERE primary_owner IS NOT NULL AND NOT related AND NOT forgotten
    ORDER BY count(*) OVER (PARTITION BY primary_owner) DESC, primary_owner, key LIMIT %s
"""
KEPT_ANSWERS = "CREATE TABLE public.kept_answers (name text PRIMARY KEY, body text NOT NULL)"
KEEP = "INSERT INTO public.kept_answers VALUES (%s, %s)"
ONE_SELECT = "SELECT body FROM public.kept_answers WHERE name = %(name)s"


def measure(sandbox: Sandbox, say: Callable[[str], None], sizes: Sizes) -> list[Figure]:
    """Answers per second of each read beside its floor, and the pace of commands with readers and without."""
    settings = sandbox.settings(sandbox.database())
    say("book reads: a season of a simulated shop")
    play(settings, sizes.customers_played)
    asyncio.run(project(settings, ALL))
    with connect(settings, str(settings.database_url), name="benchmark") as connection:
        associate_id, customer_id, customers = _one_large_book(settings, connection, sizes.book_customers)
        asyncio.run(project(settings, ALL))
        connection.execute("VACUUM ANALYZE")
        connection.execute(KEPT_ANSWERS)
        say(f"book reads: a book of {customers} customers")
        with server("benchmarks.book_reads", settings) as port:
            word = _family_name(port, associate_id)
            paths = {
                name: f"/v1/associates/{associate_id}{path.format(word=quote(word))}"
                for name, path in READS.items()
            }
            for name, path in paths.items():
                connection.execute(KEEP, (name, _answer(port, path).decode()))
            figures = [_read(port, name, path, sizes, say) for name, path in paths.items()]
            folded = {name: f"/v1/associates/{associate_id}{path}" for name, path in FOLDED.items()}
            figures += _commands(port, customer_id, paths | folded, sizes, say)
    return figures


def _read(port: int, name: str, path: str, sizes: Sizes, say: Callable[[str], None]) -> Figure:
    say(f"book reads: {name}")

    def rate(path: str) -> float:
        return load(port, path, READERS, sizes.load_seconds)

    value, floor = in_turns(partial(rate, path), partial(rate, f"/kept/{quote(name)}"), sizes.turns)
    return Figure(
        name=name,
        of=f"the first page of it, of a book of {sizes.book_customers}, {READERS} readers",
        against="the same bytes by one SELECT, passed on by the same server",
        value=value,
        floor=floor,
        unit="answers/s",
        goal=0.3,
    )


def _commands(
    port: int, customer_id: str, paths: dict[str, str], sizes: Sizes, say: Callable[[str], None]
) -> list[Figure]:
    figures, seconds = list[Figure](), sizes.command_seconds
    for name, path in paths.items():
        say(f"book reads: commands beside {name}")
        rounds = [
            (_pace_ms(port, customer_id, seconds), _pace_ms(port, customer_id, seconds, path))
            for _ in range(sizes.turns)
        ]
        alone_ms = median(alone for alone, _ in rounds)
        beside_ms = median(beside for _, beside in rounds)
        figures.append(
            Figure(
                name=f"commands beside {name}",
                of=f"1 s / the median of commands beside {READERS} readers",
                against="1 s / the median without readers",
                value=1_000 / beside_ms,
                floor=1_000 / alone_ms,
                unit="/s",
                goal=0.5,
            )
        )
    return figures


def _pace_ms(port: int, customer_id: str, seconds: float, read: str | None = None) -> float:
    command = [sys.executable, "-m", "benchmarks.commands", str(port), customer_id, str(seconds)]
    if read is None:
        return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    readers = [sys.executable, "-m", "benchmarks.load", str(port), read, str(READERS), str(seconds + 1)]
    with subprocess.Popen(readers, stdout=subprocess.DEVNULL):
        return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _one_large_book(
    settings: Settings, connection: psycopg.Connection[Any], customers: int
) -> tuple[str, str, int]:
    """An associate who leads so many customers, one of them, and how many they are."""
    rows: Sequence[tuple[str, str]] = connection.execute(LARGEST_BOOKS, (customers,)).fetchall()
    leads = rows[0][1]
    commands = [
        (f"benchmark:{key}", ReassignOwner(customer_id=key, associate_id=leads))
        for key, owner in rows
        if owner != leads
    ]
    url = str(settings.database_url)
    with sync_pool(settings, url, name="benchmark") as pool, open_session(settings, url, pool) as writing:
        write_commands(writing.handler, iter(commands), batch_commands_max=1_000)
    return leads, rows[0][0], len(rows)


def _answer(port: int, path: str) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as response:
        return response.read()


def _family_name(port: int, associate_id: str) -> str:
    book = msgspec.json.decode(_answer(port, f"/v1/associates/{associate_id}/book?limit=1"))
    return str(book["customers"][0]["name"]).split()[-1]


@get("/kept/{name:str}")
async def one_select(app: Injected[AppState], name: str) -> Response[Any]:
    """The floor: one SELECT by a primary key, its result as bytes."""
    return await selected(app, ONE_SELECT, {"name": name})


if __name__ == "__main__":
    serve(one_select)
