"""Every route and command in every role, over real HTTP, against the table in docs/roles.md."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from benchmarks.history import project
from infra.settings import Settings
from projections.registry import ALL
from services.api.auth.permissions import ONESELF
from services.api.auth.principal import ROLES, Role
from services.api.resources.route_handlers import ROUTE_HANDLERS
from tests.architecture.planting import ROOT
from tests.ports import free_port
from tests.services.api.role_world import WHOSE, World, asked, made_world
from tests.services.api.serving import Server

pytestmark = pytest.mark.asyncio(loop_scope="module")

#: Whose things a right lets through.
REACHES = {"own": {"own"}, "store": {"own", "store"}, "all": set(WHOSE), "no": set[str]()}


def documented() -> Iterator[tuple[str, dict[Role, str], str]]:
    """The rows of docs/roles.md: the operation, the rights by role, and the scope."""
    for line in (ROOT / "docs" / "roles.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip().replace("`", "") for cell in line.strip("|").split("|")]
        if len(cells) == 9 and cells[0] not in ("operation", "---"):
            rights: Any = dict(zip(ROLES, cells[2:8], strict=False))
            yield cells[0], rights, cells[8]


TABLE = list(documented())


@pytest.fixture(scope="module")
def server(api_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log: Path = tmp_path_factory.mktemp("roles") / "api.log"
    with Server(api_settings, log, free_port(), auth="on") as running:
        asyncio.run(running.answers())
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    async with server.client() as connected:
        yield connected


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(client: httpx.AsyncClient, api_settings: Settings) -> World:
    made = await made_world(client, api_settings)
    await project(api_settings, ALL)
    return made


@pytest.mark.parametrize("role", ROLES)
async def test_each_operation_reaches_what_the_table_says(
    client: httpx.AsyncClient, world: World, role: Role
) -> None:
    of_somebody = {str(one.name) for one in ROUTE_HANDLERS if not (one.opt or {}).get("public")} - {*ONESELF}
    assert {operation.partition("?")[0] for operation, *_ in TABLE} == of_somebody
    forbidden = 0
    for operation, rights, scope in TABLE:
        if role == "service":
            cases = [("all", world.headers(role, scopes=scope)), ("no", world.headers(role, scopes="x.y"))]
        elif rights[role] == "own":
            # A manager has something of their own here when they are Anna.
            cases = [("own", world.headers(role, associate_id=world.id_of("own")))]
        else:
            cases = [(rights[role], world.headers(role))]
        for right, headers in cases:
            refusals: list[dict[str, Any]] = []
            for whose in WHOSE:
                answer = await asked(client, world, operation, whose, role, headers)
                where = (operation, right, whose, answer.status_code, answer.text)
                if whose in REACHES[right]:
                    assert answer.status_code < 500, where
                    assert answer.status_code not in (401, 403), where
                else:
                    assert answer.status_code == 403, where
                    refusals.append({**answer.json(), "instance": ""})
            forbidden += len(refusals)
            assert all(one == refusals[0] for one in refusals), operation
            assert all(one["code"] == "not_permitted" for one in refusals), operation
    assert forbidden >= 20
