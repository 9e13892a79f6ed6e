"""Whatever anybody sends in whatever role: no error of ours, no answer that is not documented, and nothing of
another store's. `--requests-in-roles N` sends more.
"""

import asyncio
import itertools
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from schemathesis.specs.openapi.checks import positive_data_acceptance

from benchmarks.history import project
from infra.settings import Settings
from projections.registry import ALL
from services.api.auth.principal import ROLES
from services.api.http.openapi import openapi_document
from services.api.resources.route_handlers import ROUTE_HANDLERS
from tests.ports import free_port
from tests.services.api.role_world import WHOSE, Whose, World, made_world
from tests.services.api.serving import Server
from tests.tokens import EVERY_SCOPE

SCHEMA = schemathesis.openapi.from_dict(openapi_document(ROUTE_HANDLERS))
OPERATIONS: list[Any] = [found.ok() for found in cast("Any", SCHEMA.get_all_operations())]
#: A request that the document allows may still break a rule of the shop, or be more than the role may do.
NOT_CHECKED = [positive_data_acceptance]
#: Roles of one store, and what they read of the whole house all the same.
OF_A_STORE = ("associate", "manager", "point_of_sale")
OF_THE_HOUSE = {"/v1/customers"}
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def server(api_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log: Path = tmp_path_factory.mktemp("in-each-role") / "api.log"
    with Server(api_settings, log, free_port(), auth="on", api_event_stream_seconds=1) as running:
        asyncio.run(running.answers())
        yield running


@pytest.fixture(scope="module")
def world(server: Server, api_settings: Settings) -> Iterator[World]:
    """A world whose tables follow what is sent, because permissions are looked up in them."""

    async def make() -> World:
        async with server.client() as client:
            made = await made_world(client, api_settings)
        await project(api_settings, ALL)
        return made

    made, ended = asyncio.run(make()), threading.Event()

    def follow() -> None:
        while not ended.wait(0.2):
            asyncio.run(project(api_settings, ALL))

    following = threading.Thread(target=follow)
    following.start()
    yield made
    ended.set()
    following.join()


def about(case: Case, names: set[str], things: dict[str, str], *, alone: bool) -> Case:
    """The same request about somebody's things, as far as it can name any; or about these alone."""
    case.path_parameters = {
        **case.path_parameters,
        **{name: value for name, value in things.items() if name in case.path_parameters},
    }
    if case.method == "GET":
        asked = {name: value for name, value in things.items() if name in names}
        case.query = asked if alone else {**case.query, **asked}
    return case


def foreign_in(text: str, world: World) -> list[str]:
    """What of the other store's a text tells."""
    things = world.things["foreign"]
    ids = (value for name, value in things.items() if name.endswith("_id") and "_" in value)
    return [each for each in (*ids, "Cora") if each in text]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Do not use the `random` module")
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_any_request_in_any_role_is_answered_as_documented_and_tells_nothing_foreign(
    operation: Any, server: Server, world: World, pytestconfig: pytest.Config
) -> None:
    listed = [parameter.name for parameter in operation.iter_parameters()]
    names = {name for name in listed if f"{{{name}}}" not in operation.path}
    examples = itertools.count()

    @given(case=operation.as_strategy())
    @settings(
        max_examples=int(pytestconfig.getoption("--requests-in-roles") or 0),
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example],
    )
    def sent_in_every_role(case: Case) -> None:
        # What is made up is often refused before anything is looked up: every second request is simple.
        alone = next(examples) % 2 == 0
        names_things = case.method == "GET" and set(listed) & world.things["own"].keys()
        whose: tuple[Whose, ...] = WHOSE if names_things else ("foreign",)
        for role, each in itertools.product(ROLES, whose):
            claims = {"scopes": EVERY_SCOPE} if role == "service" else {}
            headers = {**world.headers(role, **claims), "Idempotency-Key": f"in-roles-{next(_numbers)}"}
            response = about(case, names, world.things[each], alone=alone).call(server.url, headers=headers)
            case.validate_response(response, excluded_checks=NOT_CHECKED)
            assert response.status_code < 500
            if role in OF_A_STORE and operation.path not in OF_THE_HOUSE:
                assert not foreign_in(response.text, world), (role, each)

    sent_in_every_role()
