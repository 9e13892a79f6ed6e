"""What operators read of the house: how it stands, what could not be taken in, who did and read what."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg
import pytest
import pytest_asyncio

from infra.settings import Settings
from projections.registry import BY_NAME
from services.api.auth.principal import Role
from services.supervisor import maintenance
from tests.services.api.conftest import Project, servers_of
from tests.services.api.role_world import World
from tests.services.api.sending import answered, read_pages, until
from tests.services.unreadable_events import UNREADABLE, swap_state
from tests.tokens import every_right

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def asked(
    client: httpx.AsyncClient, world: World, role: Role, path: str, **parameters: Any
) -> dict[str, Any]:
    response = await client.get(path, params=parameters, headers=world.headers(role))
    assert response.status_code == 200, response.text
    return response.json()


async def pages(client: httpx.AsyncClient, world: World, path: str, of: str, **given: Any) -> list[Any]:
    found: list[Any] = []
    for _ in range(100):
        page = await asked(client, world, "ops", path, limit=3, **given)
        assert len(page[of]) <= 3
        found += page[of]
        if page["next"] is None:
            return found
        given["cursor"] = page["next"]
    raise AssertionError("no last page")


async def tasks(client: httpx.AsyncClient, world: World) -> list[Any]:
    client.headers.update(world.headers("ops"))
    try:
        return await read_pages(client, "/v1/maintenance-tasks", "tasks", limit=2)
    finally:
        del client.headers["Authorization"]


@dataclass
class Poisoned:
    """Customers with a note that nobody can read: its position and what it was, by customer."""

    positions: dict[str, int]
    states: dict[str, bytes]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def poisoned(
    house_client: httpx.AsyncClient, world: World, api_settings: Settings, house_project: Project
) -> Poisoned:
    customers = [
        world.things[whose][which]
        for whose in ("own", "store")
        for which in ("customer_id", "merged_customer_id")
    ]
    house_client.headers.update(every_right(api_settings.data_dir))
    positions = {
        one: (await answered(house_client, "add-note", customer_id=one, text="N"))["position"]
        for one in customers
    }
    del house_client.headers["Authorization"]
    states = {one: swap_state(api_settings, at, UNREADABLE) for one, at in positions.items()}
    await house_project()
    return Poisoned(positions, states)


@asynccontextmanager
async def carrying_out(settings: Settings) -> AsyncGenerator[None]:
    """What is asked for is carried out, as by `serve maintenance`."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("CLIENTELING_DATABASE_URL", str(settings.database_url))
        environment.setenv("CLIENTELING_NATS_URL", str(settings.nats_url))
        environment.setenv("CLIENTELING_DATA_DIR", str(settings.data_dir))
        working = asyncio.ensure_future(maintenance.run(settings, servers_of(settings)))
        try:
            yield
        finally:
            working.cancel()
            with suppress(asyncio.CancelledError):
                await working


async def test_the_house_says_how_each_part_stands(
    house_client: httpx.AsyncClient, world: World, api_settings: Settings
) -> None:
    found = await asked(house_client, world, "ops", "/v1/house")
    assert {one["name"] for one in found["projections"]} == set(BY_NAME)
    assert {(one["lag_events"], one["generation"]) for one in found["projections"]} == {(0, 1)}
    assert {one["name"] for one in found["reactions"]} >= {
        "wishes",
        "pay_runs",
        "hand_overs",
        "stock_arrivals",
    }
    assert (found["nats_answers"], found["commands_waiting"]) == (True, 0)
    # No service runs beside this application, and that is said.
    assert (found["healthy"], found["relay"]) == (False, None)
    said = b'{"doing": "following", "stalled": false, "position": 7, "lag_events": 2}'.decode()
    with psycopg.connect(str(api_settings.database_url)) as connection:
        connection.execute(
            "INSERT INTO projections.heartbeats (service, instance, at, status) "
            "VALUES ('relay', 'pretended:1', now() + interval '1 hour', %s)",
            (said,),
        )
    relay = (await asked(house_client, world, "auditor", "/v1/house"))["relay"]
    assert (relay["doing"], relay["position"], relay["lag_events"]) == ("following", 7, 2)


async def test_what_could_not_be_taken_in_is_listed_page_by_page(
    house_client: httpx.AsyncClient, world: World, poisoned: Poisoned
) -> None:
    found = await pages(house_client, world, "/v1/dead-letters", "dead_letters")
    assert {one["key"]: one["position"] for one in found} == poisoned.positions
    assert [one["key"] for one in found] == sorted(poisoned.positions)
    assert {(one["source"], one["left_out"]) for one in found} == {("clientele_book", False)}
    only = await asked(house_client, world, "ops", "/v1/dead-letters", source="commission_ledger")
    assert (only["dead_letters"], only["total"]) == ([], 0)
    line = next(
        one
        for one in (await asked(house_client, world, "ops", "/v1/house"))["projections"]
        if one["name"] == "clientele_book"
    )
    assert line["parked_keys"] == len(poisoned.positions)


