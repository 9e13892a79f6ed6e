"""Relay, projector and NATS are killed without warning while the shop goes on selling."""

from pathlib import Path

import psycopg
import pytest

from infra.embedded import NatsServer
from infra.settings import Settings
from tests.chaos.builders import (
    Service,
    all_projected_to,
    assert_all_tables_are_the_log,
    running,
    shop_history,
    write_slowly,
)
from tests.infra.messaging.builders import until
from tests.services.projector.builders import prepared
from tests.services.relay.builders import assert_stream_is_the_log, carried_to, log_of, relay_at_work

pytestmark = [pytest.mark.slow, pytest.mark.bare_database, pytest.mark.timeout(400)]

#: Small batches: the more there are, the more moments there are to be killed in.
SMALL_BATCHES = {"CLIENTELING_RELAY_BATCH_EVENTS_MAX": "7", "CLIENTELING_PROJECTOR_BATCH_EVENTS_MAX": "11"}


async def test_a_relay_killed_again_and_again_leaves_the_stream_as_the_log_is(
    settings: Settings, tmp_path: Path
):
    url = prepared(settings)
    relay = Service("relay", settings, str(settings.nats_url), tmp_path / "relay.log", **SMALL_BATCHES)
    with running(relay):

        def kill(_: int) -> None:
            relay.kill()
            relay.start()

        await write_slowly(url, shop_history(1_200), kill, parts=5)
        await carried_to(settings, str(settings.nats_url), log_of(url)[-1][0], within_seconds=100)
        await until(relay.works)
        assert relay.stop() == 0
    await assert_stream_is_the_log(settings, str(settings.nats_url), url)


async def test_a_projector_killed_again_and_again_loses_and_doubles_nothing(
    settings: Settings, fresh_database, tmp_path: Path
):
    url = prepared(settings)
    projector = Service(
        "projector", settings, str(settings.nats_url), tmp_path / "projector.log", **SMALL_BATCHES
    )
    async with relay_at_work(settings):
        with running(projector):

            def kill(_: int) -> None:
                projector.kill()
                projector.start()

            await write_slowly(url, shop_history(900), kill, parts=5)
            await until(lambda: all_projected_to(url, log_of(url)[-1][0]), within_seconds=100)
            await until(projector.works)
            assert projector.stop() == 0
    await assert_all_tables_are_the_log(settings, fresh_database, url)


async def test_nats_killed_and_its_storage_deleted_costs_nothing(
    settings: Settings, own_nats: NatsServer, fresh_database, tmp_path: Path
):
    url = prepared(settings)
    relay = Service("relay", settings, own_nats.url, tmp_path / "relay.log", **SMALL_BATCHES)
    projector = Service("projector", settings, own_nats.url, tmp_path / "projector.log", **SMALL_BATCHES)
    with running(relay, projector):

        def lose_nats(number: int) -> None:
            if number < 2:
                own_nats.kill()
                if number == 1:
                    own_nats.wipe()
                own_nats.start()

        await write_slowly(url, shop_history(900), lose_nats, parts=3)
        await until(lambda: all_projected_to(url, log_of(url)[-1][0]), within_seconds=100)
        await carried_to(settings, own_nats.url, log_of(url)[-1][0], within_seconds=100)
        assert (relay.stop(), projector.stop()) == (0, 0)
    await assert_stream_is_the_log(settings, own_nats.url, url)
    await assert_all_tables_are_the_log(settings, fresh_database, url)


async def test_several_projector_processes_share_out_the_projections(
    settings: Settings, fresh_database, tmp_path: Path
):
    url = prepared(settings)
    projector = Service(
        "projector",
        settings,
        str(settings.nats_url),
        tmp_path / "projector.log",
        CLIENTELING_PROJECTOR_PROCESSES="2",
        CLIENTELING_SERVICE_HEARTBEAT_SECONDS="0.2",
    )
    async with relay_at_work(settings):
        with running(projector):
            await write_slowly(url, shop_history(400), lambda _: None, parts=1)
            await until(lambda: all_projected_to(url, log_of(url)[-1][0]), within_seconds=100)
            with psycopg.connect(url) as connection:
                (instances,) = connection.execute(
                    "SELECT count(*) FROM projections.heartbeats WHERE service = 'projector'"
                ).fetchall()[0]
            assert instances == 2
            assert projector.stop() == 0
    await assert_all_tables_are_the_log(settings, fresh_database, url)
