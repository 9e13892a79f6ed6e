"""Commands on histories of ten, a thousand and a hundred thousand events: the first after a start, and later
ones.

Each turn is a process of its own, which gives one command to somebody else first, so that connections and
statements are there, and then takes the histories one after the other:

    python -m benchmarks.long_streams DATABASE_URL DATA_DIR SIZE…     prints JSON
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.figure import Figure
from benchmarks.long_histories import associate_of, customer_of, store_of, write_histories
from benchmarks.sandbox import Sandbox
from benchmarks.sizes import Sizes
from domain.customer.commands import CompleteFollowUp, LogContact, RegisterCustomer, ReopenFollowUp
from domain.messages import Command
from domain.sale.commands import LineToSell, RecordSale, Share
from infra.event_store.session import open_session
from infra.ids import new_id
from infra.postgres import sync_pool
from infra.settings import Settings

KINDS: Final = ("customer", "account", "calendar")
#: A slow machine may put a pause of its own into one command.
WARM_ROUNDS: Final = 15


def measure(sandbox: Sandbox, say: Callable[[str], None], sizes: Sizes) -> list[Figure]:
    """Commands per second on the longest histories against those on the shortest."""
    settings = sandbox.settings(sandbox.database())
    write_histories(settings, sizes.stream_events)
    taken: dict[str, list[float]] = {}
    # The first one reads whole histories, once, and leaves snapshots.
    once = _one_turn(settings, sizes.stream_events)
    for turn in range(1, sizes.turns + 1):
        say(f"long streams: turn {turn}")
        order = sizes.stream_events if turn % 2 else sizes.stream_events[::-1]
        for what, milliseconds in _one_turn(settings, order).items():
            taken.setdefault(what, []).append(milliseconds)
    middle = {what: median(each) for what, each in taken.items()}
    for kind in KINDS:
        for when in ("first", "warm"):
            curve = [middle[f"{when} {kind} {size}"] for size in sizes.stream_events]
            without = f", without snapshots {once[f'first {kind} {sizes.stream_events[-1]}']:.0f}"
            say(
                f"| {when}, {kind} | " + " | ".join(f"{ms:.2f}" for ms in curve) + " | ms"
                + (without if when == "first" else "")
            )  # fmt: skip
    short, long = sizes.stream_events[0], sizes.stream_events[-1]
    return [
        Figure(
            name=f"{when} command, long {kind}",
            of=f"{kind} of {long:,} events",
            against=f"{kind} of {short:,} events",
            value=1_000 / middle[f"{when} {kind} {long}"],
            floor=1_000 / middle[f"{when} {kind} {short}"],
            unit="commands/s",
            goal=0.67,
        )
        for kind in KINDS
        for when in ("first", "warm")
    ]


def _one_turn(settings: Settings, order: tuple[int, ...]) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.long_streams", str(settings.database_url)]
    command += [str(settings.data_dir), *map(str, order)]
    ran = subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=900)
    return json.loads(ran.stdout)


def round_of(kind: str, size: int) -> list[Command]:
    """Commands on a history: of a customer, also of long ago; of an account or a calendar at the till."""
    if kind == "customer":
        who, seller = customer_of(size), associate_of(size)
        return [
            LogContact(customer_id=who, channel="call", purpose="purpose 1", contacted_by=seller),
            ReopenFollowUp(customer_id=who, follow_up_id=1),
            CompleteFollowUp(customer_id=who, follow_up_id=1),
        ]
    seller = associate_of(size if kind == "account" else f"in store {size}")
    store_id = store_of(size) if kind == "calendar" else "short"
    line = LineToSell(sku="A", quantity=1, unit_price_minor=1_000, attribution=(Share(seller),))
    return [RecordSale(store_id=store_id, currency="USD", lines=(line,))]


def timed(settings: Settings, order: tuple[int, ...]) -> Mapping[str, float]:
    """Milliseconds of a command, the first and the median of later ones."""
    url = str(settings.database_url)
    taken: dict[str, float] = {}
    with sync_pool(settings, url, name="benchmark") as pool, open_session(settings, url, pool) as session:

        def milliseconds(commands: list[Command]) -> float:
            began = time.perf_counter()
            for command in commands:
                session.handler.handle(command, new_id("key"))
            return (time.perf_counter() - began) * 1_000 / len(commands)

        milliseconds([RegisterCustomer() for _ in range(10)])
        for kind in KINDS:
            for size in order:
                commands = round_of(kind, size)
                taken[f"first {kind} {size}"] = milliseconds(commands)
                taken[f"warm {kind} {size}"] = median(milliseconds(commands) for _ in range(WARM_ROUNDS))
    return taken


if __name__ == "__main__":
    url, folder, *given = sys.argv[1:]
    found = timed(Settings(database_url=url, data_dir=Path(folder)), tuple(map(int, given)))
    sys.stdout.write(json.dumps(found))
