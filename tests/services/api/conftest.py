"""The API in this process, on real servers. A module's tests share one application.

| fixture | lasts | gives |
| --- | --- | --- |
| `clock` | module | the clock of the API: it stands still at NOON until a test moves it |
| `api_settings` | module | settings of a process on a database of the module's own |
| `api` | module | the running application |
| `client` | module | an HTTP client whose requests reach it without a socket |
| `project` | module | takes the log into the projections, as the projector does: `await project()` |
| `house`, `house_client`, `house_project` | module | the same of an application that authenticates |
| `world` | module | two stores with their people and things, and tokens of each role |
"""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psycopg
import pytest
import pytest_asyncio
from psycopg import sql

from infra.clock import FixedClock
from infra.embedded import EmbeddedServers, Servers
from infra.projection_store.heartbeats import ensure_catalog
from infra.settings import Settings
from projections.registry import ALL
from services.api.http.application import Api
from services.api.main import create_app
from services.projector.engine import LiveEngine
from tests.conftest import create_database, with_database
from tests.services.api.documented import check_problem_is_documented
from tests.services.api.role_world import World, made_world

Project = Callable[[], Awaitable[int]]

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def clock() -> FixedClock:
    """A clock at noon."""
    return FixedClock(NOON)


@pytest.fixture(scope="module")
def api_settings(
    servers: EmbeddedServers,
    migrated_database: str,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Iterator[Settings]:
    """Settings that name a new database."""
    url = servers.servers.database_url
    name = f"api_{os.getpid()}_{Path(request.node.path).stem}"
    create_database(url, name, migrated_database)
    yield Settings(
        database_url=with_database(url, name),
        nats_url=servers.servers.nats_url,
        nats_credentials=servers.nats.keys,
        data_dir=tmp_path_factory.mktemp("data"),
        # What needs a token has an application of its own, `house`.
        auth="off",
    )
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(api_settings: Settings, clock: FixedClock) -> AsyncIterator[Api]:
    """The application, started and stopped in order."""
    application = create_app(api_settings, servers_of(api_settings), clock=clock)
    async with running(application):
        yield application


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(api: Api) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application."""
    async with client_of(api) as connected:
        yield connected


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def project(api: Api, api_settings: Settings) -> AsyncIterator[Project]:
    """The projector's engines on the module's database."""
    async with projecting(api, api_settings) as catch_up:
        yield catch_up


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(api_settings: Settings, clock: FixedClock) -> AsyncIterator[Api]:
    """An application that authenticates, started and stopped in order."""
    settings = replace(api_settings, auth="on")
    application = create_app(settings, servers_of(settings), clock=clock)
    async with running(application):
        yield application


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house_client(house: Api) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application that authenticates; it has no token of its own."""
    async with client_of(house) as connected:
        yield connected


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house_project(house: Api, api_settings: Settings) -> AsyncIterator[Project]:
    """The projector's engines on the module's database."""
    async with projecting(house, api_settings) as catch_up:
        yield catch_up


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(house_client: httpx.AsyncClient, api_settings: Settings, house_project: Project) -> World:
    """Two stores with their people and things, in the tables."""
    made = await made_world(house_client, api_settings)
    await house_project()
    return made


@asynccontextmanager
async def projecting(api: Api, settings: Settings) -> AsyncGenerator[Project]:
    """A function that takes an application's log into its projections; where the log ended is its answer."""
    url = str(settings.database_url)
    await asyncio.to_thread(ensure_catalog, settings, url)
    engines = [LiveEngine(projection, settings, url) for projection in ALL]

    async def catch_up() -> int:
        position = api.app.log.last_position()
        for engine in engines:
            await engine.catch_up(position)
        return position

    yield catch_up
    for engine in engines:
        await engine.close()


@asynccontextmanager
async def running(application: Api) -> AsyncGenerator[Api]:
    """An application between its start and its stop, both in one task as a server does it (fixtures end in
    another).
    """
    started, stop = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with application.lifespan():
            started.set()
            await stop.wait()

    living = asyncio.ensure_future(live())
    starting = asyncio.ensure_future(started.wait())
    await asyncio.wait((living, starting), return_when=asyncio.FIRST_COMPLETED)
    try:
        if living.done():
            await living
        yield application
    finally:
        stop.set()
        starting.cancel()
        await living


def servers_of(settings: Settings) -> Servers:
    """The servers of settings that name them."""
    assert settings.database_url is not None
    assert settings.nats_url is not None
    return Servers(settings.database_url, settings.nats_url)


def client_of(api: Api) -> httpx.AsyncClient:
    """A client of an application in this process; what the application raises is an answer here, too.

    Every problem document that it gets must be one that the OpenAPI document lists for the route.
    """
    transport = httpx.ASGITransport(api, raise_app_exceptions=False)
    hooks = {"response": [check_problem_is_documented]}
    return httpx.AsyncClient(transport=transport, base_url="http://localhost", event_hooks=hooks)
