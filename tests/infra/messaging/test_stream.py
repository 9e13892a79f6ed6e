"""One place declares the stream and says what differed."""

from typing import cast

import pytest
from nats.js import JetStreamContext
from nats.js.api import StorageType, StreamConfig
from nats.js.errors import APIError, ServerError

import infra.messaging.stream as stream
from infra.messaging.connection import connect
from infra.messaging.stream import StreamUnfit, declare_stream
from infra.nats import NatsRole
from infra.settings import Settings
from tests.infra.messaging.builders import fill, run_of, stream_at


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
    client = await connect(settings, str(settings.nats_url), name="test", role=NatsRole.OPS)
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


async def test_what_the_server_does_not_change_is_refused_with_the_command_that_mends_it(settings: Settings):
    client = await connect(settings, str(settings.nats_url), name="test", role=NatsRole.OPS)
    await client.jetstream().add_stream(
        StreamConfig(name="CLIENTELING", subjects=["clienteling.v1.>"], storage=StorageType.MEMORY)
    )
    with pytest.raises(StreamUnfit, match="republish --anew"):
        await declare_stream(client.jetstream(), settings)
    await client.close()


class _Hurried:
    """Adds a stream as the server does that still removes the folders of the one before: not at once."""

    def __init__(self, failures: int, err_code: int) -> None:
        self.left, self.err_code, self.added = failures, err_code, 0

    async def add_stream(self, config: StreamConfig) -> None:
        if self.left:
            self.left -= 1
            raise ServerError(code=500, err_code=self.err_code)
        self.added += 1


async def test_a_stream_that_cannot_be_stored_yet_is_added_a_moment_later():
    hurried = _Hurried(2, 10_049)
    await stream._add_behind_a_deletion(cast("JetStreamContext", hurried), StreamConfig(name="S"))
    assert hurried.added == 1


async def test_a_stream_that_is_refused_for_another_reason_is_refused():
    hurried = _Hurried(1, 10_023)
    with pytest.raises(ServerError):
        await stream._add_behind_a_deletion(cast("JetStreamContext", hurried), StreamConfig(name="S"))
    assert hurried.added == 0
