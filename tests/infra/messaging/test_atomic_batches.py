"""A batch stands in the stream whole and in its place, or not at all; two writers cannot interleave."""

import asyncio

import pytest

from infra.messaging.atomic_batches import BatchRefused
from infra.messaging.reading import stream_messages
from infra.settings import Settings
from tests.infra.messaging.builders import EPOCH, batches_over, run_of, stream_at


async def positions_in(client) -> list[int]:
    return [m.metadata.position async for m in stream_messages(client, after_position=0, follow=False)]


async def test_batches_of_every_size_up_to_the_largest_are_stored_in_order(settings: Settings):
    async with stream_at(settings) as client, batches_over(client) as batches:
        sequence, position = 0, 0
        for size in (1, 2, 500, 499, 1):
            events = run_of(range(position + 1, position + size + 1))
            sequence = await (await batches.send(events, last_sequence=sequence)).committed
            position += size
        assert sequence == position
        assert await positions_in(client) == list(range(1, position + 1))


async def test_several_batches_may_be_on_their_way(settings: Settings):
    async with stream_at(settings) as client, batches_over(client) as batches:
        sent = [
            await batches.send(run_of(range(n * 100 + 1, n * 100 + 101)), last_sequence=n * 100)
            for n in range(5)
        ]
        assert [await batch.committed for batch in sent] == [100, 200, 300, 400, 500]
        assert await positions_in(client) == list(range(1, 501))


async def test_a_batch_that_is_not_behind_the_end_is_refused_and_so_are_those_behind_it(settings: Settings):
    async with stream_at(settings) as client, batches_over(client) as batches:
        await (await batches.send(run_of([1, 2, 3]), last_sequence=0)).committed
        wrong = await batches.send(run_of([4, 5, 6]), last_sequence=1)
        behind = await batches.send(run_of([7, 8]), last_sequence=4)
        for batch in (wrong, behind):
            with pytest.raises(BatchRefused, match="wrong last sequence: 3"):
                await batch.committed
        assert await positions_in(client) == [1, 2, 3]


async def test_none_of_a_run_is_stored_when_a_stranger_was_first(settings: Settings):
    async with stream_at(settings) as client, batches_over(client) as batches:
        await client.jetstream().publish("clienteling.v1.sale.recorded.0", b"{}")
        sent = await batches.send(run_of([1, 2, 3]), last_sequence=0, atomic=False)
        with pytest.raises(BatchRefused, match="wrong last"):
            await sent.committed
        assert await positions_in(client) == []


@pytest.mark.parametrize("kinds", [(True, True), (False, False), (True, False), (False, True)])
async def test_what_is_behind_a_refused_batch_is_refused_beside_strangers(
    settings: Settings, kinds: tuple[bool, bool]
):
    async with stream_at(settings) as client, batches_over(client) as batches:
        await (await batches.send(run_of([1]), last_sequence=0)).committed
        await client.jetstream().publish("clienteling.v1.sale.recorded.0", b"{}")
        refused = await batches.send(run_of([2]), last_sequence=1, atomic=kinds[0])
        at_once = await batches.send(run_of([3, 4]), last_sequence=2, atomic=kinds[1])
        for batch in (refused, at_once):
            with pytest.raises(BatchRefused, match="wrong last"):
                await batch.committed
        refused = await batches.send(run_of([2]), last_sequence=1, atomic=kinds[0])
        await asyncio.wait([refused.committed])
        after_the_answer = await batches.send(run_of([3, 4]), last_sequence=2, atomic=kinds[1])
        with pytest.raises(BatchRefused, match="wrong last"):
            await after_the_answer.committed
        assert await positions_in(client) == [1]


async def test_of_two_writers_with_the_same_events_one_is_refused(settings: Settings):
    async with stream_at(settings) as one, stream_at(settings) as other:
        async with batches_over(one) as of_one, batches_over(other) as of_other:
            for start in range(0, 1_000, 50):
                events = run_of(range(start + 1, start + 51))
                sent = [await batches.send(events, last_sequence=start) for batches in (of_one, of_other)]
                results = await asyncio.gather(*(batch.committed for batch in sent), return_exceptions=True)
                assert sorted(str(type(result).__name__) for result in results) == ["BatchRefused", "int"]
        assert await positions_in(one) == list(range(1, 1_001))


async def test_a_message_under_the_id_of_one_to_come_does_not_keep_that_one_out(settings: Settings):
    async with stream_at(settings) as client, batches_over(client) as batches:
        await (await batches.send(run_of([1, 2]), last_sequence=0)).committed
        [first, _] = [m async for m in stream_messages(client, after_position=0, follow=False)]
        for name in (f"{EPOCH}-3", first.headers["Nats-Msg-Id"].replace(f"{EPOCH}-1", f"{EPOCH}-3")):
            await client.jetstream().publish(
                "clienteling.v1.sale.recorded.0", b"{}", headers={"Nats-Msg-Id": name}
            )
        await (await batches.send(run_of([3]), last_sequence=4)).committed
        assert await positions_in(client) == [1, 2, 3]


async def test_without_a_stream_the_answer_says_so(settings: Settings):
    async with stream_at(settings) as client, batches_over(client) as batches:
        await client.jetstream().delete_stream("CLIENTELING")
        sent = await batches.send(run_of([1]), last_sequence=0)
        with pytest.raises(BatchRefused, match="no stream took the batch"):
            await sent.committed
