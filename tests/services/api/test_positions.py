"""Readers are told up to where the log is in their answer, and can wait for what they have just written."""

import asyncio
import dataclasses

import httpx
import psycopg
import pytest

from infra.clock import FixedClock
from infra.settings import Settings
from services.api.main import create_app
from tests.services.api.conftest import Project, client_of, running, servers_of
from tests.services.api.sending import answered, hire, register, sale_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_an_answer_says_where_its_projection_stands(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna = await hire(client)
    position = await project()
    await hire(client)
    for path in ("book", "ledger", "statements", "book/today"):
        response = await client.get(f"/v1/associates/{anna}/{path}")
        assert response.headers["Clienteling-Position"] == str(position)
        assert response.headers["Cache-Control"] == "no-store"


async def test_a_reader_waits_for_what_she_has_just_written(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna = await hire(client)
    clara = await register(client, name="Clara")
    await project()
    sold = await answered(client, "record-sale", **sale_of(anna, customer_id=clara))
    path, at_least = f"/v1/associates/{anna}/book", {"at_least": sold["position"]}
    waiting = asyncio.ensure_future(client.get(path, params=at_least))
    without = await client.get(path)
    assert without.json()["total"] == 0
    assert not waiting.done()
    await project()
    response = await waiting
    assert response.json()["total"] == 1
    assert int(response.headers["Clienteling-Position"]) >= sold["position"]


async def test_a_reader_who_waits_in_vain_is_told_to_come_again(
    api_settings: Settings, client: httpx.AsyncClient, project: Project, clock: FixedClock
) -> None:
    await project()
    position = (await answered(client, "register-customer"))["position"]
    hasty = dataclasses.replace(api_settings, api_read_wait_seconds=0.05)
    application = create_app(hasty, servers_of(hasty), clock=clock)
    async with running(application), client_of(application) as impatient:
        response = await impatient.get("/v1/associates", params={"at_least": position})
    assert (response.status_code, response.json()["code"]) == (503, "not_caught_up")
    assert response.headers["Retry-After"] == "1"


async def test_a_position_that_the_log_has_not_reached_is_a_mistake(
    client: httpx.AsyncClient, project: Project
) -> None:
    await project()
    for path in ("/v1/associates", f"/v1/sales/sal_{'0' * 32}", "/v1/heroics"):
        response = await client.get(path, params={"at_least": 10**12})
        assert (response.status_code, response.json()["code"]) == (409, "position_not_reached")
        assert response.json()["errors"][0]["field"] == "at_least"


async def test_a_position_that_only_the_tables_have_is_none_since_the_log_was_set_back(
    client: httpx.AsyncClient, project: Project, api_settings: Settings
) -> None:
    # The last test of this file: from here on the log of this module is another one.
    await hire(client)
    lost = await project()
    async with await psycopg.AsyncConnection.connect(str(api_settings.database_url)) as connection:
        await connection.execute("DELETE FROM stored_events WHERE notification_id >= %s", (lost,))
    response = await client.get("/v1/associates", params={"at_least": lost})
    assert (response.status_code, response.json()["code"]) == (409, "position_not_reached")
