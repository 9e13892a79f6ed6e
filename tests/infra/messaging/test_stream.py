"""One place declares the stream, says what differed, and finds its end and its sequences."""

import pytest
from nats.js.api import StorageType, StreamConfig
from nats.js.errors import APIError, NotFoundError

from infra.messaging.connection import connect
from infra.messaging.headers import NotFromTheLog
from infra.messaging.stream import declare_stream, end_of_stream, sequence_after
from infra.settings import Settings
from tests.infra.messaging.controls import fill, run_of, stream_at


async def test_the_stream_is_a_file_that_nobody_can_delete_from(settings: Settings):
    async with stream_at(settings) as client:
        jetstream = client.jetstream()
        config = (await jetstream.stream_info("CLIENTELING")).config
        assert config.subjects == ["clienteling.v1.>"]
        assert config.storage == StorageType.FILE
        assert (config.deny_delete, config.deny_purge, config.allow_atomic) == (True, True, True)
        assert (config.num_replicas, config.duplicate_window, config.max_age) == (1, 120, 0)
        await fill(client, run_of([1]))
        for forbidden in (jetstream.purge_stream("CLIENTELING"), jetstream.delete_msg("CLIENTELING", 1)):
            with pytest.raises(APIError):
                await forbidden


async def test_declaring_again_changes_nothing(settings: Settings):
    async with stream_at(settings) as client:
        assert await declare_stream(client.jetstream(), settings) == {}


async def test_a_stream_with_other_settings_is_brought_back_and_what_differed_is_told(settings: Settings):
    client = await connect(settings, str(settings.nats_url), name="test")
    jetstream = client.jetstream()
    await jetstream.add_stream(
        StreamConfig(name="CLIENTELING", subjects=["clienteling.v1.>"], max_age=60, duplicate_window=30)
    )
    changes = await declare_stream(jetstream, settings)
    assert changes == {
        "max_age": (60, 0),
        "duplicate_window": (30, 120),
        "deny_delete": (False, True),
        "deny_purge": (False, True),
        "allow_atomic": (None, True),
    }
    assert await declare_stream(jetstream, settings) == {}
    await client.close()


async def test_the_end_of_an_empty_stream_is_zero_and_of_none_is_an_error(settings: Settings):
    client = await connect(settings, str(settings.nats_url), name="test")
    with pytest.raises(NotFoundError):
        await end_of_stream(client.jetstream())
    await declare_stream(client.jetstream(), settings)
    end = await end_of_stream(client.jetstream())
    assert (end.sequence, end.position, end.place) == (0, 0, None)
    await client.close()


async def test_the_end_is_where_the_last_message_stands(settings: Settings):
    async with stream_at(settings) as client:
        await fill(client, run_of([1, 2, 7]))
        end = await end_of_stream(client.jetstream())
        assert (end.sequence, end.position) == (3, 7)
        assert end.place is not None
        assert (end.place.previous_position, end.place.version) == (2, 7)


async def test_a_stream_that_ends_with_a_strangers_message_has_no_position(settings: Settings):
    async with stream_at(settings) as client:
        await fill(client, run_of([1]))
        await client.jetstream().publish("clienteling.v1.sale.recorded.0", b"{}")
        with pytest.raises(NotFromTheLog):
            await end_of_stream(client.jetstream())


async def test_the_sequence_behind_a_position_is_found_across_holes_in_the_positions(settings: Settings):
    positions = [3, 4, 9, 10, 11, 30]
    async with stream_at(settings) as client:
        jetstream = client.jetstream()
        assert await sequence_after(jetstream, 0) == 1
        await fill(client, run_of(positions))
        for position in range(32):
            behind = [p for p in positions if p > position]
            assert await sequence_after(jetstream, position) == len(positions) - len(behind) + 1