async def test_dead_letters_are_retried_and_discarded_and_tables_made_anew_as_asked(
    house_client: httpx.AsyncClient, world: World, api_settings: Settings, poisoned: Poisoned
) -> None:
    """Four command lines, asked for over HTTP and carried out by the process that has the rights."""
    first, second, *_ = sorted(poisoned.positions)
    ops = world.headers("ops")

    async def ask(what: str, **fields: Any) -> httpx.Response:
        return await house_client.post(f"/v1/{what}", json=fields, headers=ops)

    async def kept(what: str, **fields: Any) -> str:
        answer = await ask(what, **fields)
        assert answer.status_code == 202, answer.text
        return answer.json()["task_id"]

    book = {"source": "clientele_book"}
    early = await kept("dead-letters/retry", **book, key=first)
    assert await kept("dead-letters/retry", **book, key=first) == early
    left_out = await kept("dead-letters/discard", **book, key=second, reason="Nobody can read it")
    rebuilt = await kept("projections/rebuild", projections=["heroics_wall"])
    unknown = await ask("dead-letters/retry", **book, key="cus_nobody")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "nothing_parked")
    none = await ask("projections/rebuild", projections=["clientele_books"])
    assert (none.status_code, none.json()["errors"][0]["field"]) == (422, "projections")

    async with carrying_out(api_settings):

        async def ended(task_id: str) -> dict[str, Any]:
            async def has_ended() -> bool:
                return (await task())["ended_at"] is not None

            async def task() -> dict[str, Any]:
                return await asked(house_client, world, "ops", f"/v1/maintenance-tasks/{task_id}")

            await until(has_ended, within_seconds=60)
            return await task()

        assert (await ended(rebuilt))["status"] == "done"
        swap_state(api_settings, poisoned.positions[first], poisoned.states[first])
        mended = await kept("dead-letters/retry", **book, key=first)
        late = await ended(mended)
    assert (late["status"], late["outcome"]) == ("done", "1 taken in")
    tried = {one["task_id"]: one for one in await tasks(house_client, world)}
    assert [*tried] == [mended, rebuilt, left_out, early]
    assert tried[early]["status"] == "failed"
    assert "1 still wait: " in tried[early]["outcome"]
    given_up = tried[left_out]
    assert (given_up["status"], given_up["reason"]) == ("done", "Nobody can read it")
    made = tried[rebuilt]
    assert made["folded_events"] == made["expected_events"] > 0
    lines = (await asked(house_client, world, "ops", "/v1/house"))["projections"]
    assert {one["name"] for one in lines if one["generation"] == 2} == {"heroics_wall"}
    waiting = await pages(house_client, world, "/v1/dead-letters", "dead_letters")
    assert {one["key"]: one["left_out"] for one in waiting} == {
        one: one == second for one in poisoned.positions if one != first
    }


async def test_a_task_that_cannot_be_begun_says_so_and_the_next_one_is_carried_out(
    house_client: httpx.AsyncClient, world: World, api_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def outcome() -> dict[str, Any]:
        wanted = {"projections": ["pay_calendar"]}
        answer = await house_client.post("/v1/projections/rebuild", json=wanted, headers=world.headers("ops"))
        path = f"/v1/maintenance-tasks/{answer.json()['task_id']}"

        async def has_ended() -> bool:
            return (await asked(house_client, world, "ops", path))["ended_at"] is not None

        await until(has_ended, within_seconds=60)
        return await asked(house_client, world, "ops", path)

    async with carrying_out(api_settings):
        with monkeypatch.context() as broken:
            broken.setattr("sys.executable", "/nowhere/python")
            failed = await outcome()
        assert failed["status"] == "failed"
        assert "no process could be started" in failed["outcome"]
        with monkeypatch.context() as broken:
            broken.setattr("services.supervisor.maintenance.arguments_of", None)
            interrupted = await outcome()
        assert (interrupted["status"], "interrupted" in interrupted["outcome"]) == ("failed", True)
        assert (await outcome())["status"] == "done"


async def test_the_audit_tells_every_event_once_the_newest_first(
    house_client: httpx.AsyncClient, world: World
) -> None:
    found = await pages(house_client, world, "/v1/audit", "entries")
    positions = [one["position"] for one in found]
    assert positions == sorted(set(positions), reverse=True)
    assert len(positions) > 20
    sale_id = world.things["own"]["sale_id"]
    sold = next(one for one in found if one["stream_id"] == sale_id)
    assert sold["topic"] == "sale.recorded.v1"
    assert sold["actor"]
    of_request = await asked(house_client, world, "ops", "/v1/audit", correlation_id=sold["correlation_id"])
    assert sold["event_id"] in {one["event_id"] for one in of_request["entries"]}
    of_customer = await pages(
        house_client, world, "/v1/audit", "entries", customer_id=world.things["own"]["customer_id"]
    )
    assert {one["customer_id"] for one in of_customer} == {world.things["own"]["customer_id"]}


async def test_openings_say_who_read_of_whom_and_pages_lose_none(
    house_client: httpx.AsyncClient, world: World
) -> None:
    anna, customer_id = world.things["own"]["associate_id"], world.things["own"]["customer_id"]
    for _ in range(5):
        read = await house_client.get(
            f"/v1/associates/{anna}/book/{customer_id}", headers=world.headers("associate")
        )
        assert read.status_code == 200
    found = await pages(house_client, world, "/v1/openings", "openings", customer_id=customer_id)
    assert [(one["actor"], one["operation"]) for one in found[:5]] == [(anna, "customer")] * 5
    moments = [one["opened_at"] for one in found]
    assert moments == sorted({*moments}, reverse=True)
    before = len(found)
    # To read who read is no opening, and nobody's name is in it.
    assert (
        len(await pages(house_client, world, "/v1/openings", "openings", customer_id=customer_id)) == before
    )
    everything = str(found) + str(await asked(house_client, world, "ops", "/v1/audit", limit=100))
    assert "Anna" not in everything
    assert "first" not in everything
