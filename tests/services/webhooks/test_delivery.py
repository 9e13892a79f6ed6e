"""Events reach an endpoint: signed, in the form of GET /v1/events, in the order of each partition."""

import asyncio
import dataclasses

import msgspec
import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from domain.ids import partition_of
from infra.event_store.lineage import Lineage
from infra.event_store.log import EventLog
from infra.messaging.cloud_events import cloud_event
from infra.postgres import connect
from infra.settings import Settings
from infra.webhook_store.endpoints import lineage_in
from tests.services.webhooks.builders import (
    Reply,
    Request,
    customer,
    hanging,
    parked,
    position_of,
    receiving,
    registered,
    rows,
    sending,
    served,
    until,
    write,
)  #: Other databases of the cluster are those of tests beside this one.

LOSE_LOCKS = """
    SELECT pg_terminate_backend(pid) FROM pg_locks
    WHERE locktype = 'advisory'
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def lineage(settings: Settings) -> Lineage:
    with connect(settings, str(settings.database_url), name="test") as connection:
        return lineage_in(connection)


async def test_an_event_comes_signed_as_the_official_library_verifies_it(house: Settings) -> None:
    async with receiving() as receiver:
        secret = registered(house, receiver.url)
        (position,) = write(house, 1)
        async with sending(house):
            await served(house, position)
    (request,) = receiver.taken
    assert secret.startswith("whsec_")
    assert Webhook(secret).verify(request.body, request.headers) == request.event
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(request.body + b" ", request.headers)
    assert request.headers["content-type"] == "application/cloudevents+json"
    assert request.headers["webhook-id"] == request.event["id"]


async def test_the_body_is_a_line_of_get_events(house: Settings) -> None:
    async with receiving() as receiver:
        registered(house, receiver.url)
        positions = write(house, 1, 2, 1)
        async with sending(house):
            await served(house, positions[-1])
    with EventLog(str(house.database_url), pool_size=1) as log:
        events = log.read(0, 10)
    lines = [msgspec.json.encode(cloud_event(event, lineage(house), house.event_source)) for event in events]
    assert sorted(request.body for request in receiver.taken) == sorted(lines)


async def test_each_key_keeps_its_order_while_partitions_go_side_by_side(house: Settings) -> None:
    async def slowly(_: Request) -> Reply:
        await asyncio.sleep(0.01)
        return Reply(200, body=b"thanks")

    async with receiving(slowly) as receiver:
        registered(house, receiver.url)
        write(house, *([*range(12)] * 5))
        async with sending(house):
            later = write(house, *([*range(12)] * 5))
            await served(house, later[-1])
    assert len(receiver.taken) == 120
    for number in range(12):
        positions = receiver.positions(customer(number))
        assert positions == sorted(positions)
        assert len(positions) == 10
    assert 1 < receiver.most_at_once <= house.webhooks_side_by_side


async def test_only_what_is_wanted_is_sent_and_the_rest_is_passed_over(house: Settings) -> None:
    async with receiving() as receiver:
        registered(house, receiver.url, partitions=[partition_of(customer(1))])
        registered(house, receiver.url, "nothing", types=["sale", "customer.note"])
        positions = write(house, 1, 2, 3)
        registered(house, receiver.url, "later", types=["customer.note_added"], after=2)
        async with sending(house):
            await served(house, positions[-1], "billing", "nothing", "later")
    assert sorted(receiver.positions()) == [1, 3]


async def test_what_is_answered_500_is_sent_again_until_it_is_taken(house: Settings) -> None:
    async def thrice(_: Request) -> Reply:
        return Reply(500 if len(receiver.got) <= 3 else 200)

    async with receiving(thrice) as receiver:
        registered(house, receiver.url)
        positions = write(house, 1, 1)
        async with sending(house):
            await served(house, positions[-1])
    assert receiver.positions() == positions
    assert [one.position for one in receiver.got] == [positions[0]] * 4 + [positions[1]]
    ids = {one.headers["webhook-id"] for one in receiver.got[:4]}
    assert len(ids) == 1


async def test_retry_after_holds_back_the_whole_endpoint_but_not_beyond_the_longest_pause(
    house: Settings,
) -> None:
    async def busy(_: Request) -> Reply:
        if len(receiver.got) == 1:
            return Reply(429, (("Retry-After", "3600"),))
        return Reply()

    async with receiving(busy) as receiver:
        registered(house, receiver.url)
        positions = write(house, 1, 2)
        async with sending(house):
            await served(house, positions[-1])
    assert len(receiver.got) == 3


async def test_an_endpoint_that_hangs_holds_up_nobody_else_nor_the_end(house: Settings) -> None:
    house = dataclasses.replace(house, webhooks_request_seconds=120)
    async with receiving(hanging) as hung, receiving() as receiver:
        names = [f"e{number}" for number in range(49)]
        registered(house, hung.url, "hung")
        for name in names:
            registered(house, receiver.url, name)
        positions = write(house, *range(5))
        async with sending(house):
            await served(house, positions[-1], *names)
            await until(lambda: len(hung.got) >= 2, within_seconds=10)
        # It ended long before the requests would have.
    assert len(receiver.taken) == 49 * 5
    assert position_of(house, "hung") == 0
    assert parked(house) == []


async def test_an_endpoint_that_is_removed_while_it_hangs_is_let_go(house: Settings) -> None:
    async with receiving(hanging) as hung, receiving() as receiver:
        registered(house, hung.url, "hung")
        registered(house, receiver.url)
        write(house, 1)
        async with sending(house) as webhooks:
            await until(lambda: len(hung.got) == 1, within_seconds=10)
            rows(house, "DELETE FROM webhooks.endpoints WHERE name = 'hung' RETURNING 1")
            await until(lambda: [one.endpoint for one in webhooks.health()] == ["billing"], within_seconds=10)
            await served(house, write(house, 1)[0])
            assert hung.at_once <= 1


async def test_two_services_take_turns_and_the_second_goes_on_where_the_first_ended(house: Settings) -> None:
    async with receiving() as receiver:
        registered(house, receiver.url)
        async with sending(house) as second_to_start:
            await until(lambda: not second_to_start.standby, within_seconds=10)
            async with sending(house) as other:
                await served(house, write(house, *([1] * 10))[-1])
                assert other.standby
            await served(house, write(house, 1)[0])
        async with sending(house):
            last = write(house, 1)[0]
            await served(house, last)
    assert receiver.positions() == list(range(1, 13))


async def test_who_loses_the_lock_writes_nothing_more_and_another_takes_over(house: Settings) -> None:
    async with receiving() as receiver:
        registered(house, receiver.url)
        async with sending(house) as one, sending(house) as other:
            await served(house, write(house, 1)[0])
            rows(house, LOSE_LOCKS)
            await served(house, write(house, 1, 1)[-1])
            assert sorted([one.standby, other.standby]) == [False, True]
    positions = receiver.positions()
    assert list(dict.fromkeys(positions)) == [1, 2, 3]


async def test_nothing_is_read_while_there_is_no_endpoint(house: Settings) -> None:
    write(house, 1)
    async with sending(house):
        await until(
            lambda: len(rows(house, "SELECT FROM pg_locks WHERE locktype = 'advisory'")) == 1,
            within_seconds=10,
        )
        await asyncio.sleep(0.2)
        names = rows(
            house,
            "SELECT application_name FROM pg_stat_activity WHERE datname = current_database() "
            "AND application_name LIKE 'clienteling webhooks%'",
        )
    assert names == [("clienteling webhooks",)]


async def test_a_huge_answer_is_not_read_and_a_slow_body_is_not_waited_for(house: Settings) -> None:
    async def huge(request: Request) -> Reply:
        return Reply(200 if request.position == 1 else 413, body=b"x" * 20_000_000)

    async with receiving(huge) as receiver:
        registered(dataclasses.replace(house), receiver.url)
        write(house, 1, 2)
        async with sending(house):
            await until(lambda: len(receiver.got) >= 3, within_seconds=10)
            query = "SELECT length(last_error) FROM webhooks.progress WHERE last_error IS NOT NULL"
            await until(lambda: rows(house, query), within_seconds=10)
            assert rows(house, query)[0][0] < 300
