"""Crashes, restores and other secrets: nothing is left out, and what comes twice has the same id."""

import asyncio
from pathlib import Path

import psycopg
from standardwebhooks.webhooks import Webhook

from infra.event_store.epoch import begin_epoch
from infra.settings import Settings
from tests.chaos.builders import Service, running
from tests.services.cli.calling import calling, set_log_back
from tests.services.webhooks.builders import (
    Reply,
    Request,
    parked,
    receiving,
    registered,
    rows,
    sending,
    served,
    until,
    write,
)

QUICK = {
    "CLIENTELING_WEBHOOKS_PRIVATE_ADDRESSES": "allowed",
    "CLIENTELING_WEBHOOKS_POLL_SECONDS": "0.05",
    "CLIENTELING_WEBHOOKS_METRICS_PORT": "0",
}


async def test_killed_between_taken_and_written_it_sends_the_same_again_under_the_same_id(
    house: Settings, tmp_path: Path
) -> None:
    killed = asyncio.Event()

    async def kills(request: Request) -> Reply:
        if request.position == 3 and not killed.is_set():
            service.kill()
            killed.set()
        return Reply()

    async with receiving(kills) as receiver:
        secret = registered(house, receiver.url)
        service = Service("webhooks", house, str(house.nats_url), tmp_path / "webhooks.log", **QUICK)
        with running(service):
            write(house, *([1] * 5))
            await asyncio.wait_for(killed.wait(), 60)
            service.start()
            await served(house, 5)
            assert await asyncio.to_thread(service.stop) == 0
    assert receiver.positions() == [1, 2, 3, 3, 4, 5]
    twice = [one for one in receiver.taken if one.position == 3]
    assert len({one.headers["webhook-id"] for one in twice}) == 1
    assert all(Webhook(secret).verify(one.body, one.headers) for one in receiver.taken)


async def test_after_a_restore_it_goes_back_to_what_both_histories_have(house: Settings) -> None:
    async with receiving() as receiver:
        registered(house, receiver.url)
        registered(house, receiver.url, "behind", types=["sale"])
        async with sending(house):
            await served(house, write(house, 1, 1, 1, 1)[-1])
        rows(
            house,
            "INSERT INTO webhooks.parked (endpoint_id, key, position, topic, stream_id, reason) "
            "SELECT endpoint_id, 'k', p, 't', 's', 'r' FROM webhooks.endpoints, unnest('{2,4}'::bigint[]) p "
            "WHERE name = 'behind' RETURNING 1",
        )
        set_log_back(house, 2)
        for common in (2, 3):
            with psycopg.connect(str(house.database_url)) as connection:
                begin_epoch(connection, common)
            write(house, 1)
        async with sending(house):
            await served(house, write(house, 1)[-1])
    assert receiver.positions() == [1, 2, 3, 4, 3, 4, 5]
    assert parked(house) == [("k", 2)]
    epochs = [one.event["clientelingepoch"] for one in receiver.taken]
    assert len(set(epochs[:4])) == len(set(epochs[4:])) == 1
    assert epochs[0] != epochs[-1]
    ids = [one.headers["webhook-id"] for one in receiver.taken]
    assert len(set(ids)) == len(ids)


async def test_a_log_that_ends_before_an_endpoint_is_not_sent_from(house: Settings) -> None:
    async with receiving() as receiver:
        registered(house, receiver.url)
        async with sending(house):
            await served(house, write(house, 1, 1)[-1])
        set_log_back(house, 1)
        async with sending(house) as webhooks:
            await until(lambda: webhooks.health() and webhooks.health()[0].last_error, within_seconds=10)
            assert "was it set back?" in str(webhooks.health()[0].last_error)


async def test_a_rotated_secret_signs_beside_the_old_one_and_then_alone(
    house: Settings, monkeypatch, capsys
) -> None:
    call = calling(house, monkeypatch, capsys)
    async with receiving() as receiver:
        old = registered(house, receiver.url)
        async with sending(house):
            await served(house, write(house, 1)[0])
            rotated = await asyncio.to_thread(call, "webhooks", "rotate", "billing", "--json")
            new = rotated.document["secret"]

            def has_both() -> bool:
                write(house, 1)
                return " v1," in receiver.taken[-1].headers["webhook-signature"]

            await until(has_both, within_seconds=20)
            both = receiver.taken[-1]
            rows(
                house,
                "UPDATE vault.webhook_secrets SET until = now() - interval '1 s' "
                "WHERE until IS NOT NULL RETURNING 1",
            )

            def has_one() -> bool:
                write(house, 1)
                return " v1," not in receiver.taken[-1].headers["webhook-signature"]

            await until(has_one, within_seconds=20)
            alone = receiver.taken[-1]
    for secret in (old, new):
        assert Webhook(secret).verify(both.body, both.headers)
    assert Webhook(new).verify(alone.body, alone.headers)
    assert old != new
