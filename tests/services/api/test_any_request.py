"""Whatever is sent, right or wrong, is answered as the OpenAPI document says, and never with an error of
ours.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.config import (
    CoveragePhaseConfig,
    GenerationConfig,
    PhasesConfig,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig,
)
from schemathesis.specs.openapi.checks import positive_data_acceptance

from benchmarks.history import project
from infra.settings import Settings
from projections.registry import ALL
from services.api.http.openapi import openapi_document
from services.api.resources.route_handlers import ROUTE_HANDLERS
from tests.ports import free_port
from tests.services.api.sending import answered, hire, register, sale_of
from tests.services.api.serving import Server

EXAMPLES_MAX = 10
PROJECT = ProjectConfig(
    generation=GenerationConfig(max_examples=EXAMPLES_MAX, deterministic=True, database="none"),
    # It would go through every bound of every field of every command, which takes minutes.
    phases=PhasesConfig(coverage=CoveragePhaseConfig(enabled=False)),
)
SCHEMA = schemathesis.openapi.from_dict(
    openapi_document(ROUTE_HANDLERS), config=SchemathesisConfig(projects=ProjectsConfig(default=PROJECT))
)
#: A command that the document allows may still break a rule of the shop.
NOT_CHECKED = [positive_data_acceptance]


@pytest.fixture(scope="module")
def server(api_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server process on tables that have begun."""
    log: Path = tmp_path_factory.mktemp("any-request") / "api.log"
    # What would go on for a minute ends after a second.
    with Server(api_settings, log, free_port(), api_event_stream_seconds=1) as running:
        asyncio.run(running.answers())
        asyncio.run(project(api_settings, ALL))
        yield running


@pytest.fixture(scope="module")
def known(server: Server, api_settings: Settings) -> dict[str, str]:
    """Ids of things there are, for addresses that would otherwise never name any."""

    async def make() -> dict[str, str]:
        async with server.client() as client:
            ids = await things(client)
        await project(api_settings, ALL)
        return ids

    return asyncio.run(make())


async def things(client: httpx.AsyncClient) -> dict[str, str]:
    anna = await hire(client, name="Anna")
    clara = await register(client, name="Clara")
    sold = await answered(client, "record-sale", **sale_of(anna, customer_id=clara))
    back = {"sale_id": sold["ids"]["sale_id"], "store_id": "s", "lines": [{"line_no": 1}]}
    returned = await answered(client, "accept-return", **back)
    act = {"heroes": [anna], "customer_id": clara, "kind": "other", "story": "Once"}
    reported = await answered(client, "report-heroic-act", **act)
    return {
        "associate_id": anna,
        "customer_id": clara,
        "sale_id": sold["ids"]["sale_id"],
        "return_id": returned["ids"]["return_id"],
        "act_id": reported["ids"]["act_id"],
    }


@pytest.mark.slow
@SCHEMA.parametrize()
@settings(
    max_examples=EXAMPLES_MAX,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    deadline=None,
)
def test_any_request_is_answered_as_the_document_says(
    case: Case, server: Server, known: dict[str, str]
) -> None:
    response = case.call_and_validate(base_url=server.url, excluded_checks=NOT_CHECKED)
    assert response.status_code < 500
    if case.method == "GET" and case.path_parameters:
        # The same with an address that names something.
        case.path_parameters = {
            **case.path_parameters,
            **{k: v for k, v in known.items() if k in case.path_parameters},
        }
        assert case.call(base_url=server.url).status_code < 500
