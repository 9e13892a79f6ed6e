"""A history that cannot be read is a problem of its own, until its event is left out."""

import asyncio

import httpx
import psycopg
import pytest

from domain.ids import SCORE_PARAMETERS_STREAM
from infra.settings import Settings
from services.rebuild.quarantine import discard_for_every_reader
from tests.services.api.conftest import Project
from tests.services.api.sending import answered, hire, register, sale_of, send

pytestmark = pytest.mark.asyncio(loop_scope="module")

POISON = b'{"occurred_at":"never"}'
APPEND = (
    "INSERT INTO stored_events (originator_id, originator_version, topic, state, customer_id) "
    "SELECT originator_id, max(originator_version) + 1, %s, %s, max(customer_id) FROM stored_events "
    "WHERE originator_id = %s GROUP BY originator_id RETURNING notification_id"
)


async def poisoned(settings: Settings, stream_id: str, topic: str) -> int:
    """An event that a newer version wrote in another shape; its position."""
    async with await psycopg.AsyncConnection.connect(str(settings.database_url)) as connection:
        cursor = await connection.execute(APPEND, (topic, POISON, stream_id))
        row = await cursor.fetchone()
    assert row is not None
    return row[0]


async def left_out(settings: Settings, position: int) -> None:
    url = str(settings.database_url)
    await asyncio.to_thread(discard_for_every_reader, settings, url, position)


async def test_commands_on_an_unreadable_history_are_told_what_to_do(
    client: httpx.AsyncClient, project: Project, api_settings: Settings
) -> None:
    clara, dora = await register(client), await register(client)
    position = await poisoned(api_settings, clara, "customer.note_added.v1")
    await project()
    size = {"kind": "shoe", "size": "38"}
    refused, beside = await asyncio.gather(
        send(client, "record-size", customer_id=clara, **size),
        send(client, "record-size", customer_id=dora, **size),
    )
    problem = refused.json()
    assert (refused.status_code, problem["code"], beside.status_code) == (503, "history_unreadable", 201)
    assert refused.headers["Content-Type"].startswith("application/problem+json")
    assert clara in problem["detail"]
    assert f"dead-letters discard log {position}" in problem["detail"]
    await left_out(api_settings, position)
    assert (await send(client, "record-size", customer_id=clara, **size)).status_code == 201


async def test_reads_of_an_unreadable_history_are_told_the_same(
    client: httpx.AsyncClient, project: Project, api_settings: Settings
) -> None:
    anna = await hire(client)
    sale_id = (await answered(client, "record-sale", **sale_of(anna)))["ids"]["sale_id"]
    position = await poisoned(api_settings, sale_id, "sale.units_returned.v1")
    await project()
    answer = await client.get(f"/v1/sales/{sale_id}")
    assert (answer.status_code, answer.json()["code"]) == (503, "history_unreadable")
    await left_out(api_settings, position)
    answer = await client.get(f"/v1/sales/{sale_id}")
    assert (answer.status_code, answer.json()["sale_id"]) == (200, sale_id)


async def test_scores_of_the_past_are_reckoned_without_parameters_in_quarantine(
    client: httpx.AsyncClient, project: Project, api_settings: Settings
) -> None:
    clara = await register(client)
    adopted = await answered(client, "adopt-score-parameters", parameters={"rhythm_hours": 168})
    unreadable = await poisoned(api_settings, SCORE_PARAMETERS_STREAM, "score_parameters.adopted.v1")
    position = await project()
    path, past = f"/v1/customers/{clara}/score", {"as_of_position": position, "as_of": "2100-01-01"}
    answer = await client.get(path, params=past)
    assert (answer.status_code, answer.json()["code"]) == (503, "history_unreadable")
    await left_out(api_settings, unreadable)
    answer = await client.get(path, params=past)
    assert answer.status_code == 200
    assert answer.json()["parameters_version"] == adopted["ids"]["version"]
