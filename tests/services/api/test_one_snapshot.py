"""An answer is of one position: what the projector commits between two statements does not show."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
import psycopg
import pytest

from infra.settings import Settings
from projections.commission_ledger.fold import PROJECTION as LEDGER
from projections.heroics_wall.fold import PROJECTION as HEROICS
from projections.kernel import Projection
from projections.registry import ALL
from services.api.http.application import Api
from services.projector.engine import LiveEngine
from services.read_models.tables import Query, Tables
from tests.services.api.conftest import Project
from tests.services.api.paying import close, sell, shop_of, take_back
from tests.services.api.sending import answered, hire, register, sale_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

EVENTS = 15
READERS = 3


async def test_an_account_and_its_entries_are_of_one_position(
    client: httpx.AsyncClient, api: Api, api_settings: Settings, project: Project
) -> None:
    anna = await hire(client)
    await answered(client, "record-sale", **sale_of(anna))
    await project()
    for _ in range(EVENTS):
        await answered(client, "record-sale", **sale_of(anna))
    answers = await read_while_folding(client, api, api_settings, LEDGER, f"/v1/associates/{anna}/ledger")
    for response in answers:
        page = response.json()
        own = [entry for entry in page["entries"] if entry["account"] == f"associate:{anna}"]
        assert sum(entry["amount_minor"] for entry in own) == page["account"]["balances"]["USD"]
        position = int(response.headers["Clienteling-Position"])
        assert max(entry["position"] for entry in page["entries"]) <= position


async def test_a_deficit_and_what_caused_it_are_of_one_position(
    client: httpx.AsyncClient, api: Api, api_settings: Settings, project: Project
) -> None:
    anna = await shop_of(client, "one-position", "P1", "P2")
    first, *others = [await sell(client, anna, "P1", 10_000) for _ in range(EVENTS)]
    await close(client, project, "one-position", anna, "P1")
    await take_back(client, first, "P2")
    await project()
    for sale_id in others:
        await take_back(client, sale_id, "P2")
    path = "/v1/deficits?store_id=one-position"
    for response in await read_while_folding(client, api, api_settings, LEDGER, path):
        [deficit] = response.json()["deficits"]
        assert sum(cause["amount_minor"] for cause in deficit["because"]) == deficit["clawed_back_minor"]


async def test_an_act_and_its_further_reports_are_of_one_position(
    client: httpx.AsyncClient, api: Api, api_settings: Settings, project: Project
) -> None:
    act_id = await report(client, anna := await hire(client), clara := await register(client))
    await project()
    for _ in range(EVENTS):
        await report(client, anna, clara)
    for response in await read_while_folding(client, api, api_settings, HEROICS, f"/v1/heroics/{act_id}"):
        act = response.json()
        assert act["duplicates"] == len(act["duplicate_reports"])


@pytest.mark.parametrize(
    ("path", "behind"),
    [
        ("/v1/heroics", "loyalty_score"),
        ("/v1/heroics/{act}", "loyalty_score"),
        ("/v1/associates/{associate}/book?scores=true", "loyalty_score"),
        ("/v1/associates/{associate}/book?scores=true", "score_parameters"),
        ("/v1/associates/{associate}/book/today", "loyalty_score"),
        ("/v1/associates/{associate}/book/today", "pay_calendar"),
        ("/v1/associates/{associate}/book/today", "associate_directory"),
        ("/v1/associates/{associate}/book/{customer}", "loyalty_score"),
        ("/v1/customers/{customer}/score", "score_parameters"),
        ("/v1/customers/{customer}/score/history", "score_parameters"),
        ("/v1/service-standards", "service_standards"),
        ("/v1/service-standards", "service_context"),
        ("/v1/service-standards/customers", "service_context"),
        ("/v1/deficits", "associate_directory"),
        ("/v1/questions", "associate_directory"),
        ("/v1/questions", "pay_questions"),
        ("/v1/associates/{associate}/statements", "pay_questions"),
        ("/v1/associates/{associate}/statements", "commission_ledger"),
        ("/v1/customers?q=nobody", "associate_directory"),
        ("/v1/customers?q=nobody", "customer_directory"),
    ],
)
async def test_an_answer_from_two_projections_has_the_position_of_the_one_behind(
    client: httpx.AsyncClient,
    api: Api,
    api_settings: Settings,
    project: Project,
    path: str,
    behind: str,
) -> None:
    anna, clara = await hire(client), await register(client)
    act_id = await report(client, anna, clara)
    await answered(client, "assign-owner", customer_id=clara, associate_id=anna, role="primary")
    before = await project()
    await answered(client, "record-sale", **sale_of(anna, customer_id=clara))
    async with engines_of(api_settings, [one for one in ALL if one.name != behind]) as engines:
        for engine in engines:
            await engine.catch_up(api.app.log.last_position())
    address = path.format(associate=anna, customer=clara, act=act_id)
    assert (await client.get(address)).headers["Clienteling-Position"] == str(before)
    at_least = {"at_least": str(before + 1)}
    waiting = asyncio.ensure_future(client.get(httpx.URL(address).copy_merge_params(at_least)))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    await project()
    assert int((await waiting).headers["Clienteling-Position"]) > before


#: What may make PostgreSQL join in another way than it would by itself.
PLANNERS = ["enable_nestloop=off", "enable_material=off", "enable_sort=off", "debug_parallel_query=on"]


@pytest.mark.parametrize("planner", PLANNERS)
async def test_rows_come_in_the_order_of_their_query_however_they_are_planned(
    client: httpx.AsyncClient, api: Api, api_settings: Settings, project: Project, planner: str
) -> None:
    await project()
    sql = "SELECT number FROM generate_series(1, 1000) AS number ORDER BY number %% 7, number DESC"
    setting, _, value = planner.partition("=")
    tables: Tables = api.app.tables
    async with tables.pool.connection() as connection:
        await connection.execute(f"SET {setting} = {value}")
    found, again = await tables.read_together(*[Query("clientele_book", sql, {})] * 2)
    async with await psycopg.AsyncConnection.connect(str(api_settings.database_url)) as connection:
        expected = await (await connection.execute(sql.replace("%%", "%"))).fetchall()
    assert found.rows == again.rows == expected


async def report(client: httpx.AsyncClient, hero: str, customer_id: str) -> str:
    given: dict[str, Any] = {"kind": "delivery", "story": "Through the snow", "happened_on": "2026-01-10"}
    body = {"heroes": [hero], "customer_id": customer_id, **given}
    return (await answered(client, "report-heroic-act", **body))["ids"]["act_id"]


@asynccontextmanager
async def engines_of(
    settings: Settings, projections: Sequence[Projection[Any]]
) -> AsyncGenerator[list[LiveEngine]]:
    engines = [LiveEngine(projection, settings, str(settings.database_url)) for projection in projections]
    yield engines
    for engine in engines:
        await engine.close()


async def read_while_folding(
    client: httpx.AsyncClient, api: Api, settings: Settings, projection: Projection[Any], path: str
) -> list[httpx.Response]:
    """What readers are answered while the projector commits to one projection event by event."""
    answers = [await client.get(path)]
    done = asyncio.Event()

    async def read_on() -> None:
        while not done.is_set():
            answers.append(await client.get(path))

    async with asyncio.TaskGroup() as tasks, engines_of(settings, [projection]) as (engine,):
        for _ in range(READERS):
            tasks.create_task(read_on())
        first = int(answers[0].headers["Clienteling-Position"])
        for position in range(first, api.app.log.last_position() + 1):
            await engine.catch_up(position)
        done.set()
    assert len({response.content for response in answers}) > 1
    return answers
