"""Looking a customer up in houses of several sizes, against one SELECT of one customer by the same server.

Directory and index are filled by COPY (`filled_directory`); the server makes the index of the smallest house
itself, and finds that of the others made already, as it does when a directory was rebuilt. A single caller
asks for another customer each time, in turn with the floor.
"""

import http.client
import time
from collections.abc import Callable
from statistics import median, quantiles
from typing import Any, cast
from urllib.parse import urlencode

from litestar import Response, get

from benchmarks import filled_directory
from benchmarks.figure import Figure
from benchmarks.filled_directory import FAMILY, Person, person
from benchmarks.sandbox import Sandbox
from benchmarks.server import selected, serve, server
from benchmarks.sizes import Sizes
from infra.ids import seeded_source
from infra.postgres import connect
from infra.vault import AsyncVault
from services.api.http.route_handlers import Injected
from services.api.resources.customer_tokens import Tokens
from services.api.state import AppState

#: What is asked of a look-up, whatever the size of the house.
ASKED_MS = 100
INDEX_SECONDS_MAX = 3_600
ONE_SELECT = "SELECT state::text FROM projections.customer_directory WHERE key = %(key)s"

#: How somebody is looked up: by what they say of themselves.
ASKED: dict[str, Callable[[Person], dict[str, str]]] = {
    "name": lambda who: {"q": who[1]},
    "beginnings": lambda who: {"by": "name", "q": " ".join(word[:4] for word in who[1].split())},
    "frequent name": lambda _: {"q": FAMILY[0]},
    "form of address": lambda _: {"q": "mrs"},
    "telephone": lambda who: {"q": who[2]},
    "mail": lambda who: {"by": "mail", "q": who[3]},
    "reference": lambda who: {"by": "reference", "q": who[4]},
    "nobody": lambda who: {"q": f"{who[1]} nobody"},
}


def measure(sandbox: Sandbox, say: Callable[[str], None], sizes: Sizes) -> list[Figure]:
    """One over the median of each way to look up, and of the floor; and the slowest one in a hundred."""
    settings = sandbox.settings(sandbox.database())
    master_key = filled_directory.prepare(settings)
    tokens = Tokens(AsyncVault(cast("Any", None), master_key), settings)
    figures: list[Figure] = []
    filled = 0
    for customers in sizes.lookup_customers:
        say(f"customer look-up: {customers:,} customers")
        with connect(settings, str(settings.database_url), name="benchmark", limit_statements=False) as one:
            filled_directory.add(one, master_key, filled, customers)
            if filled:
                filled_directory.index(one, tokens, filled, customers)
            one.execute("VACUUM ANALYZE")
        with server("benchmarks.customer_lookup", settings) as port:
            began = time.monotonic()
            wait_for_index(port)
            done = "compared" if filled else "made"
            say(f"customer look-up: the index is {done} in {time.monotonic() - began:,.1f} s")
            figures += _figures(port, customers, sizes.lookup_requests, say)
        filled = customers
    return figures


def _figures(port: int, customers: int, requests: int, say: Callable[[str], None]) -> list[Figure]:
    figures: list[Figure] = []
    for name, asked in ASKED.items():
        value_ms, floor_ms = _in_turn(port, customers, requests, asked)
        slowest_ms = quantiles(value_ms, n=100)[98]
        say(
            f"customer look-up: by {name} {median(value_ms):.1f} ms, one in a hundred over {slowest_ms:.1f} "
            f"ms; one SELECT {median(floor_ms):.1f} ms"
        )
        of = f"a look-up by {name} among {customers:,} customers, one caller"
        figures += [
            Figure(
                name=f"look-up by {name}",
                of=of,
                against="one customer by one SELECT, passed on by the same server",
                value=1_000 / median(value_ms),
                floor=1_000 / median(floor_ms),
                unit="answers/s",
                goal=0.1,
            ),
            Figure(
                name=f"slowest look-ups by {name}",
                of=f"{of}: 1 s / what one in a hundred takes longer than",
                against=f"1 s / {ASKED_MS} ms",
                value=1_000 / slowest_ms,
                floor=1_000 / ASKED_MS,
                unit="answers/s",
                goal=1,
            ),
        ]
    return figures


def _in_turn(
    port: int, customers: int, requests: int, asked: Callable[[Person], dict[str, str]]
) -> tuple[list[float], list[float]]:
    """The milliseconds of each look-up, and of each floor between them."""
    chance = seeded_source(customers)
    connection = http.client.HTTPConnection("127.0.0.1", port)
    value_ms: list[float] = []
    floor_ms: list[float] = []
    for _ in range(requests):
        who = person(chance.randrange(customers))
        value_ms.append(_ms(connection, f"/v1/customers?{urlencode(asked(who))}"))
        floor_ms.append(_ms(connection, f"/floor/{who[0]}"))
    connection.close()
    return value_ms, floor_ms


def _ms(connection: http.client.HTTPConnection, path: str) -> float:
    began = time.perf_counter()
    connection.request("GET", path)
    response = connection.getresponse()
    response.read()
    if response.status != 200:
        raise RuntimeError(f"{path} was answered with {response.status}")
    return (time.perf_counter() - began) * 1_000


def wait_for_index(port: int) -> None:
    """Return when the server finds customers by name."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    deadline = time.monotonic() + INDEX_SECONDS_MAX
    while time.monotonic() < deadline:
        connection.request("GET", "/v1/customers?q=nobody")
        response = connection.getresponse()
        response.read()
        if response.status == 200:
            return
        if response.status != 503:
            raise RuntimeError(f"the index is not made: a look-up was answered with {response.status}")
    raise RuntimeError("the index was not made in an hour")


@get("/floor/{key:str}")
async def one_select(app: Injected[AppState], key: str) -> Response[Any]:
    """The floor: one indexed SELECT, its result as bytes."""
    return await selected(app, ONE_SELECT, {"key": key})


if __name__ == "__main__":
    serve(one_select)
