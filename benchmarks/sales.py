"""Sales over HTTP by 64 tills, against the eventsourcing library's `save` and against bare commits.

Everything is a process of its own, as in a shop. A turn takes each figure once; the middle counts.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Final

import psycopg

from benchmarks.figure import Figure
from benchmarks.sandbox import Sandbox, free_port
from benchmarks.server import server
from benchmarks.sizes import Sizes
from domain.associate.commands import HireAssociate, PayPlan
from domain.customer.commands import RegisterCustomer
from domain.store.commands import OpenStore
from infra.embedded import Servers, program_folder
from infra.event_store.session import open_session
from infra.logs import set_up_logs
from infra.postgres import program_environment, sync_pool
from infra.settings import Settings, environment_with
from services.api.auth.own_keys import sign_token
from services.api.main import run
from services.importing.pipeline.command_batches import write_commands

SERVER: Final = "benchmarks.sales"
TILLS: Final = 64
STOCK_THREADS: Final = 8
BARE_CONNECTIONS: Final = 32
STORE: Final = "downtown"
OTHER_SERVICES: Final = ("relay", "projector", "reactions")
#: Committed one by one: a row as the log has it, of a sale's size.
BARE: Final = """
CREATE TABLE public.bare_events (
    position bigserial PRIMARY KEY, originator_id text NOT NULL, originator_version bigint NOT NULL,
    topic text NOT NULL, state bytea NOT NULL, UNIQUE (originator_id, originator_version)
)
"""
INSERT_BARE: Final = """
INSERT INTO public.bare_events (originator_id, originator_version, topic, state)
VALUES (gen_random_uuid()::text, 1, 'sale.recorded.v1', convert_to(repeat('x', 400), 'UTF8'));
"""
END_OF_LOG: Final = "SELECT coalesce(max(notification_id), 0) FROM stored_events"


def measure(sandbox: Sandbox, say: Callable[[str], None], sizes: Sizes) -> list[Figure]:
    """Sales and events per second, beside the library's saves and bare commits."""
    database_url = sandbox.database()
    settings = replace(sandbox.settings(database_url), auth="on")
    people = people_of_a_new_house(settings, sizes)
    token = sign_token(settings, role="point_of_sale", stores=(STORE,), hours=2)
    stock_url, seconds = sandbox.database(), sizes.load_seconds
    alone, two, beside, events, stock, bare = (list[float]() for _ in range(6))
    settings_of_two = replace(settings, api_port=free_port(), api_workers=2)
    with (
        psycopg.connect(database_url, autocommit=True) as log,
        server(SERVER, settings) as port,
        server(SERVER, settings_of_two) as port_of_two,
    ):
        log.execute(BARE)

        def sell(port: int = port) -> tuple[float, float]:
            before = _end(log)
            sold = sales_load(port, TILLS, seconds, token, people)
            return sold["rate"], (_end(log) - before) / sold["seconds"]

        sell(port_of_two)
        for turn in range(1, sizes.turns + 1):
            say(f"sales: turn {turn}")
            two.append(sell(port_of_two)[0])
            # Whoever has not written for a while reads first what others wrote.
            sell()
            alone.append(sell()[0])
            with services(settings, OTHER_SERVICES):
                rate, events_rate = sell()
            beside.append(rate)
            events.append(events_rate)
            stock.append(_stock_saves(stock_url, seconds))
            bare.append(_bare_commits(database_url, seconds))
    of = f"{TILLS} tills with tokens, relay, projector and reactions running"
    stock_saves = f"saves of the library's Application, {STOCK_THREADS} threads, two events each"
    return [
        Figure(
            name="sales", of=of, against=stock_saves,
            value=median(beside), floor=median(stock), unit="sales/s", goal=10,
        ),
        Figure(
            name="sales, nothing else running", of=f"{TILLS} tills with tokens", against=stock_saves,
            value=median(alone), floor=median(stock), unit="sales/s", goal=10,
        ),
        Figure(
            name="sales, two API processes", of=f"{TILLS} tills with tokens, nothing else running",
            against="one API process", value=median(two), floor=median(alone), unit="sales/s", goal=1.6,
        ),
        Figure(
            name="events of sales", of=of,
            against=f"one INSERT and COMMIT per event, {BARE_CONNECTIONS} connections of pgbench",
            value=median(events), floor=median(bare), unit="events/s", goal=0.8,
        ),
    ]  # fmt: skip


