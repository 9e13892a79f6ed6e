"""Readers ask the API without a pause while projections are rebuilt, rebuilds are killed, and the shop goes
on selling.
"""

import itertools
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import hypothesis
import msgspec
import psycopg
import pytest

from infra.clock import SYSTEM_CLOCK
from infra.embedded import ensure_servers
from infra.event_store.handler import CommandHandler
from infra.event_store.log import EventLog
from infra.postgres import sync_pool
from infra.settings import Settings
from infra.vault import Vault, prepare_vault
from projections.registry import BY_NAME
from services.api.http.openapi_parts import POSITION_HEADER
from services.demo.season import Season
from services.importing.pipeline.command_batches import write_commands
from tests.e2e.house import House

pytestmark = [pytest.mark.slow, pytest.mark.bare_database, pytest.mark.timeout(300)]

THOROUGH = hypothesis.settings().max_examples > 1_000
REBUILDS = 10 if THOROUGH else 2
KILLED_FIRST = 3 if THOROUGH else 1
READERS = 3
COMPARED_MAX = 120
A_DAY = "2026-06-30"


class Answer(msgspec.Struct, frozen=True):
    """What a reader was told, and the position it was told with."""

    path: str
    position: int
    body: dict[str, Any]


@pytest.fixture
def shop(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[House, str]]:
    """A shop that has played a month, and its database. Rebuilds have processes, however short the log is."""
    monkeypatch.setenv("CLIENTELING_REBUILD_PROCESSES", "2")
    settings = Settings(data_dir=folder)
    house = House(folder)
    with ensure_servers(settings) as servers:
        _play_a_month(settings, servers.database_url)
        house.serve("api", "relay", "projector")
        house.until_up()
        yield house, servers.database_url
        house.close()


def test_readers_notice_nothing_of_rebuilds_that_are_killed_and_started_again(
    shop: tuple[House, str],
) -> None:
    house, url = shop
    chance = random.Random(4)
    paths = _paths(url)
    last = house.post("add-note", "first", customer_id=_customers(url)[0], text="hello")["position"]
    house.get(paths[0], last)
    done = threading.Event()
    with ThreadPoolExecutor(READERS + 1) as threads:
        writing = threads.submit(_write, house, url, done)
        reading = [threads.submit(_read, house, paths, seed, done) for seed in range(READERS)]
        try:
            generations = [_rebuild(house, chance) for _ in range(REBUILDS)]
        finally:
            done.set()
        last = writing.result()
        answers = [answer for reader in reading for answer in reader.result()]
    assert generations == sorted(set(generations)), "each rebuild puts another generation into service"
    assert len({answer.position for answer in answers}) > 10, "nothing was written meanwhile"
    house.get(paths[0], last)
    code, verified = house.run("projections", "verify")
    assert (code, {one["name"] for one in verified if one["holds"]}) == (0, set(BY_NAME))
    compared = {(answer.path, answer.position): answer for answer in answers}
    for answer in chance.sample(sorted(compared.values(), key=str), min(COMPARED_MAX, len(compared))):
        assert _as_of(house, answer) == _comparable(answer.body, answer.position), answer.path


def _play_a_month(settings: Settings, url: str) -> None:
    with EventLog(url) as log, sync_pool(settings, url, name="test") as pool:
        with pool.connection() as connection:
            vault = Vault(pool, prepare_vault(settings, connection))
        season = Season(date(2026, 6, 30), customers=40, days=40)
        write_commands(
            CommandHandler(log, vault, SYSTEM_CLOCK),
            season.commands(),
            batch_commands_max=500,
            on_batch=lambda _e, _k: None,
        )


def _customers(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT DISTINCT customer_id FROM stored_events WHERE topic = 'sale.recorded.v1' "
            "AND customer_id IS NOT NULL ORDER BY 1 LIMIT 12"
        ).fetchall()
    return [row[0] for row in found]


def _associates(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT DISTINCT 'ass_' || substr(originator_id, 5) FROM stored_events "
            "WHERE topic = 'commission_account.earned.v1' ORDER BY 1 LIMIT 4"
        ).fetchall()
    return [row[0] for row in found]


def _paths(url: str) -> list[str]:
    """Books, ledgers and scores that have something in them."""
    associates = _associates(url)
    return [
        *(f"/v1/associates/{associate}/book?limit=100&sort=name" for associate in associates),
        *(f"/v1/associates/{associate}/ledger?limit=200" for associate in associates),
        *(f"/v1/customers/{customer}/score?as_of={A_DAY}" for customer in _customers(url)),
    ]


def _rebuild(house: House, chance: random.Random) -> int:
    """Start rebuilding and kill it, some times over, then let one come to its end; the generation that
    serves.
    """
    for _ in range(chance.randint(0, KILLED_FIRST) if THOROUGH else KILLED_FIRST):
        process = house.start("projections", "rebuild", "--all", "--json")
        time.sleep(chance.uniform(0.5, 4))
        process.kill()
        process.wait()
    deadline = time.monotonic() + 100
    while True:
        code, rebuilt = house.run("projections", "rebuild", "--all")
        if code == 0:
            return rebuilt[0]["generation"]
        # PostgreSQL may not have noticed yet that the one before was killed.
        assert "is held by" in str(rebuilt), rebuilt
        assert time.monotonic() < deadline, rebuilt
        time.sleep(0.5)


def _write(house: House, url: str, done: threading.Event) -> int:
    """Sell, and note something down, until it is enough; the last position."""
    position, associates = 0, itertools.cycle(_associates(url))
    for number, customer in enumerate(itertools.cycle(_customers(url))):
        if done.wait(0.05):
            return position
        sold_by = [{"associate_id": next(associates)}]
        line = {
            "sku": f"S{number}",
            "quantity": 1,
            "unit_price_minor": 1_000 + number,
            "attribution": sold_by,
        }
        sale = {"customer_id": customer, "store_id": "downtown", "currency": "USD", "lines": [line]}
        position = house.post("record-sale", f"sale-{number}", **sale)["position"]
    raise AssertionError("customers come without an end")


def _read(house: House, paths: list[str], seed: int, done: threading.Event) -> list[Answer]:
    """Ask one thing after the other; every answer has to be one, and none is older than the one before."""
    chance = random.Random(seed)
    answers: list[Answer] = []
    reached: dict[str, int] = {}
    while not done.is_set():
        path = chance.choice(paths)
        answer = house.client.get(path)
        assert answer.status_code == 200, (path, answer.text)
        position = int(answer.headers[POSITION_HEADER])
        question = path.partition("?")[0].rpartition("/")[2]
        assert position >= reached.get(question, 0), path
        reached[question] = position
        answers.append(Answer(path, position, answer.json()))
    return answers


def _as_of(house: House, answer: Answer) -> Any:
    asked = house.client.get(f"{answer.path}&as_of_position={answer.position}")
    assert asked.status_code == 200, asked.text
    return _comparable(asked.json(), answer.position)


def _comparable(body: dict[str, Any], position: int) -> Any:
    """Without what depends on the moment of asking: scores in a book, and entries that came between the
    ledger's two looks.
    """
    entries = [entry for entry in body.get("entries", ()) if entry["position"] <= position]
    customers = [{**customer, "score": None} for customer in body.get("customers", ())]
    return {**body, "entries": entries, "customers": customers, "next": None}
