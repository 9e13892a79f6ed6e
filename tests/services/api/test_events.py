"""Other services read the log over HTTP, in pages or as it grows, and prove that they have all of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest

from clienteling_events import EventMessage, EventRange, RangeHash, differing, message_from_line
from domain.ids import partition_of
from infra.clock import FixedClock
from infra.event_store.lineage import Lineage, LineageStep
from infra.event_store.log import LoggedEvent
from infra.messaging.event_filter import EventFilter
from infra.settings import Settings
from services.api.http.application import Api
from services.api.main import create_app
from services.api.resources.event_pages import written
from tests.services.api.conftest import client_of, running, servers_of
from tests.services.api.sending import hire, register

pytestmark = pytest.mark.asyncio(loop_scope="module")

SSE = {"Accept": "text/event-stream"}


async def pages(client: httpx.AsyncClient, **params: Any) -> list[EventMessage]:
    """All events that are asked for, page by page."""
    found: list[EventMessage] = []
    after = params.pop("after", 0)
    while True:
        response = await client.get("/v1/events", params={"after": after, **params})
        assert response.status_code == 200, response.text
        assert response.headers["content-type"].startswith("application/x-ndjson")
        found += [message_from_line(line) for line in response.content.splitlines()]
        reached = int(response.headers["Clienteling-Position"])
        if reached == after:
            return found
        after = reached


async def test_pages_have_every_event_in_order_and_nothing_between(
    api: Api, client: httpx.AsyncClient
) -> None:
    await register(client, name="Zoë")
    await hire(client)
    found = await pages(client, limit=1)
    logged = api.app.log.read(0, 1_000)
    assert [(one.position, one.previous_position, one.type, one.data) for one in found] == [
        (one.position, one.previous_position, one.topic, one.state) for one in logged
    ]
    assert await pages(client, after=found[0].position) == found[1:]


async def test_a_consumer_proves_that_it_has_what_the_log_has(client: httpx.AsyncClient) -> None:
    await register(client)
    at = RangeHash()
    found = await pages(client)
    for event in found:
        at, _ = at.with_event(event)
    end = found[-1].position
    document = (await client.get("/v1/events/ranges", params={"from": 1, "to": end})).json()
    theirs = [EventRange(from_=one["from"], to=one["to"], count=one["count"], hash=one["hash"])
              for one in document["ranges"]]  # fmt: skip
    assert document["next"] is None
    assert differing([at.until(end)], theirs) == []
    forged, _ = RangeHash().with_event(found[0])
    assert differing([forged.until(end)], theirs) == theirs


async def test_filters_leave_out_and_say_up_to_where_they_looked(client: httpx.AsyncClient) -> None:
    customer = await register(client)
    everything = await pages(client)
    for types in ("customer", "customer.registered", "customer.registered.v1"):
        assert await pages(client, type=types) == [one for one in everything if one.type.startswith(types)]
    assert await pages(client, type="customer.regis") == []
    partition = partition_of(customer)
    chosen = await pages(client, partition=partition)
    assert chosen == [one for one in everything if partition_of(one.customer or one.subject) == partition]
    response = await client.get("/v1/events", params={"type": "nothing.like.it"})
    assert response.content == b""
    assert int(response.headers["Clienteling-Position"]) == everything[-1].position


async def test_from_a_moment_on_means_when_it_was_recorded(
    client: httpx.AsyncClient, api_settings: Settings
) -> None:
    await register(client)
    await register(client)
    everything = await pages(client)
    with psycopg.connect(api_settings.database_url or "") as connection:
        rows = connection.execute("SELECT recorded_at FROM stored_events ORDER BY notification_id").fetchall()
    times = [row[0] for row in rows]
    for at in (times[0], times[-1], times[-1] + timedelta(microseconds=1)):
        expected = [one for one, time in zip(everything, times, strict=True) if time >= at]
        assert await pages(client, recorded_from=at.isoformat()) == expected
    assert await pages(client, recorded_from="2001-01-01") == everything
    assert await pages(client, recorded_from=f"{datetime.now(UTC).year + 2}-01-01") == []


@pytest.mark.parametrize(
    ("path", "params", "headers", "status", "field"),
    [
        ("", {"after": 2**40}, {}, 409, "after"),
        ("", {}, {**SSE, "Last-Event-ID": str(2**40)}, 409, "after"),
        ("", {}, {"Last-Event-ID": "x"}, 422, "Last-Event-ID"),
        ("", {"partition": "64"}, {}, 422, "partition"),
        ("", {"type": "Sale"}, {}, 422, "type"),
        ("", {"recorded_from": "2026-02-30"}, {}, 422, "recorded_from"),
        ("", {"recorded_from": "0001-01-01"}, {}, 422, "recorded_from"),
        ("", {"recorded_from": "9999-12-31T23:59:59Z"}, {}, 422, "recorded_from"),
        ("/ranges", {"to": 2**40}, {}, 409, "to"),
        ("/ranges", {"from": 2**40}, {}, 422, "from"),
        ("/ranges", {"from": 0}, {}, 422, "from"),
    ],
)
async def test_what_cannot_be_answered_is_refused_by_name(
    client: httpx.AsyncClient,
    path: str,
    params: dict[str, Any],
    headers: dict[str, str],
    status: int,
    field: str,
) -> None:
    response = await client.get(f"/v1/events{path}", params=params, headers=headers)
    assert (response.status_code, response.json()["errors"][0]["field"]) == (status, field)


async def test_the_epochs_are_told_with_what_each_has_in_common(
    client: httpx.AsyncClient, api_settings: Settings
) -> None:
    await register(client)
    first = (await client.get("/v1/events/epochs")).json()["epochs"]
    assert [one["common_position"] for one in first] == [0]
    with psycopg.connect(api_settings.database_url or "", autocommit=True) as connection:
        connection.execute(
            "INSERT INTO log_epochs (number, epoch, common_position) VALUES (2, 'fedcba9876543210', 1)"
        )
        try:
            epochs = (await client.get("/v1/events/epochs")).json()["epochs"]
            assert epochs == [*first, {"epoch": "fedcba9876543210", "common_position": 1}]
            found = await pages(client)
            assert {one.epoch for one in found} == {"fedcba9876543210"}
            assert found[0].id.endswith(f"/{first[0]['epoch']}")
            assert all(one.id.endswith("/fedcba9876543210") for one in found[1:])
        finally:
            connection.execute("DELETE FROM log_epochs WHERE number = 2")


async def test_more_streams_than_are_served_are_told_to_come_again(
    api_settings: Settings, clock: FixedClock
) -> None:
    settings = replace(api_settings, api_event_streams_max=0)
    application = create_app(settings, servers_of(settings), clock=clock)
    async with running(application), client_of(application) as client:
        response = await client.get("/v1/events", headers=SSE)
        assert (response.status_code, response.json()["code"]) == (503, "too_many_event_streams")
        assert int(response.headers["Retry-After"]) > 0


async def test_encrypted_events_are_no_openings(
    house_client: httpx.AsyncClient, world: Any, api_settings: Settings
) -> None:
    def openings() -> int:
        with psycopg.connect(api_settings.database_url or "") as connection:
            row = connection.execute("SELECT count(*) FROM openings.openings").fetchone()
        return row[0] if row else 0

    before = openings()
    response = await house_client.get("/v1/events", headers=world.headers("auditor"))
    assert response.status_code == 200
    assert b"cus_" in response.content
    assert openings() == before


LOGGED = LoggedEvent(7, 6, "sal_1", 1, "sale.recorded.v1", "cus_1", b'{"occurred_at":"2026-01-02T03:04:05Z"}')


async def test_a_line_ends_with_the_bytes_of_the_log() -> None:
    line = written([LOGGED], Lineage([LineageStep("e", 0)]), "/house", "lines")
    assert line.endswith(b',"data":' + LOGGED.state + b"}\n")
    message = message_from_line(line)
    assert (message.data, message.id, message.customer) == (LOGGED.state, "sal_1/1/e", "cus_1")


@pytest.mark.parametrize(
    ("types", "partitions", "passes"),
    [
        ((), (), True),
        (("sale",), (), True),
        (("sale.recorded",), (), True),
        (("sale.rec",), (), False),
        (("return", "sale.recorded.v1"), (), True),
        ((), (partition_of("cus_1"),), True),
        ((), (partition_of("cus_1") + 1,), False),
        (("return",), (partition_of("cus_1"),), False),
    ],
)
async def test_a_filter_passes_types_by_their_parts_and_partitions(
    types: tuple[str, ...], partitions: tuple[int, ...], passes: bool
) -> None:
    assert EventFilter(types, frozenset(partitions)).passes(LOGGED) == passes
