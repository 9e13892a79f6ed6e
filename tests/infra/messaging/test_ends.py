"""The relay's own part of the stream is found, whatever others have put behind it."""

import pytest
from nats.js.errors import NotFoundError

from infra.event_store.epoch import Epoch
from infra.event_store.log import LoggedEvent
from infra.messaging.client import StreamClient
from infra.messaging.connection import connect
from infra.messaging.ends import Ambiguous, StreamEnd, end_of_stream
from infra.messaging.foreign import ForeignMessages
from infra.messaging.reading import sequence_after
from infra.messaging.stamps import Stamps
from infra.messaging.stored import stored_at
from infra.messaging.stream import declare_stream
from infra.nats import NatsRole
from infra.settings import Settings
from tests.infra.messaging.builders import (
    BEGAN,
    EPOCH,
    KEY,
    STAMPS,
    batches_over,
    fill,
    run_of,
    stream_at,
    until,
)
from tests.infra.messaging.strangers import SUBJECT, forged, put


async def nothing_known(_: object) -> set[int]:
    return set()


async def end(client, stamps: Stamps = STAMPS, in_log=nothing_known, **options) -> StreamEnd:
    return await end_of_stream(client, stamps, in_log, seconds=5, **options)


async def test_the_end_of_an_empty_stream_is_zero_and_of_none_is_an_error(settings: Settings):
    client = await connect(settings, str(settings.nats_url), name="test", role=NatsRole.OPS)
    with pytest.raises(NotFoundError):
        await end(client)
    await declare_stream(client.jetstream(), settings)
    assert await end(client) == StreamEnd(0)
    await client.close()


async def test_the_end_is_where_the_last_message_stands(settings: Settings):
    async with stream_at(settings) as client:
        await fill(client, run_of([1, 2, 7]))
        found = await end(client)
        assert (found.sequence, found.position, found.foreign) == (3, 7, 0)
        assert found.metadata is not None
        assert (found.metadata.previous_position, found.metadata.version) == (2, 7)


async def test_a_position_near_the_end_is_found_with_few_reads(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    read: list[int] = []

    async def counting(client: StreamClient, sequence: int, *, seconds: float = 5):
        read.append(sequence)
        return await stored_at(client, sequence, seconds=seconds)

    async with stream_at(settings) as client:
        await fill(client, run_of(range(1, 401)))
        for position in (0, 1, 200, 399, 400):
            assert await sequence_after(client, position, STAMPS.metadata_if_ours) == position + 1
        monkeypatch.setattr("infra.messaging.reading.stored_at", counting)
        for behind, reads in ((0, 1), (3, 5), (10, 8)):
            read.clear()
            await sequence_after(client, 400 - behind, STAMPS.metadata_if_ours)
            assert len(read) <= reads


async def test_whatever_others_put_behind_the_relays_last_message_is_passed_over(settings: Settings):
    async with stream_at(settings) as client:
        await fill(client, run_of([1, 2, 7]))
        for number, (headers, body) in enumerate(await forged(client, of=3), 1):
            await put(client, headers, body)
            counted = ForeignMessages()
            found = await end(client, foreign=counted)
            assert (found.sequence, found.position, found.foreign) == (3 + number, 7, number)
            assert counted.count == number
        assert await sequence_after(client, 2, STAMPS.metadata_if_ours) == 3
        assert await sequence_after(client, 7, STAMPS.metadata_if_ours) == 4


async def test_thousands_of_messages_behind_the_end_are_counted_once_each(settings: Settings):
    async with stream_at(settings) as client:
        await fill(client, run_of([1, 2]))
        for _ in range(5_000):
            await client.publish(SUBJECT, b"{}")

        async def stored() -> bool:
            return (await client.jetstream().stream_info("CLIENTELING")).state.last_seq == 5_002

        await until(stored)
        counted = ForeignMessages()
        found = await end(client, foreign=counted)
        assert (found.sequence, found.position, counted.count) == (5_002, 2, 5_000)
        await put(client, None, b"{}")
        found = await end(client, foreign=counted, known=found.sequence)
        assert (found.sequence, found.position, counted.count) == (5_003, 2, 5_001)


async def test_a_stream_that_holds_nothing_of_the_relays_begins_behind_it(settings: Settings):
    async with stream_at(settings) as client:
        for _ in range(3):
            await put(client, None, b"{}")
        assert await end(client) == StreamEnd(3, None, b"", 3)


async def test_a_stream_without_stamps_ends_where_the_log_has_what_it_holds(settings: Settings):
    legacy = Stamps([Epoch(1, EPOCH, 0, BEGAN, b"x" * 32, stamped_from=700)])
    known = run_of(range(1, 701))

    async def in_log(events) -> set[int]:
        return {event.position for event in events if same(event)}

    def same(event: LoggedEvent) -> bool:
        return event.position <= 700 and known[event.position - 1].state == event.state

    async with stream_at(settings) as client:
        await fill(client, known)
        assert (await end(client, legacy, in_log)).position == 700
        for headers, body in await forged(client, of=690):
            await put(client, headers, body)
        found = await end(client, legacy, in_log)
        assert found.position == 700
        # Nobody can tell whether this is what the log has lost, or somebody's.
        async with batches_over(client, EPOCH, KEY) as batches:
            await (await batches.send(run_of([701]), last_sequence=found.sequence)).committed
        with pytest.raises(Ambiguous, match="goes on at position 701"):
            await end(client, legacy, in_log)
