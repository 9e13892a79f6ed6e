"""A page of a book and a command with an access token, against the same of a server that asks for none.

With a token permissions are looked up and openings recorded, too. Both servers are processes of their own on
one database, and so is the load; they are asked in turn.
"""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from benchmarks.book_page import CONNECTIONS, LARGEST_BOOK
from benchmarks.figure import Figure
from benchmarks.history import fill, project
from benchmarks.sandbox import Sandbox
from benchmarks.server import in_turns, load, serve, server
from benchmarks.sizes import Sizes
from infra.postgres import connect
from projections.registry import ALL
from services.api.auth.own_keys import sign_token

SERVER = "benchmarks.authentication"
CUSTOMER_OF_THE_BOOK = "SELECT min(key) FROM projections.clientele_book WHERE primary_owner = %s"


def measure(sandbox: Sandbox, say: Callable[[str], None], sizes: Sizes) -> list[Figure]:
    """Answers per second, and the pace of commands, of an associate who bears a token and of anybody."""
    database_url = sandbox.database()
    anybody = replace(sandbox.settings(database_url), auth="off")
    known = replace(sandbox.settings(database_url), auth="on")
    say("authentication: a season of a simulated shop")
    fill(anybody, 1, sizes.season_customers, say)
    asyncio.run(project(anybody, ALL))
    with connect(anybody, database_url, name="benchmark") as connection:
        connection.execute("VACUUM ANALYZE")
        associate_id, _ = connection.execute(LARGEST_BOOK).fetchall()[0]
        ((customer_id,),) = connection.execute(CUSTOMER_OF_THE_BOOK, (associate_id,)).fetchall()
    token = sign_token(known, role="associate", associate_id=associate_id, stores=("main",), hours=1)
    page = f"/v1/associates/{associate_id}/book"
    with server(SERVER, anybody) as open_port, server(SERVER, known) as port:

        def pages(port: int, token: str = "") -> float:
            return load(port, page, CONNECTIONS, sizes.load_seconds, token)

        def commands(port: int, token: str = "") -> float:
            return _commands_per_second(port, customer_id, sizes.command_seconds, token)

        figures: list[Figure] = []
        for name, unit, rate in (("book page", "answers/s", pages), ("command", "/s", commands)):
            say(f"authentication: {name}")
            rate(open_port)
            rate(port, token)
            value, floor = in_turns(partial(rate, port, token), partial(rate, open_port), sizes.turns)
            figures.append(
                Figure(
                    name=f"{name} with authentication",
                    of="asked for by an associate who bears a token",
                    against="the same of a server that asks for no token",
                    value=value,
                    floor=floor,
                    unit=unit,
                    goal=0.9,
                )
            )
    return figures


def _commands_per_second(port: int, customer_id: str, seconds: float, token: str) -> float:
    """1 s / the median of commands one after the other."""
    command = [sys.executable, "-m", "benchmarks.commands", str(port), customer_id, str(seconds), token]
    return 1_000 / float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


if __name__ == "__main__":
    serve()
