"""Whoever looks on sees the stream in order and is told when part of it is missing."""

import asyncio

import pytest

from infra.messaging.client import StreamClient
from infra.messaging.reading import EventsMissing, stream_messages
from infra.settings import Settings
from tests.infra.messaging.builders import fill, logged, run_of, stream_at, until


async def test_the_stream_is_read_from_any_position_to_its_end(settings: Settings):
    async with stream_at(settings) as client:
        await fill(client, run_of([*range(1, 700), 710, 711]))
        for after in (0, 1, 500, 699, 705, 711):
            seen = [
                m.metadata.position async for m in stream_messages(client, after_position=after, follow=False)
            ]
            assert seen == [p for p in [*range(1, 700), 710, 711] if p > after]


async def someone_reads(client: StreamClient) -> bool:
    return (await client.jetstream().stream_info("CLIENTELING")).state.consumer_count > 0


async def test_following_gives_what_comes_later(settings: Settings):
    async with stream_at(settings) as client:
        await fill(client, run_of([1, 2]))
        messages = stream_messages(client)
        waiting = asyncio.ensure_future(anext(messages))
        await until(lambda: someone_reads(client))
        await fill(client, run_of([3]), last_sequence=2)
        message = await asyncio.wait_for(waiting, 10)
        assert (message.metadata.position, message.data) == (3, logged(3).state)
        assert message.headers["ce-type"] == "sale.recorded.v1"
        await messages.aclose()


async def test_a_hole_in_the_stream_is_told_and_not_skipped(settings: Settings):
    async with stream_at(settings) as client:
        await fill(client, [*run_of([1, 2]), logged(5, 4)])
        messages = stream_messages(client, after_position=0, follow=False)
        assert [(await anext(messages)).metadata.position for _ in range(2)] == [1, 2]
        with pytest.raises(EventsMissing, match="at position 5, which follows 4; the last one seen was 2"):
            await anext(messages)
