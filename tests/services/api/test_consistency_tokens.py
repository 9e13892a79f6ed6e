"""A command's answer has a token: a read that is sent it contains what was written, or says why not."""

import asyncio
import dataclasses

import httpx
import psycopg
import pytest

from infra.clock import FixedClock
from infra.event_store.epoch import begin_epoch
from infra.settings import Settings
from services.api.main import create_app
from tests.services.api.conftest import Project, client_of, running, servers_of
from tests.services.api.sending import hire, register, sale_of, send

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAME = "Clienteling-Consistency-Token"


async def token_of_a_sale(client: httpx.AsyncClient, associate_id: str, customer_id: str) -> str:
    response = await send(client, "record-sale", **sale_of(associate_id, customer_id=customer_id))
    assert response.status_code == 201, response.text
    return response.headers[NAME]


async def test_a_read_waits_for_what_the_token_stands_for(
    client: httpx.AsyncClient, project: Project
) -> None:
    anna, clara = await hire(client), await register(client)
    await project()
    token = await token_of_a_sale(client, anna, customer_id=clara)
    path = f"/v1/associates/{anna}/book"
    waiting = asyncio.ensure_future(client.get(path, headers={NAME: token}))
    assert (await client.get(path)).json()["total"] == 0
    assert not waiting.done()
    await project()
    assert (await waiting).json()["total"] == 1
    # Of the two the later counts.
    both = await client.get(path, params={"at_least": 1}, headers={NAME: token})
    assert both.json()["total"] == 1
    # Reads that nothing of it concerns take it, too.
    assert (await client.get("/v1/pay-periods", headers={NAME: token})).status_code == 200


async def test_a_repeated_command_has_a_token_as_well(client: httpx.AsyncClient) -> None:
    first = await send(client, "register-customer", key="twice")
    again = await send(client, "register-customer", key="twice")
    assert again.status_code == 200
    assert again.headers[NAME] == first.headers[NAME]


@pytest.mark.parametrize("token", ["", "x", "1", "0123456789abcdef.x", "0123456789abcdef.-1", "'.1"])
async def test_what_is_no_token_is_refused(client: httpx.AsyncClient, token: str) -> None:
    response = await client.get("/v1/associates", headers={NAME: token})
    assert (response.status_code, response.json()["code"]) == (422, "consistency_token_unfit")
    assert response.json()["errors"][0]["field"] == NAME


async def test_the_token_of_another_house_is_refused(client: httpx.AsyncClient, project: Project) -> None:
    await project()
    response = await client.get("/v1/associates", headers={NAME: "0123456789abcdef.1"})
    assert (response.status_code, response.json()["code"]) == (409, "consistency_token_over")


async def test_tokens_of_a_log_that_was_set_back(
    client: httpx.AsyncClient, project: Project, api_settings: Settings, clock: FixedClock
) -> None:
    kept = (await send(client, "register-customer")).headers[NAME]
    lost = (await send(client, "register-customer")).headers[NAME]
    epoch, _, common = kept.partition(".")
    url = api_settings.database_url or ""
    await project()
    with psycopg.connect(url, autocommit=True) as connection, connection.transaction():
        connection.execute("DELETE FROM stored_events WHERE notification_id > %s", (int(common),))
        begin_epoch(connection, int(common))
    # What the later epoch has in common with the one before it is still there.
    assert (await client.get("/v1/associates", headers={NAME: kept})).status_code == 200
    over = await client.get("/v1/associates", headers={NAME: lost})
    assert (over.status_code, over.json()["code"]) == (409, "consistency_token_over")
    # In another process, which has just begun, tokens are of the new epoch at once.
    other = create_app(api_settings, servers_of(api_settings), clock=clock)
    async with running(other), client_of(other) as there:
        token = (await send(there, "register-customer")).headers[NAME]
        assert not token.startswith(epoch)
        await project()
        assert (await there.get("/v1/associates", headers={NAME: token})).status_code == 200
        # A log that was set back and whose new epoch nobody has begun yet: it ends before the token.
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DELETE FROM stored_events WHERE notification_id > %s", (int(common),))
        behind = await there.get("/v1/associates", headers={NAME: token})
        assert (behind.status_code, behind.json()["code"]) == (409, "position_not_reached")


async def test_the_epoch_is_looked_at_again(
    api_settings: Settings, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.api.epochs.KNOWN_SECONDS", 0.0)
    application = create_app(dataclasses.replace(api_settings), servers_of(api_settings), clock=clock)
    async with running(application), client_of(application) as client:
        before = (await send(client, "register-customer")).headers[NAME]
        url = api_settings.database_url or ""
        with psycopg.connect(url, autocommit=True) as connection, connection.transaction():
            begin_epoch(connection, int(before.partition(".")[2]))
        after = (await send(client, "register-customer")).headers[NAME]
    assert before.partition(".")[0] != after.partition(".")[0]