def people_of_a_new_house(settings: Settings, sizes: Sizes) -> dict[str, list[str]]:
    """Customers and associates of a new house."""
    url = str(settings.database_url)
    plan = PayPlan(currency="USD", base_rate_minor=800, rate_bp=675)
    with sync_pool(settings, url, name="benchmark") as pool, open_session(settings, url, pool) as writing:
        opened = OpenStore(store_id=STORE, name="Downtown", time_zone="America/New_York", currency="USD")
        hired = [HireAssociate(name=f"Associate {n}", store_id=STORE, plan=plan) for n in range(16)]
        customers = [RegisterCustomer(name=f"Customer {n}") for n in range(sizes.season_customers)]
        commands = [(f"people:{n}", each) for n, each in enumerate((opened, *hired, *customers))]
        write_commands(writing.handler, iter(commands), batch_commands_max=1_000)
    with psycopg.connect(url) as connection:
        ids = connection.execute("SELECT DISTINCT originator_id FROM stored_events").fetchall()
    of_kind = {kind: [key for (key,) in ids if key.startswith(kind)] for kind in ("cus_", "ass_")}
    return {"customers": of_kind["cus_"], "associates": of_kind["ass_"]}


def sales_load(
    port: int, tills: int, seconds: float, token: str, people: dict[str, list[str]]
) -> dict[str, float]:
    """What `benchmarks.sales_load` prints."""
    command = [
        sys.executable, "-m", "benchmarks.sales_load", str(port), str(tills), str(seconds), token, STORE,
    ]  # fmt: skip
    run = subprocess.run(command, input=json.dumps(people), capture_output=True, text=True, check=True)
    return json.loads(run.stdout)


@contextmanager
def services(settings: Settings, names: Sequence[str]) -> Generator[None]:
    """Run services as processes of their own."""
    environment = environment_with(
        {
            "CLIENTELING_DATABASE_URL": str(settings.database_url),
            "CLIENTELING_NATS_URL": str(settings.nats_url),
            "CLIENTELING_NATS_CREDENTIALS": str(settings.nats_credentials),
            "CLIENTELING_DATA_DIR": str(settings.data_dir),
            "CLIENTELING_LOG_LEVEL": "warning",
        }
    )
    with ExitStack() as stack:
        for name in names:
            command = [sys.executable, "-m", "services.cli.main", "serve", name]
            process = subprocess.Popen(command, env=environment)
            stack.callback(process.wait)
            stack.callback(process.terminate)
        yield


def _end(log: psycopg.Connection) -> int:
    ((end,),) = log.execute(END_OF_LOG).fetchall()
    return int(end)


def _stock_saves(database_url: str, seconds: float) -> float:
    command = [
        sys.executable, "-m", "benchmarks.stock_saves", database_url, str(STOCK_THREADS), str(seconds),
    ]  # fmt: skip
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _bare_commits(database_url: str, seconds: float) -> float:
    """Commits per second, as pgbench counts them."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(INSERT_BARE)
        script.flush()
        command = [
            str(Path(program_folder()) / "pgbench"), "--no-vacuum", "--protocol=prepared",
            f"--file={script.name}", f"--client={BARE_CONNECTIONS}", "--jobs=2",
            f"--time={max(1, round(seconds))}",
        ]  # fmt: skip
        environment = environment_with(program_environment(database_url))
        run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    (line,) = (line for line in run.stdout.splitlines() if line.startswith("tps = "))
    return float(line.split()[2])


if __name__ == "__main__":
    given = Settings.from_env()
    set_up_logs(given)
    asyncio.run(run(given, Servers(str(given.database_url), str(given.nats_url))))
